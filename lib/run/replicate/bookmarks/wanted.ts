/**
 * Which bookmarks of a dataset are wanted, and whether listings show that all of them are as they should be.
 * @module
 */
import { bookmarksEnabled, poolGuid } from "../../../model/capabilities.ts";
import type { Dataset } from "../../../model/dataset.ts";
import type { Version } from "../../../model/snapshot.ts";
import {
  areGuardsSettled,
  type DestinationMark,
  destinationMark,
  isTemporaryTag,
  planGuards,
} from "../../../plan/replication/mod.ts";
import type { DatasetTask, ReplicationContext } from "../context.ts";

/**
 * Temporary bookmarks for this destination of snapshots that it has: an interrupt came after they had arrived and
 * before the bookmarks were settled. None where bookmarks are not wanted or not possible.
 *
 * @param listing everything that the source listing told
 * @param copies what the destination has
 */
export function unsettledBookmarks(
  { destination }: Pick<DatasetTask, "destination">,
  context: ReplicationContext,
  { listing, copies }: { readonly listing: readonly Version[]; readonly copies: readonly Version[] | undefined },
): readonly Version[] {
  if (copies === undefined || !makesBookmarks(context) || context.policy.createBookmarks === "none") return [];
  const temporary = temporaryOf(destination, context, listing);
  if (temporary.length === 0) return [];
  const arrived = new Set(copies.map((copy) => copy.guid));
  return temporary.filter(({ guid }) => arrived.has(guid));
}

/** True if the source has temporary bookmarks for this destination. */
export function hasTemporary(
  { destination }: Pick<DatasetTask, "destination">,
  context: ReplicationContext,
  listing: readonly Version[],
): boolean {
  return temporaryOf(destination, context, listing).length > 0;
}

function temporaryOf(
  destination: Dataset,
  context: ReplicationContext,
  listing: readonly Version[],
): readonly Version[] {
  const temporary = listing.filter((version) => version.kind === "bookmark" && isTemporaryTag(version.tag));
  if (temporary.length === 0) return [];
  const mark = markOf(destination, context);
  return mark === undefined ? [] : temporary.filter((bookmark) => bookmark.tag.endsWith(mark.suffix));
}

/** The mark of a destination; `undefined` if the guid of its pool is unknown. */
export function markOf(destination: Dataset, { world, facts }: ReplicationContext): DestinationMark | undefined {
  const guid = poolGuid(world.destination.capabilities);
  return guid === undefined ? undefined : destinationMark(guid, facts.digest(destination));
}

/** True if a policy makes bookmarks of any kind. */
export function wantsBookmarks({ createBookmarks, guard }: ReplicationContext["policy"]): boolean {
  return createBookmarks !== "none" || guard !== "off";
}

export function makesBookmarks({ policy, world, job }: ReplicationContext): boolean {
  return wantsBookmarks(policy) && job.dryRun === "off" && bookmarksEnabled(world.source.capabilities);
}

/**
 * True if the guard of a destination stands where it should, as far as listings show, or if none is wanted or possible.
 *
 * @param listing everything that the source listing told
 * @param copies what the destination has, oldest first
 */
export function isGuarded(
  { destination }: Pick<DatasetTask, "destination">,
  context: ReplicationContext,
  { listing, copies }: { readonly listing: readonly Version[]; readonly copies: readonly Version[] | undefined },
): boolean {
  const { guard } = context.policy;
  if (guard === "off" || copies === undefined || !makesBookmarks(context)) return true;
  const mark = markOf(destination, context);
  if (mark === undefined) return true;
  const present = new Set(copies.map((copy) => copy.guid));
  return areGuardsSettled(planGuards(listing, present, mark, guard));
}
