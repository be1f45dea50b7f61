/**
 * Random runs that are lied to: a story, a verb with options, and a listing that ends early or a pool that leaves.
 *
 * The lies are those that OpenZFS tells (`zfs list` ends with status 0 whatever its iterators met), and one that it does
 * not tell: a listing that ends in silence while the pool stays. See `lies_test.ts` for what is demanded of each.
 * @module
 */
import type { Dice } from "../support/for_all.ts";
import { type Boundary, type Cut, type FaultScript, isListing } from "../sim/faults.ts";
import type { SimHost } from "../sim/host.ts";
import type { SimulatedWorld } from "../sim/world.ts";
import { DESTINATION, destinationDatasets, must, SOURCE } from "./world_gen.ts";

/** What kind of lie a run is told, in order of how much can be demanded. */
export type LieKind =
  /** Rows are missing, and stderr has the line of libzfs. */
  | "word"
  /** The pool leaves, at a boundary or in the middle of a listing, and stays away. */
  | "exported"
  /** The pool leaves, and is back some commands later. */
  | "returned"
  /** Rows are missing in silence, the pool is there all the time. */
  | "silent";

/** A lie that can be told. */
export interface Lie {
  readonly kind: LieKind;
  readonly side: "src" | "dst";
  /** What is told, for the message of a failing law. */
  readonly text: string;
  /** Adds it to a script over the world that is lied to. */
  readonly tell: (faults: FaultScript, sim: SimulatedWorld) => void;
  /** Rows that listings have lost so far, as far as the text was cut. */
  readonly cuts: readonly Cut[];
}

/** How libzfs says on stderr that an iterator has failed, while `zfs list` ends with status 0. */
export const ITERATOR_FAILURES: readonly string[] = [
  "I/O error",
  "pool I/O is currently suspended",
  "permission denied",
  "signal received",
  "dataset is busy",
];

/** Lines on stderr that tell a failure. */
const WORDS: readonly string[] = [
  ...ITERATOR_FAILURES.map((reason) => `cannot iterate filesystems: ${reason}\n`),
  "internal error: out of memory\n",
  "internal error: Input/output error\n",
];

/** Lines on stderr that tell nothing about a listing: what stands between the program and `zfs` says such things. */
export const NOISE: readonly string[] = [
  "Warning: Permanently added 'nas,192.0.2.7' (ED25519) to the list of known hosts.\n",
  "** WARNING: connection is not using a post-quantum key exchange algorithm.\n" +
  '** This session may be vulnerable to "store now, decrypt later" attacks.\n',
  "******************************************\n*  Authorized use only. Errors are logged. *\n" +
  "******************************************\n\n",
  "\nWe trust you have received the usual lecture from the local System\nAdministrator. It usually boils down to these " +
  "three things:\n\n    #1) Respect the privacy of others.\n    #2) Think before you type.\n    #3) With great power " +
  "comes great responsibility.\n\n",
  "bash: warning: setlocale: LC_ALL: cannot change locale (en_US.UTF-8)\n",
  "bash: cannot set terminal process group (-1): Inappropriate ioctl for device\nbash: no job control in this shell\n",
  "-bash: /etc/profile.d/modules.sh: line 3: module: command not found\n",
  "Could not chdir to home directory /home/backup: No such file or directory\n",
  "mkdir: cannot create directory '/run/user/0': Permission denied\n",
  "stdin: is not a tty\r\n",
  "perl: warning: Setting locale failed.\n",
];

/** Verbs and their options; each is drawn with and without replication where that makes sense. */
const VERBS: readonly (readonly string[])[] = [
  [],
  [],
  ["--delete-dst-snapshots"],
  ["--delete-dst-snapshots"],
  ["--delete-dst-snapshots", "--delete-dst-snapshots-except"],
  ["--delete-dst-snapshots", "--delete-dst-snapshots-no-crosscheck"],
  ["--delete-dst-snapshots=bookmarks"],
  ["--delete-dst-snapshots=bookmarks", "--delete-dst-snapshots-no-crosscheck"],
  ["--delete-dst-datasets"],
  ["--delete-empty-dst-datasets"],
  ["--delete-empty-dst-datasets=snapshots"],
  ["--delete-dst-datasets", "--delete-dst-snapshots", "--delete-empty-dst-datasets"],
  ["--create-src-snapshots", "--create-src-snapshots-plan={'p': {'on': {'hourly': 1, 'daily': 1}}}"],
  ["--compare-snapshot-lists"],
  ["--monitor-snapshots={'1': {'': {'daily': {'latest': {'critical': '5 seconds'}, 'oldest': {'warning': '9 seconds'}}}}}"],
];

const FORCES: readonly (readonly string[])[] = [
  [],
  ["--force"],
  ["--force"],
  ["--force-rollback-to-latest-common-snapshot"],
  ["--force", "--force-rollback-to-latest-snapshot"],
  ["--force", "--force-destroy-dependents"],
  ["--force", "--force-once"],
];

/** Words of a run. */
export function drawWords(dice: Dice): readonly string[] {
  const verb = dice.pick(VERBS);
  const isReplicating = verb.length === 0 || dice.chance(0.4);
  return [
    ...verb,
    ...(isReplicating ? dice.pick(FORCES) : ["--skip-replication"]),
    ...(dice.chance(0.15) ? ["--cache-snapshots"] : []),
  ];
}

