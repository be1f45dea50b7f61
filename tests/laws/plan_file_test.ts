/**
 * The law of applied plans: destroyed ⊆ plan. In all worlds, whatever others create, destroy, make anew, rename, copy or
 * hold between the plan and its run, and but for making anew during it, and wherever the run is killed, it destroys
 * nothing that the plan does not hold by place, name and guid, and rolls back to nothing that it does not hold.
 *
 * A failing law names its seed; `BZFS_LAW_SEED=n` runs that seed alone, `BZFS_SOAK=1` many more.
 */
import { AppliedPlan, PlanFold, type PlannedRun } from "../../lib/report/plan_file/mod.ts";
import type { Recorder } from "../../lib/report/events.ts";
import { HeldBackError } from "../../lib/model/errors.ts";
import { SILENT_LOGGER } from "../../lib/model/log.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Dice, macrotask } from "../support/for_all.ts";
import { type Surroundings, surroundings } from "../support/surroundings.ts";
import { execute } from "../sim/commands/dispatch.ts";
import { FaultScript } from "../sim/faults.ts";
import { runBzfs } from "../sim/run.ts";
import type { DatasetState } from "../sim/state.ts";
import type { SimulatedWorld } from "../sim/world.ts";
import { DESTINATION, destinationDatasets, drawStory, evolve, SOURCE, sourceDatasets } from "./world_gen.ts";

const onlySeed = Deno.env.get("BZFS_LAW_SEED");
const RUNS = Deno.env.get("BZFS_SOAK") === "1" ? 20_000 : 1000;

const DELETIONS = [
  "--delete-dst-datasets",
  "--delete-dst-snapshots",
  "--delete-dst-snapshots=bookmarks",
  "--delete-empty-dst-datasets",
];
const FORCES = [
  "--force",
  "--force-rollback-to-latest-common-snapshot",
  "--force-rollback-to-latest-snapshot",
  "--force-destroy-dependents",
  "--force-once",
];

