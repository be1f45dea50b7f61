// deno-lint-ignore-file explicit-function-return-type -- the literal types of a family of rows only survive inference
/**
 * Options of replication: what is sent and received, conflicts, properties. Data only.
 * @module
 */
import type { OptionTable } from "../option.ts";
import { chapter, regexes } from "./chapter.ts";

const TARGETS = ["full", "incremental", "full+incremental"] as const;

/** The four options of one of the groups that copy properties from source to destination. */
function propertyGroup<const P extends `--zfs-${string}`, const T extends string>(
  group: {
    readonly prefix: P;
    readonly targets: T;
    /** Absent: the group is off unless the option is given. */
    readonly includes?: readonly string[];
    readonly what: string;
    readonly use: string;
  },
) {
  return [
    {
      name: `${group.prefix}-targets`,
      choices: TARGETS,
      default: group.targets,
      brief: `In which sends ${group.what}`,
      detail: `Full sends, incremental sends, or both. ${group.use}`,
    },
    {
      name: `${group.prefix}-sources`,
      type: "non-empty",
      metavar: "SOURCES",
      default: "local",
      brief: "Which properties by where their value comes from",
      detail: "A comma separated list as for `zfs get -s`: local, default, inherited, temporary, received, none.",
    },
    {
      name: `${group.prefix}-include-regex`,
      arity: "any",
      metavar: "REGEX",
      repeat: "add",
      files: true,
      ...(group.includes === undefined ? {} : { defaults: group.includes }),
      brief: "Which properties by name",
      detail:
        "Regular expressions that must match the whole property name; a leading `!` negates. Given without a value " +
        "the whole group is off. " + group.use,
    },
    regexes({
      name: `${group.prefix}-exclude-regex`,
      brief: "Which properties not, by name",
      detail: `Wins over {${group.prefix}-include-regex}.`,
    }),
  ] as const;
}

/** The same rows, absent from help. */
function hidden<const R extends readonly object[]>(
  rows: R,
): { readonly [K in keyof R]: R[K] & { readonly hidden: true } } {
  return rows.map((row) => ({ ...row, hidden: true })) as unknown as {
    readonly [K in keyof R]: R[K] & { readonly hidden: true };
  };
}

