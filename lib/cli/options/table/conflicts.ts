/**
 * Options about what source and destination disagree on, and that destroy nothing. Data only.
 * @module
 */
import { chapter } from "./chapter.ts";

/** Part of the chapter "Conflict resolution". */
export const CONFLICT_OPTIONS = chapter("Conflict resolution", [
  {
    name: "--on-conflict",
    choices: ["stop", "set-aside"],
    default: "stop",
    brief: "What becomes of a destination that has diverged",
    detail:
      "A destination dataset has diverged if it has snapshots that are newer than all that it shares with the source, or " +
      "shares none. With `stop` that is a failure of this dataset. With `set-aside` it is renamed to NAME_aside_TIME, " +
      "read-only; a clone of the newest snapshot that both have takes its place with all older ones (`zfs clone`, `zfs " +
      "promote`) and with the datasets below it, and replication goes on from there, so that nothing is sent again and " +
      "nothing is lost. Without a common snapshot the dataset is set aside with all datasets below it, and all of them are " +
      "sent in full; that is refused if one below it still shares snapshots with its source, which would be sent again. " +
      "What was set aside is deleted by nothing but {--delete-aside-after}: look at it, then destroy it yourself. Needs the " +
      "rights clone, create, mount, promote, readonly, rename and userprop. Not together with {--force} and the other " +
      "options that destroy.",
  },
  {
    name: "--follow-renames",
    arity: "optional",
    choices: ["off", "on"],
    default: "off",
    bareValue: "on",
    brief: "Rename destination datasets as the source was renamed",
    detail:
      "A source dataset that the destination lacks, and that shares snapshots with exactly one destination dataset whose " +
      "source is gone, was renamed. With `on` the same is done at the destination (`zfs rename`), and increments follow; " +
      "with `off` all is sent again, and the log says what that costs. The default in job files is `on`. Works below the " +
      "roots, with {--recursive}. As the option takes an optional value, write it after the datasets or as " +
      "`--follow-renames=on`.",
  },
]);
