/**
 * The jobs that `bzfs doctor` checks: those of a job file, or the one that datasets and options make.
 * @module
 */
import type { DoctorRequest } from "../../cli/doctor/mod.ts";
import { parseJobrunnerArgv, readForwarded, scheduledForces } from "../../cli/jobrunner/mod.ts";
import { parseArgv, type ParseEnvironment } from "../../cli/parse/mod.ts";
import { makeJob } from "../../cli/settings/mod.ts";
import { stateFiles } from "../../host/files/mod.ts";
import { asUsage, UsageError } from "../../model/errors.ts";
import { type Fleet, KEPT_FOREVER } from "../../model/fleet.ts";
import { periodsOf } from "../../model/period_table.ts";
import { parsePeriod, periodMs } from "../../model/text/mod.ts";
import { type CheckedJob, type DoctorPlan, planDoctor } from "../../plan/doctor/mod.ts";
import { hostSuspicions, isNamed, nothingSent, scheduledActions, scheduleOf } from "../../plan/fleet/mod.ts";
import { jobContext, type Program } from "../bzfs.ts";
import { reviewFleet } from "../explain.ts";
import { fleetOf, logFolderOf, prepare, removableOf, sharedWorkOf, uniqueName } from "../fleet_preparation.ts";

/** What is checked. */
export interface DoctorJobs {
  /** At least one; the first one replicates, if any does. */
  readonly checked: readonly CheckedJob[];
  readonly plan: DoctorPlan;
  /** The name by which a job file knows this host. */
  readonly thisHost: string;
  /** Below it are locks and caches. */
  readonly logFolder: string;
  readonly suspicions: readonly string[];
  /** Those of them by which nothing is copied. */
  readonly faults: ReadonlySet<string>;
  /** Names by which the schedule starts nothing here. */
  readonly misnomers: readonly string[];
  /** True if this host is to start the job. */
  readonly isScheduledHere: boolean;
  /** The job file has the name of this host. */
  readonly isNamed: boolean;
  /** The longest time that a plan keeps a snapshot for, in milliseconds; `undefined` without plans, and if that is for ever. */
  readonly keptMs: number | undefined;
}

/** Makes the jobs. Whatever is wrong with words and job file is a `UsageError`: no host has been asked. */
export function jobsOf(
  request: DoctorRequest,
  program: Program & { readonly environment: ReadonlyMap<string, string> },
  parsing: ParseEnvironment,
): DoctorJobs {
  return asUsage(() => {
    const jobs = request.config === undefined
      ? ofDatasets(request, program, parsing)
      : ofJobFile(request, program, parsing);
    return { ...jobs, plan: planDoctor(jobs.checked) };
  });
}

function ofDatasets(
  { words, isDry }: DoctorRequest,
  program: Program & { readonly environment: ReadonlyMap<string, string> },
  parsing: ParseEnvironment,
): Omit<DoctorJobs, "plan"> {
  const outcome = parseArgv([...isDry ? ["--dryrun=send"] : [], ...words], parsing);
  if (outcome.kind !== "arguments") throw new UsageError("these words ask for no run");
  const job = makeJob(outcome.arguments, jobContext(program));
  const logFolder = job.report.logDir ?? `${program.identity.home}/bzfs-logs`;
  const thisHost = program.identity.hostname;
  return {
    checked: [{ job: quietly(job), isRemovable: false }],
    thisHost,
    logFolder,
    suspicions: [],
    faults: new Set(),
    misnomers: [],
    isScheduledHere: false,
    isNamed: false,
    keptMs: undefined,
  };
}

function ofJobFile(
  { words, isDry }: DoctorRequest,
  program: Program & { readonly environment: ReadonlyMap<string, string> },
  parsing: ParseEnvironment,
): Omit<DoctorJobs, "plan"> {
  const run = parseJobrunnerArgv([...words, ...isDry ? ["--dryrun=send"] : []], parsing);
  if (run.kind !== "arguments") throw new UsageError("argument --config: does not ask for a run");
  const around = { program, environment: program.environment, forwarded: readForwarded(run, parsing) };
  const whole = fleetOf(run);
  const fleet = { ...whole, actions: scheduledActions(whole) };
  const { thisHost, users, context } = prepare(run, fleet, around);
  const removable = removableOf(run);
  const logFolder = logFolderOf(around);
  const { jobs, suspicions } = reviewFleet(fleet, {
    around: { thisHost, users },
    context,
    jobContext: jobContext(program),
    removable: removable === "all" ? new Set() : removable,
    forces: scheduledForces(run),
    plans: stateFiles(`${logFolder}/.cache/plans`, uniqueName),
  });
  const checked = jobs.map(({ job, destination }) => ({
    job: quietly(job),
    isRemovable: removable !== "all" && removable.has(destination),
  }));
  if (checked.length === 0) {
    throw new UsageError(`argument --config: nothing in it can be run: ${suspicions.join(" ")}`);
  }
  const first = (some: CheckedJob): number => Number(some.job.replication === undefined);
  const ordered = checked.toSorted((a, b) => first(a) - first(b));
  const { localhost } = context;
  const shared = sharedWorkOf(run)!;
  return {
    checked: ordered,
    thisHost: localhost,
    logFolder,
    suspicions,
    faults: new Set(nothingSent(fleet)),
    misnomers: hostSuspicions(localhost, fleet, shared),
    isScheduledHere: scheduleOf(localhost, fleet, shared).roles.length > 0,
    isNamed: isNamed(localhost, fleet, shared),
    keptMs: keptMsOf(fleet),
  };
}

/** The same job, whose commands at other hosts have sessions of their own: what start-up files print is seen then. */
function quietly(job: CheckedJob["job"]): CheckedJob["job"] {
  return { ...job, tuning: { ...job.tuning, liveSshSessions: false } };
}

function keptMsOf({ groups }: Fleet): number | undefined {
  const entries = groups.flatMap(({ srcSnapshots, dstSnapshots }) => [srcSnapshots, dstSnapshots].flatMap(periodsOf));
  const kept = entries.map(({ period, value }) =>
    BigInt(value) === KEPT_FOREVER ? Infinity : Number(value) * periodMs(parsePeriod(period))
  );
  const longest = Math.max(0, ...kept);
  return longest > 0 && Number.isFinite(longest) ? longest : undefined;
}
