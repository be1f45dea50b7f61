// deno-lint-ignore-file explicit-function-return-type -- the literal types of a family of rows only survive inference
/**
 * Options of `bzfs_jobrunner`. Data only. Source: docs/spec/jobrunner.md §2.
 * @module
 */
import type { OptionTable } from "./option.ts";
import { chapter, seconds } from "./table/chapter.ts";
import { sshConfigFile, sshPort, sshUser } from "./table/hosts.ts";
import { PLAN_FILE_OPTIONS } from "./table/plan_files.ts";
import { REPORT_OPTIONS } from "./table/reports.ts";
import { SCHEDULE_OPTIONS } from "./table/schedule.ts";

/** A dictionary of the policy. */
function dict<const N extends string>(
  row: { readonly name: `--${N}`; readonly brief: string; readonly detail: string },
) {
  return { ...row, type: "literal", metavar: "DICT", default: "{}" } as const;
}

/** How often a daemon does one of the actions. */
function frequency<const N extends string>(row: { readonly name: `--${N}`; readonly brief: string }) {
  return {
    ...row,
    metavar: "PERIOD",
    default: "minutely",
    detail: "A period such as `10minutely` or `hourly`. Counts only if --daemon-lifetime is passed on to the subjobs.",
  } as const;
}

/** The three ssh options of one side. */
function sshSide<const S extends "src" | "dst">(side: S) {
  const end = side === "src" ? "source" : "destination";
  return [
    { ...sshUser(side, `${end} hosts`, "Empty: the user who runs the program."), default: "" },
    sshPort(side, `${end} hosts`),
    sshConfigFile(side, `${end} hosts`, "The name of the file must contain `bzfs_ssh_config`."),
  ] as const;
}

/** Options of bzfs that the runner manages itself. */
const PROTECTED = [
  "--daemon-frequency",
  "--include-snapshot-plan",
  "--create-src-snapshots-plan",
  "--skip-replication",
  "--include-snapshot-regex",
  "--exclude-snapshot-regex",
  "--include-snapshot-times-and-ranks",
  "--log-file-prefix",
  "--log-file-infix",
  "--log-file-suffix",
  "--delete-dst-datasets",
  "--delete-dst-snapshots",
  "--delete-dst-snapshots-except",
  "--delete-dst-snapshots-except-plan",
  "--delete-empty-dst-datasets",
  "--forget-guards",
  "--monitor-snapshots",
  "--timeout",
  "--ssh-src-host",
  "--ssh-dst-host",
] as const;

