/**
 * Random worlds for the laws of replication: trees, snapshots, bookmarks, earlier runs, and what others do meanwhile.
 *
 * A story is drawn from a seed; told twice, it makes two equal worlds, so that a law can compare a run with its twin.
 * @module
 */
import { isWithin } from "../../lib/model/dataset.ts";
import { Dice } from "../support/for_all.ts";
import { execute } from "../sim/commands/dispatch.ts";
import { FaultScript } from "../sim/faults.ts";
import type { SimHost } from "../sim/host.ts";
import { FEW_RETRIES, runBzfs } from "../sim/run.ts";
import type { DatasetState, SnapshotState } from "../sim/state.ts";
import { type SimulatedWorld, simulatedWorld, type WorldOptions } from "../sim/world.ts";
import { FILTERS, isFilterWord } from "./filters.ts";

/** Roots of every story. */
export const SOURCE = "tank/src";
/** See {@linkcode SOURCE}. */
export const DESTINATION = "back/dst";

/** Which stories to draw. */
export interface StoryOptions {
  /** Others have changed the destination. */
  readonly tampered?: boolean;
  /** Nothing is encrypted: ZFS receives no encrypted stream over a copy that has lost all its snapshots. */
  readonly plain?: boolean;
  /** An earlier run may have been cut. */
  readonly interrupted?: boolean;
  /** Words that every run of the story gets. */
  readonly words?: readonly string[];
}

/** A world in the making. */
export interface Story {
  /** Words of the run under test. */
  readonly argv: readonly string[];
  /** Which snapshots of a history the filters select. */
  readonly select: (history: readonly SnapshotState[]) => readonly SnapshotState[];
  /** Source dataset that is excluded with all below it. */
  readonly excluded: string | undefined;
  /** False with `--no-stream`. */
  readonly stream: boolean;
  /** False with `--no-use-bookmark`. */
  readonly usesBookmarks: boolean;
  readonly skipMissing: "dataset" | "continue" | "fail";
  readonly skipOnError: "dataset" | "tree" | "fail";
  /** Makes the world. */
  readonly tell: () => Promise<SimulatedWorld>;
}

const NAMES = ["a", "a-b", "a b", "a.b", "b", "a:c", "Z"];
const LABELS = ["daily", "hourly", "adhoc"];

/** Draws a story. */
export function drawStory(seed: number, options: StoryOptions = {}): Story {
  const dice = new Dice(seed);
  const filter = dice.pick(FILTERS);
  const stream = !dice.chance(0.1);
  const usesBookmarks = !dice.chance(0.1);
  const excluded = dice.chance(0.2) ? dice.pick(NAMES) : undefined;
  const skipMissing = dice.pick(["dataset", "dataset", "dataset", "continue", "fail"] as const);
  const skipOnError = dice.pick(["dataset", "dataset", "dataset", "tree", "fail"] as const);
  const argv = [
    SOURCE,
    DESTINATION,
    "-r",
    ...FEW_RETRIES,
    ...filter.words,
    ...(stream ? [] : ["--no-stream"]),
    ...(excluded === undefined ? [] : [`--exclude-dataset=${excluded}`]),
    ...(usesBookmarks ? [] : ["--no-use-bookmark"]),
    ...(dice.chance(0.15) ? ["--no-resume-recv"] : []),
    ...(dice.chance(0.15) ? ["--no-estimate-send-size"] : []),
    ...(dice.chance(0.2) ? ["--zfs-send-program-opts=-Lec"] : []),
    ...(dice.chance(0.2) ? [`--create-bookmarks=${dice.pick(["none", "hourly", "minutely"])}`] : []),
    ...(skipMissing === "dataset" ? [] : [`--skip-missing-snapshots=${skipMissing}`]),
    ...(skipOnError === "dataset" ? [] : [`--skip-on-error=${skipOnError}`]),
    ...(dice.chance(0.3) ? [`--threads=${dice.integer(1, 4)}`] : []),
    ...(options.words ?? []),
  ];
  const world: WorldOptions = {
    seed,
    hosts: dice.pick(["one", "two"]),
    version: dice.pick(["2.1", "2.3"]),
    destinationVersion: dice.pick(["2.1", "2.3"]),
    maxDatasetsPerListing: dice.pick([1, 2, 1024]),
    maxSnapshotsPerDelete: dice.pick([1, 3, 1024]),
  };
  const plot = {
    seed: dice.integer(1, 1 << 30),
    earlierRuns: dice.pick([0, 0, 1, 1, 2]),
    tampered: options.tampered ?? false,
    interrupted: options.interrupted ?? false,
    // ZFS receives no encrypted stream over a plain dataset, and creates nothing below one whose key is not loaded.
    encrypted: dice.chance(0.2) && !options.tampered && !options.plain && filter.words.length === 0 &&
      skipMissing !== "continue",
  };
  return {
    argv,
    select: filter.select,
    skipMissing,
    skipOnError,
    excluded: excluded && `${SOURCE}/${excluded}`,
    stream,
    usesBookmarks,
    tell: () => tell(world, plot, argv),
  };
}

