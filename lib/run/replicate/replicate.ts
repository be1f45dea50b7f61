/**
 * Replicates a tree of datasets: the phase around `dataset.ts`.
 *
 * Parents come before children, siblings run at once, each dataset has its own retry loop, and a failure of one is
 * isolated by `--skip-on-error` (docs/spec/replication.md §11 and §12).
 * @module
 */
import { type Dataset, reRoot } from "../../model/dataset.ts";
import { CommandError, isTolerable, messageOf, RefusedError, Retryable, RootLostError } from "../../model/errors.ts";
import { counted, formatDuration } from "../../model/text/mod.ts";
import type { TaskOutcome } from "../../plan/task_schedule.ts";
import { failureOf } from "../../report/failure.ts";
import type { DatasetInfo } from "../../zfs/world.ts";
import { directionOf, dryPrefix } from "../job/context.ts";
import type { DatasetTask, ReplicationContext } from "./context.ts";
import { namesOf } from "../datasets.ts";
import type { Followed, Renames } from "./moves/mod.ts";
import { isSetAside, predecessorOf, successorNames } from "../../plan/replication/mod.ts";
import type { Replica } from "../cache.ts";
import type { Lookahead } from "../lookahead.ts";
import { attemptOf, preview, type Previewed } from "./preview.ts";
import {
  concludeWithoutChange,
  recordSkip,
  recordUpToDate,
  type Replicated,
  replicateDataset,
  replicateSeen,
} from "./dataset.ts";
import { confirmRoot, retrying } from "../retrying.ts";
import { tellUnapplied } from "./unapplied.ts";
import { runTaskTree, type TaskPlace } from "../task_tree.ts";
import type { FailureLog } from "../job/failure_log.ts";

/**
 * Replicates all selected datasets of a pair.
 *
 * @param selected source datasets, sorted by name
 * @returns whether a dataset failed (and was tolerated)
 */
export async function replicate(
  selected: readonly DatasetInfo[],
  context: ReplicationContext,
  failures: FailureLog,
): Promise<{ readonly failed: boolean }> {
  const { log, job, world, state: { counters, cache } } = context;
  const started = world.clock.monotonicNs();
  const direction = directionOf(context);
  log.log("INFO", "Starting replication task: ", `${direction} [${selected.length} datasets]`);
  const phase = new TreeReplication(await withoutUnchanged(selected, context), context, failures);
  const result = await phase.run().finally(() => tellUnapplied(context, failures));
  tellMissingBookmarks(context, failures);
  const took = formatDuration(world.clock.monotonicNs() - started, "ns");
  const counts = `Replicated ${counters.snapshotsReplicated} out of ${counters.snapshotsFound} snapshots within ` +
    `${selected.length} datasets; took ${took}${cache.describe()}`;
  log.log("INFO", `${dryPrefix(job)}Replication done: `, `${direction} [${counts}]`);
  return result;
}

/** True for the failure of an attempt that was made with what others have removed or made since: it does not count. */
function isOutdated(error: unknown): boolean {
  if (!(error instanceof Retryable) || !(error.cause instanceof CommandError)) return false;
  return error.cause.failure.fault === "gone" || error.cause.failure.fault === "exists";
}

/** A user who asked for bookmarks must learn that there are none (docs/spec/replication.md §13.1). */
function tellMissingBookmarks({ policy, roots, state }: ReplicationContext, failures: FailureLog): void {
  const { withoutBookmark } = state;
  if (!policy.bookmarksDemanded || withoutBookmark.size === 0) return;
  const [name, why] = withoutBookmark.entries().next().value!;
  const text = `Cannot create bookmarks of ${counted(withoutBookmark.size, "snapshot")}, ${why}: ${name}`;
  const hint = "Leave out --create-bookmarks if replication may do without";
  failures.record(new RefusedError(text, { hint }), `Replication: ${roots.src}`);
}

/** Leaves out datasets that the cache knows to be up to date. */
async function withoutUnchanged(
  selected: readonly DatasetInfo[],
  context: ReplicationContext,
): Promise<readonly DatasetInfo[]> {
  const { roots, log, state: { cache, existing, counters } } = context;
  const replicas = selected.map(({ dataset }) => ({
    source: dataset,
    destination: reRoot(dataset, roots.src, roots.dst),
  }));
  const unchanged = await cache.unchanged(replicas);
  for (const { source, destination } of replicas) {
    if (!unchanged.has(source)) continue;
    existing.add(destination);
    counters.datasetsSelected++;
    log.log("INFO", "Already up-to-date [cached]: ", destination);
    recordUpToDate({ source, destination }, context);
  }
  return selected.filter(({ dataset }) => !unchanged.has(dataset));
}

