/**
 * Snapshots of the destination whose names are those of other snapshots that are to be sent: the source's were
 * destroyed and made again. `zfs receive` refuses such a stream (`destination already exists`).
 * @module
 */
import { type Guid, isSnapshot, type Snapshot, type Version } from "../../model/snapshot.ts";
import { historyFrom } from "./lineage.ts";

/** Two snapshots of the same name. */
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
