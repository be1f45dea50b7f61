/**
 * Follows renames of the source: the destination has a dataset under the name that its source had, and gets no second copy
 * of it. Source: docs/spec/replication.md §6.1.
 * @module
 */
import { bookmarksEnabled, poolGuid } from "../../../model/capabilities.ts";
import { type Dataset, isWithin, parentOf, reRoot } from "../../../model/dataset.ts";
import { CommandError, isTolerable, messageOf, Retryable, RootLostError } from "../../../model/errors.ts";
import type { Guid, Version } from "../../../model/snapshot.ts";
import { formatBytes } from "../../../model/text/mod.ts";
import type { Side } from "../../../model/job.ts";
import { findRenames, guardsByPool, type RenamedSource, type RenameFindings } from "../../../plan/replication/mod.ts";
import { Absence } from "../../absence.ts";
import { dryPrefix } from "../../job/context.ts";
import { listHistories, retrying } from "../../retrying.ts";
import type { DatasetTask, ReplicationContext } from "../context.ts";
import { rename } from "./set_aside.ts";
import { createAncestors } from "../target.ts";

/** What became of one dataset: `shown`: a dry run has only said that it would be renamed. */
export type Followed = "no-rename" | "renamed" | "shown";

/** A rename at the destination. */
interface Move {
  readonly from: Dataset;
  readonly to: Dataset;
  readonly guid: Guid;
}

/** Renames of one pair that are to be followed. */
export class Renames {
  readonly #context: ReplicationContext;
  readonly #bySource: ReadonlyMap<Dataset, RenamedSource>;
  /** Those that were made, in order: they have moved what is below them, too. */
  readonly #made: Move[] = [];
  /** Those whose connection was lost, by their new names: whether they were made is not known. */
  readonly #doubtful = new Map<Dataset, Move>();
  /** Ends when the rename before has ended. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(renamed: readonly RenamedSource[], context: ReplicationContext) {
    this.#context = context;
    this.#bySource = new Map(renamed.map((one) => [one.source, one]));
  }

  /**
   * Compares datasets that only one side has, and proves that the old names are gone. Says what is left to the user. Throws
   * `RootLostError`, and what listings throw.
   *
   * @param fresh source datasets that the destination lacks
   * @param orphaned destination datasets that the source lacks
   */
  static async find(
    { fresh, orphaned }: { readonly fresh: readonly Dataset[]; readonly orphaned: readonly Dataset[] },
    context: ReplicationContext,
  ): Promise<Renames> {
    const { log, policy, roots } = context;
    const { renamed, doubts } = await compare(fresh, orphaned, context);
    for (const doubt of doubts) log.log("WARN", "Cannot tell whether it was renamed at the source: ", doubt);
    if (renamed.length === 0) return new Renames([], context);
    const suspects = renamed.map(({ copy }) => ({ name: copy, counterparts: [reRoot(copy, roots.dst, roots.src)] }));
    const absence = await retrying(() => Absence.prove(suspects, context), context);
    const gone = renamed.filter(({ copy }) => absence.lacks(copy));
    const proved = policy.guard === "off" || policy.followRenames === "off" ? gone : await guarded(gone, context);
    if (policy.followRenames === "on") return new Renames(proved, context);
    for (const one of proved) if (!isImplied(one, proved)) await hint(one, context);
    return new Renames([], context);
  }

  /** Renames the destination of a task, if its source was renamed. One at a time. Throws `Retryable`. */
  follow(task: DatasetTask): Promise<Followed> {
    const found = this.#bySource.get(task.source);
    if (found === undefined) return Promise.resolve("no-rename");
    const end = this.#turn.then(() => this.#follow(found, task));
    this.#turn = end.catch(() => {});
    return end;
  }

  async #follow({ copy, guid }: RenamedSource, task: DatasetTask): Promise<Followed> {
    const { world, job, log } = this.#context;
    const { destination: to, signal, tid } = task;
    const isDry = job.dryRun !== "off";
    const others = [...this.#doubtful.values()].filter((move) => move.to !== to);
    for (const move of others) if (await this.#isMade(move, signal)) this.#remember(move);
    const from = this.#made.reduce(
      (name, made) => isWithin(name, made.from) ? reRoot(name, made.from, made.to) : name,
      copy,
    );
    if (from === to) {
      if (isDry) return "shown";
      return this.#made.some((made) => made.to === to) ? "renamed" : "no-rename";
    }
    await createAncestors(task, this.#context);
    log.log("INFO", `${dryPrefix(job)}${tid} Renaming a destination as its source was: `, `${from} to ${to}`);
    const move = { from, to, guid };
    try {
      await world.destination.apply(rename(from, to, task.type, this.#context), { signal });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const { fault } = error.failure;
      if (fault === "connection") this.#doubtful.set(to, move);
      // What is gone may be below the new name of another one, whose rename has come to its end meanwhile.
      const isElsewhere = fault === "gone" && others.some((other) => isWithin(from, other.from));
      if (fault === "connection" || isElsewhere) throw new Retryable(error, { display: "zfs rename" });
      // An attempt before may have done it, and lost its connection.
      if (fault !== "gone" || !await this.#isMade(move, signal)) {
        this.#doubtful.delete(to);
        log.log(
          "WARN",
          "Cannot rename it at the destination, hence all is sent again: ",
          `${from}: ${messageOf(error)}`,
        );
        return "no-rename";
      }
    }
    this.#remember(move);
    return isDry ? "shown" : "renamed";
  }

  /** A rename was made, or shown: what was below the old name is below the new one. */
  #remember(move: Move): void {
    const { job, recorder, phase, state: { existing } } = this.#context;
    const { from, to, guid } = move;
    const performed = job.dryRun === "off";
    this.#doubtful.delete(to);
    this.#made.push(move);
    recorder.record({ event: "renamed", phase, side: "dst", performed, dataset: to, from, guid });
    if (!performed) return;
    for (const dataset of [...existing].filter((dataset) => isWithin(dataset, from))) {
      existing.delete(dataset);
      existing.add(reRoot(dataset, from, to));
    }
    existing.add(to);
  }

  /** Asks whether a rename was made. Throws `Retryable`. */
  async #isMade({ from, to }: Move, signal: AbortSignal): Promise<boolean> {
    return await this.#exists(to, signal) && !await this.#exists(from, signal);
  }

  async #exists(dataset: Dataset, signal: AbortSignal): Promise<boolean> {
    return await this.#context.world.destination.column(dataset, "name", { signal }) !== undefined;
  }
}