class TreeReplication {
  readonly #byName: ReadonlyMap<string, DatasetInfo>;
  readonly #context: ReplicationContext;
  readonly #failures: FailureLog;
  /** Datasets that were looked at to the end, and worked on without a failure; not one that was gone. */
  readonly #ended: DatasetTask[] = [];
  #preview: Lookahead<Replica, Previewed> | undefined;
  #renames: Renames | undefined;

  constructor(selected: readonly DatasetInfo[], context: ReplicationContext, failures: FailureLog) {
    this.#byName = new Map(selected.map((info) => [info.dataset, info]));
    this.#context = context;
    this.#failures = failures;
  }

  async run(): Promise<{ readonly failed: boolean }> {
    const { signal, facts: { workers } } = this.#context;
    const names = [...this.#byName.keys()];
    const isListed = this.#isPreviewSafe && (names.length > 1 || await this.#isNewAlone(names));
    const found = isListed ? await this.#learnWhatExists() : undefined;
    await this.#learnUnfinished(found);
    if (found !== undefined) {
      this.#renames = await this.#findRenames(found);
      const pairs = names.map((name) => ({ source: name as Dataset, destination: this.#counterpart(name as Dataset) }));
      this.#preview = preview(pairs, this.#context);
    }
    try {
      const onIdle = (): void => this.#context.state.readBack.hurry();
      const result = await runTaskTree(names, (name, place) => this.#work(name, place), { workers, onIdle, signal });
      for (const name of result.skipped) recordSkip("ancestor", { source: name as Dataset }, this.#context);
      await this.#confirmRoots();
      await this.#context.state.cache.rememberReplicated(this.#ended);
      return result;
    } finally {
      await this.#preview?.end();
    }
  }

  /** What was found up to date, or gone, is so only if its pool was there all the while. Throws `RootLostError`. */
  async #confirmRoots(): Promise<void> {
    const { roots, state: { existing } } = this.#context;
    await confirmRoot("src", this.#context);
    if (existing.has(roots.dst)) await confirmRoot("dst", this.#context);
  }

  /**
   * Not where the work on one dataset may destroy another one that was found up to date before: clones go with `-R`.
   */
  get #isPreviewSafe(): boolean {
    return !this.#context.job.force.destroyDependents;
  }

  /**
   * Lists the destination tree, so that a preview asks only about datasets that are there. `undefined` if that fails,
   * be it for one dataset of the tree: then each is observed by itself, and whose failure it is becomes known there.
   */
  async #learnWhatExists(): Promise<ReadonlySet<Dataset> | undefined> {
    const { world, roots, signal, job, state: { existing } } = this.#context;
    const listing = { recursive: job.datasets.recursive, blockSizes: false, snapshotsChanged: false, signal };
    try {
      const found = await retrying(() => world.destination.datasets(roots.dst, listing), this.#context);
      const names = namesOf(found ?? []);
      for (const dataset of names) existing.add(dataset);
      return new Set(names);
    } catch (error) {
      signal.throwIfAborted();
      if (!isTolerable(error)) throw error;
      return undefined;
    }
  }

  /** True if the only dataset that the cache has left over may have been renamed: the destination lacks it. */
  async #isNewAlone([name]: readonly string[]): Promise<boolean> {
    const { world, signal, policy, facts: { sources } } = this.#context;
    if (name === undefined || policy.followRenames === "off" || sources.length < 2) return false;
    const copy = this.#counterpart(name as Dataset);
    return await retrying(() => world.destination.column(copy, "name", { signal }), this.#context) === undefined;
  }

  /**
   * Looks for what an earlier run has left half set aside. The clone of a root is beside it, so that it is asked for, without the
   * option only where something is new below the root of a job that has guards.
   */
  async #learnUnfinished(found: ReadonlySet<Dataset> | undefined): Promise<void> {
    const { world, roots, signal, policy, state: { unfinished } } = this.#context;
    const names = [...this.#byName.keys()].map((name) => this.#counterpart(name as Dataset));
    const isAsked = policy.onConflict === "set-aside" ||
      (policy.guard !== "off" && found?.has(roots.dst) === true && names.some((name) => !found.has(name)));
    const asked = !isAsked ? [] : found === undefined ? names : [roots.dst];
    for (const dataset of asked.filter((dataset) => dataset.includes("/"))) {
      const clone = successorNames(dataset).ready;
      const origin = await retrying(() => world.destination.column(clone, "origin", { signal }), this.#context);
      if (origin !== undefined) unfinished.add(dataset);
    }
    for (const dataset of found ?? []) {
      const predecessor = predecessorOf(dataset);
      if (predecessor !== undefined) unfinished.add(predecessor);
    }
  }

  /** Only where the source has something new, and the destination something whose source is gone, may there be renames. */
  async #findRenames(found: ReadonlySet<Dataset>): Promise<Renames | undefined> {
    const { roots, policy, log, signal, facts: { sources } } = this.#context;
    const known = new Set<Dataset>(sources);
    const isOrphaned = (dataset: Dataset): boolean =>
      dataset !== roots.dst && !known.has(reRoot(dataset, roots.dst, roots.src)) && !isSetAside(dataset, roots.dst);
    const fresh = ([...this.#byName.keys()] as Dataset[]).filter((name) => !found.has(this.#counterpart(name)));
    const orphaned = [...found].filter(isOrphaned);
    if (fresh.length === 0 || orphaned.length === 0) return undefined;
    const { Renames } = await import("./moves/mod.ts");
    try {
      return await Renames.find({ fresh, orphaned }, this.#context);
    } catch (error) {
      signal.throwIfAborted();
      // Who does not want renames to be followed loses a hint by that, and nothing else.
      if (policy.followRenames === "on" || error instanceof RootLostError || !isTolerable(error)) throw error;
      log.log("DEBUG", "Cannot tell what was renamed at the source: ", messageOf(error));
      return undefined;
    }
  }

  async #work(name: string, place: TaskPlace): Promise<TaskOutcome> {
    const { log, world } = this.#context;
    const task = this.#task(this.#byName.get(name)!, place);
    const started = world.clock.monotonicNs();
    try {
      const isRenamed = await this.#follow(task, place);
      if (isRenamed === "shown") return "done";
      const hasChanged = isRenamed === "renamed" || this.#context.state.unfinished.has(task.destination);
      const seenBefore = await this.#preview?.take(task.source);
      const previewed = hasChanged ? undefined : seenBefore;
      let attempt = attemptOf(previewed, this.#context);
      const tryOnce = async (): Promise<Replicated> => {
        await place.hold();
        const seen = attempt;
        attempt = undefined;
        if (seen === undefined) return await replicateDataset(task, this.#context);
        try {
          return await replicateSeen(seen, previewed!.snapshots, task, this.#context);
        } catch (error) {
          if (!isOutdated(error)) throw error;
          log.log("DEBUG", `${task.tid} Others have changed it since it was seen, looking again: `, task.source);
          return await replicateDataset(task, this.#context);
        }
      };
      const end = this.#endOfPreview(previewed, task) ??
        await retrying(tryOnce, { ...this.#context, signal: place.signal }, { side: "src", dataset: task.source });
      if (end === "skip-subtree") return "skip-subtree";
      if (end === "descend") this.#ended.push(task);
      return "done";
    } catch (error) {
      return this.#tolerate(error, task, place.signal);
    } finally {
      const took = formatDuration(world.clock.monotonicNs() - started, "ns");
      log.log("DEBUG", `${task.tid} Replication done: `, `${task.source} took ${took}`);
    }
  }

  /** Renames the destination if the source was renamed. */
  async #follow(task: DatasetTask, { signal }: TaskPlace): Promise<Followed> {
    if (this.#renames === undefined) return "no-rename";
    const renames = this.#renames;
    return await retrying(() => renames.follow(task), { ...this.#context, signal }, {
      side: "src",
      dataset: task.source,
    });
  }

  #endOfPreview(previewed: Previewed | undefined, task: DatasetTask): Replicated | undefined {
    if (previewed === undefined) return undefined;
    const end = concludeWithoutChange(previewed.decision, task, this.#context);
    const { counters } = this.#context.state;
    if (end !== undefined) counters.snapshotsFound += previewed.snapshots;
    if (end !== undefined && previewed.decision.kind === "up-to-date") counters.datasetsSelected++;
    return end;
  }

  #tolerate(error: unknown, task: DatasetTask, signal: AbortSignal): TaskOutcome {
    const { job, recorder, phase, state: { existing } } = this.#context;
    signal.throwIfAborted();
    const about = { side: "src", dataset: task.source } as const;
    recorder.record({ event: "failed", phase, ...about, error: failureOf(error) });
    if (job.skipOnError === "fail" || error instanceof RootLostError || !isTolerable(error)) throw error;
    this.#failures.record(error, `Replication: ${task.source}`);
    const descend = job.skipOnError === "dataset" && existing.has(task.destination);
    return descend ? "failed-but-continue" : "failed";
  }

  #task(info: DatasetInfo, place: TaskPlace): DatasetTask {
    return {
      source: info.dataset,
      destination: this.#counterpart(info.dataset),
      type: info.type,
      blockSize: info.blockSize,
      tid: `${place.number}/${this.#byName.size}`,
      get worker(): number {
        return place.worker;
      },
      release: () => place.release(),
      hold: () => place.hold(),
      signal: place.signal,
    };
  }

  #counterpart(source: Dataset): Dataset {
    const { roots } = this.#context;
    return reRoot(source, roots.src, roots.dst);
  }
}
