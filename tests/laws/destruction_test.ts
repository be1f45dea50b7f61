/**
 * What every deletion keeps, over random worlds in which others add something at random moments: nothing is destroyed
 * that was not listed before, each snapshot by its name and guid.
 *
 * A failing law names its seed; `BZFS_LAW_SEED=n` runs that seed alone, `BZFS_SOAK=1` twenty times as many.
 */
import { assert, assertEquals } from "../support/assert.ts";
import { Dice } from "../support/for_all.ts";
import { execute } from "../sim/commands/dispatch.ts";
import { FaultScript, isListing, vanish } from "../sim/faults.ts";
import { runBzfs } from "../sim/run.ts";
import type { DatasetState } from "../sim/state.ts";
import { cutStream } from "../sim/stream.ts";
import type { SimulatedWorld } from "../sim/world.ts";
import {
  DESTINATION,
  destinationDatasets,
  drawStory,
  outside,
  SOURCE,
  sourceDatasets,
  type Story,
} from "./world_gen.ts";

const soak = Deno.env.get("BZFS_SOAK") === "1" ? 20 : 1;
const onlySeed = Deno.env.get("BZFS_LAW_SEED");

const DELETIONS = ["--delete-dst-datasets", "--delete-dst-snapshots", "--delete-empty-dst-datasets"];

Deno.test("law: nothing is destroyed that was not listed before, whatever others add meanwhile", async () => {
  const seeds = onlySeed ? [Number(onlySeed)] : Array.from({ length: 250 * soak }, (_, index) => index + 1);
  const sum = { destroyed: 0, added: 0 };
  for (const seed of seeds) {
    try {
      const { destroyed, added } = await play(drawStory(seed, { tampered: true }), new Dice(seed ^ 0x1b873593));
      sum.destroyed += destroyed;
      sum.added += added;
    } catch (cause) {
      throw new Error(`The law fails for seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
  const isTelling = sum.destroyed > seeds.length && sum.added > seeds.length;
  assert(isTelling || onlySeed !== undefined, JSON.stringify(sum));
});

/** Returns how many things were destroyed, and how many were added meanwhile. */
async function play(story: Story, dice: Dice): Promise<{ readonly destroyed: number; readonly added: number }> {
  const argv = wordsOf(story, dice);
  const sim = await story.tell();
  diverge(sim, dice);
  const twin = sim.twin();
  await runBzfs(twin, argv);
  const moments = [1, 2, 3].map(() => dice.integer(0, twin.history().length));
  const had = belongings(destinationDatasets(sim));
  const [source, others] = [sim.source.state, outside(sim)].map((state) => JSON.stringify(state));
  let added = 0;
  const listed = new Map<string, Set<string>>();
  const faults = new FaultScript();
  const pause = (): void => {
    if (!moments.includes(faults.passed.length)) return;
    const before = belongings(destinationDatasets(sim));
    addSomething(sim, dice);
    const after = belongings(destinationDatasets(sim));
    for (const name of before.keys()) if (!after.has(name)) had.delete(name); // renamed
    for (const [name, guid] of after) {
      if (before.get(name) !== guid) added++;
      had.set(name, guid);
    }
  };
  const note = ({ kept }: { readonly kept: readonly string[] }): void => {
    for (const row of kept) remember(row, listed);
    pause();
  };
  const listing = ({ text }: { readonly text: string }): boolean => isListing(text.split(" "));
  faults.add(listing, { kind: "end-early", rows: Infinity, note }, Infinity);
  faults.add(() => true, { kind: "before", act: pause }, Infinity);
  const run = sim.again(faults);
  await runBzfs(run, argv);

  const context = `${argv.join(" ")}\n${run.history().join("\n")}`;
  const has = belongings(destinationDatasets(sim));
  const lost = [...had].filter(([name, guid]) => has.get(name) !== guid);
  const unlisted = lost.filter(([name, guid]) => !listed.get(name)?.has(name.includes("@") ? guid : name));
  assertEquals(unlisted.map(([name]) => name), [], context);
  assertEquals(run.history().filter((text) => /^zfs destroy .*-\w*[rR]\b/.test(text)), []);
  if (sim.source !== sim.destination) assertEquals(JSON.stringify(sim.source.state), source, context);
  assertEquals(JSON.stringify(outside(sim)), others, context);
  if (argv.includes("--dryrun")) assertEquals(lost, [], context);
  return { destroyed: lost.length, added };
}

function wordsOf({ argv }: Story, dice: Dice): readonly string[] {
  const chosen = DELETIONS.filter(() => dice.chance(0.6));
  return [
    ...(dice.chance(0.3) ? ["dummy", ...argv.slice(1)] : argv),
    "--skip-replication",
    ...(chosen.length > 0 ? chosen : DELETIONS.slice(0, 1)),
    ...(dice.chance(0.3) ? ["--force-destroy-dependents"] : []),
    ...(dice.chance(0.1) ? ["--dryrun"] : []),
  ];
}

/** The source loses trees, the destination gets some of its own. */
function diverge(sim: SimulatedWorld, dice: Dice): void {
  for (const { name } of sourceDatasets(sim)) {
    if (name !== SOURCE && dice.chance(0.4)) vanish(sim.sourceHost, name);
  }
  execute(sim.destinationHost, ["zfs", "create", "-p", DESTINATION]);
  for (let count = dice.integer(0, 8); count > 0; count--) addSomething(sim, dice);
}

/** Others add something at the destination, if it is possible there. */
function addSomething(sim: SimulatedWorld, dice: Dice): void {
  const datasets = destinationDatasets(sim);
  if (datasets.length === 0) return;
  const { name, snapshots } = dice.pick(datasets);
  const unique = `mine${dice.integer(1, 1 << 30)}`;
  const zfs = (...words: string[]): unknown => execute(sim.destinationHost, ["zfs", ...words]);
  const tag = snapshots.length > 0 ? dice.pick(snapshots).tag : "none";
  const other = dice.pick(datasets).name;
  switch (dice.integer(0, 6)) {
    case 0:
      return void zfs("snapshot", `${name}@${dice.chance(0.5) ? unique : tag}`);
    case 1:
      return void zfs("snapshot", "-r", `${name}@${unique}`);
    case 2:
      return void zfs("create", `${name}/${unique}`);
    case 3:
      return void zfs("clone", `${name}@${tag}`, `${other}/${unique}`);
    case 4:
      return void zfs("hold", unique, `${name}@${tag}`);
    case 5:
      return void zfs("rename", `${name}@${tag}`, `${name}@${unique}`);
    default: {
      const { stream } = execute(sim.destinationHost, ["zfs", "send", `${other}@${tag}`]);
      const target = dice.chance(0.5) ? name : `${name}/${unique}`;
      if (stream) execute(sim.destinationHost, ["zfs", "receive", "-F", "-s", target], cutStream(stream, 700));
    }
  }
}

/** Guids of datasets and snapshots by name. */
function belongings(datasets: readonly DatasetState[]): Map<string, string> {
  const rows = datasets.flatMap(({ name, guid, snapshots }) => [
    [name, guid] as const,
    ...snapshots.map((snapshot) => [`${name}@${snapshot.tag}`, snapshot.guid] as const),
  ]);
  return new Map(rows);
}

function remember(row: string, listed: Map<string, Set<string>>): void {
  const cells = row.split("\t");
  const name = cells.at(-1)!;
  listed.set(name, new Set([...listed.get(name) ?? [], ...cells]));
}
