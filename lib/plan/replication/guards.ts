/**
 * Guards: for each destination one bookmark at the source, of the newest snapshot that the destination is known to have, so
 * that it has an incremental base however long it was away and whatever was pruned meanwhile.
 *
 * Invariant (docs/spec/replication.md §13.5): a guard is made before the send that its snapshot arrives by, and goes only
 * after a listing of the destination has shown a newer snapshot whose guard is there. So a kill leaves one too many, never
 * one too few.
 * @module
 */
import type { Transfer } from "../../model/action.ts";
import type { ReplicationPolicy } from "../../model/job.ts";
import { type Bookmark, type Guid, isSnapshot, type Snapshot, type Version } from "../../model/snapshot.ts";
import { labelMs, parsePeriod, periodMs } from "../../model/text/mod.ts";
import {
  bookmarkTags,
  decodeGuid,
  type DestinationMark,
  destinationMark,
  encodeGuid,
  isTooLong,
  snapshotsToBookmark,
} from "./bookmarks.ts";

const GUARD = ".GUARDBZFS.";
/** Characters of a code and the point before it. */
const CODED = 12;

/** What makes guards: `off`, `on`, or the shortest period after which a guard moves. */
export type GuardPolicy = ReplicationPolicy["guard"];

/** True for the tag of a guard of any destination. */
export function isGuardTag(tag: string): boolean {
  return tag.startsWith(GUARD);
}

/** Tag of the guard that stands for the snapshot with this guid; its length does not depend on anything. */
export function guardTag(guid: Guid, mark: DestinationMark): string {
  return `${GUARD}${encodeGuid(guid)}${mark.suffix}`;
}

/** True for a guard of any destination. */
export function isGuard(version: Version): version is Bookmark {
  return !isSnapshot(version) && isGuardTag(version.tag);
}

/** The guards of one destination, in the same order. */
export function guardsOf(versions: readonly Version[], mark: DestinationMark): readonly Bookmark[] {
  return versions.filter(isGuard).filter(({ tag }) => tag.endsWith(mark.suffix));
}

/**
 * The guards that stand for a destination dataset, by the guid of its pool as decimal digits: datasets of other hosts may have
 * the same name.
 *
 * @param datasetDigest SHA-256 of the full name of the destination dataset, without host
 */
export function guardsByPool(versions: readonly Version[], datasetDigest: Uint8Array): Map<string, Bookmark[]> {
  const end = destinationMark("0", datasetDigest).suffix.slice(-CODED);
  const own = versions.filter(isGuard).filter(({ tag }) =>
    tag.length === GUARD.length + 3 * CODED - 1 && tag.endsWith(end)
  );
  return Map.groupBy(own, ({ tag }) => decodeGuid(tag.slice(-2 * CODED + 1, -CODED)));
}

/** What is to be done about the guards of one destination. */
export interface GuardPlan {
  /** The version that gets a guard; absent if the newest one that the destination has is guarded, or need not be yet. */
  readonly make: Version | undefined;
  /** The guard that stays or is made: of a version that the destination has. Absent if it has none. */
  readonly kept: Pick<Bookmark, "tag" | "guid"> | undefined;
  /** The guard that may go once `make` is there. */
  readonly former: Bookmark | undefined;
  /** Guards of versions that are older than what the destination is known to have: they may go. */
  readonly superseded: readonly Bookmark[];
  /** Guards of newer versions that never arrived; all but the newest, which may still. They may go if the pool is there. */
  readonly abandoned: readonly Bookmark[];
}

/**
 * Plans the guards of one destination.
 *
 * @param versions of the source, oldest first
 * @param present guids at the destination
 */
export function planGuards(
  versions: readonly Version[],
  present: ReadonlySet<Guid>,
  mark: DestinationMark,
  policy: GuardPolicy,
): GuardPlan {
  const guards = guardsOf(versions, mark);
  const known = versions.findLast(({ guid }) => present.has(guid));
  const standing = guards.findLast(({ guid, tag }) => present.has(guid) && tag === guardTag(guid, mark));
  const make = known !== undefined && isDue(known, standing, policy) && hasRoom(known, mark) ? known : undefined;
  const kept = make === undefined ? standing : { tag: guardTag(make.guid, mark), guid: make.guid };
  const former = make === undefined ? undefined : standing;
  if (kept === undefined) return { make, kept, former, superseded: [], abandoned: [] };
  const place = versions.findLastIndex(({ guid }) => guid === kept.guid);
  const others = guards.filter((guard) => guard.tag !== kept.tag && guard !== former);
  const isNewer = (guard: Bookmark): boolean => versions.indexOf(guard) > place;
  return {
    make,
    kept,
    former,
    superseded: others.filter((guard) => !isNewer(guard)),
    abandoned: others.filter(isNewer).slice(0, -1),
  };
}

