/**
 * Guards: whatever destinations, absences, prunes and kills come one after the other, each destination has an incremental
 * base, so that nothing is ever sent in full a second time.
 */
import { messageOf } from "../../lib/model/errors.ts";
import { isGuardTag } from "../../lib/plan/replication/mod.ts";
import { FaultScript } from "../sim/faults.ts";
import { FEW_RETRIES, runBzfs } from "../sim/run.ts";
import type { DatasetState } from "../sim/state.ts";
import { type SimulatedWorld, simulatedWorld } from "../sim/world.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Dice, macrotask } from "../support/for_all.ts";
import { must } from "./world_gen.ts";

const RUNS = Deno.env.get("BZFS_SOAK") === "1" ? 20_000 : 1000;
const onlySeed = Deno.env.get("BZFS_LAW_SEED");

const SOURCE = "tank/s";
const PLAN = "{'o':{'t':{'daily':2,'hourly':2}}}";
/** What destinations get and keep. */
const LONGER = "{'o':{'t':{'daily':4,'hourly':6}}}";
const DESTINATIONS = ["back/a", "back/b", "back/c"];

/** What a job file makes of its routes and plans. */
const GUARDED = ["--guard=on"];

/** Choices that a job file may make beside. */
const WAYS = [
  [],
  ["--create-bookmarks=none"],
  ["--create-bookmarks=hourly"],
  ["--promote-bookmarks"],
  ["--no-stream"],
  ["--no-resume-recv"],
];

/** A source tree, with a clock in the names of its snapshots. */
class Source {
  readonly sim: SimulatedWorld;
  #hour = 0;

  constructor(datasets: readonly string[]) {
    this.sim = simulatedWorld();
    for (const dataset of datasets) must(this.sim.sourceHost, "zfs", "create", "-p", dataset);
  }

  /** Takes a snapshot of everything. */
  snapshot(period: "hourly" | "daily" = "hourly"): void {
    this.sim.clock.advance((period === "hourly" ? 1 : 24) * 3_600_000);
    const hour = String(this.#hour++).padStart(5, "0");
    for (const { name } of this.sim.source.tree(SOURCE)) {
      for (let i = 0; i < 4; i++) this.sim.sourceHost.write(name, 100);
    }
    must(this.sim.sourceHost, "zfs", "snapshot", "-r", `${SOURCE}@o_t_${hour}_${period}`);
  }

  /** Replicates to a destination; returns what was thrown, and what was done. */
  async replicate(destination: string, words: readonly string[], faults = new FaultScript()): Promise<Outcome> {
    const run = this.sim.again(faults);
    const plan = `--include-snapshot-plan=${LONGER}`;
    const error = await runBzfs(run, [SOURCE, destination, "-r", plan, ...FEW_RETRIES, ...words]);
    return { error, history: run.history() };
  }

  /** Prunes snapshots or bookmarks of a tree, as a job file does. */
  async prune(
    tree: string,
    what: "snapshots" | "bookmarks",
    plan = PLAN,
    faults = new FaultScript(),
  ): Promise<unknown> {
    const run = this.sim.again(faults);
    const own = tree === SOURCE ? run.world.source : run.world.destination;
    const onTree = { ...run, world: { ...run.world, source: own, destination: own } };
    const kind = what === "bookmarks" ? ["--delete-dst-snapshots", "bookmarks"] : ["--delete-dst-snapshots"];
    const words = ["dummy", tree, "-r", "--skip-replication", `--delete-dst-snapshots-except-plan=${plan}`];
    return await runBzfs(onTree, [...words, ...kind, ...FEW_RETRIES]);
  }

  /** Destinations that have snapshots and no incremental base onto the newest of them. */
  stranded(destinations: readonly string[] = DESTINATIONS): string[] {
    return this.#copies(destinations).flatMap(({ source, copy }) => {
      const newest = copy.snapshots.at(-1);
      const bases = [...source.snapshots, ...source.bookmarks].map(({ guid }) => guid);
      return newest === undefined || bases.includes(newest.guid) ? [] : [`${copy.name}@${newest.tag}`];
    });
  }

  /** Guards of all datasets that do not stand for the newest snapshot of a destination, or of which there are several. */
  untidy(): string[] {
    const wanted = this.#copies(DESTINATIONS).map(({ source, copy }) =>
      `${source.name} ${copy.snapshots.at(-1)?.guid}`
    );
    const there = this.sim.source.tree(SOURCE).flatMap(({ name, bookmarks }) =>
      bookmarks.filter(({ tag }) => isGuardTag(tag)).map(({ guid }) => `${name} ${guid}`)
    );
    return wanted.sort().join("\n") === there.sort().join("\n") ? [] : [`${wanted} but ${there}`];
  }

  #copies(destinations: readonly string[]): { readonly source: DatasetState; readonly copy: DatasetState }[] {
    return this.sim.source.tree(SOURCE).flatMap((source) =>
      destinations.flatMap((root) => {
        const copy = this.sim.destination.find(root + source.name.slice(SOURCE.length));
        return copy === undefined ? [] : [{ source, copy }];
      })
    );
  }
}

