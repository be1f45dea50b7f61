/**
 * Runs one job: its dataset pairs in turn, failures isolated as the user asked, errors summed up at the end; once, or
 * in rounds as a daemon.
 *
 * Source: docs/spec/cli.md §15 (step 9) and §3, docs/spec/replication.md §2.
 * @module
 */
import type { JobEnvironment, RunState } from "./environment.ts";
import {
  AlertError,
  briefOf,
  HeldBackError,
  isIsolatedRoot,
  isTolerable,
  MissingRootError,
  PartialFailure,
  RefusedError,
} from "../../model/errors.ts";
import type { Job, OperandPair } from "../../model/job.ts";
import { DUMMY } from "../../model/location.ts";
import { base64url } from "../../model/text/mod.ts";
import type { Calendar } from "../../plan/schedule.ts";
import { type PairEnded, pairRecorder, secondsOf, SILENT_RECORDER } from "../../report/events.ts";
import { failureOf } from "../../report/failure.ts";
import { type Counters, ForceBudget, HealthReport, looksAtDestination } from "./context.ts";
import { runDaemon } from "./daemon.ts";
import { optionsText } from "./options_text.ts";
import { openPair } from "./pair.ts";
import { runPhases } from "./phases.ts";
import { TimeLimit } from "./time_limit.ts";
import { FailureLog } from "./failure_log.ts";

