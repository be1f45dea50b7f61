/**
 * What no deletion may touch: names of others, the newest snapshots, and the newest one that both sides have.
 *
 * Source: docs/spec/snapshots.md §8.
 * @module
 */
import type { Guid, Version } from "../../model/snapshot.ts";
import { escapeRegex, matchesAny, type Pattern } from "../../model/regex/regex.ts";
import type { DeletionVerdict } from "../retention.ts";

/** Regular expression for the names that a plan gives to snapshots of an organisation and target, and to their bookmarks. */
export function ownNameRegex({ organisation, target }: {
  readonly organisation: string;
  readonly target: string;
}): string {
  const infix = target === "" ? "[1-9][0-9][0-9][0-9]" : escapeRegex(`${target}_`);
  return `${escapeRegex(`${organisation}_`)}${infix}.*`;
}

/** What is spared of a dataset. */
export interface Spared {
  /** Patterns of own names; `undefined` = foreign ones are treated as own. */
  readonly own: readonly Pattern[] | undefined;
  readonly keepNewest: number;
  /** Guids that the source has, as far as it was asked. */
  readonly sourceGuids: ReadonlySet<Guid>;
}

/** True for a name that may be deleted and is counted. */
export function isOwn(tag: string, own: readonly Pattern[] | undefined): boolean {
  return own === undefined || matchesAny(own, tag);
}

/** The same verdicts, oldest first, in which what is spared is kept. */
export function spare(
  verdicts: readonly DeletionVerdict[],
  { own, keepNewest, sourceGuids }: Spared,
): DeletionVerdict[] {
  const newest = new Set<Version>();
  if (keepNewest > 0) {
    const snapshots = verdicts.map(({ version }) => version).filter(({ kind, tag }) =>
      kind === "snapshot" && isOwn(tag, own)
    );
    for (const version of snapshots.slice(-keepNewest)) newest.add(version);
    const shared = snapshots.findLast(({ guid }) => sourceGuids.has(guid));
    if (shared !== undefined) newest.add(shared);
  }
  return verdicts.map((judged) => {
    if (judged.verdict === "keep") return judged;
    if (!isOwn(judged.version.tag, own)) return { ...judged, verdict: "keep", why: "foreign" };
    return newest.has(judged.version) ? { ...judged, verdict: "keep", why: "newest" } : judged;
  });
}
