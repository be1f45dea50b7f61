/**
 * Options that select datasets and snapshots. Data only.
 * @module
 */
import type { OptionTable } from "../option.ts";
import { chapter, regexes } from "./chapter.ts";

/** Chapters "Dataset selection" and "Snapshot selection". */
export const SELECTION_OPTIONS = [
  ...chapter("Dataset selection", [
    {
      name: "--recursive",
      short: "-r",
      brief: "Include all descendants of the root datasets",
      detail:
        "Every phase (create, replicate, delete, compare, monitor) also covers the descendants of each root. Without " +
        "it only the root datasets themselves are covered.",
    },
    {
      name: "--include-dataset",
      arity: "many",
      metavar: "DATASET",
      completes: "dataset",
      repeat: "add",
      files: true,
      brief: "Only datasets at or below these names",
      detail:
        "A name is relative to the root datasets, or absolute if it starts with `/`. Absolute names outside of both " +
        "roots are ignored. Descendants match too. If neither this option nor {--include-dataset-regex} is given, all " +
        "datasets are included. Values are literal names; a value `+FILE` reads them from FILE, one per line, where the " +
        "file's name must contain `bzfs_argument_file`.",
    },
    {
      name: "--exclude-dataset",
      arity: "many",
      metavar: "DATASET",
      completes: "dataset",
      repeat: "add",
      files: true,
      brief: "Skip datasets at or below these names",
      detail:
        "The same names as for {--include-dataset}. Exclusion wins over inclusion, and nothing below an excluded " +
        "dataset can be included again.",
    },
    regexes({
      name: "--include-dataset-regex",
      brief: "Only datasets whose relative path matches",
      detail:
        "The regular expression (Python syntax) must match the whole path relative to the root dataset; descendants " +
        "of a match are matches too. A leading `!` negates. The root dataset itself has the empty path.",
    }),
    regexes({
      name: "--exclude-dataset-regex",
      defaults: ["(?:.*/)?[Tt][Ee]?[Mm][Pp][-_]?[0-9]*"],
      brief: "Skip datasets whose relative path matches",
      detail: "Excludes are tested before includes. Unless given, datasets that are named like `tmp` or `temp` are " +
        "skipped; any use of this option replaces that default, and `--exclude-dataset-regex '!.*'` just disables it.",
    }),
    {
      name: "--exclude-dataset-property",
      type: "non-empty",
      metavar: "NAME",
      brief: "Let a user property decide which datasets are skipped",
      detail:
        "The property is read from each dataset that the other options left over. Values: empty, `-` or `true` keep " +
        "it; `false` skips it and its descendants; anything else is a comma separated list of host names, and the dataset " +
        "is kept on these hosts only. Example: `zfs set syncoid:sync=false tank/scratch`, then " +
        "`--exclude-dataset-property=syncoid:sync`.",
    },
    {
      name: "--skip-parent",
      brief: "Skip the root datasets themselves",
      detail: "Only the descendants of each root are covered; without {--recursive} nothing remains.",
    },
  ]),
  ...chapter("Snapshot selection", [
    regexes({
      name: "--include-snapshot-regex",
      filter: true,
      brief: "Only snapshots whose name matches",
      detail:
        "The regular expression (Python syntax) must match the whole part after `@`. A leading `!` negates. Filters " +
        "apply in the order in which they are written; regex filters with no {--include-snapshot-times-and-ranks} between " +
        "them count as one: a snapshot stays if no exclude matches and, where there are includes, one of them matches.",
    }),
    regexes({
      name: "--exclude-snapshot-regex",
      filter: true,
      brief: "Skip snapshots whose name matches",
      detail: "The counterpart of {--include-snapshot-regex}.",
    }),
    {
      name: "--include-snapshot-times-and-ranks",
      arity: "many",
      type: "times-and-ranks",
      metavar: "RANGE",
      repeat: "add",
      filter: true,
      brief: "Only snapshots by time of creation or by rank",
      detail:
        "The first value is a time range `START..END` or `notime`; further values are rank ranges. A time is `*` or " +
        "`anytime`, Unix seconds, an ISO 8601 date or datetime, or a time ago such as `7 days ago`. A rank range is " +
        "`latest 5`, `oldest 10%`, `all except latest 3`, or `oldest 2..oldest 4`. A snapshot stays if its time OR its rank " +
        "is in range. Example: `--include-snapshot-times-and-ranks '7 days ago..anytime' 'latest 14'`.",
    },
    {
      name: "--include-snapshot-plan",
      type: "include-plan",
      metavar: "DICT",
      repeat: "add",
      brief: "Select what a retention plan would retain",
      detail: "A dictionary of organisation, target, period and amount, such as " +
        "`{'prod': {'onsite': {'hourly': 36, 'daily': 31}}}` (Python or JSON). Each entry becomes a filter group of its own: " +
        "snapshots of that label that are newer than `amount` periods, or among the newest `amount`. The groups are appended " +
        "after all filters that are given explicitly. An empty plan selects nothing.",
    },
    {
      name: "--new-snapshot-filter-group",
      repeat: "add",
      filter: true,
      brief: "Start another group of snapshot filters",
      detail:
        "What several groups select is united; within a group filters apply one after the other. A group without a " +
        "filter selects everything.",
    },
  ]),
] as const satisfies OptionTable;
