/**
 * One run of `bzfs`, from its words to its exit status: puts the layers together.
 *
 * Steps and their order: docs/spec/cli.md §15. Several runs may go on in one process (the job runner's), so
 * nothing here is global but the environment and the terminal.
 * @module
 */
import { type BzfsArguments, parseArgv, type ParseEnvironment, type ParseOutcome } from "../cli/parse/mod.ts";
import { makeTerminalTuning, namesToRemove } from "../cli/environment.ts";
import { auxiliaryWords, doubtfulPeriods, type JobContext, makeJob, makeReportPolicy } from "../cli/settings/mod.ts";
import { sha256 } from "../host/node.ts";
import {
  absolutePath,
  fileLimit,
  Processes,
  readEnvironment,
  removeVariables,
  unlessStuck,
} from "../host/process/mod.ts";
import { fileCacheStamps, lockJob, readTrustedFile, stateFiles } from "../host/files/mod.ts";
import { ProgressReporter } from "../host/transfer/mod.ts";
import { reportFolder } from "../host/output/mod.ts";
import { type Identity, randomName, systemClock, systemRandom } from "../host/system.ts";
import { localZone, parseTimezone } from "../host/zoneinfo.ts";
import {
  adviceOf,
  AppError,
  briefOf,
  BusyError,
  Cancelled,
  exitCodeOf,
  OverdueError,
  PartialFailure,
  UsageError,
} from "../model/errors.ts";
import type { Zone } from "../model/time/mod.ts";
import type { AppliedPlanPolicy, Job, OutputPolicy, ReportPolicy } from "../model/job.ts";
import {
  type Recorder,
  REPORT_FORMAT,
  type RunEnded,
  type RunEvent,
  type RunStarted,
  secondsOf,
} from "../report/events.ts";
import { failureOf } from "../report/failure.ts";
import type { AppliedPlan } from "../report/plan_file/mod.ts";
import { levelOfNumber } from "../model/log.ts";
import { describeFinalStatistics, progressIntervals } from "../report/progress.ts";
import { redactWords } from "../report/redaction.ts";
import type { Sink } from "../report/logger.ts";
import { RunFold } from "../report/result.ts";
import { visible } from "../report/visible.ts";
import { optionsText, runJob, TimeLimit } from "../run/job/mod.ts";
import { connector } from "./connect.ts";
import { logFailureText, openRunLog, type RunLog } from "./log.ts";
import { hasDocument, openOutputs, type Outputs, type PlanOutput, usesStandardOutput } from "./outputs.ts";

/** What all runs of a process share. */
export interface Program {
  readonly identity: Identity;
  /** Aborted by the signals that end the process. */
  readonly signal: AbortSignal;
  /** The environment at start. Unless given it is read: for runs that others in the process must not influence. */
  readonly environment?: ReadonlyMap<string, string>;
  /** Variables `LD_…` that were taken out of our environment. */
  readonly loaderVariables: ReadonlyMap<string, string>;
  /** Told each run's children, so that they can be stopped with us and ended before we exit. */
  readonly onProcesses: (processes: Processes) => void;
  /** How the program calls itself, for the log. */
  readonly name: string;
  readonly version: string;
  /** Standard output is needed for something else. */
  readonly logsToStderr?: boolean;
  /** Takes the records instead of the terminal. */
  readonly sink?: Sink;
  /** Told what happens, beside what the options ask for. */
  readonly recorder?: Recorder;
  /** Prints a text, which ends in a line feed, on stdout or stderr. */
  readonly print: (stream: "out" | "err", text: string) => void;
  /** Texts for `--help` and `--version`. */
  readonly tell: (outcome: Exclude<ParseOutcome, { kind: "arguments" }>) => Promise<string>;
}

/** What is said of an interrupted replication. */
export const RESUMES = "Interrupted. Run the same command again: it resumes where it can.";

