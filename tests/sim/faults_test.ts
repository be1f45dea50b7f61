/** Faults happen where the script says. */
import { CommandError, Retryable } from "../../lib/model/errors.ts";
import { datasetFromZfs } from "../../lib/model/dataset.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { execute } from "./commands/dispatch.ts";
import { type Cut, FaultScript, FaultyRunner, Killed } from "./faults.ts";
import { FEW_RETRIES, runBzfs } from "./run.ts";
import { SimRunner } from "./runner.ts";
import { type SimulatedWorld, simulatedWorld } from "./world.ts";

const ARGV = ["tank/s", "back/d", ...FEW_RETRIES];

function world(faults: FaultScript): SimulatedWorld {
  const sim = simulatedWorld({ faults });
  execute(sim.sourceHost, ["zfs", "create", "tank/s"]);
  for (const tag of ["1", "2", "3"]) {
    for (let i = 0; i < 5; i++) sim.sourceHost.write("tank/s", 200);
    execute(sim.sourceHost, ["zfs", "snapshot", `tank/s@${tag}`]);
  }
  return sim;
}

Deno.test("failNext() keeps a command from running, failAfter() only says so", async () => {
  const faults = new FaultScript().failNext(/^zfs set x:a/).failAfter(/^zfs set x:b/);
  const sim = world(faults);
  const dataset = datasetFromZfs("tank/s");
  const set = (assignment: string): Promise<unknown> =>
    sim.world.source.apply({ kind: "set-properties", dataset, assignments: [assignment] });
  await assertRejects(() => set("x:a=1"), CommandError);
  await assertRejects(() => set("x:b=1"), CommandError);
  await set("x:c=1");
  assertEquals(await sim.world.source.propertyNames(dataset, "local"), ["x:b", "x:c"]);
});

Deno.test("vanishBefore() takes a dataset away between two commands", async () => {
  const faults = new FaultScript();
  const sim = world(faults);
  faults.vanishBefore(/^zfs get/, sim.sourceHost, "tank/s");
  const dataset = datasetFromZfs("tank/s");
  assertEquals(
    (await Array.fromAsync(sim.world.source.histories([dataset], { bookmarks: false, creation: false })))[0]!.versions!
      .length,
    3,
  );
  await assertRejects(() => sim.world.source.propertyNames(dataset, "local"), Retryable);
});

Deno.test("cutAfter() leaves a token, which the retry completes", async () => {
  const sim = world(new FaultScript().cutAfter(/zfs receive/, 1200));
  assertEquals(await runBzfs(sim, ARGV), undefined);
  assert(sim.history().some((line) => / send .*-t 1-.* \| zfs receive -F /.test(line)), sim.history().join("\n"));
  assertEquals(sim.destination.find("back/d")!.snapshots.map(({ tag }) => tag), ["1", "2", "3"]);
});

Deno.test("a kill ends a run at that boundary", async () => {
  const sim = world(new FaultScript().add(/zfs receive/, { kind: "kill-after" }));
  const error = await runBzfs(sim, ARGV);
  assert(error instanceof Killed);
  assertStringIncludes(sim.history().at(-1)!, "zfs receive");
  assertEquals(sim.destination.find("back/d")!.snapshots.length, 1);
});

const LIST = ["zfs", "list", "-H", "-o", "name", "-t", "filesystem,snapshot", "-d", "1", "tank/s", "tank/t"];

function twoDatasets(faults: FaultScript): { readonly sim: SimulatedWorld; readonly runner: FaultyRunner } {
  const sim = world(faults);
  execute(sim.sourceHost, ["zfs", "create", "tank/t"]);
  execute(sim.sourceHost, ["zfs", "snapshot", "tank/t@1"]);
  return { sim, runner: new FaultyRunner(new SimRunner(sim.sourceHost), faults, sim.clock) };
}

