/**
 * One run of `bzfs_jobrunner`, from its words to its exit status: puts the layers together.
 *
 * Source: docs/spec/jobrunner.md §3 and §7, §2.5.
 * @module
 */
import {
  forgottenOf,
  type Forwarded,
  type JobrunnerRun,
  lastingWords,
  parseJobrunnerArgv,
  readForwarded,
  runnerReport,
  sameWords,
  scheduledForces,
  type SubjobCommand,
  subjobCommand,
  type SubjobContext,
} from "../cli/jobrunner/mod.ts";
import { makeAppliedPlan, makeOutputPolicy } from "../cli/settings/mod.ts";
import { renderJobFileSchema } from "../cli/job_file/mod.ts";
import { fileLimit, readEnvironment, unlessStuck } from "../host/process/mod.ts";
import { lastSeen, noteSeen, readTrustedFile, stateFiles } from "../host/files/mod.ts";
import { startedAs } from "../host/node.ts";
import { processorCount, systemClock, systemRandom } from "../host/system.ts";
import { localZone } from "../host/zoneinfo.ts";
import { adviceOf, AppError, Cancelled, exitCodeOf, UnawaitedFailure, UsageError } from "../model/errors.ts";
import type { Fleet } from "../model/fleet.ts";
import type { AppliedPlanPolicy } from "../model/job.ts";
import { workerCount } from "../model/capabilities.ts";
import { localPoolsOf, planSubjobs, poolOfOperand, sharesNames, type Subjob } from "../plan/fleet/mod.ts";
import { type FleetEnded, type FleetEvent, type FleetStarted, REPORT_FORMAT, secondsOf } from "../report/events.ts";
import { failureOf } from "../report/failure.ts";
import { describeReadiness, FleetFold, FleetHealth, NO_ACTION } from "../report/fleet/mod.ts";
import { redactWords } from "../report/redaction.ts";
import { runFleet } from "../run/fleet.ts";
import { jobContext, lazily, type Program, RESUMES } from "./bzfs.ts";
import { openRunnerLog, type RunnerLog } from "./log.ts";
import { awaitsHeadline, FleetHeadline } from "./fleet_headline.ts";
import { openOutputs, type Outputs, usesStandardOutput } from "./outputs.ts";
import type { ScheduleFormat } from "./print_schedule.ts";
import type { StateKeeper } from "./status/mod.ts";
import { performer } from "./subjob.ts";
import {
  existingPools,
  fleetOf,
  forwardedValue,
  inOrder,
  isForwarded,
  logFolderOf,
  prepare,
  removableOf,
  type RunnerParts,
  saysSchedule,
  sharedWorkOf,
  uniqueName,
} from "./fleet_preparation.ts";
import { appliedPlan, planOutput } from "./fleet_plans.ts";

/** How long subjobs may take to end after a defect: longer than each of them. */
const STUCK_MS = 40_000;

/** Runs `bzfs_jobrunner` with these words; returns its exit status. */
export async function runJobrunner(argv: readonly string[], program: Program): Promise<number> {
  const environment = readEnvironment();
  const zone = localZone({ tz: environment.get("TZ") });
  const texts = new Map<string, Uint8Array>();
  const read = (path: string): Uint8Array<ArrayBuffer> => {
    const bytes = readTrustedFile(path);
    texts.set(path, bytes);
    return bytes;
  };
  const parsing = { files: { read }, zone: () => zone };
  let run: JobrunnerRun;
  let forwarded: Forwarded;
  try {
    const outcome = parseJobrunnerArgv(argv, parsing);
    if (outcome.kind !== "arguments") {
      program.print("out", outcome.kind === "jobfile-schema" ? renderJobFileSchema() : await program.tell(outcome));
      return 0;
    }
    run = outcome;
    forwarded = readForwarded(run, parsing);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { JOBRUNNER_HELP, renderBriefing, renderUsageError } = await import("../cli/render/mod.ts");
    const render = argv.length === 0 ? renderBriefing : renderUsageError;
    program.print("err", render(JOBRUNNER_HELP, error, typedName()));
    return error.exitCode;
  }
  const print = (text: string): void => program.print("err", text);
  const { arguments: args } = run;
  const onlyTells = args.flag("--explain") || args.isGiven("--print-schedule");
  const level = onlyTells && !args.isGiven("--jobrunner-log-level") ? "WARN" : args.text("--jobrunner-log-level");
  const log = openRunnerLog({ level, zone, print });
  const config = texts.get(args.text("--config") ?? "");
  const jobFile = config && new TextDecoder().decode(config);
  return await runLogged(run, { program: { ...program, environment }, environment, forwarded, log, jobFile });
}