/** Runs `bzfs` with these words; returns its exit status. Throws only for what the process cannot work without. */
export async function runBzfs(argv: readonly string[], program: Program): Promise<number> {
  if (argv.length === 0) {
    const { BZFS_HELP, renderBriefing } = await import("../cli/render/mod.ts");
    program.print("err", renderBriefing(BZFS_HELP));
    return 2;
  }
  return await runRequest((environment) => parseArgv(argv, environment), program);
}

/** Runs what `read` says, which may throw `UsageError`; otherwise like {@linkcode runBzfs}. */
export async function runRequest(read: (from: ParseEnvironment) => ParseOutcome, program: Program): Promise<number> {
  const environment = program.environment ?? readEnvironment();
  const zone = lazily(() => localZone({ tz: environment.get("TZ") }));
  let outcome: ParseOutcome;
  try {
    outcome = read({ files: { read: readTrustedFile }, zone });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { BZFS_HELP, renderUsageError } = await import("../cli/render/mod.ts");
    program.print("err", renderUsageError(BZFS_HELP, error));
    return error.exitCode;
  }
  if (outcome.kind !== "arguments") {
    program.print("out", await program.tell(outcome));
    return 0;
  }
  const args = outcome.arguments;
  let report: ReportPolicy;
  let runLog: RunLog;
  try {
    report = makeReportPolicy(args);
    runLog = openLog(args, { report, environment, zone, program });
  } catch (error) {
    program.print("err", `${logFailureText(error, zone())}\n`);
    return 3;
  }
  try {
    return await runLogged(args, runLog, { report, environment, zone, program });
  } finally {
    await runLog.close();
  }
}

function openLog(args: BzfsArguments, { report, environment, zone, program }: RunParts): RunLog {
  const read = (name: string): string | undefined => environment.get(name);
  return openRunLog({
    report,
    awaitsHeadline: report.quiet && args.isGiven("--monitor-snapshots"),
    console: program.logsToStderr || usesStandardOutput(report.outputs) ? "stderr" : "stdout",
    loaderVariables: program.loaderVariables,
    onProcesses: program.onProcesses,
    sink: program.sink,
    home: program.identity.home,
    zone: zone(),
    ...makeTerminalTuning(read),
    withoutMeter: args.text("--pv-program") === "-",
  });
}

interface RunParts {
  readonly report: ReportPolicy;
  readonly environment: ReadonlyMap<string, string>;
  readonly zone: () => Zone;
  readonly program: Program;
}

/** The part of a run that has a log: everything that goes wrong ends up in it. */
async function runLogged(args: BzfsArguments, runLog: RunLog, around: RunParts): Promise<number> {
  const { log, files } = runLog;
  const { program } = around;
  const startedNs = systemClock.monotonicNs();
  let status = 0;
  let failure: Pick<RunEnded, "error"> = {};
  let outputs: Outputs<RunEvent> | undefined;
  let applied: AppliedPlan | undefined;
  try {
    log.log("INFO", "", `Log file is: ${files.log}`);
    const auxiliary = auxiliaryWords(args);
    if (auxiliary.length > 0) log.log("INFO", "Auxiliary CLI arguments: ", auxiliary.join(" "));
    const { uid, effectiveUid } = program.identity;
    const words = [program.name, ...args.argv].join(" ");
    log.log("INFO", "CLI arguments: ", `${words} [uid: ${uid}, euid: ${effectiveUid}]`);
    const { outputs: policy } = around.report;
    const plan = await planOutput(policy, program);
    outputs = openOutputs({ policy, fold: new RunFold(), log, also: program.recorder, plan });
    outputs.record(startOf(args, runLog, program));
    const job = makeJob(args, jobContext(around), around.report);
    applied = job.appliedPlan && await appliedPlan(job.appliedPlan, job, program);
    for (const text of doubtfulPeriods(args, job)) log.log("WARN", "", text);
    removeVariables(namesToRemove([...around.environment.keys()], job.environment));
    const lock = await lockJob({ folder: files.locks, identity: job.identity, busyLimitMs: job.patience.busyMs });
    try {
      await unlessStuck(runLocked(job, runLog, { recorder: outputs, applied }, around), program.signal);
    } finally {
      lock.release();
      applied?.tellLeft(log);
    }
    applied?.requireAll();
  } catch (error) {
    status = exitCodeOf(error);
    failure = { error: failureOf(error) };
    runLog.headline(`UNKNOWN - ${briefOf(error)}`);
    const isCut = error instanceof Cancelled && !args.flag("--skip-replication");
    // What takes the events of a run says itself what is to be done next.
    if (isCut && program.recorder === undefined) log.log("WARN", "", RESUMES);
    sayFailure({ error, status }, runLog, program, around.report.quiet);
  }
  runLog.headline("OK - nothing is monitored");
  const seconds = secondsOf(systemClock.monotonicNs() - startedNs);
  const last = (exitStatus: number): RunEvent => ({ event: "run-ended", exitStatus, seconds, ...failure });
  status = outputs?.conclude(status, last) ?? status;
  log.log("INFO", "", `Log file was: ${files.log}`);
  if (status === 0) log.log("INFO", "", "Success. Goodbye!");
  return status;
}

