/**
 * Makes and keeps the bookmarks of one dataset for one destination: performs what `plan/replication/bookmarks.ts` and
 * `plan/replication/guards.ts` decide.
 * @module
 */
import { CommandError, type Fault, RefusedError, Retryable } from "../../../model/errors.ts";
import { poolOf } from "../../../model/dataset.ts";
import {
  type Bookmark,
  compareVersions,
  type Guid,
  type Snapshot,
  type Version,
  versionName,
} from "../../../model/snapshot.ts";
import type { Transfer } from "../../../model/action.ts";
import {
  bookmarkTags,
  type DestinationMark,
  fits,
  guardsInVain,
  guardsOf,
  guardTag,
  hasRoom,
  isTemporaryTag,
  planGuards,
  planPromotions,
  type Promotion,
  protectionOf,
} from "../../../plan/replication/mod.ts";
import { makesBookmarks, markOf } from "./wanted.ts";
import type { DatasetTask, ReplicationContext } from "../context.ts";
import type { FirstChange } from "../../../zfs/world.ts";
import { announceLoss, destroy } from "../../destroy.ts";
import { mapParallel } from "../../parallel.ts";

type Named = Pick<Bookmark, "tag" | "guid">;

/** The bookmarks of one dataset during one attempt. */
export class SendBookmarks {
  readonly #task: DatasetTask;
  readonly #context: ReplicationContext;
  readonly #mark: DestinationMark;
  /** Bookmarks of the source as far as known: listed, made and not deleted since; by tag. */
  readonly #bookmarks: Map<string, Version>;

  /** Tags of guards that were made and of which no event has told yet. */
  readonly #newGuards = new Set<string>();

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
   * Throws `RefusedError` if the guid of the destination pool is unknown, unless only guards are wanted.
   *
   * @param listing everything that the source listing told
   */
  static of(task: DatasetTask, context: ReplicationContext, listing: readonly Version[]): SendBookmarks | undefined {
    if (!makesBookmarks(context)) return undefined;
    const mark = markOf(task.destination, context);
    if (mark !== undefined) return new SendBookmarks(task, context, mark, listing);
    if (context.policy.createBookmarks !== "none") {
      throw new RefusedError(
        `Cannot create bookmarks to guarantee continuity because the destination zpool GUID could not be detected ` +
          `for '${poolOf(task.destination)}'. Consider using --create-bookmarks=none.`,
      );
    }
    const { log, state: { told } } = context;
    const text = `No guard is made, as the guid of the destination's pool is unknown: ${poolOf(task.destination)}`;
    if (!told.has(text)) log.log("WARN", "", text);
    told.add(text);
    return undefined;
  }

