/**
 * Clocks that are wrong, names that only look like ours, ranges that select nothing: what is documented happens, and
 * deletions err on the side of keeping.
 */
import { messageOf } from "../../../lib/model/errors.ts";
import { must } from "../../laws/world_gen.ts";
import { runBzfs } from "../../sim/run.ts";
import { type SimulatedWorld, simulatedWorld } from "../../sim/world.ts";
import { assert, assertEquals, assertMatch } from "../../support/assert.ts";

const YEAR_MS = 365 * 86_400_000;
const CREATE = [
  ...["tank/s", "dummy", "--skip-replication", "--create-src-snapshots"],
  "--create-src-snapshots-plan={'p': {'on': {'hourly': 2, 'daily': 2}}}",
];
const PRUNE = ["dummy", "back/d", "--skip-replication", "--delete-dst-snapshots"];
const PLAN = "--delete-dst-snapshots-except-plan={'p': {'on': {'daily': 2}, '': {'daily': 1}}}";

function world(): SimulatedWorld {
  const sim = simulatedWorld();
  for (const name of ["tank/s", "back/d"]) must(sim.sourceHost, "zfs", "create", name);
  return sim;
}

/** A destination with snapshots of these names, a day apart. */
function filled(tags: readonly string[]): SimulatedWorld {
  const sim = world();
  for (const tag of tags) {
    must(sim.sourceHost, "zfs", "snapshot", `back/d@${tag}`);
    sim.clock.advance(86_400_000);
  }
  return sim;
}

function tagsOf(sim: SimulatedWorld, dataset: string): string[] {
  return sim.sourceHost.poolOf(dataset)!.find(dataset)!.snapshots.map(({ tag }) => tag);
}

async function run(sim: SimulatedWorld, argv: readonly string[]): Promise<SimulatedWorld> {
  const again = sim.again();
  const error = await runBzfs(again, argv);
  assertEquals(error === undefined ? "" : messageOf(error), "");
  return again;
}

Deno.test("a clock before 1970 creates what is missing, and keeps all that is not older than that", async () => {
  const daily = ["p_on_2024-01-01_daily", "p_on_2024-01-02_daily", "p_on_2024-01-03_daily", "p_on_2024-01-04_daily"];
  const sim = filled(daily);
  sim.clock.advance(-60 * YEAR_MS);
  await run(sim, CREATE);
  assertEquals(tagsOf(sim, "tank/s").map((tag) => tag.slice(0, 9)), ["p_on_1964", "p_on_1964"]);
  await run(sim, CREATE);
  assertEquals(tagsOf(sim, "tank/s").length, 2);
  await run(sim, [...PRUNE, PLAN]);
  await run(sim, [...PRUNE, "--include-snapshot-times-and-ranks=anytime..1 days ago"]);
  assertEquals(tagsOf(sim, "back/d"), daily);
});

Deno.test("a clock that is far ahead loses nothing that a plan retains by its number", async () => {
  const sim = filled(["p_on_2024-01-01_daily", "p_on_2024-01-02_daily", "p_on_2024-01-03_daily"]);
  sim.clock.advance(9000 * YEAR_MS);
  await run(sim, [...PRUNE, PLAN]);
  assertEquals(tagsOf(sim, "back/d"), ["p_on_2024-01-02_daily", "p_on_2024-01-03_daily"]);
  await run(sim, CREATE);
  assertMatch(tagsOf(sim, "tank/s")[0]!, /^p_on_11018-\d\d-\d\d_\d\d:\d\d:\d\d_daily$/);
});

Deno.test("snapshots of a clock that was ahead keep labels from being due, and monitoring green: a warning says so", async () => {
  const sim = world();
  sim.clock.advance(2 * YEAR_MS);
  await run(sim, CREATE);
  sim.clock.advance(-2 * YEAR_MS);
  const create = await run(sim, CREATE);
  assertEquals(tagsOf(sim, "tank/s").length, 2);
  assertEquals(create.log.texts("WARN").map((text) => text.slice(0, 164)), [
    "--create-src-snapshots: 2 labels are not due because their newest snapshots were created in the future, by this " +
    "clock; the first one at 2026-11-06_08:30:05+00:00 in",
  ]);
  const limits = "{'warning': '1 hours', 'cycles': 0}";
  const monitor = `--monitor-snapshots={'p': {'on': {'daily': {'latest': ${limits}}}}}`;
  const monitored = await run(sim, [
    "tank/s",
    "back/d",
    "--skip-replication",
    monitor,
    "--monitor-snapshots-dont-warn",
  ]);
  assert(
    monitored.log.texts("WARN").some((text) => /^--monitor-snapshots: 1 datasets .* first is tank\/s$/.test(text)),
  );
  sim.clock.advance(2 * YEAR_MS - 60_000);
  assertEquals((await run(sim, CREATE)).log.texts("WARN"), [], "a minute is no matter");
});

Deno.test("names that only look like ours are not touched by plans, and make nothing due or well", async () => {
  const others = [
    "p_on_daily",
    "p_onx_2024-01-01_daily",
    "xp_on_2024-01-01_daily",
    "p_on_2024-01-01_daily2",
    "P_on_2024-01-01_daily",
    "p_other_2024-01-01_daily",
    "p_0024-01-01_daily",
  ];
  const sim = filled([...others, "p_2024-01-01_daily", "p_2024-01-02_daily", "p_on_2024-01-05_daily"]);
  const words = [
    ...PRUNE,
    "--include-snapshot-regex=p_on_.*_daily",
    "--include-snapshot-regex=p_[1-9][0-9]{3}.*_daily",
  ];
  await run(sim, words);
  assertEquals(tagsOf(sim, "back/d"), others);
  const sure = await run(sim, [...CREATE.with(0, "back/d")]);
  assertEquals(tagsOf(sim, "back/d").length, others.length + 2);
  assert(sure.log.texts("INFO").some((text) => text.includes("1970-01-02 00:00:00 for back/d@p_on_")));
});

Deno.test("an except-plan keeps nothing but what its labels match: what is foreign goes, as documented", async () => {
  const sim = filled(["manual", "p_on_2024-01-01_daily", "p_on_2024-01-02_daily", "p_on_2024-01-03_daily", "p_on_x"]);
  await run(sim, [...PRUNE, PLAN]);
  assertEquals(tagsOf(sim, "back/d"), ["p_on_2024-01-02_daily", "p_on_2024-01-03_daily"]);
});

Deno.test("ranges of ranks or times that select nothing delete nothing, and with --except everything that is not held", async () => {
  for (
    const range of [["0..0", "latest 0"], ["notime", "oldest 0%"], ["notime"], ["2030-01-01..*"], [
      "notime",
      "latest 2..latest 2",
    ]]
  ) {
    const sim = filled(["a", "b", "c"]);
    must(sim.sourceHost, "zfs", "hold", "keep", "back/d@b");
    await run(sim, [...PRUNE, "--include-snapshot-times-and-ranks", ...range]);
    assertEquals(tagsOf(sim, "back/d"), ["a", "b", "c"], range.join(" "));
    await run(sim, [...PRUNE, "--delete-dst-snapshots-except", "--include-snapshot-times-and-ranks", ...range]);
    assertEquals(tagsOf(sim, "back/d"), ["b"], range.join(" "));
  }
});