/** The same story with other snapshot filters. */
export function withOtherFilter(story: Story, dice: Dice): Story {
  const { words, select } = dice.pick(FILTERS);
  const argv = [...story.argv.filter((word) => !isFilterWord(word)), ...words];
  return { ...story, argv, select };
}

interface Plot {
  readonly seed: number;
  readonly earlierRuns: number;
  readonly tampered: boolean;
  readonly interrupted: boolean;
  readonly encrypted: boolean;
}

const ENCRYPTED = ["-o", "encryption=on", "-o", "keyformat=passphrase"];

async function tell(options: WorldOptions, plot: Plot, argv: readonly string[]): Promise<SimulatedWorld> {
  const dice = new Dice(plot.seed);
  const sim = simulatedWorld(options);
  const { sourceHost: host } = sim;
  must(host, "zfs", "create", ...(plot.encrypted ? ENCRYPTED : []), SOURCE);
  plantTree(host, dice);
  must(host, "zfs", "create", "tank/other");
  must(host, "zfs", "snapshot", "tank/other@untouched");
  must(sim.destinationHost, "zfs", "create", "back/other");
  must(sim.destinationHost, "zfs", "snapshot", "back/other@untouched");
  evolve(sim, dice, "new");
  for (let run = 0; run < plot.earlierRuns; run++) {
    await runBzfs(sim.again(), argv.filter((word) => !word.startsWith("--dryrun")));
    evolve(sim, dice, "old");
    if (dice.chance(0.8)) evolve(sim, dice, "new");
  }
  if (plot.interrupted && dice.chance(0.5)) await interrupt(sim, dice, argv);
  if (plot.tampered) {
    if (dice.chance(0.4)) {
      await interrupt(sim, dice, argv);
      for (let age = dice.integer(0, 2); age > 0; age--) evolve(sim, dice, "old");
    }
    if (dice.chance(0.3)) forget(sim, dice);
    tamper(sim, dice);
  }
  return sim.again();
}

/** Runs a command of somebody else; it must succeed. */
export function must(host: SimHost, ...argv: readonly string[]): void {
  const { status, stderr } = execute(host, argv);
  if (status !== 0) throw new Error(`${argv.join(" ")}: ${stderr}`);
}

function plantTree(host: SimHost, dice: Dice): void {
  const parents = [SOURCE];
  for (let count = dice.integer(0, 4); count > 0; count--) {
    const name = `${dice.pick(parents)}/${dice.pick(NAMES)}`;
    if (host.poolOf(name)!.find(name)) continue;
    if (dice.chance(0.2)) {
      must(host, "zfs", "create", "-V", "4M", "-s", name);
    } else {
      must(host, "zfs", "create", name);
      parents.push(name);
    }
    if (dice.chance(0.3)) must(host, "zfs", "set", "x:y=a\tb", "checksum=sha256", name);
  }
}

/** Time passes at the source: writes, snapshots, bookmarks, and old snapshots go. */
export function evolve(sim: SimulatedWorld, dice: Dice, age: "new" | "old"): void {
  const host = sim.sourceHost;
  const isQuiet = age === "old" && dice.chance(0.15);
  for (let count = isQuiet ? 0 : dice.integer(1, 4); count > 0; count--) {
    sim.clock.advance(dice.integer(0, 3000));
    const datasets = sourceDatasets(sim);
    for (const dataset of datasets) {
      for (let writes = dice.integer(0, 5); writes > 0; writes--) host.write(dataset.name, dice.integer(0, 600));
    }
    const tag = `${dice.integer(1, 2)}_${sim.clock.now()}_${dice.pick(LABELS)}`;
    const targets = dice.chance(0.5) ? datasets : [dice.pick(datasets)];
    const missing = targets.filter((dataset) => !dataset.snapshots.some((snapshot) => snapshot.tag === tag));
    if (missing.length > 0) must(host, "zfs", "snapshot", ...missing.map((dataset) => `${dataset.name}@${tag}`));
  }
  if (age === "new") return;
  for (const dataset of sourceDatasets(sim)) {
    const older = dataset.snapshots.slice(0, -1);
    if (older.length > 0 && dice.chance(0.3)) {
      must(host, "zfs", "destroy", `${dataset.name}@${dice.chance(0.7) ? older[0]!.tag : dice.pick(older).tag}`);
    }
    if (dataset.snapshots.length > 0 && dice.chance(0.1)) {
      const { tag } = dice.pick(dataset.snapshots);
      must(host, "zfs", "rename", `${dataset.name}@${tag}`, `${dataset.name}@r${tag}`);
    }
    const marked = dataset.snapshots.at(-1);
    if (!marked || !dice.chance(0.2)) continue;
    const name = `${dataset.name}#own_${marked.tag}`;
    if (!dataset.bookmarks.some((bookmark) => `${dataset.name}#${bookmark.tag}` === name)) {
      must(host, "zfs", "bookmark", `${dataset.name}@${marked.tag}`, name);
    }
  }
}

