/** What `RealZfs` makes of answers that no simulated ZFS gives. */
import { datasetFromZfs } from "../../../lib/model/dataset.ts";
import { Retryable, RootLostError, TimeoutError } from "../../../lib/model/errors.ts";
import { type Logger, SILENT_LOGGER } from "../../../lib/model/log.ts";
import { RealZfs } from "../../../lib/zfs/real_zfs.ts";
import type { CommandResult, Runner, RunOptions, TogetherResult } from "../../../lib/zfs/world.ts";
import { SimClock } from "../../sim/clock.ts";
import { execute } from "../../sim/commands/dispatch.ts";
import { SimHost } from "../../sim/host.ts";
import { SimRunner } from "../../sim/runner.ts";
import { RecordingLogger } from "../../sim/world.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { fullCapabilities } from "../../support/job.ts";
import { scriptedRunner } from "../../support/runner.ts";

const A = datasetFromZfs("p/a");
const B = datasetFromZfs("p/b");
const LISTING = { bookmarks: false, creation: false };

function zfsThatSays(answer: Partial<CommandResult>, log: Logger = SILENT_LOGGER): RealZfs {
  return zfsOver(scriptedRunner(() => answer), log);
}

function zfsOver(runner: Runner, log: Logger = SILENT_LOGGER): RealZfs {
  return new RealZfs({
    runner,
    capabilities: fullCapabilities({ programs: new Set(["ps"]) }),
    privilegePrefix: [],
    log,
    maxDatasetsPerListing: 10,
    maxSnapshotsPerDelete: 10,
    parallelListings: 1,
    clock: { monotonicNs: () => 0 },
  });
}

/** Counts versions of `p/a` and `p/b` as one listing that ends so tells them; -1 = gone. */
async function counts(answer: Partial<CommandResult>): Promise<number[]> {
  const zfs = zfsThatSays({ stdout: "1\t1\tp/a\n1\t11\tp/a@1\n1\t2\tp/b\n", ...answer });
  const histories = await Array.fromAsync(zfs.histories([A, B], LISTING));
  return histories.map(({ versions }) => versions?.length ?? -1);
}

const GONE = "cannot open 'p/b': dataset does not exist\n";

Deno.test("RealZfs.histories() tells what is gone from what has no versions", async () => {
  assertEquals(await counts({}), [1, 0]);
  const withoutB = "1\t1\tp/a\n1\t11\tp/a@1\n";
  assertEquals(await counts({ stdout: withoutB, status: 1, stderr: GONE }), [1, -1]);
  assertEquals(await counts({ stderr: "Welcome!\n" }), [1, 0]);
});

Deno.test("RealZfs.histories() takes a dataset that comes without a row of its own for unknown", async () => {
  for (const stdout of ["", "1\t1\tp/a\n1\t11\tp/a@1\n", "1\t11\tp/a@1\n1\t2\tp/b\n", "1\t1\tp/a\n1\t12\tp/b@1\n"]) {
    await assertRejects(() => counts({ stdout }), Retryable, "did not come to p/");
  }
  const elsewhere = "cannot open 'p/c': dataset does not exist\n";
  await assertRejects(() => counts({ stdout: "1\t1\tp/a\n", status: 1, stderr: elsewhere }), Retryable);
});

Deno.test("RealZfs takes no read for successful that stderr contradicts, and logs what a successful one says", async () => {
  const log = new RecordingLogger();
  const ended = async (stderr: string, stdout = "7\tp/a\n"): Promise<string> => {
    const zfs = zfsThatSays({ stdout, stderr }, log);
    const listing = { recursive: true, blockSizes: false, snapshotsChanged: false };
    const reads = {
      datasets: () => zfsThatSays({ stdout: "p/a\n", stderr }, log).datasets(A, listing),
      histories: () => Array.fromAsync(zfsThatSays({ stdout: "1\t7\tp/a\n", stderr }, log).histories([A], LISTING)),
      witness: () => zfs.witness(A, []),
      propertyNames: () => zfs.propertyNames(A, "local"),
      propertyValues: () => zfs.propertyValues(A, "local", ["x:y"]),
      column: () => zfs.column(A, "name"),
      receiveToken: () => zfs.receiveToken(A),
      encryptionRoot: () => zfs.encryptionRoot(A),
    };
    const failed: string[] = [];
    for (const [name, read] of Object.entries(reads)) {
      await read().catch((error: unknown) => void (error instanceof Retryable && failed.push(name)));
    }
    return failed.length === 0 ? "none" : failed.length === Object.keys(reads).length ? "all" : failed.join(" ");
  };
  assertEquals(await ended(""), "none");
  assertEquals(await ended("Welcome!\n"), "none");
  assertEquals(log.texts("DEBUG").filter((text) => text === "Welcome!").length, 8);
  assertEquals(await ended("cannot iterate filesystems: I/O error\n"), "all");
  assertEquals(log.texts("DEBUG").filter((text) => text.includes("I/O error")).length, 8);
  assertEquals(await ended("x".repeat(64 * 1024)), "all");
});