/** Guards that are left of full sends of which nothing has arrived. */
const MOST_IN_VAIN = 3;

/**
 * Guards of one destination that a further full send does not need: those of earlier ones, but for the newest few, since only
 * a listing says that the destination has nothing. They may go if the pool is there.
 *
 * @param versions of the source, oldest first
 */
export function guardsInVain(versions: readonly Version[], to: Guid, mark: DestinationMark): readonly Bookmark[] {
  return guardsOf(versions, mark).filter(({ guid }) => guid !== to).slice(0, -MOST_IN_VAIN);
}

/** True if nothing is to be done. */
export function areGuardsSettled({ make, superseded, abandoned }: GuardPlan): boolean {
  return make === undefined && superseded.length === 0 && abandoned.length === 0;
}

/** True if the guard of a version can have its name. */
export function hasRoom({ dataset, guid }: Version, mark: DestinationMark): boolean {
  return !isTooLong(dataset, guardTag(guid, mark));
}

/** True if a guard is to stand for a version, given the one that stands now. */
function isDue(version: Version, standing: Bookmark | undefined, policy: GuardPolicy): boolean {
  if (policy === "off" || standing?.guid === version.guid) return false;
  if (policy === "on" || standing === undefined) return true;
  const ms = periodMs(parsePeriod(policy));
  return labelMs(version.tag) >= ms || (version.createdAt - standing.createdAt) * 1000 >= ms;
}

/** Snapshots of one transfer that get a bookmark before it: of the plan's kind, and guards. */
export interface Protection {
  readonly finals: readonly Snapshot[];
  readonly guards: readonly Snapshot[];
}

/**
 * What is bookmarked before a transfer, so that whatever arrives of it has a bookmark that no pruning takes: its last
 * snapshot gets a guard, all others a bookmark of the plan's kind, which is spared as long as it lies between guards
 * ({@linkcode betweenGuards}), or a guard, too. Where a guard moves less often, the plan's bookmarks are as without it.
 *
 * @param place whether this is the last transfer of a phase
 * @param standing the newest guard so far
 */
export function protectionOf(
  transfer: Transfer,
  { createBookmarks, guard }: Pick<ReplicationPolicy, "createBookmarks" | "guard">,
  mark: DestinationMark,
  { place, standing }: { readonly place: "last" | "inner"; readonly standing: Bookmark | undefined },
): Protection {
  const last = [transfer.to].filter(isSnapshot);
  const isGuarded = (version: Version): boolean => hasRoom(version, mark);
  const guardedLast = last.filter((snapshot) =>
    isGuarded(snapshot) && (isDue(snapshot, standing, guard) || standing?.guid === snapshot.guid)
  );
  if (transfer.kind !== "incremental") {
    return { finals: createBookmarks === "none" ? [] : last, guards: guardedLast };
  }
  const finals = snapshotsToBookmark(transfer, createBookmarks, guardedLast.length > 0 ? "inner" : place);
  if (guard !== "on") return { finals, guards: guardedLast };
  const covered = new Set(finals.filter((snapshot) => fits(snapshot, mark)));
  const inner = transfer.gains.filter((snapshot) => snapshot !== transfer.to && !covered.has(snapshot));
  return { finals, guards: [...inner.filter(isGuarded), ...guardedLast] };
}

/** True if both bookmarks of a snapshot that are not guards can have their names. */
export function fits({ dataset, tag, guid }: Snapshot, mark: DestinationMark): boolean {
  const { temporary, final } = bookmarkTags(tag, guid, mark);
  return !isTooLong(dataset, temporary) && !isTooLong(dataset, final);
}

/**
 * Bookmarks between two guards of one destination: a transfer was cut, and nobody knows which of them the destination has by
 * now.
 *
 * @param versions bookmarks of one dataset, oldest first
 */
export function betweenGuards(versions: readonly Version[]): ReadonlySet<Version> {
  const places = versions.flatMap((version, place) => isGuard(version) ? [{ tag: version.tag, place }] : []);
  const codeEnd = guardTag("0" as Guid, { suffix: "" }).length;
  const between = new Set<Version>();
  for (const guards of Map.groupBy(places, ({ tag }) => tag.slice(codeEnd)).values()) {
    for (const version of versions.slice(guards[0]!.place, guards.at(-1)!.place)) between.add(version);
  }
  return between;
}
