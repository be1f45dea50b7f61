/**
 * The random stories hold what the laws are about: a generator that made only harmless worlds would prove nothing.
 */
import { assertEquals } from "../support/assert.ts";
import type { DatasetState } from "../sim/state.ts";
import type { SimulatedWorld } from "../sim/world.ts";
import { dutiesOf, hasStalePartial } from "./oracle.ts";
import {
  DESTINATION,
  destinationDatasets,
  drawStory,
  isClone,
  SOURCE,
  sourceDatasets,
  type Story,
} from "./world_gen.ts";

const STORIES = 150;

/** What a world holds, or a story asks for. */
const TRAITS: Readonly<Record<string, (sim: SimulatedWorld, story: Story) => boolean>> = {
  "a destination that is ahead": (sim, story) => hasConflict(sim, story, "ahead"),
  "an unrelated destination": (sim, story) => hasConflict(sim, story, "unrelated"),
  "a modified destination": (sim, story) => hasConflict(sim, story, "modified"),
  "a source without selected snapshots that must have some": (sim, story) => hasConflict(sim, story, "missing"),
  "an unfinished dataset": (sim) => destinationDatasets(sim).some(({ partial }) => partial?.newDataset),
  "an interrupted increment": (sim) => destinationDatasets(sim).some(({ partial }) => partial?.newDataset === false),
  "a token that cannot be resumed": hasStalePartial,
  "a bookmark as the only base": (sim) => pairs(sim).some(([source, copy]) => isBookmarkBase(source, copy)),
  "a snapshot renamed on one side": (sim) => pairs(sim).some(([source, copy]) => isRenamed(source, copy)),
  "snapshots only at the destination": (sim) =>
    pairs(sim).some(([{ snapshots }, copy]) =>
      copy.snapshots.some(({ guid }) => !snapshots.some((snapshot) => snapshot.guid === guid))
    ),
  "a held snapshot": (sim) =>
    destinationDatasets(sim).some(({ snapshots }) => snapshots.some(({ holds }) => holds.length > 0)),
  "a clone of a copy": (sim) => destinationDatasets(sim).some(({ name }) => isClone(name)),
  "a volume": (sim) => sourceDatasets(sim).some(({ type }) => type === "volume"),
  "an encrypted source": (sim) => sourceDatasets(sim).some(({ encryptionRoot }) => encryptionRoot !== undefined),
  "snapshots of several datasets in one transaction group": (sim) => {
    const txgs = sourceDatasets(sim).flatMap(({ snapshots }) => snapshots.map(({ createtxg }) => createtxg));
    return new Set(txgs).size < txgs.length;
  },
  "no copy yet": (sim) => destinationDatasets(sim).length === 0,
  "--no-stream": (_, { stream }) => !stream,
  "--no-use-bookmark": (_, { usesBookmarks }) => !usesBookmarks,
  "--skip-missing-snapshots=continue": (_, { skipMissing }) => skipMissing === "continue",
  "--skip-on-error=tree": (_, { skipOnError }) => skipOnError === "tree",
  "--skip-on-error=fail": (_, { skipOnError }) => skipOnError === "fail",
  "an excluded dataset": (sim, { excluded }) => sourceDatasets(sim).some(({ name }) => name === excluded),
  "a filter by rank": (_, { argv }) => argv.includes("--include-snapshot-times-and-ranks"),
};

function hasConflict(sim: SimulatedWorld, story: Story, kind: string): boolean {
  return dutiesOf(sim, story).some(({ conflict }) => conflict === kind);
}

function pairs(sim: SimulatedWorld): (readonly [DatasetState, DatasetState])[] {
  return sourceDatasets(sim).flatMap((source) => {
    const copy = sim.destination.find(DESTINATION + source.name.slice(SOURCE.length));
    return copy === undefined ? [] : [[source, copy] as const];
  });
}

function isBookmarkBase(source: DatasetState, { snapshots }: DatasetState): boolean {
  const there = new Set(snapshots.map(({ guid }) => guid));
  return source.bookmarks.some(({ guid }) => there.has(guid)) && !source.snapshots.some(({ guid }) => there.has(guid));
}

function isRenamed(source: DatasetState, { snapshots }: DatasetState): boolean {
  return source.snapshots.some(({ guid, tag }) => snapshots.some((copy) => copy.guid === guid && copy.tag !== tag));
}

Deno.test("stories hold everything that the laws are about, and not too rarely", async () => {
  const counts = new Map(Object.keys(TRAITS).map((name) => [name, 0]));
  for (let seed = 1; seed <= STORIES; seed++) {
    for (const options of [{ tampered: true }, {}]) {
      const story = drawStory(seed, options);
      const sim = await story.tell();
      for (const [name, has] of Object.entries(TRAITS)) if (has(sim, story)) counts.set(name, counts.get(name)! + 1);
    }
  }
  assertEquals([...counts].filter(([, count]) => count < STORIES / 30), []);
});