/** Adds to the destination what deletions are about: datasets that only it has, empty ones, and bookmarks. */
export function furnish(sim: SimulatedWorld, dice: Dice): void {
  const host = sim.destinationHost;
  const root = sim.destination.find(DESTINATION);
  if (root === undefined || root.partial?.newDataset) return;
  if (dice.chance(0.5)) {
    must(host, "zfs", "create", "-p", `${DESTINATION}/own/below`);
    if (dice.chance(0.7)) must(host, "zfs", "snapshot", "-r", `${DESTINATION}/own@kept`);
  }
  if (dice.chance(0.5)) must(host, "zfs", "create", "-p", `${DESTINATION}/empty/below`);
  for (const { name, snapshots, partial } of destinationDatasets(sim)) {
    if (partial !== undefined || !dice.chance(0.3)) continue;
    for (const { tag } of snapshots) {
      must(host, "zfs", "bookmark", `${name}@${tag}`, `${name}#${dice.pick(["", "b"])}${tag}`);
    }
    const free = snapshots.filter(({ tag, holds }) =>
      holds.length === 0 && sim.destination.clonesOf(name, tag).length === 0
    );
    if (free.length > 0 && dice.chance(0.2)) must(host, "zfs", "destroy", `${name}@${dice.pick(free).tag}`);
  }
}

/** Draws a lie about a run that, without it, passes these boundaries. */
export function drawLie(honest: readonly string[], dice: Dice): Lie | undefined {
  const side = dice.chance(0.7) ? "src" : "dst";
  const kind = dice.pick(["word", "word", "exported", "exported", "returned", "silent"] as const);
  const texts = [...honest.entries()].filter(([, text]) => kind.endsWith("ed") || isAbout(text, side));
  if (texts.length === 0) return undefined;
  const [at, text] = dice.pick(texts);
  const rows = dice.integer(0, dice.chance(0.5) ? 2 : 12);
  const where = `${kind} at ${side}, boundary ${at} (${text})`;
  return kind === "word" || kind === "silent"
    ? drawCut(kind, { side, at, rows, where }, dice)
    : drawExport(kind, { side, at, rows, where }, dice);
}

interface Place {
  readonly side: "src" | "dst";
  readonly at: number;
  readonly rows: number;
  readonly where: string;
}

function drawCut(kind: "word" | "silent", { side, at, rows, where }: Place, dice: Dice): Lie {
  const times = dice.chance(0.4) ? 1 : Infinity;
  const isText = dice.chance(0.5);
  const noise = dice.chance(0.3) ? dice.pick(NOISE) : "";
  const stderr = kind === "silent" ? noise : `${noise}${dice.pick(WORDS)}`;
  const reason = kind === "silent" ? {} : { reason: dice.pick(ITERATOR_FAILURES) };
  const cuts: Cut[] = [];
  const applies = (boundary: Boundary): boolean => boundary.index >= at && isAbout(boundary.text, side);
  return {
    kind,
    side,
    text: `${where}, after ${rows} rows${isText ? ` of text, ${JSON.stringify(stderr)}` : ""}, ${times} times`,
    cuts,
    tell: (faults, sim) => {
      const fault = isText ? { kind: "end-early", rows, stderr, note: (cut: Cut) => void cuts.push(cut) } as const : {
        kind: "interrupt",
        host: hostOf(sim, side),
        interruption: { pool: poolOf(sim, side), rows, ...reason },
      } as const;
      faults.add(applies, fault, times);
    },
  };
}

function drawExport(kind: "exported" | "returned", { side, at, rows, where }: Place, dice: Dice): Lie {
  const isWithin = dice.chance(0.6);
  const away = dice.integer(1, 12);
  return {
    kind,
    side,
    text: `${where}, ${isWithin ? `after ${rows} rows` : "before"}${
      kind === "returned" ? `, for ${away} commands` : ""
    }`,
    cuts: [],
    tell: (faults, sim) => {
      const host = hostOf(sim, side);
      const pool = side === "src" ? sim.source : sim.destination;
      const act = (): void => host.removePool(pool.name);
      const isInterrupted = (boundary: Boundary): boolean => boundary.index === at && boundary.kind === "command";
      if (isWithin) {
        faults.add(isInterrupted, { kind: "interrupt", host, interruption: { pool: pool.name, rows, act } });
      }
      faults.add(({ index }) => index >= at, { kind: "before", act });
      const back = at + away;
      if (kind === "exported") return;
      faults.add(({ index }) => index >= back, { kind: "before", act: () => host.importPool(pool) });
    },
  };
}

function hostOf(sim: SimulatedWorld, side: "src" | "dst"): SimHost {
  return side === "src" ? sim.sourceHost : sim.destinationHost;
}

function poolOf(sim: SimulatedWorld, side: "src" | "dst"): string {
  return (side === "src" ? sim.source : sim.destination).name;
}

/** True for a listing of a side's tree. */
function isAbout(text: string, side: "src" | "dst"): boolean {
  return isListing(text.split(" ")) && text.includes(side === "src" ? ` ${SOURCE}` : ` ${DESTINATION}`);
}
