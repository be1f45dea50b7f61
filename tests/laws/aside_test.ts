/**
 * What is set aside, and what follows a rename, over random worlds: nothing is lost or sent twice, and after a kill anywhere
 * the next run goes on.
 *
 * A failing law names its seed; `BZFS_LAW_SEED=n` runs that seed alone, `BZFS_SOAK=1` 20,000.
 */
import { AppError } from "../../lib/model/errors.ts";
import { Dice, macrotask } from "../support/for_all.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { FaultScript, Killed } from "../sim/faults.ts";
import { FEW_RETRIES, runBzfs } from "../sim/run.ts";
import type { DatasetState } from "../sim/state.ts";
import type { SimulatedWorld } from "../sim/world.ts";
import { dutiesOf, unfulfilled } from "./oracle.ts";
import {
  DESTINATION,
  destinationDatasets,
  drawStory,
  evolve,
  must,
  runAgain,
  SOURCE,
  sourceDatasets,
  type Story,
  type StoryOptions,
} from "./world_gen.ts";

const runs = Deno.env.get("BZFS_SOAK") === "1" ? 20_000 : 1000;
const onlySeed = Deno.env.get("BZFS_LAW_SEED");

function law(
  name: string,
  options: StoryOptions,
  body: (story: Story, dice: Dice) => Promise<boolean>,
): void {
  Deno.test(`law: ${name}`, async () => {
    const seeds = onlySeed ? [Number(onlySeed)] : Array.from({ length: runs }, (_, index) => index + 1);
    let telling = 0;
    for (const seed of seeds) {
      await macrotask(seed);
      try {
        if (await body(drawStory(seed, options), new Dice(seed ^ 0x61c88647))) telling++;
      } catch (cause) {
        throw new Error(`The law fails for seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      }
    }
    assert(telling > seeds.length / 8 || onlySeed !== undefined, `only ${telling} stories say anything`);
  });
}

law(
  "under set-aside no guid leaves the destination, and it converges, wherever a run is killed, or loses its connection",
  { tampered: true, words: ["--on-conflict=set-aside", "--follow-renames"] },
  async (story, dice) => {
    const sim = await story.tell();
    const before = guidsOf(sim.destination.datasets);
    const earlier = sim.destination.lost.length;
    const open = dutiesOf(sim, story).filter(({ conflict }) => conflict !== undefined);
    const { error, history } = await runUntilDone(sim, story, dice);
    const context = history.join("\n");
    assertEquals(lostGuids(before, guidsOf(sim.destination.datasets)), [], context);
    assertEquals(sim.destination.lost.slice(earlier).filter(isMore), [], context);
    const isSettled = open.every(({ conflict }) => conflict === "ahead" || conflict === "unrelated");
    if (!isSettled) return false;
    if (error instanceof AppError && /It cannot be set aside: .* below it shares/.test(error.message)) {
      return false;
    }
    assertEquals(error, undefined, context);
    assertEquals(leftovers(sim), [], context);
    assertEquals(unfulfilled(sim, dutiesOf(sim, story)), [], context);
    const again = await runAgain(sim, story);
    assertEquals(again.error, undefined, context);
    assertEquals(again.sim.history().filter((line) => /\bzfs (?:rename|clone|promote|destroy|set) /.test(line)), []);
    return /\bzfs rename /.test(context);
  },
);

law(
  "pruning destroys what was set aside long ago and has the mark of that, and no other guid; without an age none",
  { tampered: true, words: ["--on-conflict=set-aside", "--follow-renames"] },
  async (story, dice) => {
    const sim = await story.tell();
    await runUntilDone(sim, story, dice);
    const { destination, destinationHost } = sim;
    const names = destinationDatasets(sim).map(({ name }) => name);
    if (names.length === 0) return false;
    const lookalike = `${dice.pick(names)}_aside_2020-01-01_00:00:00`;
    if (destination.find(lookalike) === undefined) {
      const [{ guid }] = destinationDatasets(sim) as [DatasetState];
      must(destinationHost, "zfs", "create", "-o", `org.bzfs:aside=${guid}`, "-o", "readonly=on", lookalike);
    }
    must(destinationHost, "zfs", "snapshot", `${lookalike}@mine`);
    sim.clock.advance(91 * 86_400_000);
    const prune = ["dummy", DESTINATION, "-r", "--skip-replication", "--delete-dst-snapshots", ...FEW_RETRIES];
    const words = [...prune, "--include-snapshot-regex=!.*"];
    const before = guidsOf(destination.datasets);
    await runBzfs(sim.again(), [...words, "--delete-aside-after=never"]);
    assertEquals(lostGuids(before, guidsOf(destination.datasets)), []);
    const safe = guidsOf(destination.datasets.filter((dataset) => !isSetAside(dataset)));
    const aged = [...words, "--delete-aside-after=90 days"];
    const faults = new FaultScript().add(dice.integer(0, 40), { kind: dice.pick(["kill", "kill-after"] as const) });
    for (const script of [faults, undefined]) {
      await runBzfs(sim.again(script), aged);
      assertEquals(lostGuids(safe, guidsOf(destination.datasets)), [], sim.history().join("\n"));
    }
    assert(destination.find(lookalike) !== undefined, lookalike);
    return lostGuids(before, guidsOf(destination.datasets)).length > 0;
  },
);

law(
  "a dataset that was renamed at the source is not sent again, and nothing is destroyed, wherever a run is killed, or loses its connection",
  { words: ["--follow-renames"] },
  async (story, dice) => {
    const sim = await story.tell();
    if (dutiesOf(sim, story).some(({ conflict }) => conflict !== undefined)) return false;
    if ((await runAgain(sim, story)).error !== undefined) return false;
    const copies = new Set(destinationDatasets(sim).flatMap(({ snapshots }) => snapshots.map(({ guid }) => guid)));
    const names = new Set(sourceDatasets(sim).map(({ name }) => name));
    const renamed = Array.from({ length: dice.integer(1, 2) }, () => renameSomething(sim, dice)).flat();
    const isRenamed = sourceDatasets(sim).some(({ name }) => !names.has(name));
    if (dice.chance(0.7)) evolve(sim, dice, "new");
    if (dutiesOf(sim, story).some(({ conflict }) => conflict !== undefined)) return false;
    const before = guidsOf(sim.destination.datasets);
    const earlier = sim.destination.lost.length;
    const known = new Set(sourceDatasets(sim).filter((dataset) => isKnown(dataset, copies)).map(({ name }) => name));
    const isInConflict = dutiesOf(withFormerNames(sim, renamed), story).some(({ conflict }) => conflict !== undefined);
    const { error, history } = await runUntilDone(sim, story, dice);
    const context = history.join("\n");
    assertEquals(lostGuids(before, guidsOf(sim.destination.datasets)), [], context);
    assertEquals(sim.destination.lost.slice(earlier).filter(isMore), [], context);
    const full = history.flatMap((line) =>
      /\bzfs send (?!.* -[iIt] ).* (\S.*)@\S+ \| zfs receive /.exec(line)?.[1] ?? []
    );
    assertEquals(full.filter((name) => [...known].some((source) => name.endsWith(source))), [], context);
    if (isInConflict && error instanceof AppError) {
      assertMatch(error.message, /^Conflict: /, context);
      return false;
    }
    assertEquals(error instanceof AppError ? error.message : error, undefined, context);
    const have = new Set(destinationDatasets(sim).flatMap(({ snapshots }) => snapshots.map(({ guid }) => guid)));
    const missing = dutiesOf(sim, story).flatMap(({ wanted }) => [...wanted].filter((guid) => !have.has(guid)));
    assertEquals(missing, [], context);
    return isRenamed && known.size > 0;
  },
);

/** Runs up to twice with something that goes wrong somewhere, then once more. */
async function runUntilDone(
  sim: SimulatedWorld,
  story: Story,
  dice: Dice,
): Promise<{ readonly error: unknown; readonly history: readonly string[] }> {
  const history: string[] = [];
  for (let kills = dice.integer(0, 2); kills > 0; kills--) {
    const probe = await runAgain(sim.twin(), story);
    const changes = probe.sim.history().flatMap((line, index) =>
      /\bzfs (?:rename|clone|promote|set|receive) /.test(line) ? [index] : []
    );
    const where = changes.length > 0 && dice.chance(0.8)
      ? dice.pick(changes)
      : dice.integer(0, probe.sim.history().length - 1);
    const kind = dice.pick(["kill", "kill-after", "fail", "fail-after"] as const);
    const isLost = kind === "fail" || kind === "fail-after";
    const lost = { status: 255, stderr: "client_loop: send disconnect: Broken pipe\n" };
    const faults = new FaultScript().add(where, isLost ? { kind, ...lost } : { kind });
    const run = await runAgain(sim, story, faults);
    assert(run.error === undefined || run.error instanceof AppError || run.error instanceof Killed, String(run.error));
    history.push(...run.sim.history(), `-- ${kind}`);
    sim.clock.advance(1500);
  }
  const last = await runAgain(sim, story);
  history.push(...last.sim.history());
  return { error: last.error, history };
}

/** True for what a run has set aside: its name alone says nothing. */
function isSetAside({ name, guid, local }: DatasetState): boolean {
  return /_aside_\d/.test(name) && local["org.bzfs:aside"] === guid;
}

/** What a run may remove: partial receives and what is nothing but one, and its own bookmarks. */
function isMore(name: string): boolean {
  return name.includes("@");
}

function guidsOf(datasets: readonly DatasetState[]): ReadonlySet<string> {
  return new Set(datasets.flatMap(({ snapshots }) => snapshots.map(({ guid }) => guid)));
}

function lostGuids(before: ReadonlySet<string>, after: ReadonlySet<string>): string[] {
  return [...before].filter((guid) => !after.has(guid));
}

/** Datasets that are half set aside. */
function leftovers(sim: SimulatedWorld): string[] {
  return sim.destination.datasets.map(({ name }) => name).filter((name) => /_aside_(?:new|try)(?:\/|$)/.test(name));
}

function isKnown({ snapshots, bookmarks }: DatasetState, copies: ReadonlySet<string>): boolean {
  return [...snapshots, ...bookmarks].some(({ guid }) => copies.has(guid));
}

/** A dataset of the source has got another name. */
interface SourceRename {
  readonly from: string;
  readonly to: string;
}

/** Gives a dataset of the source another name or place, if it has one below its root. */
function renameSomething(sim: SimulatedWorld, dice: Dice): SourceRename[] {
  const below = sourceDatasets(sim).filter(({ name }) => name !== SOURCE);
  if (below.length === 0) return [];
  const { name: from } = dice.pick(below);
  const parents = sourceDatasets(sim).filter((dataset) =>
    dataset.type === "filesystem" && dataset.name !== from && !dataset.name.startsWith(`${from}/`)
  );
  const to = `${dice.pick(parents).name}/n${dice.integer(1, 1 << 30)}`;
  must(sim.sourceHost, "zfs", "rename", from, to);
  return [{ from, to }];
}

/**
 * The same world without the renames. A conflict that is there does not come from them, and is still there when they are
 * followed: nothing was selected before, and what is selected now cannot go on from the copy (filters, `--no-use-bookmark`).
 * Duties under the new names do not show that, since the copy has the former name.
 */
function withFormerNames(sim: SimulatedWorld, renamed: readonly SourceRename[]): SimulatedWorld {
  const twin = sim.twin();
  for (const { from, to } of renamed.toReversed()) must(twin.sourceHost, "zfs", "rename", to, from);
  return twin;
}
