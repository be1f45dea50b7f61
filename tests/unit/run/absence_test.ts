/**
 * Nothing is destroyed because a listing lacks it: a table of how `zfs list` lacks rows and exits with 0, and of what would
 * have been lost. For each, that nothing is lost which the source has, and what the run says about it.
 */
import { datasetFromZfs } from "../../../lib/model/dataset.ts";
import { CommandError, exitCodeOf, messageOf } from "../../../lib/model/errors.ts";
import { SILENT_LOGGER } from "../../../lib/model/log.ts";
import type { Guid } from "../../../lib/model/snapshot.ts";
import { Absence, type AbsenceContext, type Suspect } from "../../../lib/run/absence.ts";
import { destroy, type DestructiveAction, type Grounds } from "../../../lib/run/destroy.ts";
import { guardOf, unlimitedGuard } from "../../support/limits.ts";
import { RealZfs } from "../../../lib/zfs/real_zfs.ts";
import { must } from "../../laws/world_gen.ts";
import { type FaultKind, FaultScript, type Where } from "../../sim/faults.ts";
import { FEW_RETRIES, runBzfs } from "../../sim/run.ts";
import { type SimulatedWorld, simulatedWorld } from "../../sim/world.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../support/assert.ts";
import { MemoryCacheStamps, surroundings } from "../../support/surroundings.ts";
import { fullCapabilities } from "../../support/job.ts";
import { type Answer, scriptedRunner } from "../../support/runner.ts";

const TREE = ["tank/s", "back/d", "-r", "--create-bookmarks=none", ...FEW_RETRIES];
const PRUNE = [...TREE, "--skip-replication"];
const EXCEPT = ["--delete-dst-snapshots-except", "--include-snapshot-regex=s.*"];
const ITERATING = "cannot iterate filesystems: I/O error\n";

/** Any listing of the source's datasets, of its snapshots, and questions for names. */
const DATASETS = /^zfs list -t filesystem,volume -s .*tank\/s$/;
const SNAPSHOTS = /^zfs list -t \S*(snapshot|bookmark)\S* -d 1 .*tank\/s/;
const NAMES = /^zfs list .*-d 0 .*tank\/s/;
const SOURCE = /^zfs (list|get|send) .*tank/;

interface Lie {
  readonly words: readonly string[];
  readonly faults: readonly (readonly [Where, FaultKind])[];
  /** Status of the run; 0 if what is not proved to be missing is kept and everything else is done. */
  readonly status: number;
  /** An error or a warning. */
  readonly says: RegExp;
  /** What goes all the same, since the source was shown to lack it. */
  readonly lost?: readonly string[];
}

function cut(where: Where, isKept: (row: string) => boolean, stderr = ""): readonly [Where, FaultKind] {
  return [where, { kind: "end-early", rows: isKept, stderr }];
}