interface Outcome {
  readonly error: unknown;
  readonly history: readonly string[];
}

/** Destination datasets of full sends. */
function fullSends(history: readonly string[]): string[] {
  return history.filter((line) => /\bzfs send (?!.* -[iIt] ).* \| zfs receive /.test(line))
    .map((line) => line.slice(line.indexOf("back/")));
}

function textOf(error: unknown): string {
  return error === undefined ? "" : messageOf(error);
}

/** Something that goes wrong in the next run: nothing, or a kill or a cut at a boundary. */
function misfortune(dice: Dice, source: Source): FaultScript {
  const faults = new FaultScript();
  const where = dice.integer(0, 40);
  switch (dice.integer(0, 8)) {
    case 0:
      return faults.add(where, { kind: "kill" });
    case 1:
      return faults.add(where, { kind: "kill-after" });
    case 2:
      return faults.add(where, { kind: dice.pick(["fail", "fail-after"]), stderr: "internal error: out of memory\n" });
    case 3:
      return faults.cutAfter(/zfs receive/, dice.integer(0, 3000));
    case 5:
    case 6:
      return cutAndKilled(faults, dice.integer(500, 4000));
    case 4:
      return faults.add(where, { kind: "before", act: () => forgetOld(source) });
    default:
      return faults;
  }
}

/** A stream ends after so many bytes, and our process with it. */
function cutAndKilled(faults: FaultScript, bytes: number): FaultScript {
  let isCut = false;
  return faults.add(({ text }) => isCut ||= text.includes("zfs receive"), { kind: "cut", bytes })
    .add(() => isCut, { kind: "kill" });
}

/** Somebody else prunes the snapshots of the source to the newest one. */
function forgetOld({ sim }: Source): void {
  for (const { name, snapshots } of sim.source.tree(SOURCE)) {
    for (const { tag } of snapshots.slice(0, -1)) must(sim.sourceHost, "zfs", "destroy", `${name}@${tag}`);
  }
}

/** One step of a story: a snapshot, a transfer to a destination that is not away, or a prune. */
async function step(
  source: Source,
  dice: Dice,
  away: Set<string>,
  words: readonly string[],
): Promise<string[]> {
  const here = DESTINATIONS.filter((destination) => !away.has(destination));
  const faults = misfortune(dice, source);
  switch (dice.integer(0, 6)) {
    case 0:
    case 1:
      for (let more = dice.integer(1, 3); more > 0; more--) source.snapshot(dice.chance(0.2) ? "daily" : "hourly");
      return [];
    case 2:
    case 3:
      await source.prune(SOURCE, "snapshots", PLAN, faults);
      await source.prune(SOURCE, "bookmarks", PLAN, faults);
      return [];
    case 4:
      if (here.length > 0) {
        await source.prune(dice.pick(here), "snapshots", LONGER, faults);
      }
      return [];
    default: {
      if (here.length === 0) return [];
      const destination = dice.pick(here);
      const known = source.sim.destination.tree(destination).filter(({ snapshots }) => snapshots.length > 0)
        .map(({ name }) => name);
      const { history, error } = await source.replicate(destination, words, faults);
      assert(!(error instanceof TypeError), textOf(error));
      if (error !== undefined && dice.chance(0.6)) away.add(destination);
      return fullSends(history).filter((name) => known.includes(name));
    }
  }
}