Deno.test("RealZfs.confirm() asks for a root only if something was listed since it was last seen", async () => {
  let root: Partial<CommandResult> = { stdout: "7\tp/a\n" };
  const tree = { stdout: "p/a\np/a/b\n" };
  const history = { stdout: "1\t7\tp/a\n" };
  const runner = scriptedRunner((argv) => argv.includes("-r") ? tree : argv.includes("0") ? root : history);
  const zfs = zfsOver(runner);
  const asked = async (read?: () => Promise<unknown>): Promise<number> => {
    await read?.();
    const before = runner.ran.length;
    await zfs.confirm(A);
    return runner.ran.length - before;
  };
  const listing = { recursive: true, blockSizes: false, snapshotsChanged: false };
  assertEquals(await asked(), 0);
  assertEquals(await asked(() => zfs.datasets(A, listing)), 1);
  assertEquals(await asked(), 0);
  assertEquals(await asked(() => Array.fromAsync(zfs.histories([A], LISTING))), 1);
  assertEquals(await asked(() => zfs.column(A, "name")), 0);
  const denied = "cannot open 'p/a': dataset does not exist\n";
  root = { status: 1, stderr: denied };
  await zfs.datasets(A, listing);
  for (let i = 0; i < 2; i++) await assertRejects(() => zfs.confirm(A), RootLostError, "Cannot go on without p/a");
  root = { status: 1, stderr: "cannot open 'p/a': I/O error\n" };
  await assertRejects(() => zfs.confirm(A), Retryable, "I/O error");
  root = { stdout: "7\tp/a\n" };
  assertEquals([await asked(), await asked()], [1, 0]);
  assertEquals(await asked(() => zfs.witness(A, ["p/a@1"])), 0);
});

Deno.test("RealZfs.confirm() asks again for a listing that ended while it asked", async () => {
  let answer: (() => void) | undefined;
  const slow = scriptedRunner((argv) => ({ stdout: argv.includes("0") ? "7\tp/a\n" : "1\t7\tp/a\n" }));
  const zfs = zfsOver({
    ...slow,
    run: async (argv, options) => {
      if (argv.includes("0")) await new Promise<void>((resolve) => answer = resolve);
      return await slow.run(argv, options);
    },
  });
  await Array.fromAsync(zfs.histories([A], LISTING));
  const first = zfs.confirm(A);
  await Array.fromAsync(zfs.histories([A], LISTING));
  answer!();
  await first;
  const second = zfs.confirm(A);
  await Promise.resolve();
  assert(answer !== undefined);
  answer();
  await second;
  assertEquals(slow.ran.filter((argv) => argv.includes("0")).length, 2);
});

Deno.test("RealZfs.estimates() knows what is said clearly, and nothing where queries cannot be asked together", async () => {
  const inner = scriptedRunner(() => ({}));
  const asked: unknown[] = [];
  const over = (answer: () => Promise<TogetherResult | undefined>): RealZfs =>
    zfsOver({
      ...inner,
      runTogether: (argvs) => {
        asked.push(argvs);
        return answer();
      },
    });
  const streams = [["p/a@1"], ["-i", "@1", "p/a@2"], ["p/b@1"], ["p/c@1"]];
  const said = ["full\tp/a@1\t9\nsize\t9", "size\t1x", undefined, "size\t18446744073709551615\n"];
  assertEquals(await over(() => Promise.resolve({ stdouts: said, stderr: "noise\n" })).estimates(streams), [
    9,
    undefined,
    undefined,
    2 ** 64,
  ]);
  assertEquals(asked, [[
    ["zfs", "send", "-v", "-n", "--parsable", "p/a@1"],
    ["zfs", "send", "-v", "-n", "--parsable", "-i", "@1", "p/a@2"],
    ["zfs", "send", "-v", "-n", "--parsable", "p/b@1"],
    ["zfs", "send", "-v", "-n", "--parsable", "p/c@1"],
  ]]);
  const nothing = streams.map(() => undefined);
  assertEquals(await zfsOver(inner).estimates(streams), nothing);
  const denied = { stdouts: said, stderr: "cannot open 'p/a': permission denied\n" };
  for (const answer of [{ stdouts: [], stderr: "" }, denied, undefined]) {
    assertEquals(await over(() => Promise.resolve(answer)).estimates(streams), nothing);
  }
  const failing = over(() => Promise.reject(new Retryable(new TimeoutError("silent"))));
  assertEquals(await failing.estimates(streams), nothing);
  const reason = new Error("stop");
  const aborted = failing.estimates(streams, { signal: AbortSignal.abort(reason) });
  assertEquals(await aborted.catch((error) => error), reason);
  await assertRejects(() => over(() => Promise.reject(new TypeError("a defect"))).estimates(streams), TypeError);
});

