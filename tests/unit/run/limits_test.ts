/**
 * Limits on destruction in a simulated world: what is held back, what is said, what happens after a person has decided.
 * Source: docs/spec/snapshots.md §8.
 */
import { exitCodeOf } from "../../../lib/model/errors.ts";
import { must } from "../../laws/world_gen.ts";
import { execute } from "../../sim/commands/dispatch.ts";
import { FaultScript } from "../../sim/faults.ts";
import { FEW_RETRIES, runBzfs } from "../../sim/run.ts";
import { type SimulatedWorld, simulatedWorld } from "../../sim/world.ts";
import { assertEquals, assertMatch } from "../../support/assert.ts";
import { MemoryStateFiles, surroundings } from "../../support/surroundings.ts";

const LIMITS = [
  "--delete-limit=30% and 10",
  "--delete-datasets-limit=20% and 1",
  "--foreign-snapshots=keep",
  "--keep-newest=1",
  "--own-names=p_on_.*",
  ...FEW_RETRIES,
];

/** Everything of a fleet's prune step for `back/d`, with a plan that keeps so many. */
const prune = (plan: string): string[] => [
  ...["dummy", "back/d", "-r", "--skip-replication", "--delete-dst-snapshots", "--plan-memory=fleet"],
  `--delete-dst-snapshots-except-plan=${plan}`,
  ...LIMITS,
];
const keeping = (amount: number, label = "'p': {'on'"): string => `{${label}: {'adhoc': ${amount}}}}`;

function snapshots(sim: SimulatedWorld, dataset: string, from: number, to: number, name = "p_on"): void {
  for (let n = from; n <= to; n++) must(sim.sourceHost, "zfs", "snapshot", `${dataset}@${name}_2026-01-${n}_adhoc`);
}

function world(...datasets: string[]): SimulatedWorld {
  const sim = simulatedWorld();
  for (const name of datasets) must(sim.sourceHost, "zfs", "create", "-p", name);
  return sim;
}

function tagsOf(sim: SimulatedWorld, dataset: string): string[] {
  return sim.sourceHost.poolOf(dataset)?.find(dataset)?.snapshots.map(({ tag }) => tag) ?? [];
}

/** What remains between runs, and what they have said. */
class Host {
  readonly plans = new MemoryStateFiles();
  said: string[] = [];

  /** Runs the words; returns the status. */
  async run(sim: SimulatedWorld, words: readonly string[]): Promise<number> {
    this.said = [];
    const around = surroundings({ plans: this.plans, alarm: (text) => void this.said.push(text) });
    const error = await runBzfs(sim.again(), words, {}, around);
    return error === undefined ? 0 : exitCodeOf(error);
  }
}

Deno.test("a backlog is deleted without a word, a plan that was cut is held back until a person decides", async () => {
  const sim = world("back/d", "back/d/a");
  const host = new Host();
  snapshots(sim, "back/d", 1, 30);
  assertEquals(await host.run(sim, prune(keeping(30))), 0);
  snapshots(sim, "back/d", 31, 70);
  snapshots(sim, "back/d/a", 1, 12);
  assertEquals(await host.run(sim, prune(keeping(30))), 0);
  assertEquals([tagsOf(sim, "back/d").length, host.said], [30, []]);
  for (const _round of [1, 2]) {
    assertEquals(await host.run(sim, prune(keeping(9))), 5);
    assertEquals(tagsOf(sim, "back/d").length, 30);
    assertEquals(tagsOf(sim, "back/d/a").length, 9, "others go on");
    assertEquals(host.said, [
      "held back: 21 of 30 snapshots of back/d, more than 30% and 10: " +
      "p_on_2026-01-41_adhoc, p_on_2026-01-42_adhoc, p_on_2026-01-43_adhoc, …",
    ]);
  }
  assertEquals(await host.run(sim, [...prune(keeping(9)), "--allow-deletions", "back/d"]), 0);
  assertEquals(tagsOf(sim, "back/d").length, 9);
  snapshots(sim, "back/d", 71, 99);
  assertEquals(await host.run(sim, prune(keeping(9))), 0, "it is the plan now");
  assertEquals(tagsOf(sim, "back/d").length, 9);
});

