/**
 * Listings that end early with status 0, as `zfs list` ends when an iterator of libzfs meets an error or its pool leaves:
 * each case once destroyed backups, or sent nothing, and said success.
 */
import { must } from "../../laws/world_gen.ts";
import { type EndEarly, FaultScript } from "../../sim/faults.ts";
import { FEW_RETRIES, runBzfs } from "../../sim/run.ts";
import { type SimulatedWorld, simulatedWorld, type WorldOptions } from "../../sim/world.ts";
import { assert, assertEquals } from "../../support/assert.ts";

const WORD = "cannot iterate filesystems: I/O error\n";
const PAIR = ["tank/src", "back/dst", "-r", ...FEW_RETRIES];
const ONLY = [...PAIR, "--skip-replication"];
const DATASETS_OF_SOURCE = /^zfs list -t filesystem,volume -s name .* tank\/src$/;
const VERSIONS_OF_SOURCE = /^zfs list .*-d 1 .*tank\/src/;
const VERSIONS_OF_DESTINATION = /^zfs list .*-d 1 .*back\/dst/;

/** A tree of two datasets with three snapshots each, all of which the destination has. */
async function replicated(options: WorldOptions = {}): Promise<SimulatedWorld> {
  const sim = simulatedWorld(options);
  for (const name of ["tank/src", "tank/src/a"]) must(sim.sourceHost, "zfs", "create", name);
  for (const tag of ["s1", "s2", "s3"]) {
    sim.sourceHost.write("tank/src/a", 500);
    must(sim.sourceHost, "zfs", "snapshot", "-r", `tank/src@${tag}`);
  }
  assertEquals(await runBzfs(sim, [...PAIR, "--create-bookmarks=none"]), undefined);
  return sim;
}

/** What the destination has. */
function copies(sim: SimulatedWorld): string[] {
  return sim.destination.tree("back/dst").flatMap(({ name, snapshots, partial }) => [
    name,
    ...snapshots.map(({ tag }) => `${name}@${tag}`),
    ...(partial ? [`${name}/%recv`] : []),
  ]);
}

/** Runs with these faults; nothing of the destination may go. Returns what the run threw, or the warning that it kept something. */
async function expectNothingLost(sim: SimulatedWorld, argv: readonly string[], faults: FaultScript): Promise<unknown> {
  const before = copies(sim);
  const run = sim.again(faults);
  const error = await runBzfs(run, argv);
  assertEquals(copies(sim), before, `${argv.join(" ")}\n${run.history().join("\n")}`);
  assertEquals(run.history().filter((command) => /^zfs (destroy|rollback|receive -A)/.test(command)), []);
  return error ?? run.log.texts("WARN").find((text) => /hence kept/.test(text));
}

/** Nothing may go, and the run may not end as if nothing had been. */
async function expectFailure(sim: SimulatedWorld, argv: readonly string[], faults: FaultScript): Promise<void> {
  const error = await expectNothingLost(sim, argv, faults);
  assert(error !== undefined, `says success: ${argv.join(" ")}`);
}

/** The first listing of the source gives its root alone, since the pool leaves. */
function exported(sim: SimulatedWorld): FaultScript {
  const act = (): void => sim.sourceHost.removePool("tank");
  return new FaultScript().add(DATASETS_OF_SOURCE, {
    kind: "interrupt",
    host: sim.sourceHost,
    interruption: { pool: "tank", rows: 0, act },
  });
}

function cut(where: RegExp, rows: EndEarly["rows"], stderr = ""): FaultScript {
  return new FaultScript().add(where, { kind: "end-early", rows, stderr }, Infinity);
}

Deno.test("--delete-dst-snapshots: the source's pool is exported while its datasets are listed", async () => {
  const sim = await replicated();
  await expectFailure(sim, [...ONLY, "--delete-dst-snapshots"], exported(sim));
});

Deno.test("--delete-dst-datasets: the source's pool is exported while its datasets are listed", async () => {
  const sim = await replicated();
  await expectFailure(sim, [...ONLY, "--delete-dst-datasets"], exported(sim));
});

for (const more of ["", "--delete-dst-snapshots-except", "--delete-dst-snapshots-no-crosscheck"]) {
  Deno.test(`--delete-dst-snapshots ${more}: the source's snapshots are listed in part, or not at all`, async () => {
    for (const hosts of ["one", "two"] as const) {
      for (const rows of [0, 1]) {
        for (const stderr of [WORD, ""]) {
          const words = [...ONLY, "--delete-dst-snapshots", ...(more === "" ? [] : [more])];
          await expectFailure(await replicated({ hosts }), words, cut(VERSIONS_OF_SOURCE, rows, stderr));
        }
      }
    }
  });
}

