/**
 * Names of snapshots that this program creates: `<org>_<target>_<time>_<period>`, and which names belong to a label.
 *
 * A label is such a name without its time; one organisation and target may have many periods. Source:
 * docs/spec/snapshots.md §1.2 to §1.4 and §1.7.
 * @module
 */
import { RefusedError } from "../model/errors.ts";
import { parseDataset } from "../model/location.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { compareNames } from "../model/text/mod.ts";
import { type Moment, strftime } from "../model/time/mod.ts";
import type { LabelPolicy } from "../model/job.ts";

/** What can be said about an existing snapshot when labels are looked for. */
export type LabelledSnapshot = Pick<Snapshot, "tag" | "createtxg" | "createdAt" | "holds">;

/**
 * The time in the names of all snapshots of one run. A trailing `%F` means milliseconds; `+`, which ZFS does not
 * accept, becomes `z`.
 */
export function labelTimestamp(moment: Moment, timeFormat: string): string {
  const text = timeFormat.endsWith("%F")
    ? strftime(moment, `${timeFormat.slice(0, -2)}%f`).slice(0, -3)
    : strftime(moment, timeFormat);
  return text.replaceAll("+", "z");
}

/**
 * The name of a label at a time.
 *
 * @throws {RefusedError} if that cannot be the name of a snapshot
 */
export function labelName(label: LabelPolicy, timestamp: string): string {
  const name = composeName(label, timestamp);
  parseDataset(name, name);
  if (name.includes("/")) throw new RefusedError(`Invalid ZFS snapshot name: '${name}' must not contain a slash`);
  if (name.includes("\0")) throw new RefusedError(`Invalid ZFS snapshot name: '${name}' must not contain a NUL`);
  checkPart(label.prefix, { role: "prefix", underscore: "at its end", name });
  if (label.infix !== "") checkPart(label.infix, { role: "infix", underscore: "at its end", name });
  if (label.suffix !== "") checkPart(label.suffix, { role: "suffix", underscore: "at its beginning", name });
  return name;
}

/** The name of a label with any text in the place of the time, unchecked. */
export function composeName({ prefix, infix, suffix }: LabelPolicy, timestamp: string): string {
  return `${prefix}${infix}${timestamp}${suffix}`;
}

function checkPart(
  part: string,
  where: { readonly role: string; readonly underscore: "at its end" | "at its beginning"; readonly name: string },
): void {
  const isRight = where.underscore === "at its end" ? part.endsWith("_") : part.startsWith("_");
  if (isRight && part.split("_").length === 2) return;
  throw new RefusedError(
    `Invalid ${where.role} '${part}' of snapshot name '${where.name}': it must have exactly one underscore, ${where.underscore}`,
  );
}

/**
 * True if a snapshot's tag belongs to the label whatever its time. Behind an empty target a year must follow, so that
 * the label does not take the names of other targets.
 */
function matchesLabel(label: LabelPolicy, tag: string): boolean {
  const { prefix, infix, suffix } = label;
  const start = prefix + infix;
  const least = start.length + suffix.length + (infix === "" ? 4 : 0);
  if (tag.length < least || !tag.endsWith(suffix) || !tag.startsWith(start)) return false;
  return infix !== "" || /^[1-9][0-9]{3}/.test(tag.slice(prefix.length, prefix.length + 4));
}

/** How far clocks may be apart without a word, in milliseconds. */
const CLOCK_TOLERANCE_MS = 300_000;

/** True if a snapshot was created in the future, by our clock: one of the two clocks was wrong. */
export function isFromFuture(createdAt: number, nowMs: number): boolean {
  return createdAt * 1000 > nowMs + CLOCK_TOLERANCE_MS;
}

/** The newest and the oldest snapshot of a label; `undefined` = there is none. */
export interface LabelEnds<S> {
  readonly latest: S | undefined;
  readonly oldest: S | undefined;
}

/** Snapshots that can be walked from either end. */
export interface BothWays<S> {
  newestFirst(): Iterable<S>;
  oldestFirst(): Iterable<S>;
}

function bothWays<S>(snapshots: readonly S[]): BothWays<S> {
  return { newestFirst: () => snapshots.toReversed(), oldestFirst: () => snapshots };
}

function firstOf<S>(snapshots: Iterable<S>, test: (snapshot: S) => boolean): S | undefined {
  for (const snapshot of snapshots) if (test(snapshot)) return snapshot;
  return undefined;
}

/**
 * Finds the ends of many labels among the snapshots of one dataset; answers in the order of the labels.
 *
 * @param snapshots in the order of {@linkcode compareLabelled}
 * @param skipHeld for each label whether held snapshots cannot be the oldest; absent = they can
 */
export function findLabelEnds<S extends LabelledSnapshot>(
  snapshots: readonly S[] | BothWays<S>,
  labels: readonly LabelPolicy[],
  skipHeld: readonly boolean[] = [],
): LabelEnds<S>[] {
  const walk = "newestFirst" in snapshots ? snapshots : bothWays(snapshots);
  return labels.map((label, index) => ({
    latest: firstOf(walk.newestFirst(), ({ tag }) => matchesLabel(label, tag)),
    oldest: firstOf(
      walk.oldestFirst(),
      (snapshot) => matchesLabel(label, snapshot.tag) && !(skipHeld[index] === true && (snapshot.holds ?? 0) > 0),
    ),
  }));
}

/** The order in which snapshots are searched: oldest first. */
export function compareLabelled(a: LabelledSnapshot, b: LabelledSnapshot): number {
  if (a.createtxg !== b.createtxg) return a.createtxg < b.createtxg ? -1 : 1;
  return a.createdAt - b.createdAt || compareNames(a.tag, b.tag);
}
