/**
 * What was set aside long ago: what goes, and what is kept since nothing proves that this program has set it aside, or since
 * somebody has used it. Source: docs/spec/replication.md §5.5.
 */
import { exitCodeOf } from "../../../lib/model/errors.ts";
import { PlanFold } from "../../../lib/report/plan_file/mod.ts";
import type { RunEvent } from "../../../lib/report/events.ts";
import { must } from "../../laws/world_gen.ts";
import { FEW_RETRIES, runBzfs } from "../../sim/run.ts";
import { type SimulatedWorld, simulatedWorld } from "../../sim/world.ts";
import { assertEquals, assertMatch } from "../../support/assert.ts";
import { surroundings } from "../../support/surroundings.ts";

const DAY_MS = 86_400_000;
const NONE = "--include-snapshot-regex=!.*";
const PRUNE = ["-r", "--skip-replication", "--delete-dst-snapshots", NONE, ...FEW_RETRIES];
const AGED = [...PRUNE, "--delete-aside-after=90 days"];

/** `back/d`, `back/d/a` and `back/d/v` were set aside now, of which the first has its name beside the root. */
async function world(): Promise<SimulatedWorld> {
  const sim = simulatedWorld({ hosts: "two" });
  for (const name of ["tank/s", "tank/s/a"]) must(sim.sourceHost, "zfs", "create", name);
  must(sim.sourceHost, "zfs", "create", "-V", "4M", "-s", "tank/s/v");
  must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/s@1");
  assertEquals(await runBzfs(sim.again(), ["tank/s", "back/d", "-r", ...FEW_RETRIES]), undefined);
  for (const name of ["back/d", "back/d/a", "back/d/v"]) must(sim.destinationHost, "zfs", "snapshot", `${name}@own`);
  must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/s@2");
  sim.clock.advance(200 * DAY_MS);
  const words = ["tank/s", "back/d", "-r", "--on-conflict=set-aside", ...FEW_RETRIES];
  assertEquals(await runBzfs(sim.again(), words), undefined);
  assertEquals(asides(sim), ["back/d/a", "back/d/v", "back/d"]);
  return sim;
}

/** What is there that was set aside, by its former name. */
function asides(sim: SimulatedWorld): string[] {
  return names(sim).flatMap((name) => /^(.*)_aside_2[^/]*$/.exec(name)?.[1] ?? []);
}

function names(sim: SimulatedWorld): string[] {
  return sim.destination.tree("back").map(({ name }) => name);
}

function aside(sim: SimulatedWorld, of: string): string {
  return names(sim).find((name) => name.startsWith(`${of}_aside_2`))!;
}

interface Ran {
  readonly status: number;
  readonly said: readonly string[];
  readonly warnings: readonly string[];
  readonly events: readonly RunEvent[];
}

async function prune(sim: SimulatedWorld, days: number, words: readonly string[] = AGED): Promise<Ran> {
  sim.clock.advance(days * DAY_MS);
  const said: string[] = [];
  const events: RunEvent[] = [];
  const recorder = { isWanted: true, record: (event: RunEvent) => void events.push(event) };
  const next = sim.again();
  const around = { ...surroundings({ alarm: (text: string) => void said.push(text) }), recorder };
  const error = await runBzfs(next, ["dummy", "back/d", ...words], {}, around);
  const status = error === undefined ? 0 : exitCodeOf(error);
  return { status, said, events, warnings: next.log.texts("WARN") };
}

Deno.test("what was set aside goes when it is old enough, also beside the root, and nothing else goes", async () => {
  const sim = await world();
  const before = names(sim);
  assertEquals([(await prune(sim, 89)).status, names(sim)], [0, before]);
  assertEquals([(await prune(sim, 9999, PRUNE)).status, names(sim)], [0, before]);
  assertEquals([(await prune(sim, 0, [...PRUNE, "--delete-aside-after=never"])).status, names(sim)], [0, before]);
  const dry = await prune(sim, 0, [...AGED, "--dryrun"]);
  assertEquals([dry.status, names(sim)], [0, before]);
  const { status, events, warnings } = await prune(sim, 0);
  assertEquals([status, names(sim), warnings], [0, before.filter((name) => !name.includes("_aside_")), []]);
  for (const told of [dry.events, events]) {
    const gone = told.flatMap((event) => event.event === "deleted" && event.what === "dataset" ? [event] : []);
    assertEquals(gone.map(({ dataset }) => dataset.replace(/_aside.*/, "")).sort(), ["back/d", "back/d/a", "back/d/v"]);
    assertEquals(
      new Set(gone.map(({ reason, phase }) => `${reason} ${phase}`)),
      new Set(["set-aside delete-datasets"]),
    );
  }
  const fold = new PlanFold();
  for (const event of dry.events) fold.add({ at: "", run: "", ...event });
  const plan = fold.document({ program: "bzfs", version: "", createdAt: "", host: "" });
  assertEquals(plan.totals.destroy, 6, "three datasets, each with @own");
});

