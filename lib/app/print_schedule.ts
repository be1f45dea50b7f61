/**
 * `bzfs_jobrunner --print-schedule`: what this host's scheduler has to start.
 * Source: docs/spec/jobrunner.md §11.
 * @module
 */
import type { JobrunnerArguments } from "../cli/jobrunner/mod.ts";
import { type JobFileEntry, jobFileFields, readSchedule } from "../cli/job_file/mod.ts";
import { absolutePath, executablePath, joinWords } from "../host/process/mod.ts";
import { homeOf } from "../host/system.ts";
import { UsageError } from "../model/errors.ts";
import type { Fleet } from "../model/fleet.ts";
import { parseLimit, pythonList, pythonText, tryParseDuration } from "../model/text/mod.ts";
import { type FleetRole, mayUnmount, runLimitMsOf, scheduleOf } from "../plan/fleet/mod.ts";
import {
  renderCron,
  renderNomad,
  renderSystemd,
  type Schedule,
  type ScheduledCommand,
  type ScheduledTask,
} from "../report/schedule/mod.ts";

/** What a schedule is made of. */
export interface ScheduleParts {
  readonly args: JobrunnerArguments;
  /** Words of the command line that the scheduled command lines get, too. */
  readonly overrides: readonly string[];
  readonly forwarded: readonly string[];
  readonly jobFile: JobFileEntry;
  readonly fleet: Fleet;
  readonly host: string;
  /** Value of `--busy-limit` for the subjobs. */
  readonly busyLimit: string;
}

/** Schedulers that are known. */
export type ScheduleFormat = "cron" | "systemd" | "nomad";

const RENDER: Readonly<Record<ScheduleFormat, (schedule: Schedule) => string>> = {
  cron: renderCron,
  systemd: renderSystemd,
  nomad: renderNomad,
};

/** The schedule of a host in the notation of its scheduler. Throws `UsageError` if the host has nothing to do. */
export function renderSchedule(format: ScheduleFormat, parts: ScheduleParts): string {
  const { fleet, host } = parts;
  const settings = readSchedule(jobFileFields(parts.jobFile).schedule);
  const stays = parts.forwarded.some((word) => word.startsWith("--daemon-lifetime"));
  const { roles, every } = scheduleOf(host, fleet, { ...settings, stays });
  if (roles.length === 0) {
    const { mode, bastion } = settings;
    if (mode === "bastion") {
      throw new UsageError(
        `This host, ${host}, runs nothing by this file: schedule: {mode: bastion, bastion: ${bastion}} lets ${bastion} ` +
          "run all",
        { hint: "Correct bastion, or give --localhost." },
      );
    }
    const known = [...new Set([...fleet.sources, ...fleet.destinations.keys()])];
    throw new UsageError(`Host ${host} has nothing to do in this fleet`, {
      hint: `Give its name in the policy with --localhost. Hosts of the policy: ${pythonList(known)}`,
    });
  }
  const whatStays = every === "always" ? staying(parts, stays) : [];
  const ofSystemd = format === "systemd" && !isLogFolderGiven(parts.forwarded) ? [SYSTEMD_LOG_FOLDER] : [];
  const more = [...whatStays, ...ofSystemd];
  const stay = every === "always";
  const ofRoles = roles.map((role) => taskOf(role, parts, more));
  const ofStatus = parts.args.isGiven("--status-timer") ? [statusTask(parts, more, stay ? STATUS_MINUTES : every)] : [];
  const tasks = [...ofRoles, ...ofStatus].map(
    followed(parts.args, [...(stay ? [] : ofRoles), ...ofStatus], ofStatus[0]),
  );
  for (const word of [host, settings.user, ...tasks.flatMap(({ title, argv }) => [title, ...argv])]) {
    expectOneLine(word);
  }
  if (format === "systemd") {
    for (const { argv, after } of tasks) expectStartable(argv[0], after?.failure?.argv[0], after?.success?.argv[0]);
  }
  const runLimitMs = runLimitMsOf(parseLimit(parts.busyLimit, "--busy-limit"), lifetimeMs(more, parts));
  return RENDER[format]({
    name: scheduleName(parts.args.text("--job-id") ?? ""),
    host,
    user: settings.user,
    home: homeOf(settings.user),
    every,
    runLimitMs,
    tasks,
  });
}

