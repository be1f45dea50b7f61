/**
 * Options of `bzfs doctor`. Data only. Source: docs/spec/doctor.md §1.
 * @module
 */
import { BZFS_OPTIONS } from "../bzfs_options.ts";
import type { OptionTable } from "../option.ts";
import { chapter } from "./chapter.ts";

/** What `bzfs doctor` knows, and `bzfs` does not, or not in this way. */
export const DOCTOR_OWN_OPTIONS = [
  ...chapter("General", [
    {
      name: "--help",
      short: "-h",
      stops: "help",
      brief: "Show help: -h one line per option, --help everything",
      detail: "`bzfs help doctor OPTION` shows a single option.",
    },
    {
      name: "--version",
      stops: "version",
      brief: "Show the version",
      detail: "With `-v` behind it also the runtime that the executable was made with.",
    },
    {
      name: "--config",
      type: "non-empty",
      metavar: "FILE",
      completes: "file",
      brief: "Check everything that this job file is about",
      detail: "In place of SRC_DATASET and DST_DATASET.",
    },
    {
      name: "--localhost",
      type: "non-empty",
      metavar: "NAME",
      brief: "Name of this host in the job file",
      detail: "Unless given, what the system says. As for the runs that are checked.",
    },
  ]),
  ...chapter("Actions", [
    {
      name: "--fix",
      arity: "one",
      choices: ["partial-receives", "temporary-bookmarks", "control-sockets", "locks"],
      brief: "Remove what runs of this program have left behind",
      detail:
        "The ids are those of the checks. What goes is looked at again right before, and must be this program's own and not " +
        "in use: as long as a run of this host is at work, nothing is removed. A line for each thing. With " +
        "{--dryrun} the lines only.",
    },
    {
      name: "--dryrun",
      short: "-n",
      brief: "Only show what --fix would remove",
      detail: "Needs {--fix}.",
    },
  ]),
  ...chapter("Output", [
    {
      name: "--json",
      brief: "Print one JSON document in place of the table",
      detail: "Its form is docs/doctor.schema.json. It holds also what is ok.",
    },
  ]),
  ...chapter("Hosts and ssh", [
    {
      name: "--query-timeout",
      metavar: "DURATION",
      default: "2 minutes",
      brief: "Take a host that prints nothing for this time as down",
      detail: "A host that hangs keeps no other from being checked, and is a failure itself. Nothing is tried again. " +
        "`0 seconds` = no limit.",
    },
  ]),
  ...chapter("Logging", [
    {
      name: "--verbose",
      short: "-v",
      arity: "count",
      brief: "Print commands on standard error",
      detail: "With -v -v everything that is found out.",
    },
  ]),
] as const satisfies OptionTable;

/** Options of `bzfs` that say how hosts are reached, what is sent, and where runs log. */
const SHARED: ReadonlySet<string> = new Set([
  "--recursive",
  "--zfs-send-program-opts",
  "--ssh-src-user",
  "--ssh-src-host",
  "--ssh-src-port",
  "--ssh-src-config-file",
  "--ssh-dst-user",
  "--ssh-dst-host",
  "--ssh-dst-port",
  "--ssh-dst-config-file",
  "--ssh-cipher",
  "--ssh-program",
  "--sudo-program",
  "--no-privilege-elevation",
  "--log-dir",
]);

/** Every option of `bzfs doctor`. */
export const DOCTOR_OPTIONS: OptionTable = [
  ...DOCTOR_OWN_OPTIONS,
  ...BZFS_OPTIONS.filter(({ name }) => SHARED.has(name)),
];