Deno.test("nothing that is remembered, torn, or of another job makes a deletion limited", async () => {
  const forget: Readonly<Record<string, (host: Host) => void>> = {
    "nothing": (host) => host.plans.kept.clear(),
    "torn": (host) => host.plans.kept.forEach((text, name) => host.plans.kept.set(name, text.slice(0, -20))),
    "forged": (host) => host.plans.kept.forEach((_, name) => host.plans.kept.set(name, "[]")),
    "of another job": (host) => {
      for (const [name, text] of [...host.plans.kept]) host.plans.kept.set(`other-${name}`, text);
      for (const name of [...host.plans.kept.keys()]) if (!name.startsWith("other")) host.plans.kept.delete(name);
    },
  };
  for (const [what, act] of Object.entries(forget)) {
    const sim = world("back/d");
    const host = new Host();
    snapshots(sim, "back/d", 1, 30);
    assertEquals(await host.run(sim, prune(keeping(30))), 0);
    snapshots(sim, "back/d", 31, 70);
    act(host);
    assertEquals([what, await host.run(sim, prune(keeping(30)))], [what, 5]);
    assertEquals(tagsOf(sim, "back/d").length, 70);
  }
});

Deno.test("a memory that cannot be written is one warning, and deletions stay limited", async () => {
  const sim = world("back/d");
  const host = new Host();
  snapshots(sim, "back/d", 1, 5);
  host.plans.write = () => false;
  const run = sim.again();
  assertEquals(await runBzfs(run, prune(keeping(3)), {}, surroundings({ plans: host.plans })), undefined);
  assertEquals(run.log.texts("WARN").filter((text) => text.startsWith("Cannot remember the plan")).length, 1);
  assertEquals([...host.plans.kept], []);
});

Deno.test("an organisation that is renamed destroys nothing, and what is unknown is foreign", async () => {
  const sim = world("back/d");
  const host = new Host();
  snapshots(sim, "back/d", 1, 20);
  must(sim.sourceHost, "zfs", "snapshot", "back/d@before-upgrade");
  assertEquals(await host.run(sim, prune(keeping(20))), 0);
  const renamed = prune(keeping(20, "'q': {'on'")).map((word) => word.replace("=p_on_", "=q_on_"));
  assertEquals(await host.run(sim, renamed), 5);
  assertEquals(tagsOf(sim, "back/d").length, 21);
  assertMatch(host.said.join(), /^held back: 19 of 20 snapshots of back\/d, more than 30% and 10: /);
  assertEquals(await host.run(sim, [...renamed, "--allow-deletions=back/d"]), 0);
  assertEquals(tagsOf(sim, "back/d"), ["p_on_2026-01-20_adhoc", "before-upgrade"], "the newest, and the foreign one");
  assertEquals(await host.run(sim, renamed), 0);
  assertEquals(tagsOf(sim, "back/d").length, 2, "foreign now");
});

Deno.test("names that have become own since the plan was carried out are no backlog", async () => {
  const sim = world("back/d");
  const host = new Host();
  snapshots(sim, "back/d", 1, 20);
  snapshots(sim, "back/d", 1, 20, "q_on");
  assertEquals(await host.run(sim, prune(keeping(20))), 0);
  assertEquals(tagsOf(sim, "back/d").length, 40);
  // Another plan of the file has this organisation now.
  assertEquals(await host.run(sim, [...prune(keeping(20)), "--own-names=q_on_.*"]), 5);
  assertMatch(host.said.join(), /^held back: 19 of 40 snapshots of back\/d, more than 30% and 10: q_on_/);
  assertEquals(tagsOf(sim, "back/d").length, 40);
});

