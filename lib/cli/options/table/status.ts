/**
 * Options of `bzfs status`. Data only. Source: docs/spec/status.md §1.
 * @module
 */
import type { OptionTable } from "../option.ts";
import { chapter } from "./chapter.ts";

/** Every option of `bzfs status`. */
export const STATUS_OPTIONS = [
  ...chapter("General", [
    {
      name: "--help",
      short: "-h",
      stops: "help",
      brief: "Show help: -h one line per option, --help everything",
      detail: "`bzfs help status OPTION` shows a single option.",
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
      brief: "Tell the state of what this job file expects",
      detail: "Required. The list of what is expected comes from this file, never from what is found. It must have a " +
        "monitoring plan: without one nothing would ever be late.",
    },
    {
      name: "--localhost",
      type: "non-empty",
      metavar: "NAME",
      brief: "Name of this host in the job file",
      detail: "By default the host name of the system. Give the same name as for the runs.",
    },
  ]),
  ...chapter("Output", [
    {
      name: "--json",
      brief: "Print one JSON document instead of a table",
      detail: "Its form is docs/status.schema.json.",
    },
    {
      name: "--nagios",
      brief: "Print what monitoring systems read",
      detail: "First a line with OK, WARNING or CRITICAL, the worst finding and numbers, then all findings. The exit " +
        "status is the same as without it.",
    },
    {
      name: "--prometheus",
      type: "non-empty",
      metavar: "FILE",
      completes: "file",
      brief: "Write metrics for Prometheus into this file",
      detail:
        "For the textfile collector of node_exporter, which wants the name to end with `.prom`. Written beside it and " +
        "renamed, readable for all (mode 0644). With --watch once for each look. `-` = standard output, in place of the " +
        "table. Alert rules and a dashboard are in docs/monitoring.",
    },
    {
      name: "--html",
      type: "non-empty",
      metavar: "FILE",
      completes: "file",
      brief: "Write a page for a browser into this file",
      detail:
        "One page with everything in it: nothing is loaded from elsewhere. Written like the metrics. It tells the names of " +
        "hosts and datasets, and commands that failed: put it where only those can read it who may know them.",
    },
    {
      name: "--watch",
      arity: "optional",
      metavar: "DURATION",
      bareValue: "10 seconds",
      brief: "Look again and again, until it is interrupted",
      detail:
        "Each look begins so long after the last one ended. On a terminal the table is painted anew, elsewhere it is " +
        "printed again. Ends with the exit status of the last look.",
    },
  ]),
  ...chapter("Hosts and ssh", [
    {
      name: "--offline",
      brief: "Ask no pool, use what runs have left behind",
      detail:
        "Everything comes from the state folder of this host, which the job runner writes at the end of each run. What " +
        "it does not know counts as missing.",
    },
    {
      name: "--src-host",
      metavar: "NAME",
      repeat: "add",
      brief: "Only this source host",
      detail: "Must be one of the job file.",
    },
    {
      name: "--dst-host",
      metavar: "NAME",
      repeat: "add",
      brief: "Only this destination host",
      detail: "Must be one of the job file.",
    },
    {
      name: "--query-timeout",
      metavar: "DURATION",
      default: "30 seconds",
      brief: "Take a host that prints nothing for this time as down",
      detail: "A host that hangs keeps no other from being told, and is critical itself. Nothing is tried again. " +
        "`0 seconds` = no limit.",
    },
  ]),
  ...chapter("Logging", [
    {
      name: "--log-dir",
      type: "non-empty",
      metavar: "DIR",
      completes: "folder",
      brief: "Where the runs of this host log",
      detail:
        "Below it are the locks and the state folder. Unless given, what the job file says, or `~/bzfs-logs`. With " +
        "`--print-schedule=systemd` runs log in `/var/log/bzfs/bzfs-logs` unless the job file says otherwise.",
    },
    {
      name: "--verbose",
      short: "-v",
      arity: "count",
      brief: "Print commands and their output on standard error",
      detail: "With -v -v also what was found out about hosts.",
    },
  ]),
] as const satisfies OptionTable;