/** How often the state is told of where all other tasks stay. */
const STATUS_MINUTES = 5;

/** The task that tells whether everything is where it belongs. */
function statusTask({ args, host, forwarded }: ScheduleParts, more: readonly string[], every: number): ScheduledTask {
  const jobId = args.text("--job-id") ?? "";
  const metrics = args.text("--status-timer") ?? "";
  if (metrics !== "nagios" && !isPlainPath(metrics)) {
    throw new UsageError(
      `argument --status-timer: must be nagios, or the absolute path of a file: ${pythonText(metrics)}`,
    );
  }
  const words = [...forwarded, ...more];
  const at = words.findLastIndex((word) => word === LOG_DIR || word.startsWith(`${LOG_DIR}=`));
  const folder = words[at] === LOG_DIR ? [`${LOG_DIR}=${words[at + 1]}`] : words.slice(at, at + 1);
  const argv = [
    executablePath() ?? "bzfs",
    "status",
    `--config=${absolutePath(args.text("--config") ?? "")}`,
    `--localhost=${host}`,
    ...(at < 0 ? [] : folder),
    metrics === "nagios" ? "--nagios" : `--prometheus=${metrics}`,
  ];
  const task = { ...named("status", jobId), argv, shellLine: joinWords(argv), unmounts: false, every };
  if (metrics === "nagios") return task;
  // Findings (1, 2) are in the metrics.
  return { ...task, quietStatuses: [1, 2, 4], writes: metrics.slice(0, metrics.lastIndexOf("/")) || "/" };
}

const LOG_DIR = "--log-dir";

/**
 * Gives tasks that end what follows a start: hooks to each; the ping to the one that knows about all, which is that of the status,
 * or the only one. Throws `UsageError` for what cannot be.
 */
function followed(
  args: JobrunnerArguments,
  ending: readonly ScheduledTask[],
  ofStatus: ScheduledTask | undefined,
): (task: ScheduledTask) => ScheduledTask {
  const command = (...argv: readonly string[]) => ({ argv, shellLine: joinWords(argv) });
  const hook = (name: "--hook-success" | "--hook-failure"): ScheduledCommand | undefined => {
    const path = args.text(name);
    if (path === undefined) return undefined;
    expectOneLine(path);
    if (isPlainPath(path)) return command(path);
    throw new UsageError(`argument ${name}: must be the absolute path of a program: ${pythonText(path)}`);
  };
  const url = args.text("--ping");
  if (url !== undefined && !isWebAddress(url)) {
    throw new UsageError(`argument --ping: must be a URL of http or https: ${pythonText(url)}`);
  }
  const [success, failure] = [hook("--hook-success"), hook("--hook-failure")];
  const ping = url === undefined
    ? undefined
    : command("curl", "-fsS", "-m", "10", "--retry", "3", "-o", "/dev/null", url);
  if (ping === undefined && success === undefined && failure === undefined) return (task) => task;
  if (ending.length === 0) {
    throw new UsageError("Nothing follows a task that stays, and all of this host do", {
      hint: "Add --status-timer nagios: that task ends, and can ping and have hooks.",
    });
  }
  if (ping !== undefined && ofStatus === undefined && ending.length > 1) {
    throw new UsageError(
      `argument --ping: this host has ${ending.length} tasks, and the ping of one would go on while others fail`,
      { hint: "Add --status-timer nagios: that task succeeds only if all is well, and pings then." },
    );
  }
  const pinging = ofStatus ?? ending[0];
  return (task) => {
    if (!ending.includes(task)) return task;
    const after = { ...(task === pinging ? { ping } : {}), success, failure };
    return Object.values(after).some((each) => each !== undefined) ? { ...task, after } : task;
  };
}

