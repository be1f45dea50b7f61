/**
 * `--delete-dst-snapshots`: deletes snapshots or bookmarks of the destination that `plan/retention.ts` gives up.
 *
 * Many datasets are looked at with few listings first; where nothing is to be deleted nothing else is asked. Any other
 * dataset is listed again by itself just before something of it is deleted. Source: docs/spec/snapshots.md §4.2.
 * @module
 */
import { type Dataset, reRoot } from "../../model/dataset.ts";
import { CommandError, isTolerable, RootLostError } from "../../model/errors.ts";
import { formatBytes, formatDuration } from "../../model/text/mod.ts";
import type { Version } from "../../model/snapshot.ts";
import { bookmarksEnabled } from "../../model/capabilities.ts";
import type { DeleteSnapshotsPolicy } from "../../model/job.ts";
import { lossOfVersion } from "../../plan/limits/mod.ts";
import { PlanLabels } from "../../plan/plan_labels.ts";
import { planDeletionListing } from "../../plan/retention.ts";
import { failureOf } from "../../report/failure.ts";
import type { TaskOutcome } from "../../plan/task_schedule.ts";
import type { DatasetInfo } from "../../zfs/world.ts";
import { directionOf, dryPrefix } from "../job/context.ts";
import { Absence } from "../absence.ts";
import { namesOf, requireSource, type SideDatasets } from "../datasets.ts";
import { announceLoss, destroy, type Grounds } from "../destroy.ts";
import { destroySnapshots } from "../destroy_tree.ts";
import { PlanMemory } from "./memory.ts";
import { mapParallel } from "../parallel.ts";
import { firstHistory, type Lookahead } from "../lookahead.ts";
import { prunePreview } from "./preview.ts";
import {
  destinationListing,
  ground,
  judge,
  limited,
  type PrunedPair,
  type PruneRules,
  type PruneTask,
  reasonsOf,
  sourceListing,
  tellVerdicts,
} from "./task.ts";
import { recordingChanges } from "../recording.ts";
import { reactToFailure } from "../replicate/receive_state.ts";
import { retrying } from "../retrying.ts";
import { runTaskTree, type TaskPlace } from "../task_tree.ts";
import type { FailureLog } from "../job/failure_log.ts";

const OPTION = "--delete-dst-snapshots";
const DANGER = "DANGER: --force-delete-dst-tmp-bookmarks deletes bookmarks that continuity of replication may need: ";

/** What the phase works with. */
export interface PruneSurroundings {
  readonly context: PrunedPair;
  readonly failures: FailureLog;
}

/**
 * Deletes what is given up in the selected datasets of the destination. Throws `RefusedError` if the source does not
 * exist.
 *
 * @returns whether a dataset failed (and was tolerated)
 */
export async function deleteVersions(
  selected: readonly DatasetInfo[],
  source: SideDatasets,
  policy: DeleteSnapshotsPolicy,
  around: PruneSurroundings,
): Promise<{ readonly failed: boolean }> {
  const { context } = around;
  const { log, job, world, roots } = context;
  requireSource(source, context);
  const label = `${dryPrefix(job)}${OPTION}: `;
  log.log("INFO", label, `${directionOf(context)} [${selected.length} datasets]`);
  if (policy.temporaryBookmarks) log.log("WARN", DANGER, roots.dst);
  const tasks = tasksOf(namesOf(selected), source, policy, context);
  if (tasks === undefined) return { failed: false };
  const started = world.clock.monotonicNs();
  const labels = policy.except && policy.kind === "snapshots" ? new PlanLabels(context.facts.filters) : undefined;
  const phase = new Pruning(tasks, policy, around, labels);
  const result = await phase.run();
  const warning = labels?.warning();
  if (warning !== undefined) log.log("URGENT", label, warning);
  const took = formatDuration(world.clock.monotonicNs() - started, "ns");
  const { deleted, considered, freedBytes } = phase;
  const isDry = job.dryRun !== "off";
  if (isDry && freedBytes !== undefined) log.log("INFO", label, `Would free about ${formatBytes(freedBytes)}`);
  const counts = `Deleted ${deleted} out of ${considered} ${policy.kind} within ${selected.length} datasets`;
  log.log("INFO", label, `${directionOf(context)} [${counts}; took ${took}]`);
  return result;
}

/** One task for each dataset; `undefined` if the destination cannot have what is to be deleted. */
function tasksOf(
  datasets: readonly Dataset[],
  source: SideDatasets,
  policy: DeleteSnapshotsPolicy,
  { world, roots, facts: { isDummy } }: PrunedPair,
): readonly PruneTask[] | undefined {
  const bookmarks = {
    src: bookmarksEnabled(world.source.capabilities),
    dst: bookmarksEnabled(world.destination.capabilities),
  };
  const existing = new Set(namesOf(source.all));
  const tasks: PruneTask[] = [];
  for (const dataset of datasets) {
    const counterpart = isDummy.src ? undefined : reRoot(dataset, roots.dst, roots.src);
    const listing = planDeletionListing(policy, bookmarks, counterpart !== undefined);
    if (listing === undefined) return undefined;
    const hadCounterpart = counterpart !== undefined && existing.has(counterpart);
    tasks.push({ dataset, listing, counterpart, hadCounterpart });
  }
  return tasks;
}

class Pruning {
  readonly #tasks: ReadonlyMap<string, PruneTask>;
  readonly #rules: PruneRules;
  readonly #around: PruneSurroundings;
  readonly #preview: Lookahead<PruneTask, number>;
  readonly #labels: PlanLabels | undefined;
  deleted = 0;
  considered = 0;
  /** As far as `zfs` says it; `undefined` if it says nothing. */
  freedBytes: number | undefined;