Deno.test("a plan that was carried out on one disk of a rotation is not remembered for another one", async () => {
  const disks = [world("back/d"), world("back/d")] as const;
  const host = new Host();
  for (const sim of disks) snapshots(sim, "back/d", 1, 30);
  disks[1].sourceHost.poolOf("back")!.state.guid = "4711";
  for (const sim of disks) assertEquals(await host.run(sim, prune(keeping(30))), 0);
  assertEquals(await host.run(disks[0], [...prune(keeping(9)), "--allow-deletions=back/d"]), 0);
  assertEquals(await host.run(disks[1], prune(keeping(9))), 5);
  assertEquals(tagsOf(disks[1], "back/d").length, 30);
});

Deno.test("foreign snapshots and bookmarks are neither deleted nor counted", async () => {
  const sim = world("back/d");
  snapshots(sim, "back/d", 1, 12);
  for (let n = 0; n < 40; n++) must(sim.sourceHost, "zfs", "snapshot", `back/d@mine${n}`);
  const host = new Host();
  assertEquals(await host.run(sim, prune(keeping(1))), 5, "11 of 12 are more than 30 %");
  assertEquals(tagsOf(sim, "back/d").length, 52);
  assertEquals(await host.run(sim, prune(keeping(2))), 0);
  assertEquals(tagsOf(sim, "back/d").length, 42);
  must(sim.sourceHost, "zfs", "bookmark", "back/d@mine1", "back/d#mine1");
  must(sim.sourceHost, "zfs", "bookmark", "back/d@p_on_2026-01-11_adhoc", "back/d#p_on_2026-01-11_7_adhoc");
  const marks = prune(keeping(0)).map((word) => word === "--delete-dst-snapshots" ? `${word}=bookmarks` : word);
  assertEquals(await host.run(sim, marks), 0);
  assertEquals(sim.sourceHost.poolOf("back/d")!.find("back/d")!.bookmarks.map(({ tag }) => tag), ["mine1"]);
});

Deno.test("the newest snapshots stay, also with a plan that keeps none, and the newest that both sides have", async () => {
  const sim = world("back/d", "tank/s");
  snapshots(sim, "tank/s", 1, 4);
  assertEquals(await runBzfs(sim, ["tank/s", "back/d", "--create-bookmarks=none"]), undefined);
  snapshots(sim, "back/d", 5, 7);
  const words = [
    ...[
      "tank/s",
      "back/d",
      "--skip-replication",
      "--delete-dst-snapshots",
      `--delete-dst-snapshots-except-plan=${keeping(0)}`,
    ],
    ...LIMITS,
  ];
  assertEquals(await new Host().run(sim, words), 0);
  assertEquals(tagsOf(sim, "back/d"), ["p_on_2026-01-4_adhoc", "p_on_2026-01-7_adhoc"]);
});

/** `tank/s` with children, replicated to `back/d`, own snapshots only. */
async function tree(children: number, depth = 2): Promise<SimulatedWorld> {
  const names = ["tank/s", ...Array.from({ length: children }, (_, n) => `tank/s/c${n}`)];
  const sim = world("back", ...names);
  for (const name of names) snapshots(sim, name, 1, depth);
  assertEquals(await runBzfs(sim, ["tank/s", "back/d", "-r", "--create-bookmarks=none"]), undefined);
  return sim;
}

const DATASETS = ["tank/s", "back/d", "-r", "--skip-replication", "--delete-dst-datasets", ...LIMITS];