  /**
   * Makes bookmarks of the snapshots that a transfer brings, before it makes them visible: guards, and those of the plan's
   * kind that are not there, which are temporary where those are promoted. None whose name is too long, or that the source
   * refuses.
   *
   * @param place whether it is the last transfer of a phase
   */
  async protect(transfer: Transfer, place: "last" | "inner"): Promise<void> {
    const { log, facts: { workers }, policy, state: { withoutBookmark } } = this.#context;
    const { finals, guards } = this.#protectionOf(transfer, place);
    const short = finals.filter((snapshot) => {
      const isShort = fits(snapshot, this.#mark);
      if (!isShort) {
        log.log("WARN", "", `No bookmark is made, as its name would be too long: ${versionName(snapshot)}`);
        withoutBookmark.set(versionName(snapshot), "as their names would be too long");
      }
      return isShort;
    });
    if (policy.guard !== "off" && !hasRoom(transfer.to, this.#mark)) {
      log.log("WARN", "No guard is made, as its name would be too long: ", this.#task.source);
    }
    const makers: readonly (() => Promise<unknown>)[] = [
      ...short.map((snapshot) => () => this.#protectByPlan(snapshot)),
      ...guards.map((snapshot) => () => this.#makeGuard(snapshot)),
    ];
    await mapParallel(makers, workers, (make) => make());
    if (transfer.kind === "full" && policy.guard !== "off") {
      await this.#removeAbandoned(guardsInVain(this.#known, transfer.to.guid, this.#mark));
    }
  }

  /** What {@linkcode protect} does, if it is a single bookmark of the plan's kind, and nothing more. */
  first(transfer: Transfer, place: "last" | "inner"): FirstChange | undefined {
    const { world, policy, state: { refusals }, facts: { route: { privilegePrefix } } } = this.#context;
    const { finals: [snapshot, ...others], guards } = this.#protectionOf(transfer, place);
    if (snapshot === undefined || others.length + guards.length > 0 || policy.guard !== "off") return undefined;
    const tag = this.#tagToMake(snapshot);
    if (tag === undefined || !fits(snapshot, this.#mark)) return undefined;
    if (this.#scopes("create").some((key) => refusals.has(key))) return undefined;
    const names = { from: versionName(snapshot), to: `${snapshot.dataset}#${tag}` };
    return {
      argv: [...privilegePrefix.src, "zfs", "bookmark", names.from, names.to],
      shown: world.source.describe({ kind: "bookmark", ...names, guid: snapshot.guid }).join("\n"),
      onMade: () => this.#keep(tag, snapshot),
      separately: () => this.protect(transfer, place),
    };
  }

  #protectionOf(transfer: Transfer, place: "last" | "inner"): ReturnType<typeof protectionOf> {
    const standing = guardsOf(this.#known, this.#mark).at(-1);
    return protectionOf(transfer, this.#context.policy, this.#mark, { place, standing });
  }

  /** The tag of the bookmark that a snapshot needs before it is sent; `undefined` if it is there. */
  #tagToMake({ tag, guid }: Snapshot): string | undefined {
    const { temporary, final } = bookmarkTags(tag, guid, this.#mark);
    if (this.#context.policy.promoteBookmarks) return temporary;
    return this.#bookmarks.get(final)?.guid === guid ? undefined : final;
  }

  /** Removes guards of what the destination does not have, as far as a listing shows. Throws `RootLostError`. */
  async #removeAbandoned(guards: readonly Bookmark[]): Promise<Named[]> {
    const { destination, signal } = this.#task;
    if (guards.length > 0) await this.#context.world.destination.confirm(poolOf(destination), { signal });
    return await this.#remove(guards);
  }

  async #protectByPlan(snapshot: Snapshot): Promise<void> {
    const { withoutBookmark } = this.#context.state;
    const tag = this.#tagToMake(snapshot);
    if (tag === undefined) return;
    const to = `${snapshot.dataset}#${tag}`;
    const made = await this.#bookmark({ from: versionName(snapshot), to, guid: snapshot.guid });
    if (!made) withoutBookmark.set(versionName(snapshot), "as the source refuses them");
    else this.#keep(tag, snapshot);
  }

  /**
   * Moves the guard to the newest version that the destination is seen to have, and removes those that it does not need any
   * more. Nothing is done where that is so.
   *
   * @param present guids at the destination
   * @param listing everything that the source listing told
   */
  async guard(present: ReadonlySet<Guid>, listing: readonly Version[]): Promise<void> {
    const snapshots = listing.filter(({ kind }) => kind === "snapshot");
    await this.#moveGuard(present, [...this.#known, ...snapshots].sort(compareVersions));
  }

  /** Bookmarks of the source, oldest first. */
  get #known(): Version[] {
    return [...this.#bookmarks.values()].sort(compareVersions);
  }

  async #moveGuard(present: ReadonlySet<Guid>, versions: readonly Version[]): Promise<void> {
    const { policy, recorder, phase } = this.#context;
    const { source, destination } = this.#task;
    if (policy.guard === "off") return;
    const { make, kept, former, superseded, abandoned } = planGuards(versions, present, this.#mark, policy.guard);
    const removed = [...await this.#removeAbandoned(abandoned), ...await this.#remove(superseded)];
    if (make !== undefined && !await this.#makeGuard(make)) return;
    if (former !== undefined) removed.push(...await this.#remove([former]));
    if (kept === undefined || (!this.#newGuards.delete(kept.tag) && removed.length === 0)) return;
    const nameOf = ({ tag, guid }: Named) => ({ version: `#${tag}`, guid });
    recorder.record({
      event: "guard-moved",
      phase,
      side: "src",
      dataset: source,
      performed: true,
      destination,
      ...nameOf(kept),
      former: removed.map(nameOf),
    });
  }

  /** Makes a guard, unless there are too many for want of the right to remove them. */
  async #makeGuard(version: Version): Promise<boolean> {
    const { refusals } = this.#context.state;
    const tag = guardTag(version.guid, this.#mark);
    if (this.#bookmarks.get(tag)?.guid === version.guid) return true;
    if (this.#scopes("delete").some((key) => refusals.has(key))) return false;
    const to = `${version.dataset}#${tag}`;
    if (!await this.#bookmark({ from: versionName(version), to, guid: version.guid })) return false;
    this.#bookmarks.set(tag, bookmarkOf(version, tag));
    this.#newGuards.add(tag);
    return true;
  }

  #keep(tag: string, version: Version): void {
    this.#bookmarks.set(tag, bookmarkOf(version, tag));
    if (isTemporaryTag(tag)) return;
    const { recorder, phase } = this.#context;
    const made = { what: "bookmark", version: `#${tag}`, performed: true } as const;
    recorder.record({ event: "created", phase, side: "src", dataset: this.#task.source, ...made });
  }

  /** Settles guards and temporary bookmarks ({@linkcode SendBookmarks.settle}) by what was read back. */
  async conclude(committed: ReadonlySet<Guid>): Promise<void> {
    if (this.#context.policy.createBookmarks !== "none") await this.settle(committed);
    await this.#moveGuard(committed, this.#known);
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
    const { destination, signal } = this.#task;
    if (promotions.some(({ guid }) => !committed.has(guid))) {
      await world.destination.confirm(poolOf(destination), { signal });
    }
    await this.#remove(promotions.map(({ temporary, guid }) => ({ tag: temporary, guid })));
  }

  /** Removes bookmarks that this program has made for itself; returns those that the source let go. */
  async #remove(bookmarks: readonly Named[]): Promise<Named[]> {
    if (bookmarks.length === 0) return [];
    const { world, facts: { workers } } = this.#context;
    const { source, signal } = this.#task;
    const label = `Deleting ${bookmarks.length} bookmarks within `;
    const text = `${source}: ${source}#${bookmarks.map(({ tag }) => tag).join(",")}`;
    announceLoss({ level: "DEBUG", label, text }, this.#context);
    const removed: Named[] = [];
    await mapParallel(bookmarks, workers, async ({ tag, guid }) => {
      const action = { kind: "destroy-bookmark", dataset: source, tag } as const;
      const destroyed = await this.#unlessRefused(
        "delete",
        () => destroy(world.source, { action, grounds: "own state", losses: [] }, this.#context, { signal }),
      );
      if (!destroyed) return;
      this.#bookmarks.delete(tag);
      removed.push({ tag, guid });
    });
    return removed;
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

  /** Where a refusal holds: in the dataset, or in its pool. */
  #scopes(verb: "create" | "delete"): readonly string[] {
    const { source } = this.#task;
    return [source, poolOf(source)].map((scope) => `${verb} ${scope}`);
  }

  /**
   * Makes a change of bookmarks, and returns true. What the source can never do (a right is missing, the pool is
   * read-only or lacks the feature) costs one warning, is not tried again, and returns false: bookmarks are a convenience.
   * Throws `Retryable` for any other failure of the command.
   */
  async #unlessRefused(verb: "create" | "delete", change: () => Promise<unknown>): Promise<boolean> {
    const { log, state: { refusals } } = this.#context;
    const { source } = this.#task;
    const keys = this.#scopes(verb);
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
 * @param mayWait for others that will ask soon, to share the listing
 * @param mayChange waits until bookmarks may be changed
 */
export async function settleCommitted(
  { expected, mayWait, mayChange }: {
    readonly expected: Guid;
    readonly mayWait: boolean;
    readonly mayChange: () => Promise<void>;
  },
  bookmarks: SendBookmarks | undefined,
  { destination, signal }: DatasetTask,
  { state: { readBack } }: ReplicationContext,
): Promise<void> {
  const committed = await readBack.guidsOf(destination, { signal, mayWait });
  await mayChange();
  await bookmarks?.conclude(committed);
  if (committed.has(expected)) return;
  throw new Retryable(new RefusedError(`The destination did not commit what was sent: ${destination}`), {
    display: "zfs send/receive",
  });
}
