/** The example of `mod.ts`, run: a program that embeds a run of `bzfs`. */
import { planReplication, run, type RunEvent } from "../../mod.ts";
import { assertEquals } from "../support/assert.ts";
import { history } from "../support/history.ts";
import { scene } from "../support/output_scene.ts";

Deno.test("run() replicates, tells what happens, and returns status and result", async () => {
  await using it = await scene();
  const program = `
    import { run } from "${new URL("../../mod.ts", import.meta.url)}";
    const events = [];
    const words = ["--log-dir=${it.folder}/bzfs-logs", "-r", "tank/src", "back/dst"];
    const { status, result } = await run(words, {
      onEvent: (event) => events.push(event.event),
      log: (text) => console.error(text),
    });
    console.log(JSON.stringify([status, result?.totals.snapshotsSent, events[0], events.at(-1)]));`;
  await Deno.writeTextFile(`${it.folder}/embedding.ts`, program);
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const done = await it.sh(`'${Deno.execPath()}' run --no-check --config=${config} --unstable-net -A $D/embedding.ts`);
  assertEquals([done.status, done.out], [0, '[0,3,"run-started","run-ended"]\n'], done.err);
  assertEquals(/\[I\] Success\. Goodbye!\n$/.test(done.err), true);
});

Deno.test("run() returns status 2 and no result for wrong words, which are told", async () => {
  const told: string[] = [];
  const events: RunEvent[] = [];
  const end = await run(["--recursve", "a", "b"], { log: (text) => told.push(text), onEvent: (e) => events.push(e) });
  assertEquals([end, events], [{ status: 2, result: undefined }, []]);
  assertEquals(told.join("\n").includes("Did you mean --recursive"), true);
});

Deno.test("planReplication() decides and plans without looking at anything", () => {
  const usable = history("@A @B @C");
  const seen = {
    source: usable[0]!.dataset,
    destination: usable[0]!.dataset,
    usable,
    selected: new Set(usable.map(({ guid }) => guid)),
    anySelected: true,
    destinationSnapshots: [],
  };
  const force = {
    rollbackToLatest: false,
    rollbackToLatestCommon: false,
    replaceUnrelated: false,
    destroyDependents: false,
    unmount: false,
    once: false,
  };
  const policy = { stream: true, allowIntermediates: true, skipMissingSnapshots: "fail", force } as const;
  const { decision, transfers } = planReplication(seen, policy);
  assertEquals([decision.kind, transfers.map(({ kind, to }) => [kind, to.tag])], [
    "replicate",
    [["full", "A"], ["incremental", "C"]],
  ]);
});