  constructor(
    tasks: readonly PruneTask[],
    policy: DeleteSnapshotsPolicy,
    around: PruneSurroundings,
    labels: PlanLabels | undefined,
  ) {
    this.#labels = labels;
    this.#tasks = new Map(tasks.map((task) => [task.dataset, task]));
    const { context } = around;
    this.#rules = { policy, context, memory: new PlanMemory(policy.kind, context) };
    this.#around = around;
    this.#preview = prunePreview(tasks, { ...this.#rules, labels });
  }

  async run(): Promise<{ readonly failed: boolean }> {
    const { signal, facts: { workers } } = this.#around.context;
    try {
      return await runTaskTree([...this.#tasks.keys()], (name, place) => this.#work(name, place), { workers, signal });
    } finally {
      await this.#preview.end();
      this.#rules.memory.save();
    }
  }

  async #work(name: string, place: TaskPlace): Promise<TaskOutcome> {
    const { context, failures } = this.#around;
    const task = this.#tasks.get(name)!;
    const nothing = await this.#preview.take(task.dataset);
    if (nothing !== undefined) {
      this.considered += nothing;
      this.#rules.memory.note(task.dataset);
      return "done";
    }
    const about = { side: "dst", dataset: task.dataset } as const;
    try {
      const pair = { ...context, signal: place.signal };
      return await retrying(() => this.#prune(task, pair), pair, about);
    } catch (error) {
      place.signal.throwIfAborted();
      context.recorder.record({ event: "failed", phase: context.phase, ...about, error: failureOf(error) });
      if (context.job.skipOnError === "fail" || error instanceof RootLostError || !isTolerable(error)) throw error;
      failures.record(error, `${OPTION}: ${task.dataset}`);
      return context.job.skipOnError === "dataset" ? "failed-but-continue" : "failed";
    }
  }

  /** One attempt: lists, judges, deletes. A counterpart may also have come since the run began: it is always asked. */
  async #prune(task: PruneTask, context: PrunedPair): Promise<TaskOutcome> {
    const { world, log, signal } = context;
    const wanted = sourceListing(task);
    const [destination, source] = await Promise.all([
      firstHistory(world.destination.histories([task.dataset], { ...destinationListing(task, context), signal })),
      wanted && firstHistory(world.source.histories([task.counterpart!], { ...wanted, signal })),
    ]);
    const about = { phase: context.phase, side: "dst", dataset: task.dataset } as const;
    if (destination?.versions === undefined) {
      log.log("WARN", "Third party deleted destination: ", task.dataset);
      context.recorder.record({ event: "skipped", ...about, reason: "vanished" });
      return "skip-subtree";
    }
    if (task.hadCounterpart && source?.guids.length === 0 && source.versions === undefined) {
      // It was there when the run began: what it would protect is unknown now. Its pool may have been exported.
      const text = `${task.counterpart}, hence nothing is deleted at ${task.dataset}`;
      log.log("WARN", "Third party deleted source: ", text);
      context.recorder.record({ event: "skipped", ...about, reason: "vanished" });
      return "done";
    }
    const judged = judge(task, destination.versions, new Set(source?.guids), this.#rules);
    this.#labels?.see(judged);
    const grounded = await ground(judged, task, context);
    const { grounds } = grounded;
    const verdicts = limited(task, grounded.verdicts, { ...this.#rules, context });
    tellVerdicts(verdicts, context);
    const doomed = verdicts.filter(({ verdict }) => verdict === "delete").map(({ version }) => version);
    await this.#delete(task.dataset, { doomed, grounds }, recordingChanges(context, reasonsOf(verdicts)));
    this.considered += verdicts.length;
    this.deleted += doomed.length;
    if (!verdicts.some(({ why }) => why === "held back")) this.#rules.memory.note(task.dataset);
    if (grounds instanceof Absence) grounds.requireAnswers();
    return "done";
  }

  async #delete(
    dataset: Dataset,
    { doomed, grounds }: { readonly doomed: readonly Version[]; readonly grounds: Grounds },
    context: PrunedPair,
  ): Promise<void> {
    if (doomed.length === 0) return;
    const { signal, world, facts: { workers }, state: { cache } } = context;
    if (this.#rules.policy.kind === "snapshots") {
      cache.invalidate("dst", [dataset]);
      const freed = await destroySnapshots({ dataset, snapshots: doomed, grounds }, context, { signal }).catch((
        error: unknown,
      ) => reactToFailure(error, "zfs destroy snapshot", { destination: dataset, signal }, context));
      if (freed !== undefined) this.freedBytes = (this.freedBytes ?? 0) + freed;
      return;
    }
    const text = `${dataset}: ${dataset}#${doomed.map(({ tag }) => tag).join(",")}`;
    announceLoss({ level: "INFO", label: `Deleting ${doomed.length} bookmarks within `, text }, context);
    await mapParallel(doomed, workers, async (bookmark) => {
      const action = { kind: "destroy-bookmark", dataset, tag: bookmark.tag } as const;
      const losses = [lossOfVersion("dst", bookmark)];
      await destroy(world.destination, { action, grounds, losses }, context, { signal });
    }).catch((error: unknown) => {
      if (!(error instanceof CommandError)) throw error;
      return reactToFailure(error, "zfs destroy bookmark", { destination: dataset, signal }, context);
    });
  }
}
