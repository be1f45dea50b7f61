/**
 * Conflicts between two histories, as errors: what is lost by force, and what loses nothing.
 * @module
 */
import { type Dataset, parentOf } from "../../model/dataset.ts";
import { ConflictError } from "../../model/errors.ts";
import { relativeName, type Snapshot, versionName } from "../../model/snapshot.ts";
import type { Namesake } from "./lineage.ts";

/** The pair that a conflict is about, and how it may be resolved. */
interface Pair {
  readonly source: Dataset;
  readonly destination: Dataset;
}

/**
 * What can be said about a way that destroys nothing: that the option can be added, or that it stands in place of others;
 * `none`: it was given already, or the destination is a pool's own dataset.
 */
export type Aside = "add" | "replace" | "none";

/** The destination has snapshots that are newer than what both have (docs/spec/replication.md §5.2). */
export function ahead(
  { destination }: Pair,
  common: Snapshot,
  destinationOnly: readonly Snapshot[],
  aside: Aside,
): ConflictError {
  return new ConflictError(
    `Conflict: Most recent destination snapshot ${versionName(destinationOnly[destinationOnly.length - 1]!)} is more ` +
      `recent than most recent common snapshot ${versionName(common)}. ${onlyAt(destinationOnly)}`,
    {
      hint:
        `${waysToKeep(destination, aside, "diverged")} To destroy them, roll back the destination, for example via ` +
        `--force-rollback-to-latest-common-snapshot (or --force) option.`,
      brief: `Conflict: ${destination} has diverged: bzfs help diverged`,
    },
  );
}

/** Both have snapshots, and none in common. */
export function unrelated(
  { source, destination }: Pair,
  existing: readonly Snapshot[],
  aside: Aside,
): ConflictError {
  return new ConflictError(
    `Conflict: No common snapshot found between ${source} and ${destination} even though destination has at least one ` +
      `snapshot. Aborting. ${onlyAt(existing)}`,
    {
      hint:
        `${waysToKeep(destination, aside, "no common snapshot")} To destroy them, consider using --force option to ` +
        `first delete all existing destination snapshots in order to be able to proceed with replication.`,
      brief: `Conflict: ${destination} has no snapshot in common with its source: bzfs help no common snapshot`,
    },
  );
}

/** A snapshot of the source was destroyed and made again under its name, which the destination's copy still has. */
export function namesake({ incoming, present }: Namesake, aside: Aside): ConflictError {
  const name = versionName(present);
  return new ConflictError(
    `Conflict: Destination snapshot ${name} (guid ${present.guid}) has the name of another snapshot that is to be sent, ` +
      `${versionName(incoming)} (guid ${incoming.guid}), which was made later.`,
    {
      hint:
        `${wayAside(aside, "diverged")}To keep it, give it another name: zfs rename ${name} ${name}-kept. To destroy ` +
        `it, with what is newer at the destination if nothing else can be the base, use ` +
        `--force-rollback-to-latest-common-snapshot (or --force) option.`,
      brief: `Conflict: ${name} is another snapshot than that of the source: bzfs help diverged`,
    },
  );
}

/**
 * True for a message of a run about a destination that has diverged: one of those above. What it is set aside for is resolved by
 * that, so it is not true for one that could not be set aside.
 */
export function isConflictMessage(message: string): boolean {
  return /^Conflict: (?:Most recent destination snapshot|No common snapshot found|Destination snapshot) /.test(
    message,
  ) &&
    !message.includes(NOT_SET_ASIDE);
}

/** What a message has behind that of a conflict if the destination could not be set aside. */
export const NOT_SET_ASIDE = " It cannot be set aside: ";

/** Most snapshots that a message names. */
const MOST_NAMED = 10;

/** Names the newest snapshots of the destination, newest first, and how many more there are. */
function onlyAt(snapshots: readonly Snapshot[]): string {
  const named = snapshots.slice(-MOST_NAMED).reverse().map(relativeName).join(", ");
  const more = snapshots.length - MOST_NAMED;
  return `Only the destination has: ${named}${more > 0 ? ` and ${more} more` : ""}.`;
}

function waysToKeep(destination: Dataset, aside: Aside, section: string): string {
  const rename = parentOf(destination) === undefined
    ? "."
    : `, or rename this one: zfs rename ${destination} ${destination}-kept.`;
  return `${wayAside(aside, section)}To keep them, replicate to another dataset${rename}`;
}

/** The way that keeps both, and goes on without sending again what both have. */
function wayAside(aside: Aside, section: string): string {
  if (aside === "none") return "";
  const what = aside === "add" ? "add" : "write, in place of --force options,";
  return `To keep both and go on, ${what} --on-conflict=set-aside: see bzfs help ${section}. `;
}
