/**
 * What help and man pages contain beside the options: synopsis, examples, exit statuses, files. Texts only.
 * @module
 */
import { BZFS_OPTIONS } from "../options/bzfs_options.ts";
import type { ProgramName } from "../parse/command_words.ts";
import { ENVIRONMENT_VARIABLES } from "../environment.ts";
import type { ProgramHelp } from "./help_types.ts";
import { JOBRUNNER_OPTIONS } from "../options/jobrunner_options.ts";
import { DOCTOR_HELP } from "./doctor_help.ts";
import { STATUS_HELP } from "./status_help.ts";

/** Date of the man pages: to be changed with the texts, not with every build, so that builds can be repeated. */
export const MANUAL_DATE = "2026-11-29";

const RETENTION = "{'prod': {'onsite': {'hourly': 36, 'daily': 31}}}";

/** Help of `bzfs`. */
export const BZFS_HELP: ProgramHelp = {
  name: "bzfs",
  brief: "Replicate, create, prune, compare and monitor ZFS snapshots",
  synopsis: [
    "bzfs [OPTIONS] SRC_DATASET DST_DATASET [SRC_DATASET DST_DATASET ...]",
    "bzfs [OPTIONS] -- SRC_DATASET DST_DATASET ...",
    "bzfs jobrunner [OPTIONS]",
    "bzfs status|doctor --config FILE [OPTIONS]",
    "bzfs help [SUBJECT|OPTION] | example [NAME] | man [PAGE] | completion SHELL",
  ],
  description: [
    "Brings destination datasets up to date with source datasets by sending the snapshots that are missing, " +
    "incrementally where both sides have a snapshot in common. No snapshot at the destination is destroyed unless an option " +
    "asks for it; what a dataset without any snapshot holds there is replaced by the first full send. Before that, " +
    "snapshots can be created at the source; afterwards, datasets, snapshots and bookmarks can be deleted at the " +
    "destination, snapshots be compared, and their ages be monitored.",
    "A dataset is written as [[USER@]HOST:]DATASET. Without host it is here. A local name that holds a colon is written " +
    "as -:NAME, after --. Colons of an IPv6 address are written as |, for example root@fe80||1:tank. The name dummy " +
    "stands for a dataset that is always empty: a source for runs that only delete or monitor, a destination for runs " +
    "that only create snapshots. An operand +FILE takes pairs from FILE, one a line, separated by a tab; the file's name " +
    "must contain bzfs_argument_file.",
    "Options may come before or after the datasets, which must not be mixed with options. Options that take several values take " +
    "all words up to the next option, so end them with -- if datasets follow.",
    "This executable is all there is to install, on the host that runs it; other hosts need OpenZFS and sshd, and ssh must " +
    "work without a password. To upgrade, replace the file. A link to it named bzfs_jobrunner is the job runner. On a " +
    "line of cron, --quiet prints errors only, and || [ $? = 4 ] after it accepts exit status 4, which means that the " +
    "previous run is still going.",
  ],
  examples: [
    {
      purpose: "Replicate a tree of datasets to another pool",
      command: "bzfs --recursive -- tank/home backup/home",
    },
    {
      purpose: "See beforehand what would be done",
      command: "bzfs --recursive --dryrun=send -- tank/home backup/home",
    },
    {
      purpose: "Pull from another host, leaving scratch datasets out",
      command: "bzfs --recursive --exclude-dataset scratch -- root@web1.example.org:tank/www backup/web1/www",
    },
    {
      purpose: "Create the snapshots that are due, then replicate: for cron, every hour",
      command:
        `bzfs --recursive --create-src-snapshots --create-src-snapshots-plan="${RETENTION}" -- tank/home backup/home`,
    },
    {
      purpose: "Delete what a retention plan does not cover",
      command:
        `bzfs --recursive --skip-replication --delete-dst-snapshots --delete-dst-snapshots-except-plan="${RETENTION}" ` +
        "-- dummy backup/home",
    },
  ],
  briefExamples: [
    "bzfs -r tank/home backup/home               # pool to pool",
    "bzfs -r tank/home root@nas:backup/home      # push to another host",
    "bzfs -r root@web1:tank/www backup/www       # pull from another host",
    "bzfs -r -n tank/home backup/home            # say what would be done",
  ],
  options: BZFS_OPTIONS,
  exitStatuses: [
    { term: "0", meaning: "Success." },
    { term: "1", meaning: "Monitoring found a warning." },
    { term: "2", meaning: "Monitoring found something critical, or the command line is wrong." },
    { term: "3", meaning: "Any other failure." },
    { term: "4", meaning: "The same job is still running." },
    {
      term: "5",
      meaning: "Deletions were held back, or with --missing-root=isolate: only roots that do not exist have failed.",
    },
    {
      term: "192 to 255",
      meaning:
        "256 minus the number of the signal that ended the run, such as 241 for SIGTERM, or that ended a command of the run.",
    },
    { term: "other", meaning: "Status of the command that failed, such as 127 of a shell that does not find one." },
  ],
  files: [
    { term: "~/bzfs-logs/", meaning: "Logs, one folder a day. current/current.log is the newest. See {--log-dir}." },
    { term: "~/bzfs-logs/.locks/", meaning: "Locks that keep the same job from running twice at a time." },
    { term: "~/bzfs-logs/.cache/", meaning: "What {--cache-snapshots} remembers." },
    {
      term: "DATASET#.TMPBZFS.SNAPSHOT...",
      meaning: "Temporary bookmarks at the source; the next run to the same destination removes them. Those for a " +
        "destination that was given up stay: `zfs list -t bookmark -r DATASET` shows them, " +
        "`bzfs dummy DATASET -r --skip-replication --force-delete-dst-tmp-bookmarks` removes them while nothing is being " +
        "replicated from there.",
    },
    {
      term: "DATASET#.GUARDBZFS....",
      meaning:
        "One bookmark at the source for each destination, of the newest snapshot that it has. Never pruned. See {--guard} " +
        "and {--forget-guards}.",
    },
  ],
  environment: ENVIRONMENT_VARIABLES.filter((variable) => variable.name !== "bzfs_disable_loopback"),
  seeAlso: [
    "bzfs_jobrunner(1)",
    "bzfs-status(1)",
    "bzfs-doctor(1)",
    "bzfs-job-file(5)",
    "zfs-send(8)",
    "zfs-receive(8)",
    "zfs-allow(8)",
    "ssh(1)",
  ],
};