Deno.test("an interrupted listing lacks rows of one iterator, has the reason on stderr, and status 0", async () => {
  const faults = new FaultScript();
  const { sim, runner } = twoDatasets(faults);
  faults.add(/list/, {
    kind: "interrupt",
    host: sim.sourceHost,
    interruption: { pool: "tank", rows: 1, reason: "I/O error" },
  });
  const { status, stdout, stderr } = await runner.run(LIST);
  const rows = stdout.trimEnd().split("\n");
  assertEquals([status, stderr], [0, "cannot iterate filesystems: I/O error\n"]);
  assertEquals(rows.filter((row) => row.startsWith("tank/s@")).length, 1);
  assertEquals(rows.filter((row) => !row.startsWith("tank/s@")).sort(), ["tank/s", "tank/t", "tank/t@1"]);
  assertEquals((await runner.run(LIST)).stdout.trimEnd().split("\n").length, 6);
});

Deno.test("a pool that is exported while it is listed ends iterators in silence, and later operands with an error", async () => {
  const faults = new FaultScript();
  const { sim, runner } = twoDatasets(faults);
  const act = (): void => sim.sourceHost.removePool("tank");
  faults.add(/list/, { kind: "interrupt", host: sim.sourceHost, interruption: { pool: "tank", rows: 0, act } });
  const gone = "cannot open 'tank/t': dataset does not exist\n";
  assertEquals(await runner.run(LIST), { status: 1, stdout: "tank/s\n", stderr: gone });
  sim.sourceHost.importPool(sim.source);
  faults.add(/list/, { kind: "interrupt", host: sim.sourceHost, interruption: { pool: "tank", rows: 3, act } });
  const { status, stdout, stderr } = await runner.run(LIST);
  assertEquals([status, stderr], [0, ""], "the last operand was opened before");
  assertEquals(stdout.trimEnd().split("\n").sort(), ["tank/s", "tank/s@1", "tank/s@2", "tank/s@3", "tank/t"]);
});

Deno.test("what happens in the middle of a listing happens after any other command", async () => {
  const faults = new FaultScript();
  const { sim, runner } = twoDatasets(faults);
  const act = (): void => sim.sourceHost.removePool("tank");
  faults.add(/get/, { kind: "interrupt", host: sim.sourceHost, interruption: { pool: "tank", rows: 9, act } });
  assertEquals((await runner.run(["zfs", "get", "-H", "-o", "value", "type", "tank/s"])).stdout, "filesystem\n");
  assertEquals(sim.sourceHost.poolOf("tank/s"), undefined);
});

Deno.test("a listing that is cut says what it has lost, and noise is beside a complete answer", async () => {
  const cuts: Cut[] = [];
  const faults = new FaultScript()
    .add(/list/, { kind: "end-early", rows: 1, stderr: "word\n", note: (cut) => void cuts.push(cut) })
    .add(/list/, { kind: "noise", stderr: "Warning: this is a banner\n" });
  const { runner } = twoDatasets(faults);
  const cut = await runner.run(LIST);
  assertEquals([cut.status, cut.stdout.split("\n").length - 1, cut.stderr], [0, 1, "word\n"]);
  assertEquals(cuts.map(({ kept, lost }) => [kept.length, lost.length]), [[1, 5]]);
  const noisy = await runner.run(LIST);
  assertEquals([noisy.status, noisy.stdout.split("\n").length - 1], [0, 6]);
  assertEquals(noisy.stderr, "Warning: this is a banner\n");
});

Deno.test("a twin is equal, and its pools are its own", async () => {
  const sim = world(new FaultScript());
  const twin = sim.twin();
  assertEquals(twin.fingerprint(), sim.fingerprint());
  assertEquals(await runBzfs(twin, ARGV), undefined);
  assertEquals([sim.destination.find("back/d"), twin.destination.find("back/d")?.snapshots.length], [undefined, 3]);
});

Deno.test("pools remember what was removed from them", () => {
  const sim = world(new FaultScript());
  execute(sim.sourceHost, ["zfs", "bookmark", "tank/s@1", "tank/s#b"]);
  execute(sim.sourceHost, ["zfs", "destroy", "tank/s@2"]);
  execute(sim.sourceHost, ["zfs", "destroy", "-r", "tank/s"]);
  assertEquals(sim.source.lost, ["tank/s@2", "tank/s@1", "tank/s@3", "tank/s#b", "tank/s"]);
});