/** Compares guids. Those of the fewer datasets are kept in memory, and of the others only what is the same. */
async function compare(
  fresh: readonly Dataset[],
  orphaned: readonly Dataset[],
  context: ReplicationContext,
): Promise<RenameFindings> {
  const isFreshFirst = fresh.length <= orphaned.length;
  const few = isFreshFirst ? await guidsOf("src", fresh, context) : await guidsOf("dst", orphaned, context);
  const wanted = new Set([...few.values()].flat());
  if (wanted.size === 0) return { renamed: [], doubts: [] };
  return isFreshFirst
    ? findRenames(few, await guidsOf("dst", orphaned, context, wanted))
    : findRenames(await guidsOf("src", fresh, context, wanted), few);
}

/** Guids of all datasets; of those that cannot be listed none, with a warning, so that they do not stop all others. */
async function guidsOf(
  side: Side,
  datasets: readonly Dataset[],
  context: ReplicationContext,
  wanted?: ReadonlySet<Guid>,
): Promise<ReadonlyMap<Dataset, readonly Guid[]>> {
  const { world, log, signal } = context;
  const listing = { bookmarks: side === "src" && bookmarksEnabled(world.source.capabilities), creation: false };
  const found = new Map<Dataset, readonly Guid[]>();
  const list = async (some: readonly Dataset[], around: ReplicationContext): Promise<void> => {
    for await (const { dataset, guids } of listHistories(side, some, listing, around)) {
      found.set(dataset, [...new Set(wanted === undefined ? guids : guids.filter((guid) => wanted.has(guid)))]);
    }
  };
  const unlessLost = (error: unknown): void => {
    signal.throwIfAborted();
    if (error instanceof RootLostError || !isTolerable(error)) throw error;
  };
  try {
    await list(datasets, context);
  } catch (error) {
    unlessLost(error);
    const once = { ...context, job: { ...context.job, retry: { ...context.job.retry, retries: 0 } } };
    for (const dataset of datasets.filter((dataset) => !found.has(dataset))) {
      await list([dataset], once).catch((error: unknown) => {
        unlessLost(error);
        log.log("WARN", "Cannot tell whether it was renamed at the source: ", `${dataset}: ${messageOf(error)}`);
      });
    }
  }
  return found;
}

/**
 * Those of which the source has a guard for the copy. Bookmarks go along with a rename, and no stream brings any: a dataset
 * that was restored at another source shares guids, too, and the copy may be that of its origin, which is elsewhere.
 */
async function guarded(renamed: readonly RenamedSource[], context: ReplicationContext): Promise<RenamedSource[]> {
  const { world, log, facts: { digest } } = context;
  const pool = poolGuid(world.destination.capabilities);
  const guards = new Map<Dataset, readonly Version[]>();
  const listing = { bookmarks: true, snapshots: false, creation: false };
  if (pool !== undefined && bookmarksEnabled(world.source.capabilities)) {
    const sources = renamed.map(({ source }) => source);
    for await (const { dataset, versions = [] } of listHistories("src", sources, listing, context)) {
      guards.set(dataset, versions);
    }
  }
  return renamed.filter(({ source, copy }) => {
    const isGuarded = guardsByPool(guards.get(source) ?? [], digest(copy)).has(pool ?? "");
    if (isGuarded) return true;
    const text =
      `${source}, whose snapshots the destination has as ${copy}: it has no guard for that (restored, or older)`;
    log.log("WARN", "Not taken for a rename, hence all is sent again: ", text);
    return false;
  });
}

/** True if it is renamed along with the dataset above it. */
function isImplied({ source, copy }: RenamedSource, all: readonly RenamedSource[]): boolean {
  const [above, copyAbove] = [parentOf(source), parentOf(copy)];
  if (source.slice(above?.length) !== copy.slice(copyAbove?.length)) return false;
  return all.some((other) => other.source === above && other.copy === copyAbove);
}

async function hint({ source, copy }: RenamedSource, context: ReplicationContext): Promise<void> {
  const { world: { destination }, log, signal } = context;
  const used = Number(await retrying(() => destination.column(copy, "used", { signal }), context) ?? 0);
  const text =
    `${source}, which the destination has as ${copy}. --follow-renames would rename that instead, and save ` +
    `about ${formatBytes(used)}`;
  log.log("WARN", "Seems to have been renamed at the source, hence all is sent again: ", text);
}