/** What is known at the end of a run, for the last lines of the log. */
export interface JobSummary {
  /** Snapshots replicated for the last pair. */
  readonly snapshotsReplicated: number;
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
 * Works on all pairs. Throws what ended the run, or `PartialFailure` if failures were tolerated, or something was held
 * back. A daemon only logs failures that were tolerated.
 *
 * @param summary told after each pair, so that it is known even if a later pair throws
 */
export async function runJob(
  job: Job,
  environment: JobEnvironment,
  summary: (summary: JobSummary) => void = () => {},
): Promise<void> {
  const { clock, log, signal, files: { logFile }, display: { progress }, recorder = SILENT_RECORDER } = environment;
  const calendar = calendarOf(job, environment);
  const rounds: Rounds = { job, environment, force: new ForceBudget(job.force), calendar, told: new Set(), summary };
  const { daemon: policy, schedule: { periods } } = job.verbs;
  const { create, forgetGuards } = job.verbs;
  if ((job.replication ?? create ?? forgetGuards) === undefined && !looksAtDestination(job.verbs)) {
    log.log("WARN", "", "Nothing to do: --skip-replication without another action");
  }
  if (policy === undefined) return (await runRound(clock.now(), rounds)).conclude();
  let holdsBack = false;
  const round = async (nowMs: number): Promise<void> => {
    const startedNs = clock.monotonicNs();
    const failures = await runRound(nowMs, rounds);
    failures.summarise();
    holdsBack ||= failures.holdsBack;
    const { outcome } = failures;
    const seconds = secondsOf(clock.monotonicNs() - startedNs);
    const end = outcome === undefined ? { exitStatus: 0 } : { exitStatus: outcome.exitCode, error: failureOf(outcome) };
    recorder.record({ event: "round-ended", seconds, ...end });
  };
  await runDaemon(round, { policy, periods, calendar, clock, log, signal, logFile, progress });
  if (holdsBack) throw new PartialFailure(new HeldBackError(), []);
}

function calendarOf({ verbs: { schedule } }: Job, { zones }: JobEnvironment): Calendar {
  return { zone: zones.named ?? zones.local, namesZone: zones.named !== undefined, anchors: schedule.anchors };
}

const NOTHING_SELECTED = "Nothing is replicated: no source dataset has a snapshot that is selected " +
  "(--skip-missing-snapshots=fail makes that a failure)";

/** One run over all pairs; returns the failures that were tolerated. */
async function runRound(startedAtMs: number, rounds: Rounds): Promise<FailureLog> {
  const { job, environment, force, calendar, told } = rounds;
  const failures = new FailureLog(environment.log);
  const health = new HealthReport();
  const state: RunState = { force, calendar, startedAtMs, health, told, existing: new Map(), destroyed: new Map() };
  const monitors = job.verbs.monitor !== undefined;
  let datasetsSelected = 0;
  try {
    for (const index of job.pairs.keys()) {
      datasetsSelected += (await runPair(index, { rounds, state, failures })).datasetsSelected;
    }
    const isIdle = job.replication !== undefined && datasetsSelected === 0 && failures.count === 0;
    if (isIdle && !told.has(NOTHING_SELECTED)) {
      told.add(NOTHING_SELECTED);
      environment.log.log("URGENT", "", NOTHING_SELECTED);
    }
    if (monitors) environment.display.headline(failures.unhealthy() ?? health.headline());
  } catch (error) {
    if (monitors) {
      environment.display.headline(error instanceof AlertError ? health.headline() : `UNKNOWN - ${briefOf(error)}`);
    }
    throw error;
  }
  return failures;
}

async function runPair(
  index: number,
  around: { readonly rounds: Rounds; readonly state: RunState; readonly failures: FailureLog },
): Promise<Counters> {
  const { rounds: { job, environment, summary }, state, failures } = around;
  const { log, signal, clock, recorder = SILENT_RECORDER } = environment;
  const startedNs = clock.monotonicNs();
  const operands = job.pairs[index]!;
  const { src: source, dst: destination } = operands;
  const options = recorder.isWanted ? { options: base64url(environment.digest(optionsText(job))) } : {};
  recorder.record({ event: "pair-started", pair: index, source, destination, ...options });
  let failure: Pick<PairEnded, "error"> = {};
  const earlier = failures.count;
  const name = taskName(operands, job);
  if (job.pairs.length > 1) log.log("INFO", "Starting task: ", `${name} ...`);
  const counters: Counters = { snapshotsFound: 0, snapshotsReplicated: 0, datasetsSelected: 0 };
  // The budget of a daemon is that of a pair; for a single run it is part of `signal`.
  using limit = new TimeLimit(job.verbs.daemon === undefined ? undefined : job.timeoutMs, clock);
  const limited = { ...environment, signal: AbortSignal.any([signal, limit.signal]) };
  try {
    const context = await openPair(operands, job, limited, {
      run: state,
      counters,
      recorder: pairRecorder(recorder, index),
      opened: ({ src: sourcePlace, dst: destinationPlace }) =>
        recorder.record({ event: "pair-opened", pair: index, sourcePlace, destinationPlace }),
    });
    try {
      await runPhases(context, failures);
    } finally {
      if (context.guard.holdsBack) failures.holdBack();
    }
    if (job.replication?.emptySelection === "fail" && counters.datasetsSelected === 0 && failures.count === earlier) {
      throw new RefusedError(`Nothing of the source has a snapshot that is selected: ${operands.src}`, {
        hint: "Check plan and filters against zfs list -t snapshot; --empty-selection=tell takes that for no failure",
      });
    }
  } catch (thrown) {
    const error = isolatesRoot(thrown, operands, job) ? thrown.isolated() : thrown;
    failure = { error: failureOf(error) };
    signal.throwIfAborted();
    if (!isIsolatedRoot(error) && (job.skipOnError === "fail" || !isTolerable(error))) throw error;
    failures.record(error, `task: ${name}`);
  } finally {
    summary({ snapshotsReplicated: counters.snapshotsReplicated });
    const seconds = secondsOf(clock.monotonicNs() - startedNs);
    recorder.record({ event: "pair-ended", pair: index, seconds, ...failure });
  }
  return counters;
}

/** True for a root that is not there, of several. What the destination lacks concerns its source, unless that is `dummy`. */
function isolatesRoot(error: unknown, { src }: OperandPair, job: Job): error is MissingRootError {
  if (job.missingRoot !== "isolate" || job.pairs.length === 1 || !(error instanceof MissingRootError)) return false;
  return error.side === "src" || src === DUMMY;
}

function taskName({ src, dst }: OperandPair, job: Job): string {
  return `${src} ${job.datasets.recursive ? "-r " : ""}--> ${dst}`;
}
