/**
 * Makes and keeps the bookmarks of one dataset for one destination: performs what `plan/replication/bookmarks.ts`
 * decides.
 * @module
 */
import { CommandError, type Fault, RefusedError, Retryable } from "../../model/errors.ts";
import { type Dataset, poolOf } from "../../model/dataset.ts";
import { type Bookmark, type Guid, type Snapshot, type Version, versionName } from "../../model/snapshot.ts";
import {
  bookmarkTags,
  type DestinationMark,
  destinationMark,
  isTemporaryTag,
  isTooLong,
  planPromotions,
  type Promotion,
} from "../../plan/replication/mod.ts";
import { bookmarksEnabled, poolGuid } from "../../model/capabilities.ts";
import type { DatasetTask, ReplicationContext } from "./context.ts";
import { announceLoss, destroy } from "../destroy.ts";
import { mapParallel } from "../parallel.ts";

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
  if (copies === undefined || !makesBookmarks(context)) return [];
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
  const guid = poolGuid(context.world.destination.capabilities);
  if (guid === undefined) return [];
  const { suffix } = destinationMark(guid, context.facts.digest(destination));
  return temporary.filter((bookmark) => bookmark.tag.endsWith(suffix));
}

function makesBookmarks({ policy, world, job }: ReplicationContext): boolean {
  return policy.createBookmarks !== "none" && job.dryRun === "off" && bookmarksEnabled(world.source.capabilities);
}

/** The bookmarks of one dataset during one attempt. */
export class SendBookmarks {
  readonly #task: DatasetTask;
  readonly #context: ReplicationContext;
  readonly #mark: DestinationMark;
  /** Bookmarks of the source as far as known: listed, made and not deleted since; by tag. */
  readonly #bookmarks: Map<string, Version>;

  private constructor(
    task: DatasetTask,
    context: ReplicationContext,
    mark: DestinationMark,
    listing: readonly Version[],
  ) {
    this.#task = task;
    this.#context = context;
    this.#mark = mark;
    this.#bookmarks = new Map(listing.filter((v) => v.kind === "bookmark").map((v) => [v.tag, v]));
  }

  /**
   * The keeper of a dataset's bookmarks; `undefined` where bookmarks are not wanted or not possible.
   * Throws `RefusedError` if the guid of the destination pool is unknown.
   *
   * @param listing everything that the source listing told
   */
  static of(task: DatasetTask, context: ReplicationContext, listing: readonly Version[]): SendBookmarks | undefined {
    if (!makesBookmarks(context)) return undefined;
    const guid = poolGuid(context.world.destination.capabilities);
    if (guid === undefined) {
      throw new RefusedError(
        `Cannot create bookmarks to guarantee continuity because the destination zpool GUID could not be detected ` +
          `for '${poolOf(task.destination)}'. Consider using --create-bookmarks=none.`,
      );
    }
    return new SendBookmarks(task, context, destinationMark(guid, context.facts.digest(task.destination)), listing);
  }