Deno.test("RealZfs.snapshotsChanged() knows nothing from a listing that stderr contradicts", async () => {
  const changed = async (
    stderr: string,
  ): Promise<unknown> => [...await zfsThatSays({ stdout: "1700000000\tp/a\n", stderr }).snapshotsChanged([A])];
  assertEquals(await changed("Welcome!\n"), [["p/a", 1700000000]]);
  assertEquals(await changed("cannot open 'p/a': I/O error\n"), []);
});

Deno.test("RealZfs.histories() takes no listing for complete that failed in any other way", async () => {
  const failures: readonly Partial<CommandResult>[] = [
    { status: 1, stderr: "" },
    { status: 1, stderr: `${GONE}internal error\n` },
    { status: 1, stderr: "permission denied\n" },
    { status: -9, stderr: GONE },
    { status: 255, stderr: GONE },
    { stdout: "1\t11\tp/a@1\n1\t1" },
    { stdout: "1\t11\tp/c@1\n" },
    { stdout: "Welcome!\n1\t11\tp/a@1\n" },
  ];
  for (const failure of failures) await assertRejects(() => counts(failure), Retryable);
});

Deno.test("RealZfs believes that a dataset is gone only of a zfs that came to its end", async () => {
  const listing = { recursive: true, blockSizes: false, snapshotsChanged: false };
  const stderr = "cannot open 'p/a': dataset does not exist\n";
  const reads: Readonly<Record<string, (zfs: RealZfs) => Promise<unknown>>> = {
    datasets: (zfs) => zfs.datasets(A, listing),
    histories: async (zfs) => (await Array.fromAsync(zfs.histories([A], LISTING)))[0]!.versions,
    column: (zfs) => zfs.column(A, "name"),
  };
  for (const [name, read] of Object.entries(reads)) {
    assertEquals(await read(zfsThatSays({ status: 1, stderr })), undefined, name);
    for (const status of [2, 141, 255, -9]) {
      await assertRejects(() => read(zfsThatSays({ status, stderr })), Retryable);
    }
  }
});

Deno.test("RealZfs.datasets() takes nothing for the tree of a dataset that is not", async () => {
  const listing = { recursive: true, blockSizes: false, snapshotsChanged: false };
  const list = async (stdout: string): Promise<number | undefined> =>
    (await zfsThatSays({ stdout }).datasets(A, listing))?.length;
  assertEquals(await list("p/a\np/a/c\np/a/d\n"), 3);
  for (const stdout of ["", "\n", "p/a\np/ab\n", "p/a\nWelcome!\n", "p/a/c\n", "p\np/a\n", "p/a\tx\n"]) {
    await assertRejects(() => list(stdout), Retryable, "Cannot read what");
  }
});

Deno.test("RealZfs.datasets() tells when a dataset was created if it was asked and knows", async () => {
  const listing = { recursive: true, blockSizes: false, snapshotsChanged: false };
  const created = async (cells: string, creation = true): Promise<number | undefined> =>
    (await zfsThatSays({ stdout: `${cells}p/a\n` }).datasets(A, { ...listing, creation }))![0]!.createdAt;
  assertEquals(await created("1700000000\t"), 1_700_000_000);
  for (const cell of ["-", "", "0", "soon", "-5"]) assertEquals(await created(`${cell}\t`), undefined, cell);
  assertEquals(await created("", false), undefined);
});