const kept: Readonly<Record<string, readonly [(sim: SimulatedWorld) => void, RegExp | undefined]>> = {
  "without the mark": [
    (sim) => must(sim.destinationHost, "zfs", "inherit", "org.bzfs:aside", aside(sim, "back/d/a")),
    undefined,
  ],
  "with the mark of another one": [
    (sim) => must(sim.destinationHost, "zfs", "set", "org.bzfs:aside=1234", aside(sim, "back/d/a")),
    undefined,
  ],
  "with something below it that was not there": [
    (sim) => must(sim.destinationHost, "zfs", "create", `${aside(sim, "back/d/a")}/mine`),
    /mine is no part of it$/,
  ],
  "that is writable": [
    (sim) => must(sim.destinationHost, "zfs", "set", "readonly=off", aside(sim, "back/d/a")),
    /: it is writable now$/,
  ],
  "with a clone": [
    (sim) => must(sim.destinationHost, "zfs", "clone", `${aside(sim, "back/d/a")}@own`, "back/clone"),
    /: back\/clone is a clone of it$/,
  ],
  "with a new snapshot": [
    (sim) => {
      sim.clock.advance(50 * DAY_MS);
      must(sim.destinationHost, "zfs", "snapshot", `${aside(sim, "back/d/a")}@late`);
    },
    /@late is newer than that$/,
  ],
  "that is all that is left": [(sim) => must(sim.destinationHost, "zfs", "rename", "back/d/a", "back/d/b"), undefined],
};

for (const [name, [change, warning]] of Object.entries(kept)) {
  Deno.test(`what was set aside is kept: ${name}`, async () => {
    const sim = await world();
    const started = sim.clock.now();
    change(sim);
    const passed = sim.clock.now() - started;
    const { status, warnings } = await prune(sim, 91 - passed / DAY_MS);
    assertEquals([status, asides(sim)], [0, ["back/d/a"]]);
    assertEquals(warnings.length, warning === undefined ? 0 : 1);
    if (warning !== undefined) assertMatch(warnings[0]!, warning);
  });
}

Deno.test("datasets of users are kept, whatever they are called and whatever they have inherited or received", async () => {
  const sim = await world();
  const guid = sim.destination.find(aside(sim, "back/d/a"))!.guid;
  const time = "_aside_2020-01-01_00:00:00";
  const mine = [`back/d/a${time}`, `back/d${time}`, `back/d/v_aside_2020-01-01`, `back/d/a_aside_2020-13-01_00:00:00`];
  for (const name of mine) {
    must(sim.destinationHost, "zfs", "create", "-o", `org.bzfs:aside=${guid}`, "-o", "readonly=on", name);
  }
  await prune(sim, 91);
  assertEquals(names(sim).filter((name) => name.includes("_aside_")).sort(), [...mine].sort());
});

Deno.test("limits, foreign snapshots and plans count for what was set aside", async () => {
  const sim = await world();
  const before = names(sim);
  const limited = [...AGED, "--delete-datasets-limit=20% and 2"];
  const held = await prune(sim, 91, limited);
  assertEquals([held.status, names(sim)], [5, before]);
  assertMatch(held.said.join(), /^held back: 3 of 6 datasets of back\/d, more than 20% and 2: /);
  const foreign = [...AGED, "--foreign-snapshots=keep", "--own-names=[0-9]"];
  const other = await prune(sim, 0, foreign);
  assertEquals([other.status, names(sim), other.said.length], [5, before, 3]);
  assertEquals((await prune(sim, 0, [...limited, "--allow-deletions", aside(sim, "back/d/a")])).status, 0);
  assertEquals(names(sim).filter((name) => name.includes("_aside_")), []);
});
