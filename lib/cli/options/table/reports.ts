/**
 * Options about results as data, the same for both programs. Data only.
 * @module
 */
import type { OptionTable } from "../option.ts";
import { chapter } from "./chapter.ts";

/** What a program can read of a run. */
export const REPORT_OPTIONS = [
  ...chapter("Logging", [
    {
      name: "--result-file",
      type: "non-empty",
      metavar: "FILE",
      completes: "file",
      brief: "Write the result as one JSON document; - is stdout",
      detail: "Written when the run ends, with any exit status: what was created, sent, deleted, skipped and why, " +
        "retried and failed, dataset by dataset. The file appears, or is replaced, all at once. With `-` the log goes to " +
        "standard error. Values of properties that may be secrets are left out. The form is docs/result.schema.json.",
    },
    {
      name: "--event-log",
      type: "non-empty",
      metavar: "FILE",
      completes: "file",
      brief: "Append what happens as lines of JSON; - is stdout",
      detail:
        "The same facts as in {--result-file}, each one appended when it happens. Several runs may append to one " +
        "file. With `-` the log goes to standard error. The form of a line is docs/event.schema.json.",
    },
  ]),
] as const satisfies OptionTable;