/** Chapters "Replication", "Conflict resolution" and "Properties". */
export const REPLICATION_OPTIONS = [
  ...chapter("Replication", [
    {
      name: "--skip-replication",
      brief: "Do everything else that is asked for, but replicate nothing",
      detail: "For runs that only create, delete, compare or monitor.",
    },
    {
      name: "--dryrun",
      short: "-n",
      arity: "optional",
      choices: ["recv", "send"],
      bareValue: "send",
      brief: "Show what would be done, change nothing",
      detail:
        "With `send` no stream is generated; with `recv` streams are sent and `zfs receive -n` looks at them. As the " +
        "option takes an optional value, write it after the datasets or as `--dryrun=send`.",
    },
    {
      name: "--zfs-send-program-opts",
      metavar: "STRING",
      default: "--raw --compressed",
      brief: "Options of zfs send",
      detail:
        "Separated by blanks. Options that the program manages itself (-d -e -i -I -n -t) are removed. As the value " +
        "starts with a dash, write `--zfs-send-program-opts='--props --raw'`. `--raw` keeps encrypted datasets encrypted.",
    },
    {
      name: "--zfs-recv-program-opts",
      metavar: "STRING",
      default: "-u",
      brief: "Options of zfs receive",
      detail:
        "Separated by blanks. Options that the program manages itself (-A -d -e -F -n -s) are removed. Example: " +
        "`--zfs-recv-program-opts='-u -o canmount=noauto -o readonly=on -x mountpoint'`.",
    },
    {
      name: "--zfs-recv-program-opt",
      metavar: "WORD",
      repeat: "add",
      brief: "One more word for zfs receive, verbatim",
      detail:
        "May hold blanks and quotes: `--zfs-recv-program-opt=-o --zfs-recv-program-opt='org.example:note=two words'`.",
    },
    {
      name: "--skip-missing-snapshots",
      arity: "optional",
      choices: ["fail", "dataset", "continue"],
      default: "dataset",
      bareValue: "continue",
      brief: "What to do if a source dataset has no selected snapshot",
      detail:
        "`fail` ends the run; `dataset` skips the dataset with a warning, and its descendants if the destination does " +
        "not exist yet; `continue` leaves the destination alone and goes on with the descendants.",
    },
    {
      name: "--no-stream",
      brief: "Send the latest selected snapshot only",
      detail: "Snapshots between the common base and the latest selected one are not replicated.",
    },
    {
      name: "--no-resume-recv",
      brief: "Start a cut transfer over instead of resuming it",
      detail: "Without this option `zfs receive -s` keeps what has arrived, and the next try continues there.",
    },
    {
      name: "--create-bookmarks",
      choices: ["all", "hourly", "minutely", "secondly", "none"],
      default: "all",
      brief: "Which replicated source snapshots get a bookmark",
      detail:
        "A bookmark is the base of the next incremental send after its snapshot was deleted at the source. `hourly` " +
        "and the like make one for snapshots whose name says that period or a longer one.",
    },
    {
      name: "--promote-bookmarks",
      brief: "Make final bookmarks only of what the destination has",
      detail:
        "A bookmark is then temporary until the destination has shown that it has the snapshot: three changes at the " +
        "source instead of one. Without this option the bookmark is made once, before the snapshot is sent.",
    },
    {
      name: "--no-use-bookmark",
      brief: "Never use a bookmark as base of an incremental send",
      detail: "Only common snapshots are used then.",
    },
  ]),
  ...chapter("Speed", [
    {
      name: "--no-estimate-send-size",
      brief: "Do not ask for the size of a stream before sending it",
      detail: "Saves one `zfs send -n` per step; progress then shows neither percentage nor time left.",
    },
  ]),
  ...chapter("Conflict resolution", [
    {
      name: "--force-rollback-to-latest-snapshot",
      brief: "Discard changes that are not in a destination snapshot",
      detail:
        "Rolls each existing destination dataset back to its newest snapshot before receiving. No snapshot is lost.",
    },
    {
      name: "--force-rollback-to-latest-common-snapshot",
      brief: "Discard destination snapshots newer than the common base",
      detail:
        "Rolls a destination dataset that has diverged back to the newest snapshot that source and destination have in " +
        "common. Newer snapshots and changes of the destination are lost, and named in the log. The same goes for " +
        "snapshots whose names are those of other snapshots that are to be sent, since they were destroyed at the source " +
        "and made again.",
    },
    {
      name: "--force",
      brief: "Discard what the destination has and the source lacks",
      detail:
        "Like {--force-rollback-to-latest-common-snapshot}; if there is no common snapshot at all, every snapshot of " +
        "the destination dataset is destroyed and a full send follows.",
    },
    {
      name: "--force-destroy-dependents",
      brief: "Let rollback and destroy take clones along",
      detail:
        "Clones of snapshots that are rolled back or destroyed are destroyed too, with all below them, even outside of the " +
        "destination tree: adds -R to `zfs rollback`, and destroys them before the snapshots otherwise.",
    },
    {
      name: "--force-unmount",
      brief: "Let rollback and destroy unmount by force",
      detail: "Adds -f to `zfs rollback` and `zfs destroy`.",
    },
    {
      name: "--force-once",
      alias: "--f1",
      brief: "Resolve one conflict by force, then none",
      detail:
        "{--force} and {--force-rollback-to-latest-common-snapshot} end after the first conflict that they resolved. " +
        "Works with one thread.",
    },
    {
      name: "--existing-data",
      choices: ["replace", "refuse"],
      default: "replace",
      brief: "What a full send does to data without a snapshot",
      detail:
        "A destination dataset that exists and has no snapshot is replaced by the first full send, with a warning that " +
        "{--quiet} shows. With `refuse` that is a conflict, which {--force} resolves. The default in job files is `refuse`. " +
        "A dataset of another type (filesystem, volume) is never replaced without {--force}.",
    },
    {
      name: "--empty-selection",
      choices: ["tell", "fail"],
      default: "tell",
      brief: "What to do if a source has no selected snapshot",
      detail:
        "If neither a source nor a descendant that is replicated with it has a snapshot that the filters select, nothing is " +
        "replicated. With `tell` the log says so; with `fail` that is a failure of the source, so that a misspelled filter or " +
        "a schedule that makes no snapshots does not go unnoticed. The default in job files is `fail`.",
    },
  ]),
  ...chapter("Properties", [
    {
      name: "--preserve-properties",
      arity: "many",
      metavar: "NAME",
      brief: "Properties of the destination that are never overwritten",
      detail:
        "Adds `-x NAME` to each `zfs receive`. Needs OpenZFS 2.2 or newer at the destination. The last list wins if " +
        "the option is repeated.",
    },
    ...propertyGroup({
      prefix: "--zfs-recv-o",
      targets: "full",
      includes: [
        "aclinherit|aclmode|acltype|atime|checksum|compression|copies|logbias|primarycache|recordsize|redundant_metadata|" +
        "relatime|secondarycache|snapdir|sync|xattr",
      ],
      what: "to add zfs receive -o NAME=VALUE",
      use: "These properties are read from the source dataset and set at the destination.",
    }),
    ...propertyGroup({
      prefix: "--zfs-recv-x",
      targets: "full+incremental",
      what: "to add zfs receive -x NAME",
      use: "The destination does not take these properties from the stream. A name that a regex has in full " +
        "(`mountpoint|canmount`, dots escaped) is excluded whether or not the source says that it has it.",
    }),
    ...hidden(propertyGroup({
      prefix: "--zfs-set",
      targets: "full",
      what: "to run zfs set NAME=VALUE afterwards",
      use: "These properties are read from the source dataset and set at the destination after receiving.",
    })),
  ]),
] as const satisfies OptionTable;
