/**
 * Runs the subjobs of a fleet in the order that their names ask for, spread over time, and sums up how they ended.
 *
 * What a subjob is, and whether it runs in this process or in one of its own, is the caller's business. There are no
 * retries here: a failed subjob keeps those behind it from running, and nothing else.
 * Source: docs/spec/jobrunner.md §7.
 * @module
 */
import { HELD_BACK_STATUS } from "../model/errors.ts";
import { formatDuration, formatPercent, pythonList } from "../model/text/mod.ts";
import { combineStatuses, orHeldBack, statusOfMonitoring, type Subjob } from "../plan/fleet/mod.ts";
import {
  aboutOf,
  type Recorder,
  secondsOf,
  SILENT_RECORDER,
  type SubjobAbout,
  type SubjobEnded,
  type SubjobSkipped,
  type SubjobStarted,
} from "../report/events.ts";
import { describeFleetProgress, type FleetProgress } from "../report/fleet/mod.ts";
import type { Logger } from "../model/log.ts";
import type { TaskOutcome } from "../plan/task_schedule.ts";
import { redactWords } from "../report/redaction.ts";
import type { Clock, Random } from "../zfs/world.ts";
import { runTaskTree } from "./task_tree.ts";

/** A subjob: its place in the tree, and its words for the log. */
export interface FleetTask extends Pick<Subjob, "name" | "action" | "source" | "destination" | "datasets"> {
  readonly words: readonly string[];
}

/** What stops a subjob. */
interface Stoppable {
  readonly signal: AbortSignal;
}

/** How subjobs run. */
export interface FleetRunOptions<T extends FleetTask = FleetTask> {
  readonly workers: number;
  /** Starts are spread over this time; 0 = no spreading. */
  readonly workPeriodNs: number;
  /** With a random delay before the first start. */
  readonly jitter: boolean;
  /** All is done again if it took longer; `Infinity` = never. */
  readonly repeatAboveNs: number;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** A monitoring subjob that fails is a critical finding; otherwise it is a failure as any other. */
  readonly failedMonitoringIsCritical: boolean;
  /** True if a subjob has said that roots are not there: its status for that is a failure in the end. */
  readonly lacksRoots: (name: string) => boolean;
  /** Told what happens to each subjob; nobody is unless given. */
  readonly recorder?: Recorder<SubjobStarted | SubjobEnded | SubjobSkipped>;
  /** Performs a subjob; returns its exit status. Must not throw. */
  readonly perform: (task: T, options: Stoppable) => Promise<number>;
}

/** Runs all subjobs, again and again if that is asked for; returns the exit status for all of them. */
export async function runFleet<T extends FleetTask>(
  tasks: readonly T[],
  options: FleetRunOptions<T>,
): Promise<number> {
  for (;;) {
    const startedNs = options.clock.monotonicNs();
    const status = await new FleetPass(tasks, options).run();
    const elapsedNs = options.clock.monotonicNs() - startedNs;
    if (status !== 0 || elapsedNs <= options.repeatAboveNs || options.signal.aborted) return status;
    options.log.log("INFO", "", `Repeating all subjobs, as they took ${formatDuration(elapsedNs, "ns")}`);
  }
}

function monitors({ action }: FleetTask): boolean {
  return action === "monitor-src-snapshots" || action === "monitor-dst-snapshots";
}

/** All subjobs once. */
class FleetPass<T extends FleetTask> {
  readonly #tasks: ReadonlyMap<string, T>;
  readonly #options: FleetRunOptions<T>;
  readonly #statuses: number[] = [];
  readonly #intervalNs: number;
  readonly #started = new Set<string>();
  #failed = 0;
  #completedNs = 0;
  #nextStartNs: number;

  constructor(tasks: readonly T[], options: FleetRunOptions<T>) {
    this.#tasks = new Map(tasks.map((task) => [task.name, task]));
    this.#options = options;
    this.#intervalNs = options.workPeriodNs / Math.max(1, tasks.length + (options.jitter ? 1 : 0));
    this.#nextStartNs = options.clock.monotonicNs();
  }