Deno.test("--delete-dst-datasets: both listings of the source's datasets are cut", async () => {
  const words = [...ONLY, "--delete-dst-datasets"];
  await expectNothingLost(await replicated(), words, cut(DATASETS_OF_SOURCE, 1));
  await expectFailure(await replicated(), words, cut(DATASETS_OF_SOURCE, 1, WORD));
});

Deno.test("--force: the source's old snapshots are missing from its listing", async () => {
  for (const stderr of [WORD, ""]) {
    const sim = await replicated();
    must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/src@s4");
    const faults = cut(VERSIONS_OF_SOURCE, (row) => !/@s[123]$/.test(row), stderr);
    await expectFailure(sim, [...PAIR, "--force", "--create-bookmarks=none"], faults);
  }
});

Deno.test("replication: the source's newest snapshots are missing from its listing, or all", async () => {
  for (const [rows, stderr] of [[2, WORD], [1, WORD], [0, WORD], [0, ""]] as const) {
    const sim = await replicated();
    must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/src@s4");
    await expectFailure(sim, PAIR, cut(VERSIONS_OF_SOURCE, rows, stderr));
  }
  const sim = await replicated();
  must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/src@s4");
  const act = (): void => sim.sourceHost.removePool("tank");
  const leaves = { kind: "interrupt", host: sim.sourceHost, interruption: { pool: "tank", rows: 1, act } } as const;
  await expectFailure(sim, PAIR, new FaultScript().add(VERSIONS_OF_SOURCE, leaves));
});

Deno.test("--delete-empty-dst-datasets: the destination's snapshots are missing from its listing", async () => {
  for (const kind of ["snapshots", "snapshots+bookmarks"]) {
    for (const stderr of [WORD, ""]) {
      const words = [...ONLY, `--delete-empty-dst-datasets=${kind}`];
      await expectFailure(await replicated(), words, cut(VERSIONS_OF_DESTINATION, 0, stderr));
    }
  }
});

/** A dataset whose first transfer was cut. */
async function interrupted(): Promise<SimulatedWorld> {
  const sim = simulatedWorld();
  must(sim.sourceHost, "zfs", "create", "tank/src");
  must(sim.sourceHost, "zfs", "create", "tank/src/a");
  for (let i = 0; i < 9; i++) sim.sourceHost.write("tank/src/a", 500);
  must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/src@s1");
  const cutOff = new FaultScript().add(/receive.* back\/dst\/a$/, { kind: "cut", bytes: 2000 });
  await runBzfs(sim.again(cutOff), [...PAIR, "--retries=0"]);
  assertEquals(copies(sim), ["back/dst", "back/dst@s1", "back/dst/a", "back/dst/a/%recv"]);
  return sim;
}

Deno.test("--delete-empty-dst-datasets: a dataset has a partial receive and no snapshot", async () => {
  const words = [...ONLY, "--delete-empty-dst-datasets"];
  assertEquals(await expectNothingLost(await interrupted(), words, new FaultScript()), undefined);
});

Deno.test("a partial receive: the source's pool is gone when its token is checked, estimated or sent", async () => {
  for (const command of [/^zfs send -n -v -t /, /^zfs send .*--parsable -t /, /^zfs send .*-t .* \| zfs receive/]) {
    const sim = await interrupted();
    const act = (): void => sim.sourceHost.removePool("tank");
    await expectFailure(sim, PAIR, new FaultScript().add(command, { kind: "before", act }));
  }
});

Deno.test("a partial receive: the source's listing lacks what its token names", async () => {
  const sim = await interrupted();
  must(sim.sourceHost, "zfs", "snapshot", "tank/src/a@s2");
  await expectFailure(sim, PAIR, cut(VERSIONS_OF_SOURCE, (row) => !row.endsWith("tank/src/a@s1")));
});

Deno.test("a partial receive: it goes where the source denies by name what its token names", async () => {
  const sim = await interrupted();
  must(sim.sourceHost, "zfs", "snapshot", "tank/src/a@s2");
  must(sim.sourceHost, "zfs", "destroy", "tank/src/a@s1");
  const run = sim.again();
  assertEquals(await runBzfs(run, PAIR), undefined);
  assertEquals(run.history().filter((command) => command.startsWith("zfs receive -A")), ["zfs receive -A back/dst/a"]);
  assertEquals(copies(sim).slice(2), ["back/dst/a", "back/dst/a@s2"]);
});
