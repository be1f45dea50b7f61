/**
 * What is listed of a dataset, and the form that decisions are made from.
 * @module
 */
import { isSnapshot, type Version } from "../../model/snapshot.ts";
import { type Observation, usableVersions } from "../../plan/replication/mod.ts";
import { bookmarksEnabled } from "../../model/capabilities.ts";
import type { HistoryListing } from "../../zfs/world.ts";
import type { DatasetTask, ReplicationContext } from "./context.ts";
import { wantsBookmarks } from "./bookmarks/mod.ts";

/** What a listing of source versions must tell for this job. */
export function sourceListing(context: ReplicationContext): HistoryListing {
  const { policy, world, facts: { filter } } = context;
  const wanted = policy.useBookmarks || wantsBookmarks(policy);
  return {
    bookmarks: wanted && bookmarksEnabled(world.source.capabilities),
    creation: filter.needsCreation || (policy.guard !== "off" && policy.guard !== "on"),
  };
}

/** What a listing of destination snapshots must tell. */
export const DESTINATION_LISTING: HistoryListing = { bookmarks: false, creation: false };

/** Puts what two listings told into the form that decisions are made from. */
export function observationOf(
  task: Pick<DatasetTask, "source" | "destination">,
  source: readonly Version[],
  destination: readonly Version[] | undefined,
  context: ReplicationContext,
): Observation {
  const destinationSnapshots = destination?.filter(isSnapshot);
  const usable = usableVersions(source, destinationSnapshots, context.policy);
  const selected = context.facts.filter.select(usable);
  return {
    source: task.source,
    destination: task.destination,
    usable,
    selected: new Set(selected.filter(isSnapshot).map((snapshot) => snapshot.guid)),
    anySelected: selected.length > 0,
    destinationSnapshots,
  };
}