  async run(): Promise<number> {
    const { workers, signal, log, recorder = SILENT_RECORDER } = this.#options;
    let skipped: readonly string[];
    let wasCut = false;
    try {
      await this.#delayFirst();
      const perform = (name: string, place: Stoppable): Promise<TaskOutcome> =>
        this.#perform(this.#tasks.get(name)!, place);
      const result = await runTaskTree([...this.#tasks.keys()], perform, { workers, priority: "depth", signal });
      skipped = result.skipped;
    } catch (error) {
      if (!signal.aborted) throw error;
      skipped = [...this.#tasks.keys()].filter((name) => !this.#started.has(name));
      wasCut = true;
    }
    const reason = wasCut ? "interrupted" : "earlier-failure";
    for (const subjob of skipped) recorder.record({ event: "subjob-skipped", subjob, ...this.#about(subjob), reason });
    const share = formatPercent(skipped.length, this.#tasks.size);
    log.log("INFO", "", `Final Progress: ${describeFleetProgress(this.#progress)}, skipped:${share}`);
    log.log("DEBUG", "", `Skipped subjobs: ${pythonList(skipped)}`);
    const others = this.#statuses.filter((status) => status !== HELD_BACK_STATUS);
    const worst = combineStatuses([...others, ...(wasCut ? [undefined] : [])]);
    return others.length < this.#statuses.length ? orHeldBack(worst) : worst;
  }

  async #perform(task: T, { signal }: Stoppable): Promise<TaskOutcome> {
    const { clock, log, recorder = SILENT_RECORDER } = this.#options;
    await this.#awaitTurn(signal);
    this.#started.add(task.name);
    this.#sayProgress();
    const words = redactWords(task.words.slice(1));
    recorder.record({ event: "subjob-started", subjob: task.name, ...this.#about(task.name), arguments: words });
    const startedNs = clock.monotonicNs();
    const status = await this.#options.perform(task, { signal });
    const elapsedNs = clock.monotonicNs() - startedNs;
    recorder.record({ event: "subjob-ended", subjob: task.name, exitStatus: status, seconds: secondsOf(elapsedNs) });
    this.#completedNs += elapsedNs;
    const isFinding = monitors(task) && this.#options.failedMonitoringIsCritical && !signal.aborted;
    const isHeldBack = status === HELD_BACK_STATUS;
    const isRootless = isHeldBack && this.#options.lacksRoots(task.name);
    this.#statuses.push(isFinding ? statusOfMonitoring(status) : isRootless ? 3 : status);
    if (status !== 0) this.#failed++;
    const end = `in ${formatDuration(elapsedNs, "ns")}: ${task.words.join(" ")}`;
    if (status === 0) log.log("DEBUG", "", `Worker job succeeded ${end}`);
    else if (isHeldBack && !isRootless) log.log("WARN", "", `Worker job has held something back ${end}`);
    else log.log("ERROR", "", `Worker job failed with exit code ${status} ${end}`);
    this.#sayProgress();
    return status === 0 ? "done" : isFinding || isHeldBack ? "failed-but-continue" : "failed";
  }

  #about(name: string): SubjobAbout {
    const { action, source, destination, datasets } = this.#tasks.get(name)!;
    return aboutOf({ action, source, destination: destination === "" ? undefined : destination, datasets });
  }

  /** With jitter, the first start is delayed, too. */
  async #delayFirst(): Promise<void> {
    const { jitter, random, log, clock, signal } = this.#options;
    if (!jitter) return;
    const delayNs = random.integer(0, Math.floor(this.#intervalNs));
    log.log("INFO", "", `Jitter: Delaying job start time by sleeping for ${formatDuration(delayNs, "ns")} ...`);
    await clock.sleep(delayNs, { signal });
    this.#nextStartNs = clock.monotonicNs();
  }

  /** Waits until this start is as far from the one before as the work period asks for. */
  async #awaitTurn(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    if (this.#intervalNs === 0) return;
    const turnNs = Math.max(this.#nextStartNs, clock.monotonicNs());
    this.#nextStartNs = turnNs + this.#intervalNs;
    const waitNs = turnNs - clock.monotonicNs();
    if (waitNs > 0) await clock.sleep(waitNs, { signal });
  }

  get #progress(): FleetProgress {
    return {
      total: this.#tasks.size,
      started: this.#started.size,
      completed: this.#statuses.length,
      failed: this.#failed,
      completedNs: this.#completedNs,
    };
  }

  #sayProgress(): void {
    this.#options.log.log("INFO", "", `Progress: ${describeFleetProgress(this.#progress)}`);
  }
}
