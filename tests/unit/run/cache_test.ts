/**
 * `--cache-snapshots` over whole runs: what need not be listed, and that nothing is missed for it.
 */
import { exitCodeOf } from "../../../lib/model/errors.ts";
import { must } from "../../laws/world_gen.ts";
import { FaultScript } from "../../sim/faults.ts";
import { runBzfs } from "../../sim/run.ts";
import { type SimulatedWorld, simulatedWorld } from "../../sim/world.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { MemoryCacheStamps, surroundings } from "../../support/surroundings.ts";

const REPLICATE = ["tank/s", "back/d", "-r", "--cache-snapshots"];
const LIMITS = "{'warning': '9 days', 'critical': '9 days'}";
const MONITOR = `--monitor-snapshots={'p': {'on': {'daily': {'latest': ${LIMITS}, 'oldest': ${LIMITS}}}}}`;
const CREATE = ["--create-src-snapshots", "--create-src-snapshots-plan={'p': {'on': {'daily': 1}}}"];

function world(): SimulatedWorld {
  const sim = simulatedWorld();
  for (const name of ["tank/s", "tank/s/a", "tank/s/b"]) must(sim.sourceHost, "zfs", "create", name);
  must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/s@p_on_1_daily");
  return sim;
}

/** Runs later with the same stamps; returns the commands that list snapshots, and the numbers of the cache. */
async function later(sim: SimulatedWorld, argv: readonly string[], stamps: MemoryCacheStamps, seconds = 60): Promise<{
  readonly listings: number;
  readonly cached: string;
  readonly run: SimulatedWorld;
}> {
  sim.clock.advance(seconds * 1000);
  const run = sim.again();
  assertEquals(await runBzfs(run, argv, {}, surroundings({ stamps })), undefined);
  const cached = run.log.texts("INFO").flatMap((text) =>
    /cache hits: (\S+), misses: ([^\]]+)/.exec(text)?.slice(1) ?? []
  );
  const listings =
    run.history().filter((command) => command.startsWith("zfs list -t filesystem,volume,snapshot")).length;
  return { listings, cached: cached.join(" "), run };
}

Deno.test("cache: a tree that was found up to date is not listed again until something changes", async () => {
  const [sim, stamps] = [world(), new MemoryCacheStamps()];
  assertEquals((await later(sim, REPLICATE, stamps)).cached, "0/3=0% 3/3=100%");
  assertEquals((await later(sim, REPLICATE, stamps)).cached, "0/3=0% 3/3=100%");
  const idle = await later(sim, REPLICATE, stamps);
  assertEquals([idle.listings, idle.cached], [0, "3/3=100% 0/3=0%"]);
  assertEquals(idle.run.log.texts("INFO").filter((text) => text.startsWith("Already up-to-date [cached]: ")).length, 3);
  must(sim.sourceHost, "zfs", "snapshot", "tank/s/a@new");
  assertEquals(
    (await later(sim, REPLICATE, stamps)).cached,
    "2/3=67% 1/3=33%".replace("67%", "66.7%").replace("33%", "33.3%"),
  );
  assert(sim.destination.findSnapshot("back/d/a", "new") !== undefined);
  must(sim.sourceHost, "zfs", "destroy", "back/d/b@p_on_1_daily");
  await later(sim, REPLICATE, stamps);
  assert(sim.destination.findSnapshot("back/d/b", "p_on_1_daily") !== undefined);
});

Deno.test("cache: other filters are another question", async () => {
  const [sim, stamps] = [world(), new MemoryCacheStamps()];
  for (let i = 0; i < 3; i++) await later(sim, [...REPLICATE, "--exclude-snapshot-regex=x"], stamps);
  assertEquals((await later(sim, REPLICATE, stamps)).cached, "0/3=0% 3/3=100%");
});