Deno.test("law: each destination has an incremental base, whatever is away, pruned and killed", async () => {
  const seeds = onlySeed ? [Number(onlySeed)] : Array.from({ length: RUNS }, (_, index) => index + 1);
  for (const seed of seeds) {
    await macrotask(seed);
    const dice = new Dice(seed);
    const words = [...GUARDED, ...dice.pick(WAYS)];
    const source = new Source(dice.chance(0.3) ? [SOURCE, `${SOURCE}/k`] : [SOURCE]);
    source.snapshot();
    const away = new Set<string>();
    for (let steps = 14; steps > 0; steps--) {
      const moving = dice.pick(DESTINATIONS);
      if (dice.chance(0.25) && !away.delete(moving)) away.add(moving);
      const again = await step(source, dice, away, words);
      assertEquals([again, source.stranded()], [[], []], `seed ${seed}: ${words}`);
    }
    source.snapshot();
    for (const destination of DESTINATIONS) {
      const known = source.sim.destination.tree(destination).filter(({ snapshots }) => snapshots.length > 0)
        .map(({ name }) => name);
      const { error, history } = await source.replicate(destination, words);
      assertEquals(textOf(error), "", `seed ${seed}: ${words}`);
      assertEquals(fullSends(history).filter((name) => known.includes(name)), [], `seed ${seed}: ${words}`);
    }
    assertEquals(source.untidy(), [], `seed ${seed}: ${words}`);
  }
});

/** Two destinations and a plan that keeps two: one is away for three snapshots. */
async function absence(words: readonly string[]): Promise<{ readonly stranded: string[]; readonly error: string }> {
  const source = new Source([SOURCE]);
  source.snapshot();
  for (const destination of ["back/a", "back/b"]) await source.replicate(destination, words);
  for (let round = 0; round < 3; round++) {
    source.snapshot();
    await source.replicate("back/a", words);
    await source.prune(SOURCE, "snapshots");
    await source.prune(SOURCE, "bookmarks");
  }
  const stranded = source.stranded();
  const { error } = await source.replicate("back/b", words);
  return { stranded, error: textOf(error) };
}

Deno.test("a destination that was away for longer than the plan keeps: stranded without a guard, not with it", async () => {
  const without = await absence([]);
  assertEquals(without.stranded, ["back/b@o_t_00000_hourly"]);
  assert(without.error.includes("No common snapshot"), without.error);
  assertEquals(await absence(GUARDED), { stranded: [], error: "" });
});

/** Changes at the source of one increment, and the commands of a round in which there is nothing to do. */
async function costs(
  words: readonly string[],
  datasets = [SOURCE],
): Promise<{ readonly increment: string[]; readonly quiet: number }> {
  const source = new Source(datasets);
  source.snapshot();
  await source.replicate("back/a", words);
  source.snapshot();
  const { history } = await source.replicate("back/a", words);
  const changes = history.filter((line) => /^zfs (bookmark|destroy) /.test(line)).map((line) =>
    line.replace(/\.(\w+)\..*$/, ".$1").replace(/_\d{9,}_/, "_GUID_")
  );
  const quiet = await source.replicate("back/a", words);
  return { increment: changes, quiet: quiet.history.length };
}

Deno.test("a guard costs two changes of the source for each increment, and nothing where there is nothing to do", async () => {
  const final = "zfs bookmark tank/s@o_t_00001_hourly tank/s#o_t_00001_GUID_hourly";
  const guard = ["zfs bookmark tank/s@o_t_00001_hourly tank/s#.GUARDBZFS", "zfs destroy tank/s#.GUARDBZFS"];
  const without = await costs([]);
  const promoted = await costs(["--promote-bookmarks"]);
  const guarded = await costs(GUARDED);
  const alone = await costs([...GUARDED, "--create-bookmarks=none"]);
  const few = await costs([...GUARDED, "--create-bookmarks=hourly"]);
  assertEquals(without.increment, [final]);
  assertEquals(guarded.increment, [final, ...guard]);
  assertEquals(few.increment, [final, ...guard]);
  assertEquals(alone.increment, guard);
  assertEquals(promoted.increment.length, 3);
  assertEquals([guarded.quiet, alone.quiet, few.quiet], [without.quiet, without.quiet, without.quiet]);
  const tree = [SOURCE, `${SOURCE}/j`, `${SOURCE}/k`];
  assertEquals((await costs(GUARDED, tree)).quiet, (await costs([], tree)).quiet);
});