/** True for an absolute path of a file without `.` and `..`. */
function isPlainPath(path: string): boolean {
  return /^\/.*[^/]$/s.test(path) && !/\/\.{1,2}(?:\/|$)/.test(path);
}

/** True for what `curl` takes for one address, and expands nothing in: it would take braces and brackets for several. */
function isWebAddress(url: string): boolean {
  return /^https?:\/\/[^\s\x00-\x20"<>\\^`{|}[\]\x7f-\uffff]+$/.test(url) && URL.canParse(url);
}

function scheduleName(jobId: string): string {
  return `bzfs-${jobId}`.replaceAll(/[^A-Za-z0-9_.-]/g, "-");
}

function named(role: string, jobId: string): Pick<ScheduledTask, "name" | "title"> {
  return {
    name: scheduleName(`${jobId}-${role}`),
    title: `bzfs: ${role} of ${jobId}`.replaceAll(/\s+/g, " "),
  };
}

/** How long subjobs stay, by the last word that says so; 0 if they do not. */
function lifetimeMs(more: readonly string[], { forwarded }: ScheduleParts): number {
  const words = [...forwarded, ...more];
  const at = words.findLastIndex((word) => word === LIFETIME || word.startsWith(`${LIFETIME}=`));
  const value = words[at] === LIFETIME ? words[at + 1] : words[at]?.slice(LIFETIME.length + 1);
  return tryParseDuration(value ?? "") ?? 0;
}

const LIFETIME = "--daemon-lifetime";

/** A line end would begin a line of its own, which the scheduler takes for another thing to start. */
function expectOneLine(word: string): void {
  if (/[\x00-\x1f\x7f]/.test(word)) {
    throw new UsageError(`A schedule cannot hold control characters: ${pythonText(word)}`);
  }
}

/** systemd refuses to start a program with such a path. */
function expectStartable(...programs: readonly (string | undefined)[]): void {
  const refused = programs.find((program) => program !== undefined && /['"\\]/.test(program));
  if (refused === undefined) return;
  throw new UsageError(`systemd starts no program whose path has quotes or backslashes: ${pythonText(refused)}`);
}

/** Below the folder that the unit owns. */
const SYSTEMD_LOG_FOLDER = "--log-dir=/var/log/bzfs/bzfs-logs";

function isLogFolderGiven(forwarded: readonly string[]): boolean {
  return forwarded.some((word) => word === "--log-dir" || word.startsWith("--log-dir="));
}

/** Subjobs that stay need a worker each. */
function staying({ fleet, args }: ScheduleParts, isToldTo: boolean): string[] {
  const lifetime = isToldTo ? [] : ["--daemon-lifetime=1days", "--daemon-replication-frequency=secondly"];
  const routes = fleet.sources.length * Math.max(1, fleet.destinations.size);
  const workers = Math.max(routes * fleet.groups.length, 1);
  return [...lifetime, ...(args.isGiven("--workers") ? [] : [`--workers=${workers}`])];
}

function taskOf(role: FleetRole, parts: ScheduleParts, more: readonly string[]): ScheduledTask {
  const { args, host, overrides } = parts;
  const jobId = args.text("--job-id") ?? "";
  const argv = [
    executablePath() ?? "bzfs",
    "jobrunner",
    `--config=${absolutePath(args.text("--config") ?? "")}`,
    ...overrides,
    `--localhost=${host}`,
    ...(role.part === "source" ? [`--src-host=${host}`] : []),
    ...(role.part === "destination" ? [`--dst-host=${host}`] : []),
    ...role.actions.map((action) => `--${action}`),
    ...more,
  ];
  return {
    ...named(role.name, jobId),
    argv,
    shellLine: joinWords(argv),
    unmounts: mayUnmount(role),
  };
}