/** How this program was called: by a link of its own name, or as a word of `bzfs`. */
function typedName(): string | undefined {
  return startedAs().split("/").at(-1) === "bzfs_jobrunner" ? "bzfs_jobrunner" : undefined;
}

/** The part of a run that has a log. */
async function runLogged(words: JobrunnerRun, around: RunnerParts): Promise<number> {
  const { log, program } = around;
  const startedNs = systemClock.monotonicNs();
  let status: number;
  let failure: Pick<FleetEnded, "error"> = {};
  let outputs: Outputs<FleetEvent> | undefined;
  const health = new FleetHealth();
  const outputPolicy = makeOutputPolicy(words.arguments);
  const headline = awaitsHeadline(words) ? new FleetHeadline(program, outputPolicy, health) : undefined;
  const keeper = await stateKeeperOf(words, around);
  try {
    const { uid, effectiveUid } = program.identity;
    const line = [program.name, ...words.arguments.argv].join(" ");
    log.log("INFO", "CLI arguments: ", `${line} [uid: ${uid}, euid: ${effectiveUid}]`);
    const applies = makeAppliedPlan(words.arguments, {
      isDry: isForwarded("--dryrun", around),
      daemonLifetime: forwardedValue("--daemon-lifetime", around),
    });
    const fleet = lazily(() => fleetOf(words));
    outputs = openOutputs({
      policy: outputPolicy,
      plan: await planOutput(outputPolicy, words, fleet, around),
      fold: new FleetFold(),
      log,
      also: {
        record(event): void {
          (headline ?? health).record(event);
          keeper?.record(event);
        },
        isWanted: headline !== undefined || keeper?.isWanted === true,
      },
    });
    outputs.record(startOf(words, program));
    const tells = words.arguments.flag("--ask-hosts") || headline !== undefined;
    const logsToStderr = usesStandardOutput(outputPolicy) || tells;
    const subjobs = runSubjobs(
      { words, fleet, applies },
      { ...around, program: { ...program, logsToStderr, ...headline?.sink } },
      outputs,
      headline,
    );
    status = await unlessStuck(subjobs, program.signal, STUCK_MS);
    if (program.signal.reason instanceof UnawaitedFailure) throw program.signal.reason;
  } catch (error) {
    status = exitCodeOf(error);
    failure = { error: failureOf(error) };
    log.log("ERROR", "", adviceOf(error));
    if (!(error instanceof AppError)) log.log("ERROR", "", error instanceof Error ? error.stack ?? "" : String(error));
  }
  const seconds = secondsOf(systemClock.monotonicNs() - startedNs);
  const last = (exitStatus: number): FleetEvent => ({ event: "fleet-ended", exitStatus, seconds, ...failure });
  status = outputs?.conclude(status, last) ?? status;
  await keeper?.keep();
  headline?.show(status, failure.error?.message);
  if (program.signal.reason instanceof Cancelled && words.arguments.flag("--replicate")) log.log("WARN", "", RESUMES);
  const failed = health.failures();
  if (failed.length > 0) log.log("ERROR", "", `Subjobs that are not well:\n${failed.join("\n")}`);
  if (status === 0) log.log("INFO", "", "Succeeded. Bye!");
  log.close();
  return status;
}