Deno.test("what a cut stream may have brought is spared until the destination has shown what it has", async () => {
  for (const words of [GUARDED, [...GUARDED, "--create-bookmarks=none"], [...GUARDED, "--create-bookmarks=hourly"]]) {
    const newest = new Set<string>();
    for (const bytes of [800, 1100, 2000, 2500]) {
      const source = new Source([SOURCE]);
      source.snapshot();
      await source.replicate("back/a", words);
      for (let more = 3; more > 0; more--) source.snapshot();
      await source.replicate("back/a", words, cutAndKilled(new FaultScript(), bytes));
      newest.add(source.sim.destination.find("back/a")!.snapshots.at(-1)!.tag);
      for (let more = 3; more > 0; more--) source.snapshot();
      for (const what of ["snapshots", "bookmarks"] as const) await source.prune(SOURCE, what);
      assertEquals(source.stranded(), [], `${words} ${bytes}`);
      const { error } = await source.replicate("back/a", words);
      assertEquals([textOf(error), source.untidy()], ["", []]);
    }
    assertEquals(newest.size, 4);
  }
});

Deno.test("guards do not pile up, whether nothing ever arrives or nothing may be removed", async () => {
  const guards = ({ sim }: Source): number =>
    sim.source.find(SOURCE)!.bookmarks.filter(({ tag }) => isGuardTag(tag)).length;
  const source = new Source([SOURCE]);
  source.snapshot();
  await source.replicate("back/a", GUARDED);
  for (let round = 0; round < 6; round++) {
    source.snapshot();
    const full = { kind: "fail", stderr: "cannot receive incremental stream: out of space\n" } as const;
    await source.replicate("back/a", GUARDED, new FaultScript().add(/zfs receive/, full, 9));
  }
  assertEquals(guards(source), 3);
  const denied = { kind: "fail", stderr: "cannot destroy 'tank/s': permission denied\n" } as const;
  for (let round = 0; round < 6; round++) {
    source.snapshot();
    const faults = new FaultScript().add(/zfs destroy/, denied, 9);
    assertEquals(textOf((await source.replicate("back/a", GUARDED, faults)).error), "");
  }
  assertEquals(guards(source), 3);
  await source.replicate("back/a", GUARDED);
  assertEquals([guards(source), source.untidy()], [1, []]);
});

Deno.test("guards do not pile up where a first full send fails again and again, and the next success leaves one", async () => {
  const guards = ({ sim }: Source): number =>
    sim.source.find(SOURCE)!.bookmarks.filter(({ tag }) => isGuardTag(tag)).length;
  const source = new Source([SOURCE]);
  const full = { kind: "fail", stderr: "cannot receive new filesystem stream: out of space\n" } as const;
  for (let round = 0; round < 9; round++) {
    source.snapshot();
    await source.prune(SOURCE, "snapshots");
    await source.replicate("back/a", GUARDED, new FaultScript().add(/zfs receive/, full, 9));
  }
  assertEquals(guards(source), 4);
  await source.replicate("back/a", GUARDED);
  assertEquals([guards(source), source.untidy()], [1, []]);
});

Deno.test("a guard that is missing or old where nothing is to be sent is made, once", async () => {
  const source = new Source([SOURCE, `${SOURCE}/k`]);
  source.snapshot();
  await source.replicate("back/a", []);
  assert(source.untidy().length > 0);
  const made = await source.replicate("back/a", GUARDED);
  assertEquals([source.untidy(), made.history.filter((line) => line.startsWith("zfs bookmark ")).length], [[], 2]);
  source.snapshot();
  await source.replicate("back/a", []);
  assertEquals((await source.replicate("back/a", ["--guard=hourly"])).error, undefined);
  assertEquals(source.untidy(), []);
});

Deno.test("with a period a guard moves when that is over, or to a snapshot of such a period, and always has a copy", async () => {
  const source = new Source([SOURCE]);
  const guards = (): string[] =>
    source.sim.source.find(SOURCE)!.bookmarks.filter(({ tag }) => isGuardTag(tag)).map(({ guid }) => guid);
  const seen: string[] = [];
  for (let hour = 0; hour < 40; hour++) {
    source.snapshot(hour === 6 ? "daily" : "hourly");
    const { error } = await source.replicate("back/a", ["--guard=daily", "--create-bookmarks=none"]);
    assertEquals([textOf(error), guards().length], ["", 1]);
    if (seen.at(-1) !== guards()[0]) seen.push(guards()[0]!);
    await source.prune(SOURCE, "snapshots");
    assert(source.sim.destination.find("back/a")!.snapshots.some(({ guid }) => guid === guards()[0]));
  }
  const tags = source.sim.destination.find("back/a")!.snapshots;
  assertEquals(seen.map((guid) => tags.find((snapshot) => snapshot.guid === guid)!.tag), [
    "o_t_00000_hourly",
    "o_t_00006_daily",
    "o_t_00030_hourly",
  ]);
});
