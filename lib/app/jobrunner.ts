/**
 * One run of `bzfs_jobrunner`, from its words to its exit status: puts the layers together.
 *
 * Source: docs/spec/jobrunner.md §3 and §7, §2.5.
 * @module
 */
import {
  fleetOptionsText,
  forgottenOf,
  type Forwarded,
  type JobrunnerArguments,
  type JobrunnerRun,
  lastingWords,
  makeFleet,
  parseJobrunnerArgv,
  readForwarded,
  runnerReport,
  scheduledForces,
  type SubjobCommand,
  subjobCommand,
  type SubjobContext,
} from "../cli/jobrunner/mod.ts";
import { boolean } from "../cli/environment.ts";
import { makeAppliedPlan, makeOutputPolicy } from "../cli/settings/mod.ts";
import { hasExternalSnapshots, jobFileFields, removableHosts, renderJobFileSchema } from "../cli/job_file/mod.ts";
import { fileLimit, Processes, readEnvironment, unlessStuck } from "../host/process/mod.ts";
import { lastSeen, noteSeen, readTrustedFile, stateFiles } from "../host/files/mod.ts";
import {
  loopbackAddress,
  ownAddresses,
  processorCount,
  readStandardInput,
  systemClock,
  systemRandom,
} from "../host/system.ts";
import { localZone } from "../host/zoneinfo.ts";
import { adviceOf, AppError, exitCodeOf, RefusedError, UnawaitedFailure, UsageError } from "../model/errors.ts";
import type { Fleet } from "../model/fleet.ts";
import type { AppliedPlanPolicy, OutputPolicy } from "../model/job.ts";
import { parseLimit } from "../model/text/mod.ts";
import { workerCount } from "../model/capabilities.ts";
import {
  busyLimitMsOf,
  type FleetSurroundings,
  localPoolsOf,
  LOOPBACK_NAMES,
  planSubjobs,
  poolOfOperand,
  scheduledActions,
  sharesNames,
  shuffled,
  type Subjob,
  type ThisHost,
} from "../plan/fleet/mod.ts";
import { type FleetEnded, type FleetEvent, type FleetStarted, REPORT_FORMAT, secondsOf } from "../report/events.ts";
import { failureOf } from "../report/failure.ts";
import { FleetHealth } from "../report/fleet/mod.ts";
import { FleetFold } from "../report/fleet/mod.ts";
import { describeReadiness } from "../report/fleet/mod.ts";
import { redactWords } from "../report/redaction.ts";
import { runFleet } from "../run/fleet.ts";
import { TimeLimit } from "../run/job/mod.ts";
import { jobContext, lazily, type Program } from "./bzfs.ts";
import { openRunnerLog, type RunnerLog } from "./log.ts";
import { awaitsHeadline, FleetHeadline } from "./fleet_headline.ts";
import { hasDocument, openOutputs, type Outputs, type PlanOutput, usesStandardOutput } from "./outputs.ts";
import type { ScheduleFormat } from "./print_schedule.ts";
import { performer } from "./subjob.ts";

/** How long subjobs may take to end after a defect: longer than each of them. */
const STUCK_MS = 40_000;

/** What surrounds a run. */
interface RunnerParts {
  readonly program: Program;
  readonly environment: ReadonlyMap<string, string>;
  readonly forwarded: Forwarded;
  readonly log: RunnerLog;
  /** Text of the job file; `undefined` without one. */
  readonly jobFile: string | undefined;
}

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
    program.print("err", argv.length === 0 ? renderBriefing(JOBRUNNER_HELP) : renderUsageError(JOBRUNNER_HELP, error));
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
      also: headline ?? { record: (event) => health.add(event), isWanted: false },
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
  headline?.show(status, failure.error?.message);
  const failed = health.failures();
  if (failed.length > 0) log.log("ERROR", "", `Subjobs that are not well:\n${failed.join("\n")}`);
  if (status === 0) log.log("INFO", "", "Succeeded. Bye!");
  log.close();
  return status;
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
    program.print(
      "out",
      explainFleet(fleet, {
        around: { thisHost, users },
        context,
        jobContext: jobContext(around),
        removable: removable === "all" ? new Set() : removable,
        forces: scheduledForces(words),
        plans: stateFiles(`${logFolderOf(around)}/.cache/plans`, uniqueName),
      }),
    );
    if (!args.flag("--ask-hosts")) return 0;
    fleet = { ...fleet, actions: fleet.actions.filter((action) => action.startsWith("prune-")) };
  }
  const applied = applies && await appliedPlan(applies, { words, fleet: policy }, around);
  if (fleet.actions.length === 0) log.log("WARN", "", "No action is given, so there is nothing to do");
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

