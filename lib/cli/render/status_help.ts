/**
 * What help and man page of `bzfs status` contain beside the options. Texts only.
 * @module
 */
import { STATUS_OPTIONS } from "../options/verb_options.ts";
import type { ProgramHelp } from "./help_types.ts";

/** Help of `bzfs status`. */
export const STATUS_HELP: ProgramHelp = {
  name: "bzfs-status",
  brief: "Tell whether all backups of a job file are where they belong",
  synopsis: ["bzfs status --config FILE [OPTIONS]"],
  description: [
    "Compares what a job file expects with what is there: for each source dataset and destination the newest and oldest " +
    "snapshots against the limits of the monitoring plan, datasets that never arrived or are gone, pools and how full they " +
    "are, partial receives, the last runs of this host, what limits have held back, and datasets that were set aside.",
    "What cannot be asked, was skipped or does not exist is critical, unless the job file says `removable: true` of the " +
    "destination; then it is late as its snapshots are. Nothing is changed, and a run that begins " +
    "meanwhile is not kept from it.",
    "The hosts of the job file are asked from here, as the job runner would. Where that is not possible, name those that " +
    "can be asked with {--src-host} and {--dst-host}, and run it elsewhere for the others.",
  ],
  examples: [
    { purpose: "Is everything well?", command: "bzfs status --config fleet.yaml" },
    { purpose: "For Nagios, Icinga and others", command: "bzfs status --config fleet.yaml --nagios" },
    { purpose: "On a screen on the wall", command: 'bzfs status --config fleet.yaml --watch="1 minutes"' },
    {
      purpose: "What the last runs of this host have found, without asking anybody",
      command: "bzfs status --config fleet.yaml --offline",
    },
  ],
  briefExamples: [
    "bzfs status --config fleet.yaml               # a table",
    "bzfs status --config fleet.yaml --nagios      # for monitoring systems",
    "bzfs status --config fleet.yaml --json        # for programs",
    "bzfs status --config fleet.yaml --watch       # again and again",
  ],
  options: STATUS_OPTIONS,
  exitStatuses: [
    { term: "0", meaning: "Everything is as the job file expects it." },
    { term: "1", meaning: "There is a warning." },
    { term: "2", meaning: "Something is critical, or the command line or the job file is wrong." },
    { term: "3", meaning: "Any other failure." },
    { term: "192 to 255", meaning: "256 minus the number of the signal that ended it, such as 241 for SIGTERM." },
  ],
  files: [
    {
      term: "~/bzfs-logs/.cache/state/",
      meaning: "One file for each job and action, written by the job runner at the end of its runs.",
    },
  ],
  environment: [],
  seeAlso: ["bzfs(1)", "bzfs_jobrunner(1)", "bzfs-doctor(1)", "bzfs-job-file(5)"],
};
