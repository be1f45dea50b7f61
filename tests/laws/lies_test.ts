/**
 * What a run does that is lied to by a listing: nothing is destroyed that a complete listing would not have destroyed, and
 * nothing is called done that is not.
 *
 * A run is lied to as `zfs list` lies: it ends with status 0 whatever its iterators met. The same run in an equal world,
 * which nobody lies to, says what a complete listing does. What is demanded depends on the lie:
 *
 * - a word on stderr, or a pool that is gone for good: both halves of the law. (A destination that was never there is
 *   reported as such: that is not a listing which ended early.)
 * - a pool that is back some commands later: nothing more is destroyed; except snapshots and bookmarks that the source has
 *   under another name, see below. Less may be replicated: where every question is answered before and after, nothing tells
 *   that there was a gap.
 * - silence, with the pool there all the time: nothing more is destroyed because the source lacks it, with the same
 *   exception; and no success if a dataset that was asked about came without a row of its own. Children, snapshots or
 *   bookmarks that are missing beside such a row contradict nothing. OpenZFS does not end a listing in this way: its
 *   iterators take only ENOENT and ESRCH for the end, which a pool that stays answers at the end and not before, and the
 *   row of an operand is made before any iterator runs.
 *
 * The exception: by name, the source is asked for what the destination calls it. A snapshot that was renamed on one side,
 * or of which the source has only a bookmark, does not exist there by that name; its guid is known from listings alone.
 * Where ranks (`latest 2`) are counted in a silently cut listing of the destination, what they select is wrong, too; a
 * partial receive is dropped where they, or such a listing, deselect what it is to bring, or deny it its base.
 *
 * A failing law names its seed; `BZFS_LAW_SEED=n` runs that seed alone, `BZFS_SOAK=1` twenty times as many.
 * @module
 */
import { AppError, messageOf } from "../../lib/model/errors.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Dice } from "../support/for_all.ts";
import { MemoryCacheStamps, MemoryReports, surroundings } from "../support/surroundings.ts";
import { FaultScript } from "../sim/faults.ts";
import { runBzfs } from "../sim/run.ts";
import type { SimulatedWorld } from "../sim/world.ts";
import { drawLie, drawWords, furnish, type Lie, NOISE } from "./lies.ts";
import { DESTINATION, drawStory, evolve, SOURCE } from "./world_gen.ts";

const soak = Deno.env.get("BZFS_SOAK") === "1" ? 20 : 1;
const onlySeed = Deno.env.get("BZFS_LAW_SEED");
const RUNS = 1000;
const NOISY_RUNS = 150;
/** Snapshots that runs create have names of their own time. */
const CREATED = "@p_on_";

/** A world in which a run begins, and its words. */
interface Scene {
  readonly sim: SimulatedWorld;
  readonly argv: readonly string[];
  /** What the cache knows by then. */
  readonly stamps: MemoryCacheStamps;
  readonly dice: Dice;
}

/** The end of a run. */
interface End {
  readonly sim: SimulatedWorld;
  readonly error: unknown;
  /** Names of what there was at the destination before the run and was destroyed. */
  readonly lost: ReadonlySet<string>;
  readonly reports: ReadonlyMap<string, string>;
}

async function sceneOf(seed: number): Promise<Scene> {
  const dice = new Dice(seed ^ 0x3c6ef372);
  const words = drawWords(dice);
  const story = drawStory(seed, { tampered: dice.chance(0.5), interrupted: dice.chance(0.3), plain: true });
  const sim = await story.tell();
  furnish(sim, dice);
  const argv = [...story.argv, ...words];
  const stamps = new MemoryCacheStamps();
  if (words.includes("--cache-snapshots")) {
    sim.clock.advance(4000);
    await play(sim.again(), argv, stamps);
    sim.clock.advance(4000);
    if (dice.chance(0.5)) evolve(sim, dice, "old");
  }
  return { sim, argv, stamps, dice };
}

/** Runs once in this world. */
async function play(sim: SimulatedWorld, argv: readonly string[], stamps: MemoryCacheStamps): Promise<End> {
  const there = new Set(namesAt(sim));
  const start = sim.destination.lost.length;
  const reports = new MemoryReports();
  const error = await runBzfs(sim, argv, {}, surroundings({ stamps, reports }));
  if (error !== undefined && !(error instanceof AppError) && !/^Cannot resume /.test(messageOf(error))) throw error;
  const lost = new Set(sim.destination.lost.slice(start).filter((name) => there.has(name)));
  return { sim, error, lost, reports: reports.finished };
}