Deno.test("RealZfs.witness() takes nothing for absent but what was denied by name while the root was there", async () => {
  const denial = (name: string): string => `cannot open '${name}': dataset does not exist\n`;
  const about = async (answer: Partial<CommandResult>, name = "p/a@1"): Promise<string> => {
    const witness = await zfsThatSays(answer).witness(A, ["p/a@1", "p/a#1"]);
    return `${witness.root.kind} ${witness.about(name).kind}`;
  };
  const root = { stdout: "7\tp/a\n" };
  const denied = denial("p/a@1");
  assertEquals(await about({ ...root, status: 1, stderr: denied }), "present absent");
  assertEquals(await about({ ...root, status: 1, stderr: `Welcome!\r\n${denied.trimEnd()}\r\n` }), "present absent");
  assertEquals(await about({ stdout: "7\tp/a\n5\tp/a@1\n" }), "present present");
  const tooLong = "cannot open 'p/a@1': name is too long\n";
  assertEquals(await about({ ...root, status: 1, stderr: tooLong }), "present absent");
  const bookmark = "cannot open 'p/a#1': no such pool or dataset\n";
  assertEquals(await about({ ...root, status: 1, stderr: bookmark }, "p/a#1"), "present absent");
  assertEquals(await about({ ...root, status: 1, stderr: denial("p/a#1") }, "p/a#1"), "present absent");
  const nothing: readonly Partial<CommandResult>[] = [
    root,
    { ...root, status: 1, stderr: "" },
    { ...root, status: 1, stderr: "cannot open 'p/a@1': I/O error\n" },
    { ...root, status: 1, stderr: "cannot open 'p/a@1': no such pool or dataset\n" },
    { ...root, status: 1, stderr: `-bash: ${denied}` },
    { ...root, status: 1, stderr: "cannot open 'p/a@11': dataset does not exist\n" },
    { ...root, status: 1, stderr: "cannot open 'p/a@1': dataset does not exist yet\n" },
    { stdout: "7\tp/a\n5\tp/a@1\n", status: 1, stderr: denied },
  ];
  for (const answer of nothing) assertEquals(await about(answer), "present unknown", JSON.stringify(answer));
  assertEquals(await about({ status: 1, stderr: denial("p/a") + denied }), "absent unknown");
  assertEquals(await about({ ...root, status: 1, stderr: denied + denial("p/a") }), "unknown unknown");
  assertEquals(await about({ status: 1, stderr: denied }), "unknown unknown");
  const failures: readonly Partial<CommandResult>[] = [
    { ...root, stderr: denied },
    { ...root, status: 255, stderr: denied },
    { ...root, status: -9, stderr: denied },
    { stdout: "7\tp/a\nWelcome!\n", status: 1, stderr: denied },
    { stdout: "7\tp/a\n5\tp/b\n", status: 1, stderr: denied },
    { stdout: "-\tp/a\n", status: 1, stderr: denied },
  ];
  for (const answer of failures) await assertRejects(() => about(answer), Retryable);
});

Deno.test("RealZfs says of changes that they are some, so that they may be silent, and of nothing else", async () => {
  const kinds = new Map<string, boolean>();
  const inner = scriptedRunner(() => ({ status: 1, stderr: "no\n" }));
  const run = (argv: readonly string[], options?: RunOptions): Promise<CommandResult> => {
    kinds.set(argv.slice(0, 2).join(" "), options?.isChange ?? false);
    return inner.run(argv, options);
  };
  const zfs = zfsOver({ ...inner, run });
  const flags = { unmount: false, dependents: false, simulate: false, verbose: true };
  const calls: readonly (() => Promise<unknown>)[] = [
    () => zfs.datasets(A, { recursive: true, blockSizes: true, snapshotsChanged: true }),
    () => Array.fromAsync(zfs.histories([A], LISTING)),
    () => zfs.propertyNames(A, "local"),
    () => zfs.estimate(["p/a@1"]),
    () => zfs.apply({ kind: "create-filesystem", dataset: A, mount: "no" }),
    () => zfs.apply({ kind: "snapshot", names: ["p/a@1"], recursive: false }),
    () => zfs.apply({ kind: "rollback", to: "p/a@1", destroys: [], ...flags }),
    () => zfs.apply({ kind: "destroy-snapshots", dataset: A, tags: ["1"], ...flags }),
    () => zfs.apply({ kind: "abort-receive", dataset: A }),
    () => zfs.apply({ kind: "set-properties", dataset: A, assignments: ["a=b"] }),
  ];
  for (const call of calls) await assertRejects(call, Error);
  const changes = ["zfs create", "zfs destroy", "zfs receive", "zfs rollback", "zfs set", "zfs snapshot"];
  assertEquals([...kinds].filter(([, isChange]) => isChange).map(([name]) => name).sort(), changes);
  assertEquals([...kinds].filter(([, isChange]) => !isChange).map(([name]) => name).sort(), [
    "zfs get",
    "zfs list",
    "zfs send",
  ]);
});

