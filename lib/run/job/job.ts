/**
 * Runs one job: its dataset pairs in turn, failures isolated as the user asked, errors summed up at the end; once, or
 * in rounds as a daemon.
 *
 * Source: spec/cli-bzfs.md chapter 15 (step 9) and chapter 3, spec/replication.md chapter 2.
 * @module
 */
import { AlertError, isTolerable, messageOf } from "../../model/errors.ts";
import type { Dataset } from "../../model/dataset.ts";
import type { Location } from "../../model/location.ts";
import type { Zone } from "../../model/time/zone.ts";
import type { Job, OperandPair } from "../../plan/policy.ts";
import type { Calendar } from "../../plan/schedule.ts";
import { type PairEnded, pairRecorder, type Recorder, secondsOf, SILENT_RECORDER } from "../../report/events.ts";
import { failureOf } from "../../report/failure.ts";
import type { Logger } from "../../report/log.ts";
import type { Clock, Marks, Random, ReportFolder } from "../../zfs/world.ts";
import { type Counters, type Digest, ForceBudget } from "./context.ts";
import { type ProgressSwitch, runDaemon } from "./daemon.ts";
import { HealthReport } from "../health_report.ts";
import { looksAtDestination } from "../looks_at_destination.ts";
import { type Connection, openPair } from "./pair.ts";
import { runPhases } from "./phases.ts";
import { TimeLimit } from "./time_limit.ts";
import { Tolerance } from "./tolerance.ts";

/** What a job needs from outside. */
export interface JobEnvironment {
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly digest: Digest;
  /** Name of this host, as `--exclude-dataset-property` knows it. */
  readonly hostName: string;
  /** The system's time zone, and the one that the user named. */
  readonly zones: { readonly local: Zone; readonly named: Zone | undefined };
  /** What `--cache-snapshots` remembers. */
  readonly marks: Marks;
  /** Where comparisons are written. */
  readonly reports: ReportFolder;
  /** Path of the log, for messages. */
  readonly logFile: string;
  readonly progress: ProgressSwitch;
  /** Told what happens; nobody is unless given. */
  readonly recorder?: Recorder;
  /** Aborted with the reason to stop. */
  readonly signal: AbortSignal;
  /** The path with the working directory in front if it is relative. */
  absolutePath(path: string): string;
  /** Puts a line in front of everything that the terminal was going to show (addenda D10). */
  headline(line: string): void;
  /** Reaches both ends of a pair and finds out what they can do. Throws `RefusedError`, `MissingToolError`. */
  connect(src: Location, dst: Location, options: { readonly signal: AbortSignal }): Promise<Connection>;
}

/** What is known at the end of a run, for the last lines of the log. */
export interface JobSummary {
  /** Snapshots replicated for the last pair. */
  readonly snapshotsReplicated: number;
}

/** State that pairs of one run share. */
export interface RunState {
  readonly force: ForceBudget;
  /** Datasets known to exist, by `user@host` of the destination. */
  readonly existing: Map<string, Set<Dataset>>;
  /** The time that relative filters, creation and monitoring are measured from: Unix milliseconds. */
  readonly startedAtMs: number;
  readonly calendar: Calendar;
  readonly health: HealthReport;
  /** Warnings that need not be repeated, for other pairs of the same hosts or in other rounds. */
  readonly told: Set<string>;
}

/** What the rounds of a job have in common. */
interface Rounds {
  readonly job: Job;
  readonly environment: JobEnvironment;
  readonly force: ForceBudget;
  readonly calendar: Calendar;
  readonly told: Set<string>;
  readonly summary: (summary: JobSummary) => void;
}

/**
 * Works on all pairs. Throws what ended the run, or `PartialFailure` if failures were tolerated. A daemon only logs those.
 *
 * @param summary told after each pair, so that it is known even if a later pair throws
 */
export async function runJob(
  job: Job,
  environment: JobEnvironment,
  summary: (summary: JobSummary) => void = () => {},
): Promise<void> {
  const { clock, log, signal, logFile, progress } = environment;
  const calendar = calendarOf(job, environment);
  const rounds: Rounds = { job, environment, force: new ForceBudget(job.force), calendar, told: new Set(), summary };
  const { daemon: policy, schedule: { periods } } = job.verbs;
  if (job.replication === undefined && job.verbs.create === undefined && !looksAtDestination(job.verbs)) {
    log.log("WARN", "", "Nothing to do: --skip-replication without another action");
  }
  if (policy === undefined) return (await runRound(clock.now(), rounds)).conclude();
  const round = async (nowMs: number): Promise<void> => (await runRound(nowMs, rounds)).summarise();
  await runDaemon(round, { policy, periods, calendar, clock, log, signal, logFile, progress });
}

function calendarOf({ verbs: { schedule } }: Job, { zones }: JobEnvironment): Calendar {
  return { zone: zones.named ?? zones.local, namesZone: zones.named !== undefined, anchors: schedule.anchors };
}

/** One run over all pairs; returns the failures that were tolerated. */
async function runRound(startedAtMs: number, rounds: Rounds): Promise<Tolerance> {
  const { job, environment, force, calendar, told } = rounds;
  const tolerance = new Tolerance(environment.log);
  const health = new HealthReport();
  const state: RunState = { force, calendar, startedAtMs, health, told, existing: new Map() };
  const monitors = job.verbs.monitor !== undefined;
  try {
    for (const index of job.pairs.keys()) await runPair(index, { rounds, state, tolerance });
    if (monitors) environment.headline(tolerance.unhealthy() ?? health.headline());
  } catch (error) {
    if (monitors) {
      environment.headline(error instanceof AlertError ? health.headline() : `UNKNOWN - ${messageOf(error)}`);
    }
    throw error;
  }
  return tolerance;
}

async function runPair(
  index: number,
  around: { readonly rounds: Rounds; readonly state: RunState; readonly tolerance: Tolerance },
): Promise<void> {
  const { rounds: { job, environment, summary }, state, tolerance } = around;
  const { log, signal, clock, recorder = SILENT_RECORDER } = environment;
  const startedNs = clock.monotonicNs();
  const operands = job.pairs[index]!;
  recorder.record({ event: "pair-started", pair: index, source: operands.src, destination: operands.dst });
  let failure: Pick<PairEnded, "error"> = {};
  const name = taskName(operands, job);
  if (job.pairs.length > 1) log.log("INFO", "Starting task: ", `${name} ...`);
  const counters: Counters = { snapshotsFound: 0, snapshotsReplicated: 0 };
  // The budget of a daemon is that of a pair; for a single run it is part of `signal`.
  using limit = new TimeLimit(job.verbs.daemon === undefined ? undefined : job.timeoutMs, clock);
  const limited = { ...environment, signal: AbortSignal.any([signal, limit.signal]) };
  try {
    const context = await openPair(operands, job, limited, {
      state,
      counters,
      recorder: pairRecorder(recorder, index),
    });
    await runPhases(context, tolerance);
  } catch (error) {
    failure = { error: failureOf(error) };
    signal.throwIfAborted();
    if (job.skipOnError === "fail" || !isTolerable(error)) throw error;
    tolerance.record(error, `task: ${name}`);
  } finally {
    summary({ snapshotsReplicated: counters.snapshotsReplicated });
    const seconds = secondsOf(clock.monotonicNs() - startedNs);
    recorder.record({ event: "pair-ended", pair: index, seconds, ...failure });
  }
}

function taskName({ src, dst }: OperandPair, job: Job): string {
  return `${src} ${job.datasets.recursive ? "-r " : ""}--> ${dst}`;
}