Deno.test("law: an applied plan is a permit, whatever others do and wherever the run is killed", async () => {
  const seeds = onlySeed ? [Number(onlySeed)] : Array.from({ length: RUNS }, (_, index) => index + 1);
  const sum = { planned: 0, destroyed: 0, left: 0, whole: 0, changed: 0 };
  for (const seed of seeds) {
    await macrotask(seed);
    try {
      const counts = await play(seed);
      for (const [name, count] of Object.entries(counts)) sum[name as keyof typeof sum] += count;
    } catch (cause) {
      throw new Error(`The law fails for seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
  const isTelling = Object.values(sum).every((count) => count > seeds.length / 25);
  assert(isTelling || onlySeed !== undefined, JSON.stringify(sum));
});

async function play(seed: number): Promise<Record<"planned" | "destroyed" | "left" | "whole" | "changed", number>> {
  const dice = new Dice(seed ^ 0x2545f491);
  const story = drawStory(seed, { tampered: dice.chance(0.5) });
  const argv = [
    ...(dice.chance(0.15) ? ["dummy", ...story.argv.slice(1), "--skip-replication"] : story.argv),
    ...DELETIONS.filter(() => dice.chance(0.5)),
    ...FORCES.filter(() => dice.chance(0.35)),
    ...(dice.chance(0.3) && !story.argv.includes("dummy") ? ["--skip-replication"] : []),
  ];
  const sim = await story.tell();
  execute(sim.destinationHost, ["zfs", "create", "-p", DESTINATION]);
  if (dice.chance(0.5)) evolve(sim, dice, "old");
  others(sim, dice, dice.integer(0, 6));

  const fold = new PlanFold();
  const dry = sim.twin();
  const note: Recorder = { record: (event) => fold.add({ at: "", run: "", ...event }), isWanted: true };
  await runBzfs(dry, [...argv, "--dryrun"], {}, { ...surroundings(), recorder: note });
  const { runs } = fold.document({ program: "bzfs", version: "", createdAt: "", host: "" });
  const planned = permitted(runs);

  const isQuiet = dice.chance(0.3);
  if (!isQuiet) others(sim, dice, dice.integer(0, 5));
  const twin = sim.twin();
  await runBzfs(twin, argv);
  const boundaries = twin.history().length;
  const moments = isQuiet ? [] : [1, 2].map(() => dice.integer(0, boundaries));
  const had = belongings(sim);
  let changed = 0;
  const faults = new FaultScript();
  const isKilled = dice.chance(0.4);
  if (isKilled) faults.add(dice.integer(0, boundaries - 1), { kind: dice.pick(["kill", "kill-after"] as const) });
  const act = (): void => {
    if (!moments.includes(faults.passed.length)) return;
    const before = belongings(sim);
    others(sim, dice, 1, "during the run");
    const after = belongings(sim);
    for (const [name, guid] of before) if (after.get(name) !== guid) had.delete(name);
    for (const [name, guid] of after) {
      if (before.get(name) !== guid) changed++;
      had.set(name, guid);
    }
  };
  faults.add(() => true, { kind: "before", act }, Infinity);
  const plan = new AppliedPlan(runs);
  const run = sim.again(faults);
  const error = await runBzfs(run, [...argv, "--apply-plan=plan"], {}, applying(plan));

  const context = `${argv.join(" ")}\n${JSON.stringify(runs, undefined, 1)}\n${run.history().join("\n")}`;
  const has = belongings(sim);
  const lost = [...had].filter(([name, guid]) => has.get(name) !== guid)
    .filter(([name]) => !name.includes("#") || has.has(name.replace(/#.*/, ""))); // bookmarks go with their dataset
  const unplanned = lost.filter(([name, guid]) => planned.losses.get(name) !== guid);
  assertEquals(unplanned.map(([name]) => name), [], context);
  const rollbacks = run.history().flatMap((text) => /^zfs rollback (.*)$/.exec(text)?.[1] ?? []);
  assertEquals(rollbacks.filter((words) => /^-\w*[rR]/.test(words)), [], context);
  assertEquals(rollbacks.filter((words) => !planned.rollbacks.has(words.replace(/^-\w+ /, ""))), [], context);

  let left = 0;
  try {
    plan.requireAll();
  } catch (thrown) {
    assert(thrown instanceof HeldBackError);
    left = 1;
  }
  // What is there as it was planned has not been destroyed, and is told.
  const stays = [...planned.losses].some(([name, guid]) => has.get(name) === guid);
  assert(!stays || left === 1, context);
  const isWhole = isQuiet && !isKilled && error === undefined && planned.losses.size > 0;
  return { planned: planned.losses.size, destroyed: lost.length, left, whole: isWhole && left === 0 ? 1 : 0, changed };
}

/** Surroundings in which a plan is applied. */
function applying(plan: AppliedPlan): Surroundings {
  const around = surroundings();
  plan.tellLeft(SILENT_LOGGER);
  return { ...around, recorder: plan, files: { ...around.files, permitAt: (places) => plan.at(places) } };
}

/** Guids of what a plan holds, by full name; snapshots that it goes back to. */
function permitted(runs: readonly PlannedRun[]): {
  readonly losses: ReadonlyMap<string, string>;
  readonly rollbacks: ReadonlySet<string>;
} {
  const datasets = runs.flatMap((run) => run.datasets);
  const losses = datasets.flatMap(({ dataset, destroy = [], heldBack = [] }) =>
    [...destroy, ...heldBack].map(({ name, guid }) => [dataset + name, guid] as const)
  );
  const rollbacks = datasets.flatMap(({ dataset, rollBack = [] }) => rollBack.map(({ to }) => dataset + to));
  return { losses: new Map(losses), rollbacks: new Set(rollbacks) };
}

/** Guids of datasets, snapshots and bookmarks of both pools, by name. */
function belongings(sim: SimulatedWorld): Map<string, string> {
  // What an interrupted first receive has left is state of this program.
  const datasets = [sim.source, sim.destination].flatMap((pool) => pool.datasets).filter(({ partial }) =>
    partial?.newDataset !== true
  );
  const rows = datasets.flatMap((dataset) => [
    [dataset.name, dataset.guid] as const,
    ...dataset.snapshots.map(({ tag, guid }) => [`${dataset.name}@${tag}`, guid] as const),
    ...dataset.bookmarks.filter(({ tag }) => !tag.startsWith(".TMPBZFS")).map(({ tag, guid }) =>
      [`${dataset.name}#${tag}`, guid] as const
    ),
  ]);
  return new Map(rows);
}

/**
 * Others do something so many times, at the destination or at the source, as far as it is possible there. During the run they
 * make nothing anew under a name: `zfs destroy` knows names only, and cannot tell it from what was there a moment before.
 */
function others(sim: SimulatedWorld, dice: Dice, times: number, when: "before" | "during the run" = "before"): void {
  for (let count = times; count > 0; count--) {
    const isSource = dice.chance(0.2);
    const host = isSource ? sim.sourceHost : sim.destinationHost;
    const root = isSource ? SOURCE : DESTINATION;
    const datasets: DatasetState[] = isSource ? sourceDatasets(sim) : destinationDatasets(sim);
    if (datasets.length === 0) return;
    const { name, snapshots } = dice.pick(datasets);
    const tag = snapshots.length > 0 ? dice.pick(snapshots).tag : "none";
    const unique = `mine${dice.integer(1, 1 << 30)}`;
    const zfs = (...words: string[]): unknown => execute(host, ["zfs", ...words]);
    switch (dice.integer(0, 9)) {
      case 0:
        zfs("snapshot", `${name}@${unique}`);
        break;
      case 1: // under the same name, another snapshot
        zfs("destroy", `${name}@${tag}`);
        if (when === "before") zfs("snapshot", `${name}@${tag}`);
        break;
      case 2:
        zfs("destroy", `${name}@${tag}`);
        break;
      case 3: // under the same name, another dataset with snapshots of the same names
        if (name === root) break;
        zfs("rename", name, `${root}/${unique}`);
        if (when !== "before") break;
        zfs("create", name);
        for (const snapshot of snapshots) zfs("snapshot", `${name}@${snapshot.tag}`);
        break;
      case 4: // the same guids elsewhere
        execute(host, ["zfs", "receive", `${root}/${unique}`], execute(host, ["zfs", "send", `${name}@${tag}`]).stream);
        break;
      case 5:
        zfs("hold", unique, `${name}@${tag}`);
        break;
      case 6:
        zfs("rename", `${name}@${tag}`, `${name}@${unique}`);
        break;
      case 7:
        zfs("bookmark", `${name}@${tag}`, `${name}#${dice.chance(0.5) ? unique : tag}`);
        break;
      case 8:
        zfs("clone", `${name}@${tag}`, `${root}/${unique}`);
        break;
      default:
        zfs("create", `${name}/${unique}`);
        if (dice.chance(0.5)) zfs("snapshot", `${name}/${unique}@${tag}`);
    }
  }
}