/** Rows of datasets stay, those of versions do not. */
function isOfDataset(row: string): boolean {
  return !/[@#]/.test(row);
}

function isRoot(row: string): boolean {
  return /(^|\t)tank\/s$/.test(row);
}

function goneFrom(where: Where): readonly [Where, FaultKind] {
  return [where, { kind: "fail", stderr: "cannot open 'tank/s': dataset does not exist\n" }];
}

const KEPT = /^Not proved to be missing at the source, hence kept: back\/d.*: the source has tank\/s/;
const LOST = /^Cannot go on without tank\/s, which was there: zfs (says that it does not exist|does not answer)/;
const CONTRADICTED = /says that it has succeeded, and also: cannot iterate filesystems: I\/O error$/;

const lies: Readonly<Record<string, Lie>> = {
  "--delete-dst-snapshots, a dataset listing that ends behind the root, and a pool that has left": {
    words: [...PRUNE, "--delete-dst-snapshots"],
    faults: [cut(DATASETS, isRoot), goneFrom(SOURCE)],
    status: 3,
    says: LOST,
  },
  "--delete-dst-snapshots, the same where datasets fail by themselves": {
    words: [...PRUNE, "--delete-dst-snapshots", "--skip-on-error=dataset"],
    faults: [cut(DATASETS, isRoot), goneFrom(SOURCE)],
    status: 3,
    says: LOST,
  },
  "--delete-dst-datasets, the same": {
    words: [...PRUNE, "--delete-dst-datasets"],
    faults: [cut(DATASETS, isRoot), goneFrom(SOURCE)],
    status: 3,
    says: LOST,
  },
  "--delete-dst-datasets, dataset listings that end behind the root": {
    words: [...PRUNE, "--delete-dst-datasets"],
    faults: [cut(DATASETS, isRoot)],
    status: 0,
    says: KEPT,
    lost: ["back/d/only", "back/d/only@x"],
  },
  "--delete-dst-datasets, the same with a word": {
    words: [...PRUNE, "--delete-dst-datasets"],
    faults: [cut(DATASETS, isRoot, ITERATING)],
    status: 3,
    says: CONTRADICTED,
  },
  "--delete-dst-snapshots-except, a pool that leaves before its names are asked": {
    words: [...PRUNE, "--delete-dst-snapshots", "--delete-dst-snapshots-except", "--include-snapshot-regex=none"],
    faults: [goneFrom(NAMES)],
    status: 3,
    says: LOST,
  },
  "--force, old snapshots that are missing": {
    words: ["tank/s/old", "back/d/old", "--create-bookmarks=none", "--force", ...FEW_RETRIES],
    faults: [cut(/^zfs list -t \S*snapshot.* tank\/s\/old$/, (row) => isOfDataset(row) || row.endsWith("@s4"))],
    status: 3,
    says: /^Cannot replace snapshots of back\/d\/old that the source may still have/,
  },
  "--force, newer snapshots that are missing": {
    words: ["tank/s/a", "back/d/a", "--create-bookmarks=none", "--force", ...FEW_RETRIES],
    faults: [cut(/^zfs list -t \S*snapshot.* tank\/s\/a$/, (row) => isOfDataset(row) || row.endsWith("@s1"))],
    status: 3,
    says: /^Cannot replace snapshots of back\/d\/a that the source may still have/,
  },
};

for (
  const [option, words] of Object.entries({
    "--delete-dst-snapshots": ["--delete-dst-snapshots"],
    "--delete-dst-snapshots-no-crosscheck": ["--delete-dst-snapshots", "--delete-dst-snapshots-no-crosscheck"],
    "--delete-dst-snapshots-except": ["--delete-dst-snapshots", ...EXCEPT],
  })
) {
  const own = ["back/d/only@x"];
  const kept = { words: [...PRUNE, ...words], status: 0, says: KEPT, lost: own };
  const failed = { words: [...PRUNE, ...words], status: 3 };
  Object.assign(lies, {
    [`${option}, a snapshot listing without snapshots`]: { ...kept, faults: [cut(SNAPSHOTS, isOfDataset)] },
    [`${option}, a snapshot listing of which one row is left`]: {
      ...kept,
      faults: [cut(SNAPSHOTS, (row) => isOfDataset(row) || row.endsWith("s@s4"))],
    },
    [`${option}, the same with a word`]: {
      ...failed,
      faults: [cut(SNAPSHOTS, isOfDataset, ITERATING)],
      says: CONTRADICTED,
      lost: own,
    },
    [`${option}, a snapshot listing without any row`]: {
      ...failed,
      faults: [cut(SNAPSHOTS, () => false)],
      says: /did not come to tank\/s/,
      lost: own,
    },
    [`${option}, names that cannot be opened`]: {
      ...failed,
      faults: [
        cut(SNAPSHOTS, isOfDataset),
        [NAMES, { kind: "say", stdout: "7\ttank/s\n" }],
      ],
      lost: [],
      says: /^Not proved to be missing at the source, hence kept: .*: zfs does not answer the question for it$/,
    },
    [`${option}, a root that cannot be opened`]: {
      ...failed,
      faults: [cut(SNAPSHOTS, isOfDataset), [NAMES, { kind: "say", stdout: "" }]],
      says: LOST,
    },
  });
}

for (const [what, { words, faults, status, says, lost = [] }] of Object.entries(lies)) {
  for (const mode of [[], ["--dryrun"]]) {
    Deno.test(`absence: ${[what, ...mode].join(" ")}`, async () => {
      const script = new FaultScript();
      for (const [where, fault] of faults) {
        // The pool leaves behind the first listing.
        if (fault.kind === "fail") {
          script.add((boundary) => boundary.index > 0 && (where as RegExp).test(boundary.text), fault, 999);
        } else script.add(where, fault, fault.kind === "end-early" && faults.at(-1)![1].kind === "fail" ? 1 : 999);
      }
      const sim = (await replicated()).again(script);
      const before = belongings(sim);
      const error = await runBzfs(sim, [...words, ...mode]);
      const said = [...sim.log.texts("WARN"), ...sim.log.texts("ERROR"), error === undefined ? "" : messageOf(error)];
      const after = new Set(belongings(sim));
      assertEquals(before.filter((thing) => !after.has(thing)), mode.length === 0 ? [...lost] : [], said.join("\n"));
      assertEquals(error === undefined ? 0 : exitCodeOf(error), status, said.join("\n"));
      assert(said.some((text) => says.test(text)), said.join("\n"));
    });
  }
}

const REPLICATE = [...TREE, "--force-rollback-to-latest-snapshot"];
const MONITOR = "--monitor-snapshots={'s': {'': {'': {'latest': {'warning': '90000 days'}}}}}";
const PLAN = "--create-src-snapshots-plan={'p': {'on': {'daily': 1}}}";

/** A pool that leaves in the middle of a listing, which then lacks rows and exits with 0 without a word. */
const leaving: Readonly<Record<string, { readonly words: readonly string[]; readonly side: "src" | "dst" }>> = {
  "replication": { words: REPLICATE, side: "src" },
  "replication to a pool that leaves": { words: TREE, side: "dst" },
  "replication of one dataset": {
    words: ["tank/s/a", "back/d/a", "--create-bookmarks=none", ...FEW_RETRIES],
    side: "src",
  },
  "replication that leaves out by a property": {
    words: [...TREE, "--exclude-dataset-property=x:skip"],
    side: "src",
  },
  "creation of snapshots": {
    words: ["tank/s", "dummy", "-r", "--skip-replication", PLAN, ...FEW_RETRIES],
    side: "src",
  },
  "pruning": { words: [...PRUNE, "--delete-dst-snapshots"], side: "src" },
  "pruning at a pool that leaves": { words: [...PRUNE, "--delete-dst-snapshots"], side: "dst" },
  "deleting empty datasets": { words: [...PRUNE, "--delete-empty-dst-datasets"], side: "dst" },
  "comparison": { words: [...PRUNE, "--compare-snapshot-lists"], side: "src" },
  "comparison with a pool that leaves": { words: [...PRUNE, "--compare-snapshot-lists"], side: "dst" },
  "monitoring": { words: [...PRUNE, MONITOR], side: "src" },
  "monitoring a pool that leaves": { words: [...PRUNE, MONITOR], side: "dst" },
};

for (const [what, { words, side }] of Object.entries(leaving)) {
  Deno.test(`absence: ${what}, and a pool that leaves in the middle of any listing, is no success`, async () => {
    const pool = side === "src" ? "tank" : "back";
    const twin = (await replicated()).again();
    const around = surroundings({ stamps: new MemoryCacheStamps() });
    assertEquals(await runBzfs(twin, [...words, "--cache-snapshots"], {}, around), undefined);
    const remembered = (around.files.stamps as MemoryCacheStamps).kept.size;
    assertEquals(remembered > 0, /replication|monitoring/.test(what), `${remembered}`);
    const listings = twin.history().flatMap((command, index) =>
      /^zfs list .*( -r | -d 1 )/.test(command) && command.includes(pool) ? [index] : []
    );
    assert(listings.length > 0);
    for (const index of listings) {
      for (let rows = 0; rows < 6; rows++) {
        const before = (await replicated()).again();
        const host = side === "src" ? before.sourceHost : before.destinationHost;
        const act = (): void => host.removePool(pool);
        const faults = new FaultScript().add(index, { kind: "interrupt", host, interruption: { pool, rows, act } });
        const sim = before.again(faults);
        const stamps = new MemoryCacheStamps();
        const kept = belongings(before);
        const error = await runBzfs(sim, [...words, "--cache-snapshots"], {}, surroundings({ stamps }));
        const where = `${rows} rows of ${twin.history()[index]}`;
        assert(error !== undefined, `success after ${where}`);
        if (!what.startsWith("monitoring")) assertEquals(stamps.kept.size, 0, where);
        if (side === "src") assertEquals(kept.filter((name) => !belongings(before).includes(name)), [], where);
      }
    }
  });
}

Deno.test("absence: a bookmark of what was sent is kept where the listing of what has arrived is cut", async () => {
  for (const rows of [0, 1, 2, 3, 4]) {
    const before = (await replicated()).again();
    must(before.sourceHost, "zfs", "snapshot", "tank/s/old@s5");
    const host = before.destinationHost;
    const act = (): void => host.removePool("back");
    const readsBack = /^zfs list .*-d 1 .* back\/d\/old$/;
    let seen = 0;
    const second = ({ text }: { readonly text: string }): boolean => readsBack.test(text) && ++seen === 2;
    const sim = before.again(
      new FaultScript().add(second, { kind: "interrupt", host, interruption: { pool: "back", rows, act } }),
    );
    const words = ["tank/s/old", "back/d/old", "--create-bookmarks=all", ...FEW_RETRIES];
    assert(await runBzfs(sim, words) !== undefined);
    const { bookmarks, snapshots } = sim.source.find("tank/s/old")!;
    for (const { tag, guid } of snapshots.slice(-2)) {
      assert(bookmarks.some((bookmark) => bookmark.guid === guid), `${tag} after ${rows} rows`);
    }
  }
});

Deno.test("absence: what the source lacks goes, in the words of the reference", async () => {
  const sim = await replicated();
  must(sim.sourceHost, "zfs", "destroy", "-r", "tank/s@s1");
  const run = sim.again();
  assertEquals(await runBzfs(run, [...PRUNE, "--delete-dst-snapshots", "--threads=1"]), undefined);
  const destroyed = run.history().filter((command) => command.startsWith("zfs destroy"));
  assertEquals(destroyed.toSorted(), [
    "zfs destroy -v back/d/a@s1",
    "zfs destroy -v back/d/old@s1",
    "zfs destroy -v back/d/only@x",
    "zfs destroy -v back/d@s1",
  ]);
  for (const command of destroyed) {
    const question = run.history()[run.history().indexOf(command) - 1]!;
    assertMatch(
      question,
      /^zfs list -t filesystem,volume,snapshot(,bookmark)? -d 0 -Hp -o guid,name tank\/s .* tank\/s$/,
    );
  }
});

Deno.test("absence: bookmarks of the source that cannot be read protect all snapshots of their dataset", async () => {
  const proof = async (complaint: string): Promise<boolean> => {
    const { context, absent } = asking(() => ({ status: 1, stdout: "7\ttank/s\n", stderr: complaint }));
    return (await Absence.prove([absent], context, ["tank/s#s1"])).lacks("back/d@s1");
  };
  const denied = "cannot open 'tank/s@s1': dataset does not exist\n";
  assertEquals(await proof(`${denied}cannot open 'tank/s#s1': no such pool or dataset\n`), true);
  assertEquals(await proof(`${denied}cannot open 'tank/s#s1': I/O error\n`), false);
  assertEquals(await proof(denied), false);
});

Deno.test("absence: destroy() takes no proof for what it does not cover", async () => {
  const { context, absent } = asking((argv) => ({
    status: 1,
    stdout: argv.includes("tank/s@s2") ? "7\ttank/s\n5\ttank/s@s2\n" : "7\ttank/s\n",
    stderr: "cannot open 'tank/s@s1': dataset does not exist\n",
  }));
  const there = { name: "back/d@s2", counterparts: ["tank/s@s2"], guid: "5" as Guid };
  const [proof, partial] = [await Absence.prove([absent], context), await Absence.prove([absent, there], context)];
  const dataset = datasetFromZfs("back/d");
  const flags = { unmount: false, dependents: false, verbose: false, simulate: false };
  const rollback = {
    kind: "rollback",
    to: "back/d@s0",
    destroys: ["s1"],
    unmount: false,
    dependents: false,
  } as const;
  const snapshots = (...tags: string[]): DestructiveAction => ({ kind: "destroy-snapshots", dataset, tags, ...flags });
  const zfs = context.world.source;
  const losses = ["s1", "s2", "s3"].map((
    tag,
  ) => ({ side: "dst", dataset, what: "snapshot", tag, guid: "5" as Guid } as const));
  const all = [...losses, { ...losses[0]!, what: "bookmark" }, { ...losses[0]!, what: "dataset", tag: "" }] as const;
  for (const action of [snapshots("s1"), rollback]) {
    await destroy(zfs, { action, grounds: proof, losses }, { guard: unlimitedGuard() }, {}).catch(onlyCommandErrors);
    const refusing = { guard: guardOf({}, { verdictOn: () => "refused" as const }) };
    await assertRejects(
      () => destroy(zfs, { action, grounds: proof, losses }, refusing, {}),
      TypeError,
      "Nobody has asked whether the limits allow this: ",
    );
    await assertRejects(
      () => destroy(zfs, { action, grounds: proof, losses: all.slice(1) }, { guard: unlimitedGuard() }, {}),
      TypeError,
      "Nothing proves that this may go: ",
    );
  }
  const uncovered: readonly (readonly [DestructiveAction, Grounds])[] = [
    [snapshots("s1", "s2"), partial],
    [snapshots("s3"), proof],
    [rollback, partial],
    [rollback, "dummy source"],
    [rollback, "own state"],
    [snapshots("s1"), "own state"],
    [{ kind: "destroy-dataset", dataset, ...flags }, "own state"],
    [{ kind: "destroy-bookmark", dataset, tag: "s1" }, proof],
    [{ kind: "destroy-dataset", dataset, ...flags }, proof],
    [{ kind: "abort-receive", dataset }, proof],
  ];
  for (const [action, grounds] of uncovered) {
    const message = "Nothing proves that this may go: ";
    const attempt = (): Promise<unknown> =>
      destroy(zfs, { action, grounds, losses: all }, { guard: unlimitedGuard() }, {});
    await assertRejects(attempt, TypeError, message);
  }
});

function onlyCommandErrors(error: unknown): void {
  if (!(error instanceof CommandError)) throw error;
}

/** A source that answers every command so, and a snapshot of the destination. */
function asking(answer: Answer): { readonly context: AbsenceContext; readonly absent: Suspect } {
  const zfs = new RealZfs({
    runner: scriptedRunner(answer),
    capabilities: fullCapabilities(),
    privilegePrefix: [],
    log: SILENT_LOGGER,
    maxDatasetsPerListing: 10,
    maxSnapshotsPerDelete: 10,
    parallelListings: 1,
    clock: { monotonicNs: () => 0 },
  });
  const { world } = simulatedWorld();
  return {
    context: {
      world: { ...world, source: zfs },
      roots: { src: datasetFromZfs("tank/s"), dst: datasetFromZfs("back/d") },
      signal: new AbortController().signal,
      log: SILENT_LOGGER,
    },
    absent: { name: "back/d@s1", counterparts: ["tank/s@s1"], guid: "5" as Guid },
  };
}

Deno.test("absence: a name that belongs to another snapshot protects nothing", async () => {
  const sim = await replicated();
  must(sim.sourceHost, "zfs", "destroy", "tank/s/a@s2");
  must(sim.sourceHost, "zfs", "snapshot", "tank/s/a@s2");
  const run = sim.again();
  assertEquals(await runBzfs(run, ["tank/s/a", "back/d/a", "--skip-replication", "--delete-dst-snapshots"]), undefined);
  assertEquals(run.destination.find("back/d/a")!.snapshots.map(({ tag }) => tag), ["s1", "s3", "s4"]);
});

/** All that could be lost at the destination. */
function belongings(sim: SimulatedWorld): string[] {
  return sim.destination.datasets.flatMap((
    { name, snapshots },
  ) => [name, ...snapshots.map(({ tag }) => `${name}@${tag}`)])
    .sort();
}

/** A replica of three datasets with four snapshots each, beside one that only the destination has. */
async function replicated(): Promise<SimulatedWorld> {
  const sim = simulatedWorld();
  for (const name of ["tank/s", "tank/s/a", "tank/s/old"]) must(sim.sourceHost, "zfs", "create", name);
  for (const tag of ["s1", "s2", "s3", "s4"]) {
    sim.sourceHost.write("tank/s", 500);
    must(sim.sourceHost, "zfs", "snapshot", "-r", `tank/s@${tag}`);
  }
  assertEquals(await runBzfs(sim, TREE), undefined);
  must(sim.destinationHost, "zfs", "destroy", "back/d/old@s4");
  must(sim.destinationHost, "zfs", "create", "back/d/only");
  must(sim.destinationHost, "zfs", "snapshot", "back/d/only@x");
  sim.clock.advance(60_000);
  return sim.again();
}