/** What `--plan-file` asks for; its code is loaded only then. */
async function planOutput(
  policy: OutputPolicy,
  { version, identity, print }: Program,
): Promise<PlanOutput<RunEvent> | undefined> {
  if (policy.planFile === undefined) return undefined;
  const { openPlanOutput } = await import("./plan_files.ts");
  return openPlanOutput({
    path: policy.planFile,
    program: "bzfs",
    version,
    host: identity.hostname,
    print: (text) => hasDocument(policy) ? undefined : print("out", text),
  });
}

/** What `--apply-plan` permits; its code is loaded only then. Throws `UsageError`. */
async function appliedPlan(policy: AppliedPlanPolicy, job: Job, { identity }: Program): Promise<AppliedPlan> {
  const { permitOf } = await import("./plan_files.ts");
  return permitOf(policy, optionsText(job), identity.hostname);
}

/** The event that a run begins with. */
function startOf(args: BzfsArguments, { files }: RunLog, { version, identity }: Program): RunStarted {
  return {
    event: "run-started",
    format: REPORT_FORMAT,
    program: "bzfs",
    version,
    arguments: redactWords(args.argv),
    host: identity.hostname,
    uid: identity.uid,
    effectiveUid: identity.effectiveUid,
    dryRun: args.text("--dryrun") ?? "off",
    log: files.log,
  };
}

/** What options are checked against. */
export function jobContext({ environment }: Pick<RunParts, "environment">): JobContext {
  return {
    files: { read: readTrustedFile },
    environment: (name) => environment.get(name),
    checkTimezone: (text) => void parseTimezone(text, { tz: environment.get("TZ") }),
    absolutePath,
  };
}

/**
 * Files that a worker has open at most: for a transfer, and for two commands of which one is in a shell that stays. Further
 * shells are idle; there are none where files are short.
 */
const FILES_OF_WORKER = { sh: 8, streams: 24 } as const;

/** Who is told what happens. */
interface Witnesses {
  readonly recorder: Recorder;
  readonly applied: AppliedPlan | undefined;
}