Deno.test("cache: two snapshots within the second of a run are both replicated", async () => {
  const [sim, stamps] = [world(), new MemoryCacheStamps()];
  for (let i = 0; i < 3; i++) await later(sim, REPLICATE, stamps);
  must(sim.sourceHost, "zfs", "snapshot", "tank/s@one");
  await later(sim, REPLICATE, stamps, 0);
  must(sim.sourceHost, "zfs", "snapshot", "tank/s@two");
  for (let i = 0; i < 3; i++) await later(sim, REPLICATE, stamps);
  assertEquals(sim.destination.find("back/d")!.snapshots.map(({ tag }) => tag), ["p_on_1_daily", "one", "two"]);
});

Deno.test("cache: creation lists nothing while nothing is due, and a new snapshot is replicated in the same run", async () => {
  const [sim, stamps] = [world(), new MemoryCacheStamps()];
  const argv = [...REPLICATE, ...CREATE];
  for (let i = 0; i < 4; i++) await later(sim, argv, stamps);
  const idle = await later(sim, argv, stamps);
  assertEquals([idle.listings, idle.cached], [0, "3/3=100% 0/3=0%"]);
  await later(sim, argv, stamps, 86_400);
  assertEquals(sim.destination.find("back/d/a")!.snapshots.length, 2);
  assertEquals(sim.source.find("tank/s/a")!.snapshots.length, 2);
});

Deno.test("cache: monitoring judges from stamps, by the same limits", async () => {
  const [sim, stamps] = [world(), new MemoryCacheStamps()];
  await later(sim, ["tank/s", "back/d", "-r"], stamps);
  const argv = ["tank/s", "back/d", "-r", "--skip-replication", "--cache-snapshots", MONITOR];
  assertEquals((await later(sim, argv, stamps)).cached, "0/6=0% 6/6=100%");
  const idle = await later(sim, argv, stamps);
  assertEquals([idle.listings, idle.cached], [0, "6/6=100% 0/6=0%"]);
  sim.clock.advance(11 * 86_400_000);
  const run = sim.again();
  assert(await runBzfs(run, argv, {}, surroundings({ stamps })) !== undefined);
  assertEquals(run.log.texts("CRITICAL").length, 12);
});

Deno.test("cache: a retention plan counts time from now, but only loses by it", async () => {
  const [sim, stamps] = [world(), new MemoryCacheStamps()];
  const argv = [...REPLICATE, "--include-snapshot-plan={'p': {'on': {'daily': 2}}}"];
  for (let i = 0; i < 2; i++) await later(sim, argv, stamps);
  assertEquals((await later(sim, argv, stamps, 86_400)).cached, "3/3=100% 0/3=0%");
});

Deno.test("cache: holds come and go without a change of the stamp, hence are always listed", async () => {
  const [sim, stamps] = [world(), new MemoryCacheStamps()];
  must(sim.sourceHost, "zfs", "create", "-p", "back/d");
  for (const tag of ["p_on_1_daily", "p_on_2_daily"]) {
    must(sim.sourceHost, "zfs", "snapshot", `back/d@${tag}`);
    sim.clock.advance(86_400_000);
  }
  must(sim.sourceHost, "zfs", "hold", "keep", "back/d@p_on_1_daily");
  const oldest = "{'warning': '2 days', 'cycles': 0, 'oldest_skip_holds': True}";
  const monitor = `--monitor-snapshots={'p': {'on': {'daily': {'oldest': ${oldest}}}}}`;
  const argv = ["dummy", "back/d", "--skip-replication", "--cache-snapshots", monitor];
  for (let i = 0; i < 3; i++) await later(sim, argv, stamps);
  must(sim.sourceHost, "zfs", "release", "keep", "back/d@p_on_1_daily");
  const run = sim.again();
  assertEquals(exitCodeOf(await runBzfs(run, argv, {}, surroundings({ stamps }))), 1);
});