Deno.test("a source tree that was destroyed takes no copy along", async () => {
  const sim = await tree(9);
  for (const n of [0, 1, 2]) must(sim.sourceHost, "zfs", "destroy", "-r", `tank/s/c${n}`);
  const host = new Host();
  assertEquals(await host.run(sim, DATASETS), 5);
  assertEquals(host.said, [
    "held back: 3 of 10 datasets of back/d, more than 20% and 1: back/d/c0, back/d/c1, back/d/c2",
  ]);
  assertEquals(tagsOf(sim, "back/d/c1").length, 2);
  assertEquals(await host.run(sim, [...DATASETS, "--allow-deletions=back/d/c1"]), 0, "two of ten are within the limit");
  assertEquals([0, 1, 2, 3].map((n) => tagsOf(sim, `back/d/c${n}`).length), [0, 0, 0, 2]);
});

Deno.test("a dataset with a foreign snapshot is not destroyed unless a person says so", async () => {
  const sim = await tree(9);
  must(sim.sourceHost, "zfs", "destroy", "-r", "tank/s/c0");
  must(sim.sourceHost, "zfs", "snapshot", "back/d/c0@before-upgrade");
  const host = new Host();
  assertEquals(await host.run(sim, DATASETS), 5);
  assertEquals(host.said, [
    "held back: 3 of 3 snapshots of back/d/c0, before-upgrade is foreign: " +
    "p_on_2026-01-1_adhoc, p_on_2026-01-2_adhoc, before-upgrade",
  ]);
  assertEquals(await host.run(sim, [...DATASETS, "--allow-deletions=back/d/"]), 0);
  assertEquals(tagsOf(sim, "back/d/c0"), []);
});

const FORCED = ["tank/s", "back/d", "-r", "--force", "--create-bookmarks=none", ...LIMITS];

Deno.test("rollbacks and forced full sends count with the snapshots that they destroy", async () => {
  for (
    const [what, prepare, lost] of [
      ["rollback", (sim: SimulatedWorld) => snapshots(sim, "back/d/c0", 70, 81), 12],
      ["foreign rollback", (sim: SimulatedWorld) => void must(sim.sourceHost, "zfs", "snapshot", "back/d/c0@mine"), 1],
      ["full send", (sim: SimulatedWorld) => {
        must(sim.sourceHost, "zfs", "destroy", "-r", "tank/s/c0");
        must(sim.sourceHost, "zfs", "create", "tank/s/c0");
        snapshots(sim, "tank/s/c0", 1, 1, "p_on_new");
      }, 11],
    ] as const
  ) {
    const sim = await tree(2, 11);
    prepare(sim);
    snapshots(sim, "tank/s/c1", 90, 90);
    if (what.endsWith("rollback")) snapshots(sim, "tank/s/c0", 91, 91);
    const before = tagsOf(sim, "back/d/c0");
    const host = new Host();
    assertEquals([what, await host.run(sim, FORCED)], [what, 5]);
    assertEquals(tagsOf(sim, "back/d/c0"), before, what);
    assertEquals(tagsOf(sim, "back/d/c1").at(-1), "p_on_2026-01-90_adhoc", "others go on");
    assertMatch(host.said.join("\n"), new RegExp(`^held back: ${lost} of \\d+ snapshots? of back/d/c0, `));
    assertEquals(await host.run(sim, [...FORCED, "--allow-deletions", "back/d/c0"]), 0);
    assertEquals(tagsOf(sim, "back/d/c0").at(-1), tagsOf(sim, "tank/s/c0").at(-1), what);
  }
});

Deno.test("a rollback with limits takes no clone along that nobody has asked about", async () => {
  const sim = await tree(2, 11);
  snapshots(sim, "tank/s/c0", 91, 91);
  snapshots(sim, "back/d/c0", 70, 70);
  must(sim.sourceHost, "zfs", "clone", "back/d/c0@p_on_2026-01-70_adhoc", "back/clone");
  must(sim.sourceHost, "zfs", "snapshot", "back/clone@before-upgrade");
  const words = [...FORCED, "--force-destroy-dependents"];
  const host = new Host();
  const status = await host.run(sim, words);
  assertEquals(tagsOf(sim, "back/clone"), ["before-upgrade"]);
  assertEquals(tagsOf(sim, "back/d/c0").at(-1), "p_on_2026-01-70_adhoc");
  assertMatch(host.said.join(), /^held back: 1 of 1 snapshot of back\/clone, before-upgrade is foreign: /);
  assertEquals(status, 3, "the rollback has failed");
  assertEquals(await host.run(sim, [...words, "--allow-deletions", "back/clone"]), 0);
  assertEquals(tagsOf(sim, "back/clone"), []);
  assertEquals(tagsOf(sim, "back/d/c0").at(-1), "p_on_2026-01-91_adhoc");
});

