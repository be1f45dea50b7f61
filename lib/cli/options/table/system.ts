// deno-lint-ignore-file explicit-function-return-type -- the literal types of a family of rows only survive inference
/**
 * Options about errors, speed, logging and the environment, with those about hosts among them. Data only.
 * @module
 */
import type { OptionTable } from "../option.ts";
import { chapter, regexes, seconds } from "./chapter.ts";
import { HOST_OPTIONS } from "./hosts.ts";

/** A part of the log file's name. */
function logName<const N extends string, const D extends string>(
  row: { readonly name: `--${N}`; readonly default: D; readonly brief: string; readonly detail: string },
) {
  return { ...row, type: "file-name", metavar: "STRING" } as const;
}

/**
 * Chapters "General", "Errors and retries", "Speed", "Hosts and ssh", "Programs", "Logging", "Environment and daemon".
 */
export const SYSTEM_OPTIONS = [
  ...chapter("General", [
    {
      name: "--help",
      short: "-h",
      stops: "help",
      brief: "Show help: -h one line per option, --help everything",
      detail: "`bzfs help OPTION` shows a single option.",
    },
    {
      name: "--version",
      stops: "version",
      brief: "Show the version",
      detail: "With {--verbose} also the runtime that the executable was made with.",
    },
  ]),
  ...chapter("Logging", [
    {
      name: "--verbose",
      short: "-v",
      arity: "count",
      brief: "Log more; -vv still more",
      detail:
        "-v logs decisions and commands that change something, -vv every command. -vv also passes -v to zfs send and " +
        "receive, -vvv to ssh.",
    },
    {
      name: "--quiet",
      short: "-q",
      brief: "Log errors only, show no progress",
      detail: "Wins over {--verbose}. The log file still has all records from level INFO on.",
    },
  ]),
  ...chapter("Errors and retries", [
    {
      name: "--retries",
      type: "integer",
      metavar: "N",
      min: 0,
      default: "2",
      brief: "How often a failed step is tried again",
      detail: "Each retry looks at both sides afresh before it plans again. 0 means one try.",
    },
    seconds({
      name: "--retry-min-sleep-secs",
      default: "0",
      brief: "Shortest pause before a retry",
      detail: "A pause is drawn at random between this and a maximum that doubles with each retry.",
    }),
    seconds({
      name: "--retry-initial-max-sleep-secs",
      default: "0.125",
      brief: "Longest pause before the first retry",
      detail: "Doubles with each retry, up to {--retry-max-sleep-secs}.",
    }),
    seconds({
      name: "--retry-max-sleep-secs",
      default: "300",
      brief: "Longest pause before any retry",
      detail: "0 retries without a pause.",
    }),
    seconds({
      name: "--retry-max-elapsed-secs",
      default: "3600",
      brief: "No retry once this much time has passed",
      detail: "Counted from the first try of the step.",
    }),
    {
      name: "--skip-on-error",
      choices: ["fail", "tree", "dataset"],
      default: "dataset",
      brief: "What to skip after an error that retries did not cure",
      detail:
        "`fail` ends the run; `tree` skips the dataset and its descendants; `dataset` skips the dataset only. In " +
        "each case the run ends with the exit status of its first error.",
    },
    {
      name: "--missing-root",
      choices: ["fail", "isolate"],
      default: "fail",
      brief: "What a missing source root does to other pairs",
      detail:
        "With `isolate`, and several pairs, the others go on whatever {--skip-on-error} says, and if nothing else has " +
        "failed the run ends with status 5; the job runner then goes on to the next step for them, and fails in the end. " +
        "A pool that is not imported is such a root, too, also that of a destination whose source is `dummy`. The default " +
        "in job files is `isolate`.",
    },
    {
      name: "--timeout",
      metavar: "DURATION",
      brief: "End the run after this time",
      detail: "A duration such as `90 minutes`, however well the run goes on. In a daemon it counts for each pair of " +
        "datasets. Unless given, there is no limit; what hangs is ended by {--query-timeout} and {--stall-timeout}.",
    },
    {
      name: "--query-timeout",
      metavar: "DURATION",
      default: "10 minutes",
      brief: "End a query that prints nothing for this time",
      detail:
        "Queries are all commands but transfers and changes. This is a limit on silence, not on duration: every " +
        "byte starts it anew. A query that was ended has failed and is tried again. `0 seconds` = no limit.",
    },
    {
      name: "--stall-timeout",
      metavar: "DURATION",
      default: "1 hours",
      brief: "End a transfer that stands still for this time",
      detail:
        "A transfer stands still while pv counts no byte and the resume token at the destination does not change. " +
        "It is resumed by the next attempt. What has neither pv nor a resume token is not watched. `0 seconds` = no limit.",
    },
    {
      name: "--busy-limit",
      metavar: "DURATION",
      default: "24 hours",
      brief: "How long an earlier run of the same job may take",
      detail:
        "A run ends with status 4 while the previous run of the same job is still going, and with status 3 once that one " +
        "has been going for longer than this, plus the life of a daemon; then stderr says so even with {--quiet}. " +
        "`0 seconds` = no limit.",
    },
  ]),
  ...chapter("Speed", [
    {
      name: "--threads",
      type: "int-or-percent",
      metavar: "N[%]",
      min: 1,
      max: 1600,
      default: "100%",
      brief: "How many datasets are processed at once",
      detail:
        "A number, or a percentage of the CPUs of the host. Replication takes the smaller number of both hosts, " +
        "and fewer if the limit of open files (ulimit -n) does not allow for so many.",
    },
    {
      name: "--max-concurrent-ssh-sessions-per-tcp-connection",
      type: "integer",
      metavar: "N",
      min: 1,
      default: "8",
      brief: "Sessions that share one ssh connection",
      detail: "Must not exceed MaxSessions of the ssh server (10 unless configured).",
    },
    {
      name: "--bwlimit",
      type: "non-empty",
      metavar: "RATE",
      brief: "Limit of the transfer rate, such as 100m",
      detail:
        "Bytes per second for each transfer, with the suffixes of pv: k, m, g. pv and mbuffer enforce it; a warning is logged where there is neither.",
    },
    {
      name: "--pipeline",
      choices: ["sh", "streams"],
      default: "sh",
      brief: "How the local stages of a transfer are joined",
      detail:
        "`sh`: one shell script with kernel pipes, the fastest way. `streams`: each stage is started separately and the " +
        "program moves the bytes; for hosts without `sh`.",
    },
  ]),
  ...HOST_OPTIONS,
  ...chapter("Logging", [
    {
      name: "--log-dir",
      type: "directory-name",
      metavar: "DIR",
      completes: "folder",
      brief: "Folder of logs, locks and caches",
      detail: "Default: `bzfs-logs` in the home folder. The last component must contain `bzfs-logs`. " +
        "The folders above must be such that only root and the user of the run can rename what is in them.",
    },
    logName({
      name: "--log-file-prefix",
      default: "zrun_",
      brief: "Start of the log file name",
      detail: "A log file is called PREFIX, time, INFIX, SUFFIX, random letters.",
    }),
    logName({
      name: "--log-file-infix",
      default: "",
      brief: "Text after the timestamp in log file names",
      detail: "See {--log-file-prefix}.",
    }),
    logName({
      name: "--log-file-suffix",
      default: "",
      brief: "Text after the infix in log file names",
      detail: "See {--log-file-prefix}.",
    }),
    {
      name: "--log-subdir",
      choices: ["daily", "hourly", "minutely"],
      default: "daily",
      brief: "How often a new folder for log files is begun",
      detail: "The folders are named after the time, so that old logs can be removed easily.",
    },
    {
      name: "--log-keep",
      metavar: "DURATION",
      default: "0 seconds",
      brief: "How long folders of log files are kept",
      detail:
        "Folders of {--log-dir} that are named after a time this long ago are removed, if they belong to the user of " +
        "the run and nothing in them was written since. `0 seconds` = for ever; job files keep them for `30 days`.",
    },
    {
      name: "--log-syslog-address",
      type: "non-empty",
      metavar: "ADDRESS",
      brief: "Also log to syslog",
      detail: "Path of a socket such as `/dev/log`, or `HOST:PORT`.",
    },
    {
      name: "--log-syslog-socktype",
      choices: ["UDP", "TCP"],
      default: "UDP",
      brief: "Protocol of a remote syslog",
      detail: "See {--log-syslog-address}.",
    },
    {
      name: "--log-syslog-facility",
      type: "integer",
      metavar: "N",
      min: 0,
      max: 7,
      default: "1",
      brief: "Syslog facility: 0 = kern, 1 = user … 7 = news",
      detail: "See {--log-syslog-address}.",
    },
    {
      name: "--log-syslog-prefix",
      type: "non-empty",
      metavar: "STRING",
      default: "bzfs",
      brief: "Program name in syslog",
      detail: "See {--log-syslog-address}.",
    },
    {
      name: "--log-syslog-level",
      choices: ["CRITICAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"],
      default: "ERROR",
      brief: "Least severe level that goes to syslog",
      detail: "See {--log-syslog-address}.",
    },
  ]),
  ...chapter("Environment and daemon", [
    regexes({
      name: "--include-envvar-regex",
      brief: "Environment variables that stay although excluded",
      detail:
        "Wins over {--exclude-envvar-regex}. Regular expressions must match the whole name; a leading `!` negates.",
    }),
    regexes({
      name: "--exclude-envvar-regex",
      brief: "Environment variables to remove at start",
      detail:
        "Programs that are started do not inherit them either. `--exclude-envvar-regex '.*' --include-envvar-regex " +
        "'PATH|HOME|LANG'` is a good start for strict set-ups.",
    }),
    {
      name: "--no-argument-file",
      forbidsFiles: true,
      hidden: true,
      brief: "Refuse argument files after this option",
      detail: "Values that start with `+` are errors from here on, instead of names of files.",
    },
    {
      name: "--daemon-lifetime",
      metavar: "DURATION",
      default: "0 seconds",
      brief: "Repeat the run on its schedule for this long",
      detail: "A duration such as `1 days`. The schedule is the plan of {--create-src-snapshots}, or else " +
        "{--daemon-frequency}.",
    },
    {
      name: "--daemon-frequency",
      metavar: "PERIOD",
      default: "minutely",
      brief: "How often a daemon runs that creates no snapshots",
      detail: "A period such as `10minutely` or `hourly`.",
    },
    {
      name: "--daemon-remote-conf-cache-ttl",
      metavar: "DURATION",
      default: "300 seconds",
      hidden: true,
      brief: "How long a daemon trusts what it found out about a host",
      detail: "Programs, versions and pool features are detected again after this time.",
    },
  ]),
] as const satisfies OptionTable;
