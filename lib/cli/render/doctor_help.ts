/**
 * What help and man page of `bzfs doctor` contain beside the options. Texts only.
 * @module
 */
import { DOCTOR_OPTIONS } from "../options/verb_options.ts";
import type { ProgramHelp } from "./help_types.ts";

/** Help of `bzfs doctor`. */
export const DOCTOR_HELP: ProgramHelp = {
  name: "bzfs-doctor",
  brief: "Find out what keeps backups from working, and how to mend it",
  synopsis: ["bzfs doctor [OPTIONS] --config FILE", "bzfs doctor [OPTIONS] SRC_DATASET DST_DATASET ..."],
  description: [
    "Asks all hosts of a job about everything that its runs need: ssh, login shells, programs, versions of OpenZFS, pools, " +
    "permissions, keys, room, mountpoints, clocks; looks at the job file, at folders, locks and sockets of this host, and at " +
    "what earlier runs have left. docs/doctor.md lists the checks.",
    "Each line says how bad it is, at which host, what it is, and, behind an arrow, a command that mends it. That is for " +
    "the host of the line, unless it begins with ssh or bzfs: those are for this host. Read it before you paste it. None destroys or overwrites anything.",
    "Nothing is changed, unless {--fix} is given. A host that does not answer keeps no other from being checked.",
  ],
  examples: [
    { purpose: "Is the fleet fit for its job?", command: "bzfs doctor --config fleet.yaml" },
    { purpose: "Before a first replication", command: "bzfs doctor --recursive root@nas:tank1/src tank2/b" },
    {
      purpose: "What would be dropped of receives that nobody resumes",
      command: "bzfs doctor --config fleet.yaml --fix partial-receives --dryrun",
    },
  ],
  briefExamples: [
    "bzfs doctor --config fleet.yaml               # all hosts of a job file",
    "bzfs doctor root@nas:tank1/src tank2/b        # one replication",
    "bzfs doctor --config fleet.yaml --json        # for programs",
    "bzfs doctor --config fleet.yaml --fix locks   # remove what runs have left behind",
  ],
  options: DOCTOR_OPTIONS,
  exitStatuses: [
    { term: "0", meaning: "All checks are ok; with {--fix}, what was to be removed is gone." },
    { term: "1", meaning: "There are warnings; with {--fix}, something was left alone." },
    { term: "2", meaning: "There are failures, or the command line or the job file is wrong." },
    { term: "3", meaning: "The doctor itself failed." },
    { term: "192 to 255", meaning: "256 minus the number of the signal that ended it, such as 241 for SIGTERM." },
  ],
  files: [],
  environment: [],
  seeAlso: ["bzfs(1)", "bzfs_jobrunner(1)", "bzfs-status(1)", "bzfs-job-file(5)", "zfs-allow(8)"],
};
