/**
 * A tree in which each dataset has one new snapshot: what is asked and changed for that, and what happens if others change
 * something between the look at all datasets and the act.
 */
import { messageOf } from "../../../../lib/model/errors.ts";
import { RealZfs } from "../../../../lib/zfs/real_zfs.ts";
import type { History } from "../../../../lib/zfs/world.ts";
import { must } from "../../../laws/world_gen.ts";
import { FaultScript, thirdParty } from "../../../sim/faults.ts";
import { FEW_RETRIES, runBzfs } from "../../../sim/run.ts";
import { type SimulatedWorld, simulatedWorld } from "../../../sim/world.ts";
import { assert, assertEquals, assertMatch } from "../../../support/assert.ts";
import { receiveStage } from "../../../support/pipeline.ts";

const ARGV = ["tank/s", "back/d", "-r", "--threads=1", ...FEW_RETRIES];
const DATASETS = ["tank/s", "tank/s/a", "tank/s/b"];

/** The destination has snapshots 1 and 2 of each dataset; 3 is new. */
async function world(): Promise<SimulatedWorld> {
  const sim = simulatedWorld({ hosts: "two" });
  for (const name of DATASETS) must(sim.sourceHost, "zfs", "create", name);
  const snapshot = (tag: string): void => {
    for (const name of DATASETS) must(sim.sourceHost, "zfs", "snapshot", `${name}@${tag}`);
  };
  ["1", "2"].forEach(snapshot);
  assertEquals(await runBzfs(sim.again(), ARGV), undefined);
  snapshot("3");
  return sim;
}

function tagsAt(sim: SimulatedWorld, dataset: string): string[] | undefined {
  return sim.destination.find(dataset)?.snapshots.map(({ tag }) => tag);
}

