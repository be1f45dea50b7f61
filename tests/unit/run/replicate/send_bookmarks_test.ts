/** Bookmarks are a convenience: a source that refuses them is replicated all the same. */
import { exitCodeOf } from "../../../../lib/model/errors.ts";
import { must } from "../../../laws/world_gen.ts";
import { FaultScript } from "../../../sim/faults.ts";
import { FEW_RETRIES, runBzfs } from "../../../sim/run.ts";
import { type SimulatedWorld, simulatedWorld } from "../../../sim/world.ts";
import { assert, assertEquals } from "../../../support/assert.ts";

const ARGV = ["tank/s", "back/d", "--recursive", ...FEW_RETRIES];

function world(): SimulatedWorld {
  const sim = simulatedWorld({ hosts: "two" });
  for (const dataset of ["tank/s", "tank/s/a"]) {
    must(sim.sourceHost, "zfs", "create", dataset);
    for (const tag of ["1", "2", "3"]) must(sim.sourceHost, "zfs", "snapshot", `${dataset}@${tag}`);
  }
  return sim;
}

function arrived(sim: SimulatedWorld): readonly string[] {
  return ["back/d", "back/d/a"].flatMap((name) => sim.destination.find(name)?.snapshots.map(({ tag }) => tag) ?? []);
}

function refusals(run: SimulatedWorld): readonly string[] {
  return run.log.texts("WARN").filter((text) => text.startsWith("The source refuses"));
}

const ALL = ["1", "2", "3", "1", "2", "3"];

const POOL_WIDE: Readonly<Record<string, string>> = {
  "pool is read-only": "read-only",
  "Read-only file system": "read-only",
  "bookmark feature not enabled": "unsupported",
};

for (const [said, fault] of Object.entries(POOL_WIDE)) {
  Deno.test(`replication does without bookmarks, after one question and one warning, where zfs says "${said}"`, async () => {
    const sim = world();
    const stderr = `cannot create bookmark 'tank/s#x': ${said}\n`;
    const faults = new FaultScript().add(/^zfs bookmark /, { kind: "fail", status: 1, stderr }, 100);
    const run = sim.again(faults);
    assertEquals(await runBzfs(run, ARGV), undefined);
    assertEquals(arrived(sim), ALL);
    assertEquals(refusals(run), [
      `The source refuses to create bookmarks, hence replication does without (${fault}): tank`,
    ]);
    assertEquals(faults.passed.filter(({ text }) => text.startsWith("zfs bookmark ")).length, 1);
  });
}

Deno.test("a missing right to make bookmarks costs one warning for each dataset", async () => {
  const sim = world();
  sim.sourceHost.permissions = new Set(["snapshot", "send", "destroy", "hold"]);
  const run = sim.again();
  assertEquals(await runBzfs(run, ARGV), undefined);
  assertEquals(arrived(sim), ALL);
  assertEquals(refusals(run).map((text) => text.slice(text.indexOf("("))), ["(denied): tank/s", "(denied): tank/s/a"]);
});

Deno.test("a user who has asked for bookmarks learns at the end that there are none, after the data is in", async () => {
  const sim = world();
  sim.sourceHost.permissions = new Set(["snapshot", "send", "destroy", "hold"]);
  const run = sim.again();
  const error = await runBzfs(run, [...ARGV, "--create-bookmarks=all"]);
  assertEquals([exitCodeOf(error), arrived(sim)], [3, ALL]);
  const expected = "Cannot create bookmarks of 6 snapshots, as the source refuses them: tank/s@1";
  assert(run.log.texts("ERROR").some((text) => text.startsWith(expected)), run.log.texts("ERROR").join("\n"));
});

Deno.test("temporary bookmarks that the source does not let be deleted stay, and the data goes", async () => {
  const sim = world();
  sim.sourceHost.permissions = new Set(["snapshot", "send", "bookmark", "hold"]);
  const run = sim.again();
  assertEquals(await runBzfs(run, [...ARGV, "--promote-bookmarks"]), undefined);
  assertEquals(arrived(sim), ALL);
  assertEquals(refusals(run).map((text) => text.slice(0, 40)), [
    "The source refuses to delete bookmarks, ",
    "The source refuses to delete bookmarks, ",
  ]);
});

Deno.test("a bookmark that fails for now is tried again", async () => {
  const sim = world();
  const run = sim.again(
    new FaultScript().failNext(/^zfs bookmark /, "cannot create bookmark 'tank/s#x': out of space\n"),
  );
  assertEquals(await runBzfs(run, ARGV), undefined);
  assertEquals([arrived(sim), refusals(run)], [ALL, []]);
  assert(sim.source.find("tank/s")!.bookmarks.length === 3);
});