/** The part of a run that nobody else may do at the same time. */
async function runLocked(
  job: Job,
  runLog: RunLog,
  { recorder, applied }: Witnesses,
  { program, zone, environment }: RunParts,
): Promise<void> {
  const { log, width, timestamp, files } = runLog;
  const startedNs = systemClock.monotonicNs();
  const removed = new Set(namesToRemove([...program.loaderVariables.keys()], job.environment));
  const loaderVariables = new Map([...program.loaderVariables].filter(([name]) => !removed.has(name)));
  if (loaderVariables.size > 0) {
    log.log("DEBUG", "Only children get: ", [...loaderVariables.keys()].join(" "));
  }
  const traceLevel = levelOfNumber(job.tuning.commandLogLevel);
  const processes = new Processes({
    log,
    loaderVariables,
    traceLevel,
    listingBytes: job.tuning.maxListingSize,
    queryLimitMs: job.patience.queryMs,
  });
  program.onProcesses(processes);
  const intervals = progressIntervals(job.programs.pvOptions);
  const progress = new ProgressReporter({ log, intervals, clock: systemClock, timestamp });
  // The budget of a daemon is that of each pair, and a matter of the job.
  using limit = new TimeLimit(job.verbs.daemon === undefined ? job.timeoutMs : undefined, systemClock);
  const signal = AbortSignal.any([program.signal, limit.signal]);
  using share = fileLimit.share(log);
  const affordable = (workers: number): Promise<number> => share.workers(workers, FILES_OF_WORKER[job.joinStages]);
  await affordable(1); // for what comes before workers
  const { identity } = program;
  const connect = await connector({ job, log, processes, meter: { files, progress }, identity, signal });
  let snapshots = 0;
  try {
    await runJob(job, {
      log,
      clock: systemClock,
      random: systemRandom,
      digest: sha256,
      signal,
      hostName: program.identity.hostname,
      zones: { local: zone(), named: parseTimezone(job.verbs.schedule.timezone, { tz: environment.get("TZ") }) },
      files: {
        plans: stateFiles(`${files.cache}/plans`, () => randomName(systemRandom, 16)),
        stamps: fileCacheStamps(`${files.cache}/mods`),
        reports: reportFolder(files.compare),
        logFile: files.log,
        permitAt: applied && ((places) => applied.at(places)),
        absolutePath,
      },
      display: { progress, headline: runLog.headline, alarm: (text) => alarm(text, runLog, program) },
      recorder: applied === undefined ? recorder : bothRecorders(recorder, applied),
      async affordable(workers): Promise<number> {
        const granted = await affordable(workers);
        if (granted < workers) await connect.endShells();
        return granted;
      },
      connect: connect.connect,
    }, (summary) => snapshots = summary.snapshotsReplicated);
  } finally {
    await connect.end();
    const { bytes, elapsedNs } = connect.statistics(startedNs);
    const statistics = { dryRun: job.dryRun !== "off", snapshots, elapsedNs, bytes };
    await progress.stop().finally(() => {
      if (job.replication !== undefined) log.log("INFO", "", describeFinalStatistics(statistics, width));
    });
  }
}

/** A line on standard error, and a record of the log. */
function alarm(text: string, { log, console }: RunLog, program: Program): void {
  log.log(console === "stdout" ? "INFO" : "URGENT", "", text);
  if (console === "stdout") program.print("err", `${program.name}: ${visible(text)}\n`);
}

function bothRecorders(first: Recorder, second: Recorder): Recorder {
  const record = (event: RunEvent): void => {
    first.record(event);
    second.record(event);
  };
  return { record, isWanted: true };
}

/**
 * The last records of a run that failed: the cause, and the stack if the failure is a defect. That the same job is
 * at work is no failure, unless that takes too long: then standard error says so, whatever else goes where.
 */
function sayFailure(
  { error, status }: { readonly error: unknown; readonly status: number },
  { log, console }: RunLog,
  program: Program,
  quiet: boolean,
): void {
  const cause = error instanceof PartialFailure ? briefOf(error) : adviceOf(error);
  const text = `Exiting ${program.name} with status code ${status}. Cause: ${cause}`;
  const isTold = quiet && error instanceof PartialFailure; // each failure when it was tolerated
  log.log(error instanceof BusyError ? "WARN" : isTold ? "INFO" : "ERROR", "", text);
  if (error instanceof OverdueError && console === "stdout") {
    program.print("err", `${program.name}: ${visible(adviceOf(error))}\n`);
  }
  if (!(error instanceof AppError)) log.log("ERROR", "", error instanceof Error ? error.stack ?? "" : String(error));
}

/** The value, made when it is asked for first. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