const POLICY = "--job-id=fleet --src-hosts=\"['web1', 'web2']\" --dst-hosts=\"{'nas': ['onsite']}\" " +
  "--retain-dst-targets=\"{'nas': ['onsite']}\" --dst-root-datasets=\"{'nas': 'tank/bak/^SRC_HOST'}\"";

/** Help of `bzfs_jobrunner`. */
export const JOBRUNNER_HELP: ProgramHelp = {
  name: "bzfs_jobrunner",
  brief: "Run bzfs for a fleet of hosts by one policy",
  synopsis: [
    "bzfs jobrunner --config FILE [OPTIONS] [BZFS_OPTIONS]",
    "bzfs jobrunner [OPTIONS] [BZFS_OPTIONS] --root-dataset-pairs SRC_DATASET DST_DATASET ...",
  ],
  description: [
    "Turns one policy for many source and destination hosts into runs of bzfs, called subjobs, and runs them in order, " +
    "several at once. The policy is in a job file, the same on all hosts, or in a script that passes its own words on; " +
    "the schedule of each host calls it with the actions that the host is responsible for.",
    "Options that are not listed here are passed on to every subjob, for example --recursive, --dryrun=send, -v or " +
    "--log-dir. They are checked before the first subjob starts.",
    "Values of the policy are dictionaries and lists in the notation of Python or JSON. Without any action nothing is " +
    "done.",
  ],
  examples: [
    {
      purpose: "What a job file would do, before it does it",
      command: "bzfs jobrunner --config fleet.yaml --create-src-snapshots --replicate --explain",
    },
    {
      purpose: "Let systemd do what a job file says of this host",
      command: "bzfs jobrunner --config fleet.yaml --print-schedule=systemd",
    },
    {
      purpose: "On each web host, every minute: create what is due",
      command: `bzfs jobrunner ${POLICY} --src-snapshot-plan="{'prod': {'onsite': {'hourly': 36, 'daily': 31}}}" ` +
        '--src-host="$(hostname)" --create-src-snapshots --recursive --root-dataset-pairs tank/www www',
    },
    {
      purpose: "On the nas: fetch from all web hosts, then delete what the plan does not retain",
      command: `bzfs jobrunner ${POLICY} --dst-snapshot-plan="{'prod': {'onsite': {'hourly': 72, 'daily': 365}}}" ` +
        '--dst-host="$(hostname)" --replicate --prune-dst-snapshots --recursive --root-dataset-pairs tank/www www',
    },
  ],
  briefExamples: [
    "bzfs jobrunner --config fleet.yaml --explain                              # what it would do",
    "bzfs jobrunner --config fleet.yaml --create-src-snapshots --replicate     # do it",
    "bzfs jobrunner --config fleet.yaml --print-schedule=systemd               # for the scheduler",
    "bzfs jobrunner --print-jobfile-schema                                     # for your editor",
  ],
  options: JOBRUNNER_OPTIONS,
  exitStatuses: [
    ...BZFS_HELP.exitStatuses.slice(0, -1),
    { term: "other", meaning: "The worst status of a subjob." },
  ],
  files: [{ term: "~/bzfs-logs/", meaning: "Logs of the subjobs. The log of the runner goes to standard error." }],
  environment: ENVIRONMENT_VARIABLES,
  seeAlso: ["bzfs(1)", "bzfs-status(1)", "bzfs-doctor(1)", "bzfs-job-file(5)"],
};

/** Help of all programs. */
export const PROGRAM_HELPS: readonly ProgramHelp[] = [BZFS_HELP, JOBRUNNER_HELP, STATUS_HELP, DOCTOR_HELP];

/** Help of the program of this name. */
export function helpOf(name: ProgramName): ProgramHelp {
  return PROGRAM_HELPS.find((help) => help.name === name)!;
}
