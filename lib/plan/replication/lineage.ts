/**
 * How the histories of a dataset at source and destination relate: a verdict that carries its evidence.
 *
 * Identity is the guid, never the name. The base is looked for among all versions of the source, excluded ones and
 * bookmarks included, since what the destination has does not depend on today's filters (docs/spec/replication.md
 * §4.3).
 * @module
 */
import { type Guid, isSnapshot, type Snapshot, type Version } from "../../model/snapshot.ts";

/** The verdict. */
export type Lineage =
  /** The destination has no snapshots, or does not exist. */
  | { readonly kind: "empty" }
  /** The base is the newest snapshot of the destination: an incremental send fits. */
  | { readonly kind: "common"; readonly base: Version }
  /** The destination has snapshots that are newer than its copy of the base. */
  | {
    readonly kind: "diverged";
    readonly base: Version;
    /** The destination's own copy of the base: what a rollback goes to. */
    readonly common: Snapshot;
    readonly destinationOnly: readonly Snapshot[];
  }
  /** Both have snapshots, none in common. */
  | { readonly kind: "unrelated"; readonly destinationOnly: readonly Snapshot[] };

/**
 * Compares two histories, both ordered oldest first with bookmarks before the snapshot of the same guid.
 *
 * @param source all versions of the source that may serve as base
 * @param destination snapshots of the destination
 */
export function lineage(source: readonly Version[], destination: readonly Snapshot[]): Lineage {
  const newest = destination[destination.length - 1];
  if (newest === undefined) return { kind: "empty" };
  const position = new Map(destination.map((snapshot, index) => [snapshot.guid, index]));
  const base = source.findLast((version) => position.has(version.guid));
  if (base === undefined) return { kind: "unrelated", destinationOnly: destination };
  if (base.guid === newest.guid) return { kind: "common", base };
  const at = position.get(base.guid)!;
  return { kind: "diverged", base, common: destination[at]!, destinationOnly: destination.slice(at + 1) };
}

/**
 * The versions from the base to the newest snapshot of the source, oldest first: the candidates of the step planner.
 * The base comes first; a bookmark base gives way to its snapshot where that still exists (docs/spec/replication.md
 * §9.1).
 */
export function historyFrom(base: Version, source: readonly Version[]): readonly Version[] {
  const baseIndex = source.findLastIndex((version) => version.guid === base.guid);
  const newer = source.slice(baseIndex + 1).filter(isSnapshot);
  return [source[baseIndex] ?? base, ...newer];
}

/**
 * Two snapshots of the same name: that of the source was destroyed and made again. `zfs receive` refuses such a stream
 * (`destination already exists`).
 */
export interface Namesake {
  /** At the source, to be sent. */
  readonly incoming: Snapshot;
  /** At the destination, with another guid. */
  readonly present: Snapshot;
}

/** What an incremental replication from `base` on brings, oldest first: all that is selected, or only the latest. */
export function snapshotsToSend(
  { usable, selected }: { readonly usable: readonly Version[]; readonly selected: ReadonlySet<Guid> },
  base: Version,
  { stream }: { readonly stream: boolean },
): readonly Snapshot[] {
  const newer = historyFrom(base, usable).slice(1).filter(isSnapshot).filter(({ guid }) => selected.has(guid));
  return stream ? newer : newer.slice(-1);
}

/** Snapshots of the destination that are in the way of incoming ones, in the order of the destination. */
export function namesakesOf(incoming: readonly Snapshot[], destination: readonly Snapshot[]): readonly Namesake[] {
  const byTag = new Map(incoming.map((snapshot) => [snapshot.tag, snapshot]));
  return destination.flatMap((present) => {
    const arriving = byTag.get(present.tag);
    return arriving === undefined || arriving.guid === present.guid ? [] : [{ incoming: arriving, present }];
  });
}