  /**
   * Makes a bookmark of each snapshot that has none, unless its name is too long or the source refuses bookmarks: a
   * temporary one where those are promoted. To be called before the send that makes the snapshots visible.
   */
  async protect(snapshots: readonly Snapshot[]): Promise<void> {
    const { log, facts: { workers }, policy: { promoteBookmarks }, state: { withoutBookmark } } = this.#context;
    const short = snapshots.filter((snapshot) => {
      const { temporary, final } = bookmarkTags(snapshot.tag, snapshot.guid, this.#mark);
      const fits = !isTooLong(snapshot.dataset, temporary) && !isTooLong(snapshot.dataset, final);
      if (!fits) {
        log.log("WARN", "", `No bookmark is made, as its name would be too long: ${versionName(snapshot)}`);
        withoutBookmark.set(versionName(snapshot), "as their names would be too long");
      }
      return fits;
    });
    await mapParallel(short, workers, async (snapshot) => {
      const { temporary, final } = bookmarkTags(snapshot.tag, snapshot.guid, this.#mark);
      const tag = promoteBookmarks ? temporary : final;
      if (!promoteBookmarks && this.#bookmarks.get(tag)?.guid === snapshot.guid) return;
      const to = `${snapshot.dataset}#${tag}`;
      const made = await this.#bookmark({ from: versionName(snapshot), to, guid: snapshot.guid });
      if (!made) withoutBookmark.set(versionName(snapshot), "as the source refuses them");
      else this.#keep(tag, snapshot);
    });
  }

  #keep(tag: string, version: Version): void {
    this.#bookmarks.set(tag, bookmarkOf(version, tag));
    if (isTemporaryTag(tag)) return;
    const { recorder, phase } = this.#context;
    const made = { what: "bookmark", version: `#${tag}`, performed: true } as const;
    recorder.record({ event: "created", phase, side: "src", dataset: this.#task.source, ...made });
  }

  /**
   * Promotes the temporary bookmarks of what the destination has, if there are any, and deletes all temporary ones. Lists the
   * bookmarks again before: during a long send others may have deleted a final one that this destination relied on. Throws
   * `RootLostError` if the destination's pool has left, so that nothing shows what it lacks.
   *
   * @param committed guids at the destination
   */
  async settle(committed: ReadonlySet<Guid>): Promise<void> {
    const { world, facts: { workers } } = this.#context;
    if (planPromotions([...this.#bookmarks.values()], this.#mark, committed).length === 0) return;
    await this.#forgetDeletedFinals();
    const promotions = planPromotions([...this.#bookmarks.values()], this.#mark, committed);
    await mapParallel(promotions.filter((p) => p.final !== undefined), workers, (p) => this.#promote(p));
    const { source, destination, signal } = this.#task;
    if (promotions.some(({ guid }) => !committed.has(guid))) {
      await world.destination.confirm(poolOf(destination), { signal });
    }
    const tags = promotions.map((promotion) => promotion.temporary);
    const label = `Deleting ${tags.length} bookmarks within `;
    announceLoss({ level: "DEBUG", label, text: `${source}: ${source}#${tags.join(",")}` }, this.#context);
    await mapParallel(tags, workers, async (tag) => {
      const action = { kind: "destroy-bookmark", dataset: source, tag } as const;
      const destroyed = await this.#unlessRefused(
        "delete",
        () => destroy(world.source, { action, grounds: "own state", losses: [] }, this.#context, { signal }),
      );
      if (destroyed) this.#bookmarks.delete(tag);
    });
  }

  async #forgetDeletedFinals(): Promise<void> {
    const { source, signal } = this.#task;
    const listing = { bookmarks: true, creation: false, signal };
    for await (const { versions } of this.#context.world.source.histories([source], listing)) {
      const present = new Set(versions?.filter((v) => v.kind === "bookmark").map((v) => v.tag));
      const gone = [...this.#bookmarks.keys()].filter((tag) => !isTemporaryTag(tag) && !present.has(tag));
      for (const tag of gone) this.#bookmarks.delete(tag);
    }
  }

  async #promote({ temporary, final, guid }: Promotion): Promise<void> {
    const { source } = this.#task;
    if (!await this.#bookmark({ from: `${source}#${temporary}`, to: `${source}#${final!}`, guid })) return;
    this.#keep(final!, this.#bookmarks.get(temporary)!);
  }

  #bookmark(names: { readonly from: string; readonly to: string; readonly guid: Guid }): Promise<boolean> {
    const { world } = this.#context;
    const { signal } = this.#task;
    return this.#unlessRefused("create", () => world.source.apply({ kind: "bookmark", ...names }, { signal }));
  }

  /**
   * Makes a change of bookmarks, and returns true. What the source can never do (a right is missing, the pool is
   * read-only or lacks the feature) costs one warning, is not tried again, and returns false: bookmarks are a convenience.
   * Throws `Retryable` for any other failure of the command.
   */
  async #unlessRefused(verb: "create" | "delete", change: () => Promise<unknown>): Promise<boolean> {
    const { source } = this.#task;
    const { log, state: { refusals } } = this.#context;
    const keys = [source, poolOf(source)].map((scope) => `${verb} ${scope}`);
    if (keys.some((key) => refusals.has(key))) return false;
    try {
      await change();
      return true;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const { fault } = error.failure;
      if (!LASTING.includes(fault)) throw new Retryable(error, { display: "zfs bookmark" });
      const key = keys[fault === "denied" ? 0 : 1]!;
      if (refusals.has(key)) return false;
      refusals.set(key, fault);
      const text = `The source refuses to ${verb} bookmarks, hence replication does without (${fault}): `;
      log.log("WARN", text, fault === "denied" ? source : poolOf(source));
      return false;
    }
  }
}

function bookmarkOf({ dataset, guid, createtxg, createdAt }: Version, tag: string): Bookmark {
  return { kind: "bookmark", dataset, tag, guid, createtxg, createdAt };
}

/** Faults that no new attempt cures. */
const LASTING: readonly Fault[] = ["denied", "read-only", "unsupported"];

/**
 * Reads back what the destination has committed, and derives bookmarks from that alone. Throws `Retryable` if what was
 * sent last is not among it.
 *
 * @param expected guid of what was sent last
 */
export async function settleCommitted(
  expected: Guid,
  bookmarks: SendBookmarks | undefined,
  { destination, signal }: DatasetTask,
  { world }: ReplicationContext,
): Promise<void> {
  const committed = new Set<Guid>();
  const listing = { bookmarks: false, creation: false, signal };
  for await (const { guids } of world.destination.histories([destination], listing)) {
    for (const guid of guids) committed.add(guid);
  }
  await bookmarks?.settle(committed);
  if (committed.has(expected)) return;
  throw new Retryable(new RefusedError(`The destination did not commit what was sent: ${destination}`), {
    display: "zfs send/receive",
  });
}