/** What is kept of the run for `bzfs status`: of those of a job file that do something. Its code is loaded only then. */
async function stateKeeperOf(words: JobrunnerRun, around: RunnerParts): Promise<StateKeeper | undefined> {
  const { arguments: args, jobFile } = words;
  const onlyTells = args.flag("--explain") || args.isGiven("--print-schedule") || args.flag("--jobrunner-dryrun");
  if (jobFile === undefined || onlyTells || isForwarded("--dryrun", around)) return undefined;
  const { makeStateKeeper } = await import("./status/mod.ts");
  return makeStateKeeper(args, around.log, {
    logFolder: logFolderOf(around),
    hostname: around.program.identity.hostname,
  });
}

/** The event that a run begins with. */
function startOf({ arguments: args }: JobrunnerRun, { version, identity }: Program): FleetStarted {
  return {
    event: "fleet-started",
    format: REPORT_FORMAT,
    program: "bzfs_jobrunner",
    version,
    arguments: redactWords(args.argv),
    host: identity.hostname,
    uid: identity.uid,
    effectiveUid: identity.effectiveUid,
    dryRun: args.flag("--jobrunner-dryrun"),
    jobId: args.text("--job-id") ?? "",
    localhost: args.text("--localhost") ?? identity.hostname,
  };
}

/** Files that a subjob has open at most, beside those of its workers: log, lock, outputs, pipes. */
const FILES_OF_SUBJOB = 12;

/** What a run is asked for. */
interface RunnerRequest {
  readonly words: JobrunnerRun;
  /** Throws `RefusedError` if it is none. */
  readonly fleet: () => Fleet;
  readonly applies: AppliedPlanPolicy | undefined;
}

async function runSubjobs(
  { words, fleet: policy, applies }: RunnerRequest,
  around: RunnerParts,
  outputs: Outputs<FleetEvent>,
  headline: FleetHeadline | undefined,
): Promise<number> {
  const { arguments: args } = words;
  const { log, program } = around;
  let fleet = inOrder(policy(), args.flag("--jitter"));
  const { thisHost, users, context } = prepare(words, fleet, around);
  const format = args.text("--print-schedule");
  if (format !== undefined) {
    program.print("out", await schedule(format, fleet, words, context));
    return 0;
  }
  if (args.flag("--explain")) {
    const { explainFleet } = await import("./explain.ts");
    const removable = removableOf(words);
    const shared = sharedWorkOf(words);
    program.print(
      "out",
      explainFleet(fleet, {
        around: { thisHost, users },
        context,
        jobContext: jobContext(around),
        removable: removable === "all" ? new Set() : removable,
        forces: scheduledForces(words),
        plans: stateFiles(`${logFolderOf(around)}/.cache/plans`, uniqueName),
      }, shared && { shared, isShared: saysSchedule(words), again: sameWords(words, around.forwarded) }),
    );
    if (!args.flag("--ask-hosts")) return 0;
    fleet = { ...fleet, actions: fleet.actions.filter((action) => action.startsWith("prune-")) };
  }
  const applied = applies && await appliedPlan(applies, { words, fleet: policy }, around);
  if (fleet.actions.length === 0) log.log("WARN", "", NO_ACTION);
  const localPools = await existingPools(localPoolsOf(fleet, { thisHost, users }), args, around);
  const plan = planSubjobs(fleet, { thisHost, users, localPools, removable: removableOf(words) });
  const seen = `${logFolderOf(around)}/.cache`;
  tellSkipped(plan.skippedDestinations, { words, log, seen, headline });
  const commands = commandsOf(plan.subjobs, context);
  const isDry = args.flag("--jobrunner-dryrun");
  if (!isDry) log.openFile({ report: runnerReport(context), home: program.identity.home });
  log.log("INFO", "", `${isDry ? "Dry " : ""}${describeReadiness(fleet, commands.length)}`);
  if (log.isEnabled("TRACE")) log.log("TRACE", "", `Subjobs: ${describeCommands(commands)}`);
  // What a plan permits is done once.
  const repeatAboveSecs = (applies === undefined && args.number("--repeat-if-took-more-than-seconds")) || Infinity;
  using share = fileLimit.share(log);
  const rootless = new Set<string>();
  const status = await runFleet(commands, {
    failedMonitoringIsCritical: words.jobFile !== undefined,
    lacksRoots: (name) => rootless.has(name),
    workers: await share.workers(workerCount(args.amount("--workers"), processorCount()), FILES_OF_SUBJOB),
    workPeriodNs: args.number("--work-period-seconds") * 1e9,
    jitter: args.flag("--jitter"),
    repeatAboveNs: repeatAboveSecs * 1e9,
    log,
    clock: systemClock,
    random: systemRandom,
    signal: program.signal,
    recorder: outputs,
    perform: isDry ? () => Promise.resolve(0) : performer(args, { program, log, outputs, rootless }),
  });
  for (const pool of localPools) noteSeen(seen, pool);
  if (args.isGiven("--forget-destination") && !args.flag("--yes") && status === 0) {
    program.print("out", "Nothing has been done. Add --yes to do it.\n");
  }
  if (status === 0) applied?.requireSubjobs(new Set(commands.map(({ name }) => name)));
  return status & 0xff; // a subjob that was ended by signal N has status −N
}