/** What `--plan-file` or `--ask-hosts` ask for; its code is loaded only then. */
async function planOutput(
  policy: OutputPolicy,
  words: JobrunnerRun,
  fleet: () => Fleet,
  { program, forwarded, jobFile }: RunnerParts,
): Promise<PlanOutput<FleetEvent> | undefined> {
  const { arguments: args } = words;
  if (policy.planFile === undefined && !args.flag("--ask-hosts")) return undefined;
  const runsNone = args.flag("--jobrunner-dryrun") || args.flag("--explain") || args.isGiven("--print-schedule");
  if (policy.planFile !== undefined && runsNone) {
    throw new UsageError("argument --plan-file: nothing is planned where no subjob runs", {
      hint: "Leave out --jobrunner-dryrun, --explain and --print-schedule.",
    });
  }
  const { openPlanOutput } = await import("./plan_files.ts");
  return openPlanOutput({
    path: policy.planFile,
    program: "bzfs_jobrunner",
    version: program.version,
    host: program.identity.hostname,
    inputs: () => ({ options: fleetOptionsText(fleet(), args, forwarded), jobFile }),
    print: (text) => hasDocument(policy) ? undefined : program.print("out", text),
  });
}

/** Checks a plan that is applied, before any host is asked; its code is loaded only then. Throws `UsageError`. */
async function appliedPlan(
  policy: AppliedPlanPolicy,
  { words, fleet }: Pick<RunnerRequest, "words" | "fleet">,
  { program, forwarded, jobFile, log }: RunnerParts,
): Promise<{ requireSubjobs(names: ReadonlySet<string>): void }> {
  const { checkFleetPlan, requireSubjobs } = await import("./plan_files.ts");
  const options = fleetOptionsText(fleet(), words.arguments, forwarded);
  const plan = checkFleetPlan(policy, { options, jobFile }, program.identity.hostname);
  return { requireSubjobs: (names) => requireSubjobs(plan, names, log) };
}

