/**
 * Options about what a scheduler starts for the job runner. Data only. Source: docs/spec/jobrunner.md §11.
 * @module
 */
import type { OptionTable } from "../option.ts";
import { chapter } from "./chapter.ts";

/** Part of the chapter "General" of the job runner. */
export const SCHEDULE_OPTIONS = [
  ...chapter("General", [
    {
      name: "--print-schedule",
      choices: ["cron", "systemd", "nomad"],
      brief: "Print what a scheduler needs for this host",
      detail:
        "A file for `/etc/cron.d`, or units for systemd, or jobs for Nomad, for the host of {--localhost}. Needs " +
        "{--config}, whose chapter `schedule` says who replicates.",
    },
    {
      name: "--status-timer",
      type: "non-empty",
      metavar: "nagios|FILE",
      brief: "Let the scheduler also start bzfs status",
      detail:
        "With {--print-schedule}: one more task, which tells whether all backups of the job file are where they belong. With " +
        "`nagios` it fails if not; with an absolute path it writes metrics for Prometheus into that file, and fails only if " +
        "it cannot (`bzfs help status`).",
    },
    {
      name: "--ping",
      type: "non-empty",
      metavar: "URL",
      brief: "Let the scheduler ping this address after each success",
      detail:
        "With {--print-schedule}: `curl` asks for this URL each time the task of {--status-timer} has ended with 0: all is well. " +
        "Without that task, each time the only task of the host has; if the host has several, this is refused. The service at " +
        "its other end alarms when that does not come any more. The program itself has no network.",
    },
    {
      name: "--hook-success",
      type: "non-empty",
      metavar: "PROGRAM",
      brief: "Let the scheduler run this after each success",
      detail:
        "With {--print-schedule}: an absolute path, run without arguments as the user of the schedule when a task has " +
        "ended with 0. Not for tasks that stay.",
    },
    {
      name: "--hook-failure",
      type: "non-empty",
      metavar: "PROGRAM",
      brief: "Let the scheduler run this after each failure",
      detail:
        "As {--hook-success}, when a task has ended with anything but 0 and 4 (the previous run is still going); 5 is " +
        "among that: a person has to decide.",
    },
  ]),
] as const satisfies OptionTable;