/** Commands of a run about one dataset and its copy alone, as far as they tell what they do. */
function about(run: SimulatedWorld, name: string): string[] {
  const mine = new RegExp(`(?:tank/s|back/d)/${name}(?![/\\w])`, "g");
  const others = /(?:tank\/s|back\/d)(?:$|[ @#]|\/(?!a)\w)/;
  return run.history().filter((text) => text.match(mine) && !others.test(text.replaceAll(mine, "")))
    .map((text) => / \| zfs receive /.test(text) ? "transfer" : text.split(" ").slice(0, 3).join(" "));
}

Deno.test("one new snapshot of each dataset costs an estimate, one change, the transfer and a look at what arrived", async () => {
  const run = (await world()).again();
  assertEquals(await runBzfs(run, ARGV), undefined);
  assertEquals(about(run, "a"), ["zfs send --raw", "zfs bookmark tank/s/a@3", "transfer", "zfs list -t"]);
  const looks = (pattern: RegExp): number => run.history().filter((text) => pattern.test(text)).length;
  assertEquals([looks(/^ps /), looks(/receive_resume_token/), looks(/createtxg.* tank\/s tank\/s\/a tank\/s\/b$/)], [
    1,
    1,
    1,
  ]);
});

Deno.test("sizes are asked for together, the first one alone", async () => {
  const run = (await world()).again();
  assertEquals(await runBzfs(run, ARGV), undefined);
  const verbs = run.history().filter((text) => / zfs receive |^zfs send/.test(text)).map((text) =>
    `${/ zfs receive /.test(text) ? "transfer" : "size"} ${/(\S+)@3/.exec(text)![1]}`
  );
  assertEquals(verbs, [
    "size tank/s",
    "transfer tank/s",
    "size tank/s/a",
    "size tank/s/b",
    "transfer tank/s/a",
    "transfer tank/s/b",
  ]);
  const without = (await world()).again();
  assertEquals(await runBzfs(without, [...ARGV, "--no-estimate-send-size"]), undefined);
  assertEquals(without.history().filter((text) => /^zfs send -n|^zfs send .* -n /.test(text)), []);
});

Deno.test("a size that was refused with others is asked for by itself", async () => {
  const refused = new FaultScript().add(/^zfs send .*-n .*tank\/s\/b@3$/, { kind: "fail" });
  const run = (await world()).again(refused);
  assertEquals(await runBzfs(run, ARGV), undefined);
  const sizes = run.history().filter((text) => /^zfs send /.test(text) && !/ zfs receive /.test(text));
  assertEquals(sizes.map((text) => text.split(" ").at(-1)), [
    "tank/s@3",
    "tank/s/a@3",
    "tank/s/b@3",
    "tank/s/a@3",
    "tank/s/b@3",
  ]);
  assertEquals(tagsAt(run, "back/d/b"), ["1", "2", "3"]);
});

for (const words of [[], ["--guard=on"], ["--promote-bookmarks"]]) {
  Deno.test(`several workers do what one does, and look together at what arrived: ${words.join()}`, async () => {
    const ends = [];
    for (const threads of ["--threads=1", "--threads=3"]) {
      const sim = await world();
      const run = sim.again();
      assertEquals(await runBzfs(run, [...ARGV, threads, ...words]), undefined);
      const bookmarks = (name: string): string[] => sim.source.find(name)!.bookmarks.map(({ tag }) => tag).toSorted();
      ends.push(DATASETS.map((name) => [bookmarks(name), tagsAt(sim, name.replace("tank/s", "back/d"))]));
      const together = /^zfs list -t filesystem,volume,snapshot .* back\/d\/a back\/d\/b$/;
      const afterwards = run.history().slice(run.history().findLastIndex((text) => text.includes(" | zfs receive ")));
      assertEquals(afterwards.some((text) => together.test(text)), threads === "--threads=3");
    }
    assertEquals(ends[1], ends[0]);
  });
}

Deno.test("--promote-bookmarks takes three changes at the source, and a look at its bookmarks", async () => {
  const run = (await world()).again();
  assertEquals(await runBzfs(run, [...ARGV, "--promote-bookmarks"]), undefined);
  const verbs = run.history().filter((text) => text.includes("tank/s/a#")).map((text) => text.split(" ")[1]);
  assertEquals(verbs, ["bookmark", "bookmark", "destroy"]);
});

/** What another process does before the increment of `tank/s/a` is estimated, and what comes of it. */
interface Change {
  readonly act: (sim: SimulatedWorld) => () => void;
  readonly has: readonly string[];
  readonly fails?: RegExp;
}

const at = (side: "sourceHost" | "destinationHost", ...argv: [string, ...string[]]): Change["act"] => (sim) =>
  thirdParty(sim[side], ...argv);

const changes: Readonly<Record<string, Change>> = {
  "the destination gets a snapshot of its own that holds nothing new": {
    act: at("destinationHost", "zfs", "snapshot", "back/d/a@own"),
    has: ["1", "2", "own", "3"],
  },
  "the destination gets data and a snapshot of its own": {
    act: (sim) => () => {
      sim.destinationHost.write("back/d/a", 100);
      must(sim.destinationHost, "zfs", "snapshot", "back/d/a@own");
    },
    has: ["1", "2", "own"],
    fails: /^Conflict: /,
  },
  "the destination gets a snapshot of the name that is to be sent": {
    act: at("destinationHost", "zfs", "snapshot", "back/d/a@3"),
    has: ["1", "2", "3"],
    fails: /^Conflict: /,
  },
  "the newest snapshot of the destination is destroyed": {
    act: at("destinationHost", "zfs", "destroy", "back/d/a@2"),
    has: ["1", "2", "3"],
  },
  "the destination is destroyed": {
    act: at("destinationHost", "zfs", "destroy", "-r", "back/d/a"),
    has: ["1", "2", "3"],
  },
  "the base is destroyed": { act: at("sourceHost", "zfs", "destroy", "tank/s/a@2"), has: ["1", "2", "3"] },
  "the new snapshot is destroyed": { act: at("sourceHost", "zfs", "destroy", "tank/s/a@3"), has: ["1", "2"] },
  "the new snapshot gets another name": {
    act: at("sourceHost", "zfs", "rename", "tank/s/a@3", "tank/s/a@4"),
    has: ["1", "2", "4"],
  },
};

for (const [change, { act, has, fails }] of Object.entries(changes)) {
  const end = fails ? "a conflict, and nothing is lost" : "the run goes on from there";
  Deno.test(`between look and act ${change}: ${end}`, async () => {
    const sim = await world();
    const run = sim.again(new FaultScript().add(/^zfs send .*tank\/s\/a@3$/, { kind: "before", act: act(sim) }));
    const error = await runBzfs(run, ARGV);
    if (fails === undefined) assertEquals(error === undefined ? "" : messageOf(error), "");
    else assertMatch(messageOf(error), fails);
    assertEquals(tagsAt(sim, "back/d/a"), has);
  });
}

for (const change of ["the base is destroyed", "the new snapshot is destroyed"]) {
  Deno.test(`between look and act ${change}: that costs no retry`, async () => {
    const sim = await world();
    const act = changes[change]!.act(sim);
    const run = sim.again(new FaultScript().add(/^zfs send .*tank\/s\/a@3$/, { kind: "before", act }));
    const error = await runBzfs(run, [...ARGV, "--retries=0"]);
    assertEquals([error === undefined ? "" : messageOf(error), tagsAt(sim, "back/d/a")], ["", changes[change]!.has]);
  });
}

Deno.test("a partial receive is seen in the look at all datasets, and resumed", async () => {
  const sim = await world();
  for (let i = 0; i < 10; i++) sim.sourceHost.write("tank/s/a", 100);
  must(sim.sourceHost, "zfs", "snapshot", "tank/s/a@4");
  await runBzfs(sim.again(new FaultScript().cutAfter(/zfs receive .*back\/d\/a/, 900)), [
    ...ARGV,
    "--retries=0",
    "--no-stream",
  ]);
  assert(sim.destination.find("back/d/a")!.partial !== undefined);
  const run = sim.again();
  assertEquals(await runBzfs(run, ARGV), undefined);
  assert(run.history().some((text) => text.includes("send -t ") || text.includes(" -t 1-")), run.history().join("\n"));
  assertEquals(tagsAt(sim, "back/d/a")?.at(-1), "4");
});

Deno.test("after a failure processes at the destination are looked for anew", async () => {
  const sim = await world();
  const run = sim.again(new FaultScript().failNext(/ \| zfs receive .*back\/d\/a$/));
  assertEquals(await runBzfs(run, ARGV), undefined);
  assertEquals(run.history().filter((text) => text.startsWith("ps ")).length, 2);
});

for (const kind of ["kill", "kill-after"] as const) {
  Deno.test(`${kind} at the receive: a bookmark of what may have arrived is there, and the next run makes none`, async () => {
    const sim = await world();
    await runBzfs(sim.again(new FaultScript().add(/ \| zfs receive .*back\/d\/a$/, { kind })), ARGV);
    const { guid } = sim.source.findSnapshot("tank/s/a", "3")!;
    const marks = (): string[] =>
      sim.source.find("tank/s/a")!.bookmarks.filter((mark) => mark.guid === guid).map(({ tag }) => tag);
    assertEquals(marks(), [`3_${guid}`]);
    const run = sim.again();
    assertEquals(await runBzfs(run, ARGV), undefined);
    assertEquals([marks(), tagsAt(sim, "back/d/a")], [[`3_${guid}`], ["1", "2", "3"]]);
    assertEquals(run.history().filter((text) => text.startsWith("zfs bookmark tank/s/a@")), []);
  });
}

/** A source with many datasets of which each has a new snapshot. */
async function wideWorld(): Promise<SimulatedWorld> {
  const sim = await world();
  const names = Array.from({ length: 12 }, (_, index) => `tank/s/c${10 + index}`);
  for (const name of names) must(sim.sourceHost, "zfs", "create", name);
  const snapshot = (tag: string): void =>
    names.forEach((name) => must(sim.sourceHost, "zfs", "snapshot", `${name}@${tag}`));
  snapshot("1");
  assertEquals(await runBzfs(sim.again(), ARGV), undefined);
  for (const name of DATASETS) must(sim.sourceHost, "zfs", "snapshot", `${name}@4`);
  snapshot("2");
  return sim;
}

/** Two workers, which do little more than to carry streams. */
const TWO_CARRIERS = [...ARGV, "--threads=2", "--create-bookmarks=none", "--no-estimate-send-size"];

Deno.test("while it is read back what has arrived, others have the worker", async () => {
  const run = (await wideWorld()).again();
  const zfs = run.world.destination;
  const carried = (): number => run.history().filter((text) => text.includes(" | zfs receive ")).length;
  const meanwhile: number[] = [];
  const slowly = async function* (...args: Parameters<typeof zfs.histories>): AsyncGenerator<History> {
    const before = carried();
    for (let i = 0; i < 2000; i++) await Promise.resolve();
    if (before > 0) meanwhile.push(carried() - before);
    yield* RealZfs.prototype.histories.apply(zfs as RealZfs, args);
  };
  Object.defineProperty(zfs, "histories", { value: slowly, configurable: true });
  assertEquals(await runBzfs(run, TWO_CARRIERS), undefined);
  assert(Math.max(...meanwhile) > 2, `transfers during a look: ${meanwhile}`);
});

Deno.test("a retry of what had given its worker away waits for one: no worker carries two streams at once", async () => {
  const sim = await wideWorld();
  const run = sim.again(
    new FaultScript().add(
      ({ text }) => / back\/d\/c10( |$)/.test(text) && tagsAt(sim, "back/d/c10")!.includes("2"),
      { kind: "before", act: thirdParty(sim.destinationHost, "zfs", "destroy", "back/d/c10@2") },
    ),
  );
  const busy = new Set<number>();
  const carried: string[] = [];
  const transfer: SimulatedWorld["world"]["transfer"] = async (pipeline, options) => {
    carried.push(receiveStage(pipeline).argv.at(-1)!);
    assert(!busy.has(options.worker), `worker ${options.worker} carries another stream as well: ${carried}`);
    busy.add(options.worker);
    return await run.world.transfer(pipeline, options).finally(() => busy.delete(options.worker));
  };
  assertEquals(await runBzfs({ ...run, world: { ...run.world, transfer } }, TWO_CARRIERS), undefined);
  assertEquals(carried.filter((name) => name === "back/d/c10").length, 2);
  assertEquals(tagsAt(sim, "back/d/c10"), ["1", "2"]);
});
