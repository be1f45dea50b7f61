/**
 * What a run of the job runner has before its subjobs: policy, what this host is, the pools that are here.
 * @module
 */
import {
  type Forwarded,
  type JobrunnerArguments,
  type JobrunnerRun,
  makeFleet,
  type SubjobContext,
} from "../cli/jobrunner/mod.ts";
import { boolean } from "../cli/environment.ts";
import { hasExternalSnapshots, jobFileFields, readSchedule, removableHosts } from "../cli/job_file/mod.ts";
import { Processes } from "../host/process/mod.ts";
import { loopbackAddress, ownAddresses, readStandardInput, systemClock, systemRandom } from "../host/system.ts";
import { RefusedError } from "../model/errors.ts";
import type { Fleet } from "../model/fleet.ts";
import { parseLimit } from "../model/text/mod.ts";
import {
  busyLimitMsOf,
  type FleetSurroundings,
  LOOPBACK_NAMES,
  scheduledActions,
  type SharedWork,
  shuffled,
  type ThisHost,
} from "../plan/fleet/mod.ts";
import { TimeLimit } from "../run/job/mod.ts";
import type { Program } from "./bzfs.ts";
import type { RunnerLog } from "./log.ts";

/** What surrounds a run. */
export interface RunnerParts {
  readonly program: Program;
  readonly environment: ReadonlyMap<string, string>;
  readonly forwarded: Forwarded;
  readonly log: RunnerLog;
  /** Text of the job file; `undefined` without one. */
  readonly jobFile: string | undefined;
}

/** The policy; `--explain` without actions is about those of the schedule. */
export function fleetOf({ arguments: args, jobFile, groups }: JobrunnerRun): Fleet {
  const isExternal = jobFile !== undefined && hasExternalSnapshots(jobFileFields(jobFile));
  const fleet = { ...makeFleet(args, readStandardInput, groups), hasExternalSnapshots: isExternal };
  const refused = fleet.actions.find((action) => action === "create-src-snapshots" || action === "prune-src-snapshots");
  if (isExternal && refused !== undefined) {
    throw new RefusedError(`--${refused} contradicts the job file, which says src-snapshots: external`);
  }
  return fleet.actions.length === 0 && args.flag("--explain") ? { ...fleet, actions: scheduledActions(fleet) } : fleet;
}

/** Destination hosts whose pools may be absent: all without a job file, as in the reference. */
export function removableOf({ jobFile }: JobrunnerRun): ReadonlySet<string> | "all" {
  return jobFile === undefined ? "all" : removableHosts(jobFileFields(jobFile)["dst-hosts"]);
}

/** How the hosts share the work; `undefined` without a job file. */
export function sharedWorkOf({ jobFile, forwarded }: JobrunnerRun): SharedWork | undefined {
  if (jobFile === undefined) return undefined;
  const stays = forwarded.some((word) => word.startsWith("--daemon-lifetime"));
  return { ...readSchedule(jobFileFields(jobFile).schedule), stays };
}

/** True if the job file says how the hosts share the work; one that does not has the default of the mode. */
export function saysSchedule({ jobFile }: JobrunnerRun): boolean {
  return jobFile !== undefined && !jobFileFields(jobFile).schedule.isAbsent;
}

/** What subjobs are told by an option of `bzfs`; the last use of it counts. */
export function forwardedValue(name: string, { forwarded }: Pick<RunnerParts, "forwarded">): string | undefined {
  return forwarded.parsed.occurrences.findLast(({ option }) => option.name === name)?.words[0];
}

/** True if subjobs are told this option of `bzfs`. */
export function isForwarded(name: string, { forwarded }: Pick<RunnerParts, "forwarded">): boolean {
  return forwarded.parsed.occurrences.some(({ option }) => option.name === name);
}

/** Where the subjobs log. */
export function logFolderOf(around: Pick<RunnerParts, "program" | "forwarded">): string {
  const { program } = around;
  return forwardedValue("--log-dir", around) ?? `${program.identity.home}/bzfs-logs`;
}

/** Many hosts of the same schedule should not all begin with the same one. */
export function inOrder(fleet: Fleet, jitter: boolean): Fleet {
  if (!jitter) return fleet;
  const draw = (low: number, high: number): number => systemRandom.integer(low, high);
  return {
    ...fleet,
    sources: shuffled(fleet.sources, draw),
    destinations: new Map(shuffled([...fleet.destinations], draw)),
  };
}

/** Everything that planning and command lines need beside the policy. */
export interface Preparation extends Pick<FleetSurroundings, "thisHost" | "users"> {
  readonly context: SubjobContext;
}

/** Gathers them. Throws `RefusedError` for a limit that is no duration. */
export function prepare(
  words: JobrunnerRun,
  fleet: Fleet,
  { program, environment, forwarded }: Omit<RunnerParts, "log" | "jobFile">,
): Preparation {
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
export async function existingPools(
  pools: readonly string[],
  args: JobrunnerArguments,
  { program, log, jobFile }: RunnerParts,
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
    const text = stderr.trimEnd();
    // The words of options are those of the reference.
    throw new RefusedError(
      jobFile !== undefined && text !== ""
        ? text
        : `Unexpected error ${status} on checking for existing local dst pools: ${text}`,
    );
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
export function uniqueName(): string {
  return Array.from({ length: 32 }, () => systemRandom.integer(0, 15).toString(16)).join("");
}
