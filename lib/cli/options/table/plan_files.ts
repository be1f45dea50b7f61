/**
 * Options about plans that are written and applied, the same for both programs. Data only.
 * @module
 */
import type { OptionTable } from "../option.ts";
import { chapter } from "./chapter.ts";

/** What a dry run writes, and what a run may destroy because of that. */
export const PLAN_FILE_OPTIONS = [
  ...chapter("General", [
    {
      name: "--plan-file",
      type: "non-empty",
      metavar: "FILE",
      completes: "file",
      brief: "Write what a run would do; - is stdout. Needs --dryrun",
      detail:
        "One JSON document: per host and dataset what is created, received, destroyed, rolled back and held back, each " +
        "destruction with name, guid, reason. The same goes to standard output as a table, the log to standard error. " +
        "The file appears, or is replaced, all at once, readable for its owner only. The form is docs/plan.schema.json. " +
        "See {--apply-plan}.",
    },
    {
      name: "--apply-plan",
      type: "non-empty",
      metavar: "FILE",
      completes: "file",
      brief: "Destroy nothing that this plan does not hold",
      detail:
        "The file that {--plan-file} has written for the same options is a permit: what is created and received is decided " +
        "afresh, nothing is destroyed or rolled back unless the file holds it by place, name and guid, and what it holds, " +
        "held back or not, is destroyed also beyond limits. What does not fit any more is named and left: status 5. " +
        "Status 2, before any host is asked, if the file was edited or cut, is older than {--plan-max-age}, was made " +
        "for other options, another job file or on another host, or may be written by others. With `--dryrun`: shows " +
        "what would be done. Not for daemons, and not together with {--plan-file}.",
    },
    {
      name: "--plan-max-age",
      metavar: "DURATION",
      default: "24 hours",
      brief: "How old a plan may be that is applied",
      detail: "An older one is refused. `0 seconds` = no limit.",
    },
  ]),
] as const satisfies OptionTable;
