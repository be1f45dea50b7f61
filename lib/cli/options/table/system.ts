// deno-lint-ignore-file explicit-function-return-type -- the literal types of a family of rows only survive inference
/**
 * Options about hosts, programs, errors, speed and logging. Data only.
 * @module
 */
import type { OptionTable } from "../option.ts";

/** The four ssh options of one side. */
function sshSide<const S extends "src" | "dst">(side: S) {
  const common = { section: "Hosts and ssh", arity: "one" } as const;
  const end = side === "src" ? "source" : "destination";
  return [
    {
      ...common,
      name: `--ssh-${side}-user`,
      metavar: "USER",
      brief: `User at the ${end} host`,
      detail: "Overrides the user in the dataset operands.",
    },
    {
      ...common,
      name: `--ssh-${side}-host`,
      metavar: "HOST",
      brief: `The ${end} host`,
      detail: "Overrides the host in the dataset operands; `-` or nothing means this host.",
    },
    {
      ...common,
      name: `--ssh-${side}-port`,
      type: "integer",
      metavar: "PORT",
      min: 1,
      max: 65535,
      brief: `Port of ssh at the ${end} host`,
      detail: "Unless given, ssh decides.",
    },
    {
      ...common,
      name: `--ssh-${side}-config-file`,
      type: "ssh-config-file",
      metavar: "FILE",
      brief: `ssh client configuration for the ${end} host`,
      detail:
        "Passed as `ssh -F FILE`. The file's name must contain `bzfs_ssh_config` (or be `none`); it must belong to you " +
        "or root and be writable by nobody else.",
    },
  ] as const;
}

/** An option that chooses a program or switches it off. */
function program<const N extends string, const C extends readonly string[], const D extends string>(
  row: { readonly program: N; readonly choices: C; readonly default: D; readonly brief: string; readonly off: string },
) {
  return {
    name: `--${row.program}-program`,
    arity: "one",
    choices: row.choices,
    default: row.default,
    section: "Programs",
    brief: row.brief,
    detail: `Looked up on the PATH of the host where it runs. ${row.off}`,
  } as const;
}

/** The options of such a program. */
function programOptions<const N extends string, const D extends string>(
  row: { readonly program: N; readonly default: D; readonly detail: string },
) {
  return {
    name: `--${row.program}-program-opts`,
    arity: "one",
    metavar: "STRING",
    default: row.default,
    section: "Programs",
    brief: `Options of ${row.program === "compression" ? "the compression program" : row.program}`,
    detail: row.detail,
  } as const;
}

/** One of the back-off times. */
function seconds<const N extends string, const D extends string>(
  row: { readonly name: `--${N}`; readonly default: D; readonly brief: string; readonly detail: string },
) {
  return {
    ...row,
    arity: "one",
    type: "number",
    metavar: "SECONDS",
    min: 0,
    section: "Errors and retries",
  } as const;
}

/** A part of the log file's name. */
function logName<const N extends string, const D extends string>(
  row: { readonly name: `--${N}`; readonly default: D; readonly brief: string; readonly detail: string },
) {
  return { ...row, arity: "one", type: "file-name", metavar: "STRING", section: "Logging" } as const;
}

/**
 * Chapters "General", "Errors and retries", "Speed", "Hosts and ssh", "Programs", "Logging", "Environment and daemon".
 */