Deno.test("RealZfs.snapshotsChanged() knows nothing where the question had to be ended", async () => {
  const run = (): Promise<CommandResult> => Promise.reject(new Retryable(new TimeoutError("silent")));
  assertEquals([...await zfsOver({ ...scriptedRunner(() => ({})), run }).snapshotsChanged([A])], []);
});

Deno.test("RealZfs reads answers that are long although nothing is wrong", async () => {
  const lines = (count: number, line: (index: number) => string): string => {
    return Array.from({ length: count }, (_, index) => `${line(index)}\n`).join("");
  };
  const host = SimHost.create({ seed: 1, clock: new SimClock(0) });
  const pool = host.addPool("p");
  pool.add({ name: "p/a", type: "filesystem" });
  for (let index = 0; index < 1500; index++) {
    execute(host, ["zfs", "snapshot", `p/a@${"some-long-name-".repeat(3)}${index}`]);
  }
  for (let index = 0; index < 1500; index++) host.processes.push(`${"some-program ".repeat(20)}${index}`);
  host.processes.push("zfs receive p/a");
  const zfs = zfsOver(new SimRunner(host));
  const first = `@${"some-long-name-".repeat(3)}0`;
  assert(await zfs.estimate(["-I", first, `p/a@${"some-long-name-".repeat(3)}1499`]) > 0);
  assert(await zfs.isBusy(A, "receive"));
  assert(!await zfs.isBusy(datasetFromZfs("p/b"), "send-and-receive"));
  const names = lines(2000, (index) => `my:property-with-a-long-name-${index}`);
  assertEquals((await zfsThatSays({ stdout: names }).propertyNames(A, "local")).length, 2000);
});

Deno.test("RealZfs refuses names that ZFS cannot have, before anybody matches them", async () => {
  const names = zfsThatSays({ stdout: `a\n${"x".repeat(257)}\n` });
  await assertRejects(() => names.propertyNames(A, "local"), Retryable);
  const long = `p/a/${"x".repeat(252)}`;
  const datasets = zfsThatSays({ stdout: `p/a\n${long}\n` });
  const listing = { recursive: true, blockSizes: false, snapshotsChanged: false };
  await assertRejects(() => datasets.datasets(A, listing), Retryable);
  const rows = (tag: string): Promise<unknown> =>
    Array.fromAsync(zfsThatSays({ stdout: `1\t1\tp/a\n1\t1\tp/a@${tag}\n` }).histories([A], LISTING));
  await rows("x".repeat(250));
  await assertRejects(() => rows("x".repeat(1025)), Retryable);
});

Deno.test("RealZfs destroys no more snapshots at once than zfs can tell within the limit", () => {
  const zfs = new RealZfs({
    runner: { ...scriptedRunner(() => ({})), maxCommandLineBytes: 2 ** 21 },
    capabilities: fullCapabilities(),
    privilegePrefix: [],
    log: SILENT_LOGGER,
    maxDatasetsPerListing: 10,
    maxSnapshotsPerDelete: 2 ** 29,
    parallelListings: 1,
    clock: { monotonicNs: () => 0 },
  });
  for (const length of [3, 200]) {
    const dataset = datasetFromZfs(`p/${"x".repeat(length - 2)}`);
    const tags = Array.from({ length: 50_000 }, (_, index) => index.toString(36));
    const flags = { unmount: false, dependents: false, simulate: false, verbose: true };
    const parts = zfs.split({ kind: "destroy-snapshots", dataset, tags, ...flags });
    assertEquals(parts.flatMap((part) => part.tags), tags);
    for (const part of parts) {
      const told = part.tags.map((tag) => `will destroy ${dataset}@${tag}\n`).join("");
      assert(told.length + 1000 < 2 ** 20, `${told.length}`);
    }
  }
});
