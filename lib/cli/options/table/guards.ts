/**
 * Options about the bookmark that stands for what a destination has.
 * @module
 */
import { chapter } from "./chapter.ts";

/** The rows. */
export const GUARD_OPTIONS = [
  ...chapter("Replication", [
    {
      name: "--guard",
      choices: ["off", "on", "secondly", "minutely", "hourly", "daily"],
      default: "off",
      brief: "Keep a bookmark of what each destination has",
      detail:
        "For each source dataset and each destination one bookmark (`.GUARDBZFS.…`) stands at the source for the newest " +
        "snapshot that the destination is known to have. No pruning takes it, so that a destination has an incremental base " +
        "however long it was away. It is made before a send and replaces its predecessor when the snapshot was seen at the " +
        "destination. With a period it moves only to snapshots whose name says that period or a longer one, or that are so " +
        "much younger: fewer changes where snapshots are made every second, but a destination that was away for long may " +
        "then have to be rolled back to it. The default in job files is `on`.",
    },
  ]),
  ...chapter("Deletion", [
    {
      name: "--forget-guards",
      metavar: "POOL",
      brief: "Remove the guards of a destination that is given up",
      detail:
        "Removes the bookmarks that {--guard} has made at the source for the destination, which then needs a full send. " +
        "`ask` asks the destination for the guid of its pool. `any` does not ask it, since it is gone, and refuses if guards " +
        "stand for datasets of this name in several pools: then the guid of its pool says which. Needs {--skip-replication}. " +
        "With {--dryrun} it is only shown, with the size of a full send.",
    },
  ]),
] as const;