/** The policy; `--explain` without actions is about those of the schedule. */
function fleetOf({ arguments: args, jobFile, groups }: JobrunnerRun): Fleet {
  const isExternal = jobFile !== undefined && hasExternalSnapshots(jobFileFields(jobFile));
  const fleet = { ...makeFleet(args, readStandardInput, groups), hasExternalSnapshots: isExternal };
  const refused = fleet.actions.find((action) => action === "create-src-snapshots" || action === "prune-src-snapshots");
  if (isExternal && refused !== undefined) {
    throw new RefusedError(`--${refused} contradicts the job file, which says src-snapshots: external`);
  }
  return fleet.actions.length === 0 && args.flag("--explain") ? { ...fleet, actions: scheduledActions(fleet) } : fleet;
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

function removableOf({ jobFile }: JobrunnerRun): ReadonlySet<string> | "all" {
  return jobFile === undefined ? "all" : removableHosts(jobFileFields(jobFile)["dst-hosts"]);
}

/** What subjobs are told by an option of `bzfs`; the last use of it counts. */
function forwardedValue(name: string, { forwarded }: RunnerParts): string | undefined {
  return forwarded.parsed.occurrences.findLast(({ option }) => option.name === name)?.words[0];
}

function isForwarded(name: string, { forwarded }: RunnerParts): boolean {
  return forwarded.parsed.occurrences.some(({ option }) => option.name === name);
}

/** Where the subjobs log. */
function logFolderOf(around: RunnerParts): string {
  const { program } = around;
  return forwardedValue("--log-dir", around) ?? `${program.identity.home}/bzfs-logs`;
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

/** Many hosts of the same schedule should not all begin with the same one. */
function inOrder(fleet: Fleet, jitter: boolean): Fleet {
  if (!jitter) return fleet;
  const draw = (low: number, high: number): number => systemRandom.integer(low, high);
  return {
    ...fleet,
    sources: shuffled(fleet.sources, draw),
    destinations: new Map(shuffled([...fleet.destinations], draw)),
  };
}

/** Everything that planning and command lines need beside the policy. */
interface Preparation extends Pick<FleetSurroundings, "thisHost" | "users"> {
  readonly context: SubjobContext;
}

function prepare(words: JobrunnerRun, fleet: Fleet, { program, environment, forwarded }: RunnerParts): Preparation {
  const { arguments: args } = words;
  const localhost = args.text("--localhost") ?? program.identity.hostname;
  return {
    thisHost: whatWeAre(localhost, program, environment),
    users: { src: args.text("--ssh-src-user"), dst: args.text("--ssh-dst-user") },
    context: {
      args,
      forwarded,
      localhost,
      jobRun: args.text("--job-run") ?? uniqueName(),
      busyLimit: busyLimitOf(words, fleet),
      appliedPlan: appliedPlanOf(args),
    },
  };
}

/**
 * Those of the pools that are imported here now, also in a dry run; nobody is asked about none. Source:
 * docs/spec/jobrunner.md §6. Throws `RefusedError`, `TimeoutError`.
 */
async function existingPools(
  pools: readonly string[],
  args: JobrunnerArguments,
  { program, log }: RunnerParts,
): Promise<ReadonlySet<string>> {
  if (pools.length === 0) return new Set();
  const processes = new Processes({ log, loaderVariables: program.loaderVariables });
  program.onProcesses(processes);
  const timeoutSecs = args.number("--worker-timeout-seconds");
  using limit = new TimeLimit(timeoutSecs === undefined ? undefined : timeoutSecs * 1000, systemClock);
  const argv = ["zfs", "list", "-t", "filesystem,volume", "-Hp", "-o", "name", ...pools];
  const signal = AbortSignal.any([program.signal, limit.signal]);
  const { status, stdout, stderr } = await processes.run(argv, { signal });
  if (status !== 0 && status !== 1) {
    throw new RefusedError(`Unexpected error ${status} on checking for existing local dst pools: ${stderr.trimEnd()}`);
  }
  return new Set(stdout.split("\n").filter((line) => line !== ""));
}

/** What the user says, or what follows from a job file. Throws `RefusedError` for what is no duration. */
function busyLimitOf({ arguments: args, jobFile }: JobrunnerRun, fleet: Fleet): string | undefined {
  const given = args.text("--busy-limit");
  if (given !== undefined) parseLimit(given, "--busy-limit");
  if (given !== undefined || jobFile === undefined) return given;
  return `${Math.ceil(busyLimitMsOf(fleet) / 60_000)}minutes`;
}

function appliedPlanOf(args: JobrunnerArguments): SubjobContext["appliedPlan"] {
  const path = args.text("--apply-plan");
  return path === undefined ? undefined : { path, maxAge: args.text("--plan-max-age") };
}

function whatWeAre(localhost: string, program: Program, environment: ReadonlyMap<string, string>): ThisHost {
  const { hostname, loginName } = program.identity;
  const isApart = boolean((name) => environment.get(name), "bzfs_disable_loopback");
  const names = isApart ? [] : [...LOOPBACK_NAMES, hostname, localhost, ...ownAddresses()];
  return { names: new Set(names), loginName, loopbackAddress: loopbackAddress() };
}

/** 32 hexadecimal digits. */
function uniqueName(): string {
  return Array.from({ length: 32 }, () => systemRandom.integer(0, 15).toString(16)).join("");
}

/** All subjobs as indented JSON, by name. */
function describeCommands(commands: readonly SubjobCommand[]): string {
  const sorted = commands.toSorted((a, b) => a.name < b.name ? -1 : 1);
  return JSON.stringify(Object.fromEntries(sorted.map(({ name, words }) => [name, words])), undefined, 4);
}