/** Every option of `bzfs_jobrunner` itself. All others are passed on to the subjobs. */
export const JOBRUNNER_OPTIONS = [
  ...chapter("General", [
    {
      name: "--help",
      short: "-h",
      stops: "help",
      brief: "Show help: -h one line per option, --help everything",
      detail: "`bzfs help jobrunner OPTION` shows a single option.",
    },
    {
      name: "--version",
      stops: "version",
      brief: "Show the version",
      detail: "With --verbose also the runtime that the executable was made with.",
    },
    {
      name: "--config",
      type: "non-empty",
      metavar: "FILE",
      completes: "file",
      brief: "Take the policy from this job file",
      detail:
        "A YAML file that says what the options of the policy say, see `bzfs man job-file`. Options on the command " +
        "line override it.",
    },
    {
      name: "--explain",
      brief: "Say what would be done, do nothing",
      detail:
        "What the schedule runs at this host, per host which datasets go where and what is kept how long, what looks " +
        "suspicious, and the subjobs in their order, with -v with their command lines. No host is asked, see {--ask-hosts}.",
    },
    {
      name: "--ask-hosts",
      brief: "Ask the hosts as well; for --explain",
      detail:
        "Behind the explanation a table of what pruning would do now, of the actions that are given, or of all: what it would " +
        "delete, what it holds back, and what it keeps as foreign. The hosts are asked as by a dry run, and nothing is " +
        "changed. Status 5 if something is held back.",
    },
  ]),
  ...SCHEDULE_OPTIONS,
  ...chapter("General", [
    {
      name: "--forget-destination",
      type: "non-empty",
      metavar: "HOST[#POOL]",
      brief: "Show which guards stand for a destination, remove them",
      detail:
        "The destination, one of {--dst-hosts}, is given up: the bookmarks that keep an incremental base for it are removed from " +
        "the sources with {--yes}, and are shown without, with the size of a full send, which it would then need. It is not " +
        "asked, unless another destination has datasets of the same names; the guid of its pool takes the place of that. " +
        "Needs {--config}.",
    },
    {
      name: "--yes",
      brief: "Do what is only shown without it",
      detail: "For {--forget-destination}.",
    },
    {
      name: "--print-jobfile-schema",
      stops: "schema",
      brief: "Print the JSON Schema of job files",
      detail: "For editors that complete and check YAML.",
    },
  ]),
  ...chapter("Actions", [
    {
      name: "--create-src-snapshots",
      brief: "Create the snapshots of the sources that are due",
      detail: "According to {--src-snapshot-plan}.",
    },
    {
      name: "--replicate",
      brief: "Replicate from the sources to the destinations",
      detail: "What {--dst-snapshot-plan} retains, to each host of {--dst-hosts}.",
    },
    {
      name: "--prune-src-snapshots",
      brief: "Delete snapshots of the sources that no plan keeps",
      detail: "All that {--src-snapshot-plan} does not retain.",
    },
    {
      name: "--prune-src-bookmarks",
      brief: "Delete bookmarks of the sources that no plan keeps",
      detail: "All that {--src-bookmark-plan} does not retain.",
    },
    {
      name: "--prune-dst-snapshots",
      brief: "Delete snapshots of the destinations that no plan keeps",
      detail: "All that {--dst-snapshot-plan} and {--retain-dst-targets} do not retain.",
    },
    {
      name: "--monitor-src-snapshots",
      brief: "Alert if snapshots of the sources are too old",
      detail: "According to {--monitor-snapshot-plan}.",
    },
    {
      name: "--monitor-dst-snapshots",
      brief: "Alert if snapshots of the destinations are too old",
      detail: "According to {--monitor-snapshot-plan}.",
    },
  ]),
  ...chapter("Policy", [
    {
      name: "--root-dataset-pairs",
      arity: "many",
      type: "dataset-pairs",
      metavar: "DATASET",
      completes: "dataset",
      brief: "Source and destination datasets in turn",
      detail: "Names without user and host, the same on all hosts. Write this option last.",
    },
    {
      name: "--job-id",
      type: "non-empty",
      metavar: "STRING",
      brief: "Name of this set of jobs",
      detail: "Required. Part of the names of log files.",
    },
    {
      name: "--job-run",
      type: "non-empty",
      metavar: "STRING",
      brief: "Name of this run",
      detail: "Unless given, a unique one is made.",
    },
    {
      name: "--localhost",
      type: "non-empty",
      metavar: "NAME",
      brief: "Name of this host in the policy",
      detail: "By default the host name of the system.",
    },
    {
      name: "--src-hosts",
      type: "literal",
      metavar: "LIST",
      brief: "All source hosts",
      detail: "A list such as `['web1', 'web2']`. Unless given, it is read from standard input.",
    },
    {
      name: "--src-host",
      metavar: "NAME",
      repeat: "add",
      brief: "Only this source host",
      detail: "Restricts the run; must be one of {--src-hosts}.",
    },
    dict({
      name: "--dst-hosts",
      brief: "Destination hosts, and the targets that go there",
      detail: "A dictionary such as `{'nas': ['onsite'], 'vault': ['offsite']}`.",
    }),
    {
      name: "--dst-host",
      metavar: "NAME",
      repeat: "add",
      brief: "Only this destination host",
      detail: "Restricts the run; must be one of {--dst-hosts}.",
    },
    dict({
      name: "--retain-dst-targets",
      brief: "Targets that pruning retains, by destination host",
      detail:
        "A dictionary like that of {--dst-hosts}, usually the same. Must not be empty when destinations are pruned.",
    }),
    dict({
      name: "--dst-root-datasets",
      brief: "Dataset in front of all names, by destination host",
      detail:
        "A dictionary such as `{'nas': 'tank/bak/^SRC_HOST', 'vault': ''}`. ^SRC_HOST and ^DST_HOST stand for names of " +
        "hosts. Several source hosts must not share a destination.",
    }),
    dict({
      name: "--src-snapshot-plan",
      brief: "What is created and retained at the sources",
      detail: "A dictionary of organisation, target, period and amount.",
    }),
    dict({
      name: "--src-bookmark-plan",
      brief: "Which bookmarks are retained at the sources",
      detail: "A dictionary like that of {--src-snapshot-plan}.",
    }),
    dict({
      name: "--dst-snapshot-plan",
      brief: "What is replicated and retained at the destinations",
      detail: "A dictionary like that of {--src-snapshot-plan}.",
    }),
    dict({
      name: "--monitor-snapshot-plan",
      brief: "How late snapshots may be before an alarm",
      detail:
        "A dictionary of organisation, target and period, with `warning`, `critical`, `src_snapshot_cycles` and " +
        "`dst_snapshot_cycles`. Limits are added to the period: `hourly` with a warning of `30 minutes` alarms when the " +
        "newest is older than 90 minutes. {--explain} prints the ages that result.",
    }),
  ]),
  ...chapter("Execution", [
    {
      name: "--workers",
      type: "int-or-percent",
      metavar: "N[%]",
      min: 1,
      default: "100%",
      brief: "How many subjobs run at once",
      detail: "A number, or a percentage of the CPUs.",
    },
    seconds({
      name: "--work-period-seconds",
      default: "0",
      brief: "Spread the starts of subjobs over this time",
      detail: "0 starts them as soon as there are workers.",
    }),
    {
      name: "--jitter",
      brief: "Shuffle the hosts before subjobs are made",
      detail: "So that many hosts with the same schedule do not all talk to the same one at once.",
    },
    seconds({
      name: "--worker-timeout-seconds",
      min: 0.001,
      brief: "End a subjob after this time",
      detail: "Unless given, there is no limit.",
    }),
    {
      name: "--busy-limit",
      metavar: "DURATION",
      brief: "How long an earlier run of a subjob may take",
      detail:
        "A subjob ends with status 4 while its previous run is still going, and with status 3 once that one has been " +
        "going for longer than this. Unless given: 24 hours; with {--config}, ten times the shortest period of the " +
        "plans, at least an hour. `0 seconds` = no limit.",
    },
    seconds({
      name: "--repeat-if-took-more-than-seconds",
      min: 0.001,
      brief: "Repeat everything if it took longer than this",
      detail: "Unless given, nothing is repeated.",
    }),
    {
      name: "--spawn-process-per-job",
      brief: "Run each subjob in a process of its own",
      detail: "Otherwise subjobs share this process.",
    },
    {
      name: "--jobrunner-dryrun",
      brief: "Show the subjobs, run none",
      detail: "To see what the subjobs themselves would do, pass --dryrun on to them.",
    },
  ]),
  ...chapter("Logging", [
    {
      name: "--jobrunner-log-level",
      choices: ["CRITICAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"],
      default: "INFO",
      brief: "Least severe level that the runner itself logs",
      detail: "The log of the runner goes to standard error.",
    },
  ]),
  ...REPORT_OPTIONS,
  ...PLAN_FILE_OPTIONS,
  ...chapter("Execution", [
    frequency({ name: "--daemon-replication-frequency", brief: "How often a daemon replicates" }),
    frequency({ name: "--daemon-prune-src-frequency", brief: "How often a daemon prunes the sources" }),
    frequency({ name: "--daemon-prune-dst-frequency", brief: "How often a daemon prunes the destinations" }),
    frequency({ name: "--daemon-monitor-snapshots-frequency", brief: "How often a daemon monitors" }),
  ]),
  ...chapter("Hosts and ssh", [
    ...sshSide("src"),
    ...sshSide("dst"),
  ]),
] as const satisfies OptionTable;

/** The same with those that are refused: what the parser goes by. */
export const JOBRUNNER_TABLE: OptionTable = [
  ...JOBRUNNER_OPTIONS,
  ...chapter(
    "Policy",
    PROTECTED.map((name) => (
      {
        name,
        isProtected: true,
        hidden: true,
        brief: "Managed by the runner",
        detail: "Using it is an error.",
      } as const
    )),
  ),
];