Deno.test("cache: a dry run leaves no stamps", async () => {
  const [sim, stamps] = [world(), new MemoryCacheStamps()];
  for (let i = 0; i < 3; i++) await later(sim, [...REPLICATE, "--dryrun"], stamps);
  assertEquals(stamps.kept.size, 0);
});

Deno.test("cache: an old ZFS has no use for it", async () => {
  const sim = simulatedWorld({ version: "2.1" });
  must(sim.sourceHost, "zfs", "create", "tank/s");
  must(sim.sourceHost, "zfs", "snapshot", "tank/s@a");
  const stamps = new MemoryCacheStamps();
  for (let i = 0; i < 2; i++) assertEquals((await later(sim, REPLICATE, stamps)).cached, "");
  assertEquals(stamps.kept.size, 0);
});

Deno.test("cache: a filter that counts time from now is asked anew each time", async () => {
  const [sim, stamps] = [world(), new MemoryCacheStamps()];
  await later(sim, REPLICATE, stamps);
  must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/s@young");
  const argv = [...REPLICATE, "--include-snapshot-times-and-ranks", "anytime..1 hours ago"];
  for (let i = 0; i < 3; i++) assertEquals((await later(sim, argv, stamps)).cached, "0/3=0% 3/3=100%");
  assertEquals(sim.destination.findSnapshot("back/d/a", "young"), undefined);
  await later(sim, argv, stamps, 3600);
  assert(sim.destination.findSnapshot("back/d/a", "young") !== undefined);
});

Deno.test("cache: what was gone for a moment during a run is no replicated dataset afterwards", async () => {
  const [sim, stamps] = [world(), new MemoryCacheStamps()];
  for (let i = 0; i < 2; i++) await later(sim, REPLICATE, stamps);
  must(sim.sourceHost, "zfs", "snapshot", "tank/s/a@new");
  sim.clock.advance(60_000);
  const gone = "cannot open 'tank/s/a': dataset does not exist\n";
  const faults = new FaultScript().add(/^zfs list -t filesystem,volume,snapshot.* tank\/s\/a( |$)/, {
    kind: "fail",
    stderr: gone,
  }, 2);
  const run = sim.again(faults);
  assertEquals(await runBzfs(run, REPLICATE, {}, surroundings({ stamps })), undefined);
  assert(run.log.texts("WARN").includes("Third party deleted source: tank/s/a"));
  await later(sim, REPLICATE, stamps);
  assert(sim.destination.findSnapshot("back/d/a", "new") !== undefined);
});

Deno.test("cache: that another run knows the destination's present state proves nothing about this one's", async () => {
  const [sim, stamps] = [world(), new MemoryCacheStamps()];
  must(sim.sourceHost, "zfs", "snapshot", "tank/s/a@p_on_2_hourly");
  for (let i = 0; i < 3; i++) await later(sim, REPLICATE, stamps);
  must(sim.sourceHost, "zfs", "destroy", "back/d/a@p_on_2_hourly");
  const daily = [...REPLICATE, "--include-snapshot-regex=.*daily"];
  for (let i = 0; i < 3; i++) await later(sim, daily, stamps);
  await later(sim, REPLICATE, stamps);
  assert(sim.destination.findSnapshot("back/d/a", "p_on_2_hourly") !== undefined);
});

Deno.test("cache: with --skip-missing-snapshots=fail, that nothing is selected any more is a failure", async () => {
  const [sim, stamps] = [world(), new MemoryCacheStamps()];
  const words = ["--create-bookmarks=none", "--skip-missing-snapshots=fail"]; // a bookmark would be something
  const argv = [...REPLICATE, ...words, "--include-snapshot-times-and-ranks", "2hours ago..*"];
  for (let i = 0; i < 3; i++) await later(sim, argv, stamps);
  sim.clock.advance(9_000_000);
  const run = sim.again();
  assert(await runBzfs(run, argv, {}, surroundings({ stamps })) !== undefined);
  assert(run.log.texts("ERROR").some((text) => text.startsWith("Source dataset includes no snapshot: tank/s.")));
});
