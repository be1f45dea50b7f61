/**
 * Options that limit what is destroyed. Data only.
 * Source: docs/spec/snapshots.md §8.
 * @module
 */
import type { OptionTable } from "../option.ts";
import { chapter, regexes } from "./chapter.ts";

/** The rest of chapter "Deletion". */
export const LIMIT_OPTIONS = [
  ...chapter("Deletion", [
    {
      name: "--delete-limit",
      metavar: "LIMIT",
      default: "unlimited",
      brief: "Most snapshots of a dataset that a run may delete",
      detail:
        "A number, or `30% and 10`: too much is what is more than this share of the dataset's snapshots, and more than " +
        "this number. Bookmarks count likewise, by themselves. If there are more, none of them is deleted: the run says " +
        "`held back`, goes on with everything else, and ends with status 5. Rollbacks and forced full sends count with " +
        "the snapshots that they destroy. Deletions by a plan are not limited if the same or a smaller plan was carried out " +
        "before, see {--plan-memory}. The default in job files is `30% and 10`.",
    },
    {
      name: "--delete-datasets-limit",
      metavar: "LIMIT",
      default: "unlimited",
      brief: "Most datasets of a root that a run may destroy",
      detail: "As {--delete-limit}, of the datasets at and below the destination root. The default in job files is " +
        "`20% and 1`.",
    },
    {
      name: "--foreign-snapshots",
      choices: ["delete", "keep"],
      default: "delete",
      brief: "What happens to snapshots with names of others",
      detail: "With `keep`, snapshots and bookmarks whose names {--own-names} does not match are neither deleted nor " +
        "counted, and nothing is destroyed or rolled back that has such snapshots. The default in job files is `keep`.",
    },
    regexes({
      name: "--own-names",
      brief: "Names of snapshots that are not foreign",
      detail:
        "For {--foreign-snapshots}=keep, beside the names of the plans of this run: all others are foreign. A job file passes organisation and target " +
        "of all of its plans.",
    }),
    {
      name: "--keep-newest",
      type: "integer",
      metavar: "INT",
      min: 0,
      default: "0",
      brief: "Never prune so many of the newest snapshots",
      detail:
        "Pruning keeps the newest snapshots of each dataset that are not foreign, and, unless this is 0, the newest " +
        "one that source and destination share, as far as the run sees both. The default in job files is 1.",
    },
    {
      name: "--delete-aside-after",
      metavar: "DURATION",
      default: "never",
      brief: "Destroy datasets that were set aside so long ago",
      detail:
        "`never`, or a time such as `90 days`. With {--delete-dst-snapshots}, of snapshots, a dataset that {--on-conflict}=set-aside " +
        "has renamed to NAME_aside_TIME longer ago is destroyed with its snapshots, within {--delete-datasets-limit}. Only if it " +
        "has the mark `org.bzfs:aside` that it got then, is still read-only, holds nothing else and nothing newer, has no clone, and the dataset in " +
        "its place is there and selected. Others, of whatever name, are kept. In a job file, pruning of destinations does it.",
    },
    {
      name: "--allow-deletions",
      arity: "many",
      metavar: "DATASET",
      repeat: "add",
      completes: "dataset",
      brief: "Let this run delete more there than the limits say",
      detail:
        "Names of datasets as the message `held back` has them, without a host. With a slash at its end a name stands " +
        "for all datasets below it. For one run: a job file has no such field.",
    },
    {
      name: "--plan-memory",
      type: "non-empty",
      metavar: "NAME",
      brief: "Remember the plan of pruning under this name",
      detail:
        "What {--delete-dst-snapshots-except-plan} deletes is limited only if the plan keeps less of something than the " +
        "one that was last carried out for the dataset, or none is remembered. Plans are remembered in `.cache/plans` below " +
        "the folder of the logs. A job file passes its `job-id`.",
    },
  ]),
] as const satisfies OptionTable;
