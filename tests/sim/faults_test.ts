/** Faults happen where the script says. */
import { CommandError, Retryable } from "../../lib/model/errors.ts";
import { datasetFromZfs } from "../../lib/model/dataset.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { execute } from "./commands/dispatch.ts";
import { FaultScript, Killed } from "./faults.ts";
import { FEW_RETRIES, runBzfs } from "./run.ts";
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