/** The commands of the subjobs; where a destination is given up, of those for it. */
function commandsOf(subjobs: readonly Subjob[], context: SubjobContext): readonly SubjobCommand[] {
  const { args } = context;
  const forgotten = forgottenOf(args);
  if (forgotten === undefined) return subjobs.map((subjob) => subjobCommand(subjob, context));
  const { name, pool = sharesNames(name, subjobs) ? "ask" : "any" } = forgotten;
  const forget = { by: pool, isDry: !args.flag("--yes") };
  return subjobs.filter(({ destination }) => destination === name)
    .map((subjob) => subjobCommand(subjob, { ...context, forget }));
}

async function schedule(
  format: ScheduleFormat,
  fleet: Fleet,
  words: JobrunnerRun,
  { localhost, busyLimit }: SubjobContext,
): Promise<string> {
  const { arguments: args, forwarded, jobFile } = words;
  if (jobFile === undefined || busyLimit === undefined) {
    throw new UsageError("argument --print-schedule: needs --config");
  }
  const overrides = lastingWords(words);
  const { renderSchedule } = await import("./print_schedule.ts");
  return renderSchedule(format, { args, overrides, forwarded, jobFile, fleet, host: localhost, busyLimit });
}

/** Destinations that are left out: with options a warning, with a job file as it says. */
function tellSkipped(
  destinations: readonly string[],
  { words, log, seen, headline }: {
    readonly words: JobrunnerRun;
    readonly log: RunnerLog;
    readonly seen: string;
    readonly headline: FleetHeadline | undefined;
  },
): void {
  for (const dst of new Set(destinations)) {
    const ms = lastSeen(seen, poolOfOperand(dst));
    const when = ms === undefined ? "never seen" : `last seen ${new Date(ms).toISOString()}`;
    if (words.jobFile !== undefined) {
      log.log("INFO", "", `Left out, as its removable pool is not here, ${when}: ${dst}`);
      headline?.note(`${dst} is not here, ${when}`);
    }
  }
  if (words.jobFile !== undefined) return;
  for (const dst of destinations) {
    log.log("WARN", "Skipping dst dataset for which local dst pool does not exist: ", dst);
  }
}

/** All subjobs as indented JSON, by name. */
function describeCommands(commands: readonly SubjobCommand[]): string {
  const sorted = commands.toSorted((a, b) => a.name < b.name ? -1 : 1);
  return JSON.stringify(Object.fromEntries(sorted.map(({ name, words }) => [name, words])), undefined, 4);
}