/** Names of all that the destination has and can lose. */
function namesAt(sim: SimulatedWorld): string[] {
  return sim.destination.datasets.flatMap(({ name, snapshots, bookmarks, partial }) => [
    name,
    ...snapshots.map(({ tag }) => `${name}@${tag}`),
    ...bookmarks.map(({ tag }) => `${name}#${tag}`),
    ...(partial ? [`${name}/%recv`] : []),
  ]);
}

/** How the laws fare over all seeds, to see that they are about something. */
const counts = { destroying: 0, replicating: 0, succeeding: 0, lies: 0 };

async function everySeed(runs: number, body: (scene: Scene) => Promise<void>): Promise<void> {
  const seeds = onlySeed ? [Number(onlySeed)] : Array.from({ length: runs * soak }, (_, index) => index + 1);
  for (const seed of seeds) {
    try {
      await body(await sceneOf(seed));
    } catch (cause) {
      throw new Error(`The law fails for seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
}

Deno.test("law: whatever listing ends early, nothing more is destroyed, and nothing is called done that is not", async () => {
  await everySeed(RUNS, async ({ sim, argv, stamps, dice }) => {
    const honest = await play(sim.twin(), argv, copyOf(stamps));
    const lie = drawLie(honest.sim.history(), dice);
    if (lie === undefined) return;
    const faults = new FaultScript();
    const world = sim.twin(faults);
    lie.tell(faults, world);
    const kept = copyOf(stamps);
    const deceived = await play(world, argv, kept);
    count(sim, honest, deceived);
    const about = (text: string): string => `${argv.join(" ")}\n  ${lie.text}\n  ${text}`;
    const extra = [...deceived.lost].filter((name) => !honest.lost.has(name) && !isExempt(name, lie, argv, sim));
    if (extra.length > 0) {
      const allowed = await lostOtherwise(sim, argv, stamps);
      assertEquals(
        extra.filter((name) => !allowed.has(name)),
        [],
        about("is destroyed, but not by a complete listing"),
      );
    }
    const isAbsent = world.log.texts("WARN").some((text) => text.startsWith("Destination dataset does not exist"));
    if (deceived.error === undefined && isDetectable(lie) && !isAbsent) {
      assertEquals(lacking(honest.sim, deceived), [], about("says success"));
      assertEquals(deceived.reports, honest.reports, about("says success, with another report"));
      if (honest.error !== undefined) throw new Error(about(`says success instead of ${messageOf(honest.error)}`));
    }
    if (!argv.includes("--cache-snapshots") || lie.kind === "silent") return;
    bringBack(world);
    world.clock.advance(4000);
    const next = await play(world.again(), argv, kept);
    if (next.error !== undefined) return;
    const both = { sim: world, lost: new Set([...deceived.lost, ...next.lost]) };
    const missing = lacking(honest.sim, both).filter((name) => !name.includes(CREATED));
    assertEquals(missing, [], about("is believed by the cache"));
  });
  if (onlySeed) return;
  const runs = RUNS * soak;
  assert(counts.lies > 0.9 * runs && counts.destroying > 0.15 * runs, JSON.stringify(counts));
  assert(counts.replicating > 0.2 * runs && counts.succeeding > 0.1 * runs, JSON.stringify(counts));
});

Deno.test("law: what others print on stderr beside complete answers changes nothing", async () => {
  await everySeed(NOISY_RUNS, async ({ sim, argv, stamps, dice }) => {
    const honest = await play(sim.twin(), argv, copyOf(stamps));
    const noise = dice.pick(NOISE);
    const faults = new FaultScript().add(/./, { kind: "noise", stderr: noise }, Infinity);
    const noisy = await play(sim.twin(faults), argv, copyOf(stamps));
    assertEquals(withoutNoise(String(noisy.error), noise), String(honest.error), argv.join(" "));
    assertEquals(noisy.sim.history(), honest.sim.history());
    assertEquals(noisy.sim.fingerprint(), honest.sim.fingerprint());
  });
});

/** A message that quotes the end of stderr, without the lines that were added there. */
function withoutNoise(message: string, noise: string): string {
  const lines = noise.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  return lines.reduce(
    (text, line) => [`${line} / `, ` / ${line}`, `: ${line}`].reduce((rest, each) => rest.replaceAll(each, ""), text),
    message,
  );
}

function count(sim: SimulatedWorld, honest: End, deceived: End): void {
  counts.lies++;
  if (honest.lost.size > 0) counts.destroying++;
  if (lacking(honest.sim, { sim, lost: new Set() }).length > 0) counts.replicating++;
  if (deceived.error === undefined) counts.succeeding++;
}

/**
 * What a run with complete listings destroys that does not meet the failure, or the conflict, which ended the honest one
 * early: a lie may hide that, and what comes then is right by itself.
 */
async function lostOtherwise(
  sim: SimulatedWorld,
  argv: readonly string[],
  stamps: MemoryCacheStamps,
): Promise<Set<string>> {
  const lost = new Set<string>();
  const patient = argv.filter((word) => !word.startsWith("--skip-on-error") && word !== "--force-once");
  for (const words of [patient, [...patient, "--skip-replication"]]) {
    for (const name of (await play(sim.twin(), words, copyOf(stamps))).lost) lost.add(name);
  }
  return lost;
}

/** Snapshots that should be there, on either side, and are not, without those that were destroyed rightly. */
function lacking(complete: SimulatedWorld, { sim, lost }: Pick<End, "sim" | "lost">): string[] {
  const has = new Set([...snapshotNames(sim.source), ...snapshotNames(sim.destination), ...lost]);
  const wanted = [...snapshotNames(complete.source), ...snapshotNames(complete.destination)];
  return wanted.filter((name) => !has.has(name));
}

function snapshotNames({ datasets }: SimulatedWorld["source"]): string[] {
  return datasets.flatMap(({ name, snapshots }) => snapshots.map(({ tag }) => `${name}@${tag}`));
}

/** See the top of this file. */
function isExempt(name: string, { kind, side }: Lie, argv: readonly string[], sim: SimulatedWorld): boolean {
  if (kind === "word" || kind === "exported") return false;
  const isPartial = name.endsWith("/%recv") || sim.destination.find(name)?.partial?.newDataset === true;
  if ((side === "dst" || isPartial) && argv.includes("--include-snapshot-times-and-ranks")) return true;
  if (side === "dst" && isPartial) return true;
  const [dataset = ""] = name.replace(/\/%recv$/, "").split(/[@#]/);
  const original = sim.source.find(SOURCE + dataset.slice(DESTINATION.length));
  const there = sim.destination.find(dataset);
  const versions = [...there?.snapshots ?? [], ...there?.bookmarks ?? []];
  const lost = isPartial
    ? versions.find(({ guid }) => guid === there?.partial?.traits.fromGuid)
    : versions.find(({ tag }) => name.endsWith(`@${tag}`) || name.endsWith(`#${tag}`));
  return [...original?.snapshots ?? [], ...original?.bookmarks ?? []].some((version) =>
    version.guid === lost?.guid && version.tag !== lost.tag
  );
}

/** See the top of this file. Of several answers about a dataset the last one counts. */
function isDetectable({ kind, cuts }: Lie): boolean {
  if (kind !== "silent") return kind !== "returned";
  const unknown = new Map<string, boolean>();
  for (const { argv, kept, lost } of cuts) {
    for (const name of argv.filter((word) => word.startsWith(SOURCE) || word.startsWith(DESTINATION))) {
      const isAbout = (row: string): boolean => nameOf(row).split(/[@#]/)[0] === name;
      unknown.set(name, lost.some(isAbout) && !kept.some((row) => nameOf(row) === name));
    }
  }
  return [...unknown.values()].includes(true);
}

function nameOf(row: string): string {
  return row.slice(row.lastIndexOf("\t") + 1);
}

function copyOf(stamps: MemoryCacheStamps): MemoryCacheStamps {
  const copy = new MemoryCacheStamps();
  for (const [name, stamp] of stamps.kept) copy.kept.set(name, stamp);
  return copy;
}

/** Imports what is still exported. */
function bringBack({ sourceHost, source, destinationHost, destination }: SimulatedWorld): void {
  sourceHost.importPool(source);
  destinationHost.importPool(destination);
}