Deno.test("what is held back is not taken for up to date", async () => {
  const sim = await tree(1, 11);
  snapshots(sim, "back/d/c0", 70, 81);
  const host = new Host();
  const words = [...FORCED, "--cache-snapshots"];
  const around = surroundings({ plans: host.plans });
  for (const _round of [1, 2]) {
    sim.clock.advance(3_600_000);
    const error = await runBzfs(sim.again(), words, {}, around);
    assertEquals(exitCodeOf(error), 5);
  }
});

Deno.test("a daemon of which one round held something back ends with status 5, though later ones did not", async () => {
  const sim = world("back/d");
  snapshots(sim, "back/d", 10, 40);
  const words = ["--daemon-lifetime=3 minutes", "--daemon-frequency=minutely"];
  const plans = new MemoryStateFiles();
  const said: string[] = [];
  const run = async (argv: readonly string[], faults?: FaultScript): Promise<number> => {
    const around = surroundings({ plans, alarm: (text) => void said.push(text) });
    const error = await runBzfs(sim.again(faults), [...argv, ...words], {}, around);
    return error === undefined ? 0 : exitCodeOf(error);
  };
  assertEquals(await run(prune(keeping(31))), 0);
  let listings = 0;
  const tidy = (): void => {
    if (++listings === 2) must(sim.sourceHost, "zfs", "destroy", "back/d@p_on_2026-01-10_adhoc%p_on_2026-01-30_adhoc");
  };
  const faults = new FaultScript().add(/^zfs list .*userrefs/, { kind: "before", act: tidy }, 100);
  assertEquals(await run(prune(keeping(9)), faults), 5);
  assertEquals([said.length, listings > 2, tagsOf(sim, "back/d").length], [1, true, 9]);
  assertEquals(await run(prune(keeping(9))), 0);
});

Deno.test("the total of a run counts, also if others bring more to delete meanwhile", async () => {
  const sim = world("back/d");
  snapshots(sim, "back/d", 1, 10);
  const twice = prune(keeping(2)).flatMap((word) => word === "back/d" ? ["back/d", "dummy", "back/d"] : [word]);
  const run = sim.again();
  const around = surroundings({ plans: new MemoryStateFiles() });
  let once = false;
  around.files.plans.write = () => {
    if (!once) snapshots(sim, "back/d", 11, 20);
    once = true;
    return false;
  };
  const error = await runBzfs(run, twice, {}, around);
  assertEquals(exitCodeOf(error), 5);
  assertEquals(tagsOf(sim, "back/d").length, 12, "8 of 10 went, then 10 more would be 18 of 20");
});

Deno.test("without the options there are no limits, and a dry run holds back the same", async () => {
  const sim = world("back/d");
  snapshots(sim, "back/d", 1, 30);
  const host = new Host();
  assertEquals(await host.run(sim, [...prune(keeping(9)), "--dryrun"]), 5);
  assertMatch(host.said.join(), /^Dry held back: 21 of 30 /);
  const plain = prune(keeping(9)).filter((word) => !LIMITS.includes(word));
  assertEquals(await host.run(sim, plain), 0);
  assertEquals(tagsOf(sim, "back/d").length, 9);
  assertEquals(execute(sim.sourceHost, ["zfs", "list", "back/d"]).status, 0);
});