/** Leaves a partial receive, where there is something to receive. */
async function interrupt(sim: SimulatedWorld, dice: Dice, argv: readonly string[]): Promise<void> {
  const faults = new FaultScript().add(/zfs receive/, { kind: "cut", bytes: dice.integer(400, 3000) }, 3);
  await runBzfs(sim.again(faults), [...argv.filter((word) => !word.startsWith("--force")), "--retries=0"]);
}

/** The source loses what the destination has last, bookmarks included. */
function forget(sim: SimulatedWorld, dice: Dice): void {
  for (const dataset of sourceDatasets(sim)) {
    const copy = sim.destination.find(DESTINATION + dataset.name.slice(SOURCE.length));
    const guid = copy?.snapshots.at(-1)?.guid;
    if (guid === undefined || dice.chance(0.5)) continue;
    for (const { tag } of dataset.bookmarks.filter((bookmark) => bookmark.guid === guid)) {
      must(sim.sourceHost, "zfs", "destroy", `${dataset.name}#${tag}`);
    }
    const original = dataset.snapshots.find((snapshot) => snapshot.guid === guid);
    if (original) must(sim.sourceHost, "zfs", "destroy", `${dataset.name}@${original.tag}`);
  }
}

/** Others change the destination: own snapshots, own content, snapshots destroyed, held, cloned or renamed. */
function tamper(sim: SimulatedWorld, dice: Dice): void {
  const host = sim.destinationHost;
  for (const dataset of destinationDatasets(sim)) {
    if (dataset.partial?.newDataset) continue;
    const newest = dataset.partial ? undefined : dataset.snapshots.at(-1);
    switch (dice.integer(0, 8)) {
      case 0:
        must(host, "zfs", "snapshot", `${dataset.name}@own`);
        break;
      case 1:
        host.write(dataset.name);
        if (dice.chance(0.5)) must(host, "zfs", "snapshot", `${dataset.name}@own`);
        break;
      case 2:
        // ZFS destroys none that has clones: what a run has set aside is one.
        if (newest && sim.destination.clonesOf(dataset.name, newest.tag).length === 0) {
          must(host, "zfs", "destroy", `${dataset.name}@${newest.tag}`);
        }
        break;
      case 3:
        if (newest) must(host, "zfs", "rename", `${dataset.name}@${newest.tag}`, `${dataset.name}@renamed`);
        break;
      case 4:
        must(host, "zfs", "snapshot", `${dataset.name}@held`);
        must(host, "zfs", "hold", "keep", `${dataset.name}@held`);
        break;
      case 5:
        if (newest && dataset.type === "filesystem" && !sim.destination.find(DESTINATION)!.partial) {
          must(host, "zfs", "clone", `${dataset.name}@${newest.tag}`, `${CLONES}${dice.integer(1, 1 << 30)}`);
        }
        break;
      default:
        break;
    }
  }
}

/** Clones that others have made of destination snapshots; no source dataset has such a name. */
const CLONES = `${DESTINATION}/clone`;

/** True for the name of a clone that others have made. */
export function isClone(name: string): boolean {
  return name.startsWith(CLONES);
}

/** Datasets of the source tree, by name. */
export function sourceDatasets(sim: SimulatedWorld): DatasetState[] {
  return sim.source.tree(SOURCE);
}

/** Datasets of the destination tree, by name. */
export function destinationDatasets(sim: SimulatedWorld): DatasetState[] {
  return sim.destination.tree(DESTINATION);
}

/** Runs the story's job once more in its world. */
export async function runAgain(
  sim: SimulatedWorld,
  story: Story,
  faults?: FaultScript,
  words: readonly string[] = [],
): Promise<{ readonly sim: SimulatedWorld; readonly error: unknown }> {
  const next = sim.again(faults);
  return { sim: next, error: await runBzfs(next, [...story.argv, ...words]) };
}

/** Everything outside of both trees, as one comparable text. */
export function outside(sim: SimulatedWorld): string {
  const others = [...sim.source.datasets, ...sim.destination.datasets].filter(({ name }) =>
    !isWithin(name, SOURCE) && !isWithin(name, DESTINATION)
  );
  return JSON.stringify(others);
}