export const SYSTEM_OPTIONS = [
  {
    name: "--help",
    short: "-h",
    arity: "flag",
    stops: "help",
    section: "General",
    brief: "Show help: -h one line per option, --help everything",
    detail: "`bzfs help OPTION` shows a single option.",
  },
  {
    name: "--version",
    arity: "flag",
    stops: "version",
    section: "General",
    brief: "Show the version",
    detail: "With {--verbose} also the runtime that the executable was made with.",
  },
  {
    name: "--verbose",
    short: "-v",
    arity: "count",
    section: "Logging",
    brief: "Log more; -vv still more",
    detail:
      "-v logs decisions and commands that change something, -vv every command. -vv also passes -v to zfs send and " +
      "receive, -vvv to ssh.",
  },
  {
    name: "--quiet",
    short: "-q",
    arity: "flag",
    section: "Logging",
    brief: "Log errors only, show no progress",
    detail: "Wins over {--verbose}.",
  },
  {
    name: "--retries",
    arity: "one",
    type: "integer",
    metavar: "N",
    min: 0,
    default: "2",
    section: "Errors and retries",
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
    arity: "one",
    choices: ["fail", "tree", "dataset"],
    default: "dataset",
    section: "Errors and retries",
    brief: "What to skip after an error that retries did not cure",
    detail:
      "`fail` ends the run; `tree` skips the dataset and its descendants; `dataset` skips the dataset only. Whatever " +
      "is skipped, the run ends with the exit status of its first error.",
  },
  {
    name: "--timeout",
    arity: "one",
    metavar: "DURATION",
    section: "Errors and retries",
    brief: "End the run after this time",
    detail: "A duration such as `90 minutes`, however well the run goes on. In a daemon it counts for each pair of " +
      "datasets. Unless given, there is no limit; what hangs is ended by {--query-timeout} and {--stall-timeout}.",
  },
  {
    name: "--query-timeout",
    arity: "one",
    metavar: "DURATION",
    default: "10 minutes",
    section: "Errors and retries",
    brief: "End a query that prints nothing for this time",
    detail: "Queries are all commands but transfers and changes. This is a limit on silence, not on duration: every " +
      "byte starts it anew. A query that was ended has failed and is tried again. `0 seconds` = no limit.",
  },
  {
    name: "--stall-timeout",
    arity: "one",
    metavar: "DURATION",
    default: "1 hours",
    section: "Errors and retries",
    brief: "End a transfer that stands still for this time",
    detail:
      "A transfer stands still while pv counts no byte and the resume token at the destination does not change. " +
      "It is resumed by the next attempt. What has neither pv nor a resume token is not watched. `0 seconds` = no limit.",
  },
  {
    name: "--busy-limit",
    arity: "one",
    metavar: "DURATION",
    default: "24 hours",
    section: "Errors and retries",
    brief: "How long an earlier run of the same job may take",
    detail:
      "A run ends with status 4 while an earlier run of the same job is at work, and with status 3 once that one " +
      "has been at work for longer than this, plus the life of a daemon; then stderr says so even with {--quiet}. " +
      "`0 seconds` = no limit.",
  },
  {
    name: "--threads",
    arity: "one",
    type: "int-or-percent",
    metavar: "N[%]",
    min: 1,
    max: 1600,
    default: "100%",
    section: "Speed",
    brief: "How many datasets are processed at once",
    detail: "A number, or a percentage of the CPUs of the host. Replication takes the smaller number of both hosts, " +
      "and fewer if the limit of open files (ulimit -n) does not allow for so many.",
  },
  {
    name: "--max-concurrent-ssh-sessions-per-tcp-connection",
    arity: "one",
    type: "integer",
    metavar: "N",
    min: 1,
    default: "8",
    section: "Speed",
    brief: "Sessions that share one ssh connection",
    detail: "Must not exceed MaxSessions of the ssh server (10 unless configured).",
  },
  {
    name: "--bwlimit",
    arity: "one",
    type: "non-empty",
    metavar: "RATE",
    section: "Speed",
    brief: "Limit of the transfer rate, such as 100m",
    detail:
      "Bytes per second for each transfer, with the suffixes of pv: k, m, g. It is kept by pv and mbuffer; a warning tells where there is neither.",
  },
  {
    name: "--pipeline",
    arity: "one",
    choices: ["sh", "streams"],
    default: "sh",
    section: "Speed",
    brief: "How the local stages of a transfer are joined",
    detail:
      "`sh`: one shell script with kernel pipes, the fastest way. `streams`: each stage is started by itself and the " +
      "program moves the bytes; for hosts without `sh`.",
  },
  ...sshSide("src"),
  ...sshSide("dst"),
  {
    name: "--ssh-cipher",
    arity: "one",
    metavar: "CIPHER",
    default: "^aes256-gcm@openssh.com",
    section: "Hosts and ssh",
    brief: "Cipher of ssh",
    detail: "Passed as `ssh -c`; empty leaves the choice to ssh.",
  },
  {
    name: "--ssh-control-persist-secs",
    arity: "one",
    type: "integer",
    metavar: "N",
    min: 1,
    default: "600",
    section: "Hosts and ssh",
    brief: "How long an idle shared ssh connection stays open",
    detail: "Later runs use it again and save the handshake.",
  },
  {
    name: "--ssh-forward-agent",
    arity: "flag",
    section: "Hosts and ssh",
    brief: "Lend the ssh agent of this host to remote hosts",
    detail:
      "Passed as `ssh -A`, so that two remote hosts can reach each other with the keys of this one ({--r2r}). Who " +
      "is root there can then use these keys, too. Without it the agent stays here, whatever the ssh configuration says.",
  },
  {
    name: "--ssh-exit-on-shutdown",
    arity: "flag",
    hidden: true,
    section: "Hosts and ssh",
    brief: "Close shared ssh connections at the end",
    detail: "Without it they stay open for {--ssh-control-persist-secs}.",
  },
  {
    name: "--r2r",
    arity: "one",
    choices: ["off", "pull", "push"],
    default: "off",
    section: "Hosts and ssh",
    brief: "Let two remote hosts talk to each other directly",
    detail:
      "If both sides are remote, streams pass through this host (`off`), or the destination host fetches them from the " +
      "source host (`pull`), or the source host brings them (`push`).",
  },
  {
    name: "--no-privilege-elevation",
    short: "-p",
    arity: "flag",
    section: "Hosts and ssh",
    brief: "Run zfs as the plain user, without sudo",
    detail: "Needs `zfs allow` delegations for that user, and the pool property delegation=on.",
  },
  program({
    program: "compression",
    choices: ["zstd", "lz4", "pzstd", "pigz", "gzip", "-"],
    default: "zstd",
    brief: "Compression between hosts; - for none",
    off: "Used only between different hosts and for streams that are not tiny.",
  }),
  programOptions({
    program: "compression",
    default: "-1",
    detail: "Separated by blanks; -o and --output-file are refused.",
  }),
  program({
    program: "mbuffer",
    choices: ["mbuffer", "-"],
    default: "mbuffer",
    brief: "Buffer that smoothes transfers; - for none",
    off: "Used only between different hosts and for streams that are not tiny.",
  }),
  programOptions({
    program: "mbuffer",
    default: "-q -m 128M",
    detail: "Separated by blanks. Options that open files or connections are refused.",
  }),
  program({
    program: "pv",
    choices: ["pv", "-"],
    default: "pv",
    brief: "Progress meter and rate limiter; - for none",
    off: "Without it there is no progress, and {--bwlimit} is kept by mbuffer only.",
  }),
  programOptions({
    program: "pv",
    default:
      "--progress --timer --eta --fineta --rate --average-rate --bytes --interval=1 --width=120 --buffer-size=2M",
    detail: "Separated by blanks. Must hold --bytes or --bits and, unless {--quiet} is given, --eta, --fineta and " +
      "--average-rate. Options that open files or touch other processes are refused.",
  }),
  program({
    program: "ps",
    choices: ["ps", "-"],
    default: "ps",
    brief: "Finds busy destination datasets; - for none",
    off: "Without it nobody looks whether another process is receiving into a dataset.",
  }),
  program({
    program: "shell",
    choices: ["sh", "-"],
    default: "sh",
    brief: "Shell of the remote hosts; - for none",
    off: "`-` assumes that remote hosts cannot run pipelines. `sh` is used here all the same; see {--pipeline}.",
  }),
  program({
    program: "ssh",
    choices: ["ssh", "hpnssh", "-"],
    default: "ssh",
    brief: "Reaches remote hosts; - refuses remote datasets",
    off: "`-` refuses to talk to remote hosts.",
  }),
  program({
    program: "sudo",
    choices: ["sudo", "doas", "-"],
    default: "sudo",
    brief: "Raises privileges; - for none",
    off: "See {--no-privilege-elevation} for the way without it.",
  }),
  program({
    program: "zpool",
    choices: ["zpool", "-"],
    default: "zpool",
    brief: "Finds pool features; - for none",
    off: "`-` assumes no optional feature: no bookmarks, no resuming.",
  }),
  {
    name: "--log-dir",
    arity: "one",
    type: "directory-name",
    metavar: "DIR",
    section: "Logging",
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
    brief: "Part of the log file name behind the time",
    detail: "See {--log-file-prefix}.",
  }),
  logName({
    name: "--log-file-suffix",
    default: "",
    brief: "Part of the log file name behind the infix",
    detail: "See {--log-file-prefix}.",
  }),
  {
    name: "--log-subdir",
    arity: "one",
    choices: ["daily", "hourly", "minutely"],
    default: "daily",
    section: "Logging",
    brief: "How often a new folder for log files is begun",
    detail: "The folders are named after the time, so that old logs can be removed easily.",
  },
  {
    name: "--log-syslog-address",
    arity: "one",
    type: "non-empty",
    metavar: "ADDRESS",
    section: "Logging",
    brief: "Also log to syslog",
    detail: "Path of a socket such as `/dev/log`, or `HOST:PORT`.",
  },
  {
    name: "--log-syslog-socktype",
    arity: "one",
    choices: ["UDP", "TCP"],
    default: "UDP",
    section: "Logging",
    brief: "Protocol of a remote syslog",
    detail: "See {--log-syslog-address}.",
  },
  {
    name: "--log-syslog-facility",
    arity: "one",
    type: "integer",
    metavar: "N",
    min: 0,
    max: 7,
    default: "1",
    section: "Logging",
    brief: "Syslog facility: 0 = kern, 1 = user … 7 = news",
    detail: "See {--log-syslog-address}.",
  },
  {
    name: "--log-syslog-prefix",
    arity: "one",
    type: "non-empty",
    metavar: "STRING",
    default: "bzfs",
    section: "Logging",
    brief: "Program name in syslog",
    detail: "See {--log-syslog-address}.",
  },
  {
    name: "--log-syslog-level",
    arity: "one",
    choices: ["CRITICAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"],
    default: "ERROR",
    section: "Logging",
    brief: "Least severe level that goes to syslog",
    detail: "See {--log-syslog-address}.",
  },
  {
    name: "--include-envvar-regex",
    arity: "many",
    metavar: "REGEX",
    repeat: "add",
    files: true,
    section: "Environment and daemon",
    brief: "Environment variables that stay although excluded",
    detail: "Wins over {--exclude-envvar-regex}. Regular expressions must match the whole name; a leading `!` negates.",
  },
  {
    name: "--exclude-envvar-regex",
    arity: "many",
    metavar: "REGEX",
    repeat: "add",
    files: true,
    section: "Environment and daemon",
    brief: "Environment variables to remove at start",
    detail:
      "Programs that are started do not inherit them either. `--exclude-envvar-regex '.*' --include-envvar-regex " +
      "'PATH|HOME|LANG'` is a good start for strict set-ups.",
  },
  {
    name: "--no-argument-file",
    arity: "flag",
    forbidsFiles: true,
    hidden: true,
    section: "Environment and daemon",
    brief: "Refuse argument files behind this option",
    detail: "Values that start with `+` are errors from here on, instead of names of files.",
  },
  {
    name: "--daemon-lifetime",
    arity: "one",
    metavar: "DURATION",
    default: "0 seconds",
    hidden: true,
    section: "Environment and daemon",
    brief: "Repeat the run on its schedule for this long",
    detail: "A duration such as `1 days`. The schedule is the plan of {--create-src-snapshots}, or else " +
      "{--daemon-frequency}.",
  },
  {
    name: "--daemon-frequency",
    arity: "one",
    metavar: "PERIOD",
    default: "minutely",
    hidden: true,
    section: "Environment and daemon",
    brief: "How often a daemon runs that creates no snapshots",
    detail: "A period such as `10minutely` or `hourly`.",
  },
  {
    name: "--daemon-remote-conf-cache-ttl",
    arity: "one",
    metavar: "DURATION",
    default: "300 seconds",
    hidden: true,
    section: "Environment and daemon",
    brief: "How long a daemon trusts what it found out about a host",
    detail: "Programs, versions and pool features are detected again after this time.",
  },
] as const satisfies OptionTable;
