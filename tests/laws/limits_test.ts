/**
 * Limits on destruction, over random worlds, plans and conflicts, with commands that fail in between: of each dataset a run
 * destroys at most what the limit allows, unless a person has permitted it or it is the backlog of a plan that was not cut;
 * foreign snapshots survive, and so do the newest ones, and the newest one that both sides have, whatever is pruned.
 *
 * A failing law names its seed; `BZFS_LAW_SEED=n` runs that seed alone, `BZFS_SOAK=1` twenty times as many.
 */
import { assert, assertEquals } from "../support/assert.ts";
import { Dice, macrotask } from "../support/for_all.ts";
import { MemoryStateFiles, surroundings } from "../support/surroundings.ts";
import { FaultScript } from "../sim/faults.ts";
import { FEW_RETRIES, runBzfs } from "../sim/run.ts";
import type { DatasetState } from "../sim/state.ts";
import { type SimulatedWorld, simulatedWorld } from "../sim/world.ts";
import { must } from "./world_gen.ts";

const soak = Deno.env.get("BZFS_SOAK") === "1" ? 20 : 1;
const onlySeed = Deno.env.get("BZFS_LAW_SEED");

const NAMES = ["", "/a", "/a/b", "/c", "/e"];

Deno.test("law: a run destroys no more than its limits, nothing foreign, and none of the newest", async () => {
  const seeds = onlySeed ? [Number(onlySeed)] : Array.from({ length: 1000 * soak }, (_, index) => index + 1);
  const sum = { destroyed: 0, heldBack: 0, beyond: 0, backlog: 0, datasets: 0 };
  for (const seed of seeds) {
    await macrotask(seed);
    try {
      const seen = await play(new Dice(seed), seed);
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += seen[key];
    } catch (cause) {
      throw new Error(`The law fails for seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
  const isTelling = Object.values(sum).every((count) => count * 50 > seeds.length);
  assert(isTelling || onlySeed !== undefined, JSON.stringify(sum));
});

type Action = "prune" | "prune with a source" | "delete datasets" | "replicate by force";

interface Seen {
  destroyed: number;
  heldBack: number;
  beyond: number;
  backlog: number;
  datasets: number;
}

async function play(dice: Dice, seed: number): Promise<Seen> {
  const sim = simulatedWorld({ seed });
  const names = NAMES.filter((name) => name === "" || dice.chance(0.7));
  for (const name of ["back", ...names.map((each) => `tank/s${each}`)]) {
    must(sim.sourceHost, "zfs", "create", "-p", name);
  }
  for (const name of names) addSnapshots(sim, `tank/s${name}`, dice);
  await runBzfs(sim, ["tank/s", "back/d", "-r", "--create-bookmarks=none", ...FEW_RETRIES]);
  const plans = new MemoryStateFiles();
  const around = surroundings({ plans });
  const former = { x: dice.integer(0, 4), y: dice.integer(0, 4) };
  if (dice.chance(0.6)) await runBzfs(sim.again(), prune("dummy", former), {}, around);
  const isRemembered = plans.kept.size > 0;
  diverge(sim, dice);
  const now = dice.chance(0.5) ? former : { x: dice.integer(0, 4), y: dice.integer(0, 4) };
  const isCut = now.x < former.x || now.y < former.y;

  const action = dice.pick<Action>(["prune", "prune", "prune with a source", "delete datasets", "replicate by force"]);
  const limit = dice.pick([{ percent: 30, amount: 2 }, { percent: 0, amount: 1 }, { percent: 60, amount: 0 }]);
  const floor = dice.integer(0, 2);
  const allowed = dice.chance(0.2) ? [`back/d${dice.pick(names)}`] : [];
  const words = [
    ...wordsOf(action, now),
    `--delete-limit=${limit.percent}% and ${limit.amount}`,
    "--delete-datasets-limit=20% and 1",
    "--foreign-snapshots=keep",
    "--own-names=p_.*",
    `--keep-newest=${floor}`,
    ...allowed.map((name) => `--allow-deletions=${name}`),
    ...(dice.chance(0.3) ? ["--threads=1"] : []),
  ];
  const had = copies(sim);
  const sources = new Map([...sim.sourceHost.poolOf("tank/s")!.state.datasets].map((each) => [each.name, each]));
  const sourceGuids = new Set([...sources.values()].flatMap(({ snapshots }) => snapshots.map(({ guid }) => guid)));
  const faults = new FaultScript();
  for (let count = dice.integer(0, 3); count > 0; count--) {
    faults.add(dice.integer(0, 40), { kind: "fail", stderr: "cannot do that: I/O error\n" });
  }
  const said: string[] = [];
  const run = sim.again(faults);
  await runBzfs(run, words, {}, surroundings({ plans, alarm: (text) => void said.push(text) }));

  const context = `${words.join(" ")}\n${run.history().join("\n")}`;
  const has = copies(sim);
  const seen = { destroyed: 0, heldBack: said.length, beyond: 0, backlog: 0, datasets: 0 };
  // A dataset that was about to be destroyed when a command failed has lost its snapshots already: it counts, too.
  const isEmptied = (name: string): boolean =>
    action === "delete datasets" && had.get(name)!.snapshots.length > 0 && has.get(name)!.snapshots.length === 0;
  const gone = [...had.keys()].filter((name) => !has.has(name) || isEmptied(name));
  const unpermitted = gone.filter((name) => !allowed.includes(name));
  assert(unpermitted.length <= Math.max(1, 0.2 * had.size), `datasets ${gone}\n${context}`);
  seen.datasets = gone.length;
  for (const [name, before] of had) {
    const lost = before.snapshots.filter(({ guid }) => !has.get(name)?.snapshots.some((each) => each.guid === guid));
    if (allowed.includes(name)) {
      seen.beyond += lost.length;
      if (action.startsWith("prune")) assertEquals(lost.filter(({ tag }) => !tag.startsWith("p_")), [], context);
      continue;
    }
    assertEquals(lost.filter(({ tag }) => !tag.startsWith("p_")), [], context);
    if (gone.includes(name)) continue;
    seen.destroyed += lost.length;
    const own = before.snapshots.filter(({ tag }) => tag.startsWith("p_"));
    const received = has.get(name)!.snapshots.filter(({ guid }) =>
      !before.snapshots.some((each) => each.guid === guid)
    );
    const most = Math.max(limit.amount, limit.percent / 100 * (own.length + received.length));
    if (action === "prune" && isRemembered && !isCut) seen.backlog += lost.length;
    else assert(lost.length <= most, `${name} lost ${lost.length} of ${own.length}\n${context}`);
    if (!action.startsWith("prune")) continue;
    const isLost = ({ guid }: { readonly guid: string }): boolean => lost.some((each) => each.guid === guid);
    assertEquals(floor === 0 ? [] : own.slice(-floor).filter(isLost), [], context);
    const shared = own.findLast(({ guid }) => sourceGuids.has(guid));
    if (action !== "prune" && floor > 0 && shared) assert(!isLost(shared), context);
  }
  return seen;
}

function prune(source: string, { x, y }: { readonly x: number; readonly y: number }): string[] {
  return [
    ...[source, "back/d", "-r", "--skip-replication", "--delete-dst-snapshots", "--plan-memory=law", ...FEW_RETRIES],
    `--delete-dst-snapshots-except-plan={'p': {'x': {'adhoc': ${x}}, 'y': {'adhoc': ${y}}}}`,
  ];
}

function wordsOf(action: Action, plan: { readonly x: number; readonly y: number }): string[] {
  switch (action) {
    case "prune":
      return prune("dummy", plan);
    case "prune with a source":
      return prune("tank/s", plan).filter((word) => word !== "--plan-memory=law");
    case "delete datasets":
      return ["tank/s", "back/d", "-r", "--skip-replication", "--delete-dst-datasets", ...FEW_RETRIES];
    case "replicate by force":
      return [
        "tank/s",
        "back/d",
        "-r",
        "--force",
        "--create-bookmarks=none",
        "--skip-on-error=dataset",
        ...FEW_RETRIES,
      ];
  }
}

let serial = 0;

function addSnapshots(sim: SimulatedWorld, dataset: string, dice: Dice): void {
  for (let count = dice.integer(0, 8); count > 0; count--) {
    const name = dice.pick(["p_x_", "p_x_", "p_y_", "mine_"]);
    must(sim.sourceHost, "zfs", "snapshot", `${dataset}@${name}${++serial}_adhoc`);
  }
}

/** The destination gets snapshots of its own, the source loses some, and whole datasets. */
function diverge(sim: SimulatedWorld, dice: Dice): void {
  for (const name of copies(sim).keys()) if (dice.chance(0.5)) addSnapshots(sim, name, dice);
  for (const { name, snapshots } of [...sim.sourceHost.poolOf("tank/s")!.state.datasets]) {
    if (!name.startsWith("tank/s")) continue;
    if (name !== "tank/s" && dice.chance(0.3)) {
      if (sim.sourceHost.poolOf(name)?.find(name)) must(sim.sourceHost, "zfs", "destroy", "-r", name);
      continue;
    }
    for (const { tag } of [...snapshots]) {
      if (dice.chance(0.3) && sim.sourceHost.poolOf(name)?.find(name)) {
        must(sim.sourceHost, "zfs", "destroy", `${name}@${tag}`);
      }
    }
    if (sim.sourceHost.poolOf(name)?.find(name)) addSnapshots(sim, name, dice);
  }
}

/** The destination's datasets as they are now. */
function copies(sim: SimulatedWorld): Map<string, Pick<DatasetState, "snapshots">> {
  const all = sim.destinationHost.poolOf("back")!.state.datasets.filter(({ name }) => name.startsWith("back/d"));
  return new Map(all.map(({ name, snapshots }) => [name, { snapshots: [...snapshots] }]));
}
