/**
 * Options that delete at the destination. Data only.
 * Source: docs/spec/cli.md §8 and §9.
 * @module
 */
import type { OptionTable } from "../option.ts";
import { chapter } from "./chapter.ts";

/** Chapter "Deletion". */
export const RETENTION_OPTIONS = [
  ...chapter("Deletion", [
    {
      name: "--delete-dst-datasets",
      brief: "Destroy destination datasets that the source lacks",
      detail:
        "Destroys each selected destination dataset, with its snapshots and descendants, for which there is no source " +
        "dataset. A dataset with a descendant that is not selected stays. The source must exist; with the virtual source " +
        "`dummy` every selected dataset goes. Try {--dryrun} first.",
    },
    {
      name: "--delete-dst-snapshots",
      arity: "optional",
      choices: ["snapshots", "bookmarks"],
      bareValue: "snapshots",
      brief: "Delete selected destination snapshots the source lacks",
      detail:
        "Deletes snapshots (or bookmarks) of the destination that the snapshot filters select and that the source does " +
        "not have, compared by guid. With the virtual source `dummy` every selected one is deleted. See " +
        "{--delete-dst-snapshots-except} for the opposite selection.",
    },
    {
      name: "--delete-dst-snapshots-no-crosscheck",
      brief: "Let source bookmarks not save destination snapshots",
      detail:
        "By default a destination snapshot counts as existing at the source if the source has a snapshot or a bookmark " +
        "of the same guid. With this option only versions of the kind that is being deleted count.",
    },
    {
      name: "--delete-dst-snapshots-except",
      brief: "Retain what the filters select, delete everything else",
      detail:
        "Turns the selection of {--delete-dst-snapshots} around: the snapshot filters say what is retained. Of that, only " +
        "what the source also has (compared by guid) is retained, unless the source is `dummy`. Everything else is " +
        "deleted, except what is held: foreign snapshots as well, and those that only the destination still has.",
    },
    {
      name: "--delete-dst-snapshots-except-plan",
      type: "except-plan",
      metavar: "DICT",
      repeat: "add",
      brief: "Retention plan: delete everything that it does not cover",
      detail: "The same dictionary as {--include-snapshot-plan}: what it selects is retained. Implies " +
        "{--delete-dst-snapshots-except}, where it says what that means with a source other than `dummy`, but not {--delete-dst-snapshots}. An empty plan is refused.",
    },
    {
      name: "--delete-empty-dst-datasets",
      arity: "optional",
      choices: ["snapshots", "snapshots+bookmarks"],
      bareValue: "snapshots+bookmarks",
      brief: "Destroy destination datasets without snapshots",
      detail:
        "Destroys each selected destination dataset that has neither snapshots nor bookmarks, nor descendants that have " +
        "some. With `snapshots`, bookmarks do not save a dataset. Needs {--recursive}.",
    },
    {
      name: "--force-delete-dst-tmp-bookmarks",
      hidden: true,
      brief: "Delete leftover temporary bookmarks",
      detail:
        "Works like {--delete-dst-snapshots}=bookmarks, but on the temporary bookmarks (`.TMPBZFS.…`) that protect the " +
        "continuity of running replications. Requires {--skip-replication}.",
    },
  ]),
] as const satisfies OptionTable;
