/**
 * What a run tells as events, and the result that they amount to, against simulated pools.
 * @module
 */
import { foldRun } from "../../support/fold.ts";
import { exitCodeOf } from "../../../lib/model/errors.ts";
import { type Recorder, REPORT_FORMAT, type RunEvent, type Stamped } from "../../../lib/report/events.ts";
import type { DatasetResult } from "../../../lib/report/dataset_result.ts";
import { failureOf } from "../../../lib/report/failure.ts";
import { type RunResult } from "../../../lib/report/result.ts";
import { EVENT_SCHEMA, RESULT_SCHEMA } from "../../../scripts/report_schemas.ts";
import { FaultScript } from "../../sim/faults.ts";
import { FEW_RETRIES, runBzfs } from "../../sim/run.ts";
import { type SimulatedWorld, simulatedWorld } from "../../sim/world.ts";
import { must } from "../../laws/world_gen.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { schemaErrors } from "../../support/json_schema.ts";
import { surroundings } from "../../support/surroundings.ts";

interface Reported {
  readonly events: readonly Stamped<RunEvent>[];
  readonly result: RunResult;
}

/** Names of events that any of these tests has seen. */
const seen = new Set<string>();

const START: RunEvent = {
  event: "run-started",
  format: REPORT_FORMAT,
  program: "bzfs",
  version: "0.1.0",
  arguments: [],
  host: "nas",
  uid: 0,
  effectiveUid: 0,
  dryRun: "off",
  log: "/log",
};

/** Runs a job; all events and the result fit their schemas. */
async function reported(sim: SimulatedWorld, argv: readonly string[]): Promise<Reported> {
  const events: Stamped<RunEvent>[] = [];
  const recorder: Recorder = {
    isWanted: true,
    record: (event) => {
      const line = JSON.stringify({ at: new Date(sim.clock.now()).toISOString(), run: "r", ...event });
      events.push(JSON.parse(line) as Stamped<RunEvent>);
    },
  };
  recorder.record(START);
  const error = await runBzfs(sim, [...FEW_RETRIES, ...argv], {}, { ...surroundings(), recorder });
  const failure = error === undefined ? {} : { error: failureOf(error) };
  recorder.record({
    event: "run-ended",
    exitStatus: error === undefined ? 0 : exitCodeOf(error),
    seconds: 1,
    ...failure,
  });
  const result = foldRun(events)!;
  for (const event of events) {
    seen.add(event.event);
    assertEquals(schemaErrors(event, EVENT_SCHEMA), [], JSON.stringify(event));
  }
  assertEquals(schemaErrors(JSON.parse(JSON.stringify(result)), RESULT_SCHEMA), []);
  return { events, result };
}

/** `tank/src` with children `a`, which has two snapshots, and `b`, which has none. */
function tree(faults = new FaultScript()): SimulatedWorld {
  const sim = simulatedWorld({ faults });
  for (const name of ["tank/src", "tank/src/a", "tank/src/b"]) must(sim.sourceHost, "zfs", "create", name);
  for (let i = 0; i < 50; i++) sim.sourceHost.write("tank/src/a", 1000);
  must(sim.sourceHost, "zfs", "snapshot", "tank/src@1");
  must(sim.sourceHost, "zfs", "snapshot", "tank/src/a@1");
  must(sim.sourceHost, "zfs", "snapshot", "tank/src/a@2");
  return sim;
}

function datasetOf({ result }: Reported, name: string): DatasetResult {
  return result.pairs.flatMap(({ datasets }) => datasets).find(({ dataset }) => dataset === name)!;
}

Deno.test("a replication tells streams, bookmarks and what it left alone", async () => {
  const sim = tree();
  const first = await reported(sim, ["-r", "tank/src", "back/dst"]);
  const a = datasetOf(first, "tank/src/a");
  assertEquals(a.outcome, "changed");
  assertEquals(a.destination, "back/dst/a");
  assertEquals(a.sent!.map(({ kind, from, to, snapshots }) => ({ kind, from, to, snapshots })), [
    { kind: "full", from: undefined, to: "@1", snapshots: 1 },
    { kind: "incremental", from: "@1", to: "@2", snapshots: 1 },
  ]);
  const copies = sim.destination.find("back/dst/a")!.snapshots;
  assertEquals(a.sent!.map(({ guid }) => guid), copies.map(({ guid }) => guid));
  assert(a.sent!.every(({ bytes }) => BigInt(bytes!) > 0n));
  const bookmarks = sim.source.find("tank/src/a")!.bookmarks.map(({ tag }) => `#${tag}`);
  assertEquals(a.created!.map(({ version }) => version), bookmarks);
  assertEquals(datasetOf(first, "tank/src/b"), {
    side: "src",
    dataset: "tank/src/b",
    outcome: "skipped",
    skipped: "no-snapshot-included",
  });
  const { streams, snapshotsSent, skipped, upToDate, created } = first.result.totals;
  assertEquals({ streams, snapshotsSent, skipped, upToDate, created }, {
    streams: 3,
    snapshotsSent: 3,
    skipped: 1,
    upToDate: 0,
    created: bookmarks.length + 1,
  });
  const second = await reported(sim.again(), ["-r", "tank/src", "back/dst"]);
  assertEquals(datasetOf(second, "tank/src/a").outcome, "up-to-date");
  assertEquals([second.result.totals.streams, second.result.totals.upToDate], [0, 2]);
});

/** Guid and transaction group of a snapshot of the destination, as events tell them. */
function identityOf(
  { destination }: SimulatedWorld,
  dataset: string,
  tag: string,
): { readonly guids: readonly string[]; readonly createtxgs: readonly string[] } {
  const { guid, createtxg } = destination.find(dataset)!.snapshots.find((snapshot) => snapshot.tag === tag)!;
  return { guids: [guid], createtxgs: [String(createtxg)] };
}

Deno.test("a conflict that is resolved by force is told as what was lost", async () => {
  const sim = tree();
  await reported(sim, ["-r", "tank/src", "back/dst"]);
  must(sim.destinationHost, "zfs", "snapshot", "back/dst/a@own");
  must(sim.sourceHost, "zfs", "snapshot", "tank/src/a@3");
  const refused = await reported(sim.again(), ["-r", "tank/src", "back/dst"]);
  const failure = datasetOf(refused, "tank/src/a").error!;
  assertEquals([failure.type, failure.exitStatus, refused.result.exitStatus], ["ConflictError", 3, 3]);
  assertEquals(refused.result.error?.type, "PartialFailure");
  const [base, own] = ["2", "own"].map((tag) => identityOf(sim, "back/dst/a", tag));
  const forced = await reported(sim.again(), ["-r", "--force", "tank/src", "back/dst"]);
  assertEquals(datasetOf(forced, "back/dst/a").rolledBack, [
    {
      phase: "replicate",
      to: "@2",
      guid: base!.guids[0]!,
      destroysNewer: true,
      versions: ["@own"],
      ...own,
    },
  ]);
  must(sim.destinationHost, "zfs", "destroy", "-r", "back/dst/a");
  must(sim.destinationHost, "zfs", "create", "back/dst/a");
  must(sim.destinationHost, "zfs", "snapshot", "back/dst/a@alien");
  const alien = identityOf(sim, "back/dst/a", "alien");
  const replaced = await reported(sim.again(), ["-r", "--force", "tank/src", "back/dst"]);
  const [lost] = datasetOf(replaced, "back/dst/a").deleted!;
  const { freedBytes, ...rest } = lost!;
  assertEquals(rest, { phase: "replicate", what: "versions", reason: "conflict", versions: ["@alien"], ...alien });
  assert(freedBytes !== undefined && /^[0-9]+$/.test(freedBytes));
});

Deno.test("new attempts are told with their cause, and failures with their facts", async () => {
  const cut = new FaultScript().cutAfter(/tank\/src\/a@1 /, 30_000);
  const retried = await reported(tree(cut), ["-r", "tank/src", "back/dst"]);
  const { outcome, retried: attempts = [], sent = [] } = datasetOf(retried, "tank/src/a");
  assertEquals([outcome, attempts.length, attempts[0]!.attempt, attempts[0]!.error.type], [
    "changed",
    1,
    1,
    "TransferError",
  ]);
  assertEquals(attempts[0]!.error.stages, [{ role: "receive", host: "localhost", status: 1, isCulprit: true }]);
  assertEquals(sent.length, 2);
  const broken = new FaultScript();
  broken.add(/tank\/src\/a@1 \| /, { kind: "fail", stderr: "cannot receive: out of space\n", status: 1 }, 9);
  const failed = await reported(tree(broken), ["-r", "--skip-on-error=dataset", "tank/src", "back/dst"]);
  const { error, retried: all = [] } = datasetOf(failed, "tank/src/a");
  assertEquals([error?.type, error?.command?.fault, all.length], ["TransferError", "no-space", 2]);
  assertEquals(failed.result.error?.type, "PartialFailure");
  assertEquals(failed.result.totals.failed, 1);
});

Deno.test("what could not be done for want of an ancestor is told", async () => {
  const broken = new FaultScript();
  broken.add(/zfs send .*tank\/src@1 /, { kind: "fail", stderr: "no\n", status: 1 }, 9);
  const run = await reported(tree(broken), ["-r", "--skip-on-error=tree", "tank/src", "back/dst"]);
  assertEquals(datasetOf(run, "tank/src/a").skipped, "ancestor");
  assertEquals(datasetOf(run, "tank/src/b").skipped, "ancestor");
});

Deno.test("a dry run says of every change that it was not made", async () => {
  const sim = tree();
  const before = sim.fingerprint();
  const { events } = await reported(sim, ["-r", "tank/src", "back/dst", "--dryrun"]);
  const changes = events.filter((event) => "performed" in event);
  assert(changes.length >= 2);
  assert(changes.every((event) => !event.performed));
  assertEquals(sim.fingerprint(), before);
});

Deno.test("creating, deleting, comparing and monitoring are told", async () => {
  const sim = tree();
  await reported(sim, ["-r", "tank/src", "back/dst"]);
  const plan = "{'prod':{'onsite':{'daily':1}}}";
  const created = await reported(sim.again(), [
    ...["-r", "tank/src", "back/dst", "--skip-replication", "--create-src-snapshots"],
    ...["--create-src-snapshots-plan", plan],
  ]);
  const made = datasetOf(created, "tank/src/b").created!;
  const tags = sim.source.find("tank/src/b")!.snapshots.map(({ tag }) => `@${tag}`);
  assertEquals(made, tags.map((version) => ({ phase: "create-snapshots", what: "snapshot", version }) as const));
  assertEquals(created.result.totals.created, 3);

  must(sim.sourceHost, "zfs", "destroy", "tank/src/a@1");
  const doomed = identityOf(sim, "back/dst/a", "1");
  const pruned = await reported(sim.again(), [
    ...["-r", "tank/src", "back/dst", "--skip-replication", "--delete-dst-snapshots"],
    "--delete-dst-snapshots-no-crosscheck",
  ]);
  assertEquals(datasetOf(pruned, "back/dst/a").deleted?.map(({ freedBytes: _, ...facts }) => facts), [
    { phase: "delete-snapshots", what: "versions", reason: "selected", versions: ["@1"], ...doomed },
  ]);

  must(sim.destinationHost, "zfs", "create", "back/dst/z");
  must(sim.destinationHost, "zfs", "create", "back/dst/z/y");
  const { guid } = sim.destination.find("back/dst/z")!;
  const trees = await reported(sim.again(), [
    ...["-r", "tank/src", "back/dst", "--skip-replication", "--delete-dst-datasets"],
  ]);
  assertEquals(datasetOf(trees, "back/dst/z").deleted, [
    { phase: "delete-datasets", what: "dataset", reason: "not-on-source", versions: [], guids: [guid] },
  ]);

  const looked = await reported(sim.again(), [
    ...["-r", "tank/src", "back/dst", "--skip-replication", "--compare-snapshot-lists"],
    ...["--monitor-snapshots", "{'prod':{'onsite':{'daily':{'latest':{'warning':'1 seconds','critical':'9 days'}}}}}"],
  ]);
  assertEquals(datasetOf(looked, "tank/src/a").compared, [
    { phase: "compare", sourceOnly: 2, destinationOnly: 0, both: 1 },
  ]);
  const { monitored = [], outcome } = datasetOf(looked, "back/dst");
  assertEquals([outcome, monitored.map(({ message: _, ...facts }) => facts)], ["unchanged", [{
    phase: "monitor",
    severity: "critical",
    kind: "latest",
    label: "prod_onsite_*_daily",
    warningSeconds: 86_401,
    criticalSeconds: 10 * 86_400,
  }]]);
  assertEquals(looked.result.pairs[0]!.error?.type, "AlertError");
});

Deno.test("bookmarks and empty datasets that are deleted are told, and folders above a copy that are made", async () => {
  const sim = tree();
  const first = await reported(sim, ["-r", "tank/src", "back/x/y"]);
  assertEquals(datasetOf(first, "back/x").created, [{ phase: "replicate", what: "ancestor" }]);
  // The dataset of a pool is there as long as the pool is.
  assertEquals(first.result.pairs[0]!.datasets.filter(({ dataset }) => dataset === "back"), []);
  must(sim.destinationHost, "zfs", "create", "back/x/y/empty");
  const { guid } = sim.destination.find("back/x/y/empty")!;
  const pruned = await reported(sim.again(), [
    ...["-r", "--skip-replication", "--delete-empty-dst-datasets", "--", "tank/src", "back/x/y"],
  ]);
  assertEquals(datasetOf(pruned, "back/x/y/empty").deleted, [
    { phase: "delete-empty-datasets", what: "dataset", reason: "empty", versions: [], guids: [guid] },
  ]);
  const alone = tree();
  const tags = ["mark1", "mark2"];
  must(alone.destinationHost, "zfs", "create", "back/src");
  must(alone.destinationHost, "zfs", "snapshot", "back/src@1");
  for (const tag of tags) must(alone.destinationHost, "zfs", "bookmark", "back/src@1", `back/src#${tag}`);
  const unmarked = await reported(alone, [
    ...["--skip-replication", "--delete-dst-snapshots=bookmarks", "--delete-dst-snapshots-no-crosscheck"],
    ...["tank/src/b", "back/src"],
  ]);
  const gone = (datasetOf(unmarked, "back/src").deleted ?? []).flatMap(({ versions }) => versions);
  assertEquals(gone.toSorted(), tags.map((tag) => `#${tag}`));
  assertEquals(unmarked.result.totals.deleted, tags.length);
});

Deno.test("partial receives and properties are told, without the values of properties", async () => {
  const faults = new FaultScript().cutAfter(/tank\/src\/a@1 /, 30_000);
  const sim = tree(faults);
  const options = ["--zfs-set-include-regex=.*", "--zfs-set-sources=local"];
  must(sim.sourceHost, "zfs", "set", "org.x:key=hush<script>", "tank/src/a");
  await reported(sim, ["-r", "--retries=0", ...options, "tank/src", "back/dst"]);
  must(sim.sourceHost, "zfs", "destroy", "tank/src/a@1");
  const run = await reported(sim.again(), ["-r", ...options, "tank/src", "back/dst"]);
  const copy = datasetOf(run, "back/dst/a");
  assertEquals(copy.deleted, [
    { phase: "replicate", what: "partial-receive", reason: "in-the-way", versions: [] },
  ]);
  assertEquals(copy.propertiesSet, [{ phase: "replicate", names: ["org.x:key"] }]);
  assert(!JSON.stringify(run).includes("hush"));
});

Deno.test("what is set aside and what is renamed is told with names and guids", async () => {
  const sim = tree();
  const argv = ["-r", "tank/src", "back/dst", "--on-conflict=set-aside", "--follow-renames"];
  await reported(sim, argv);
  must(sim.destinationHost, "zfs", "snapshot", "back/dst@own");
  must(sim.sourceHost, "zfs", "rename", "tank/src/a", "tank/src/c");
  must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/src@3");
  const run = await reported(sim.again(), argv);
  const { versions, guids } = datasetOf(run, "back/dst").setAside![0]!;
  assertEquals([versions, guids.length, datasetOf(run, "back/dst").outcome], [["@own"], 1, "changed"]);
  assertEquals(datasetOf(run, "back/dst/c").renamed!.map(({ from }) => from), ["back/dst/a"]);
});

Deno.test("what is held back, and what is permitted, is told with names and guids", async () => {
  const sim = tree();
  must(sim.destinationHost, "zfs", "create", "back/kept");
  must(sim.destinationHost, "zfs", "create", "back/gone");
  for (const name of ["kept@1", "kept@2", "gone@1"]) must(sim.destinationHost, "zfs", "snapshot", `back/${name}`);
  const words = ["--skip-replication", "--delete-dst-snapshots", "--delete-limit=0", "--allow-deletions", "back/gone"];
  const { result } = await reported(sim, [...words, "--", "dummy", "back/kept", "dummy", "back/gone"]);
  const [kept, gone] = result.pairs.map(({ datasets }) => datasets[0]!);
  const guids = sim.destinationHost.poolOf("back")!.find("back/kept")!.snapshots.map(({ guid }) => guid);
  assertEquals(kept!.heldBack, [{
    phase: "delete-snapshots",
    what: "snapshot",
    reason: "limit",
    of: 2,
    limit: "0",
    losses: [{ name: "back/kept@1", guid: guids[0]! }, { name: "back/kept@2", guid: guids[1]! }],
  }]);
  assertEquals(gone!.permitted?.[0]?.losses.map(({ name }) => name), ["back/gone@1"]);
  assertEquals([gone!.outcome, result.totals.heldBack, result.totals.deleted, result.exitStatus], ["changed", 2, 1, 5]);
});

Deno.test("a dry run tells what is kept that would be deleted otherwise, and why", async () => {
  const sim = tree();
  must(sim.destinationHost, "zfs", "create", "back/d");
  for (const name of ["p_on_1", "before-upgrade", "p_on_2", "p_on_3"]) {
    must(sim.destinationHost, "zfs", "snapshot", `back/d@${name}`);
  }
  must(sim.destinationHost, "zfs", "hold", "keep", "back/d@p_on_2");
  const limits = ["--foreign-snapshots=keep", "--own-names=p_on_.*", "--keep-newest=1"];
  const words = ["--skip-replication", "--delete-dst-snapshots", ...limits, "--dryrun", "--", "dummy", "back/d"];
  const run = await reported(sim, words);
  const { kept = [], deleted = [] } = datasetOf(run, "back/d");
  assertEquals(kept.map(({ reason, versions }) => [reason, ...versions]).sort(), [
    ["foreign", "@before-upgrade"],
    ["held", "@p_on_2"],
    ["newest", "@p_on_3"],
  ]);
  assertEquals(deleted.map(({ versions }) => versions), [["@p_on_1"]]);
});

Deno.test("a daemon's result is that of its last round, with totals over all of them", () => {
  const round = (minute: number): Stamped<RunEvent>[] => {
    const stamp = { at: `2026-01-01T00:0${minute}:00.000Z`, run: "r" };
    const about = { phase: "replicate", side: "src", dataset: `tank/${minute}` } as const;
    return [
      { ...stamp, event: "pair-started", pair: 0, source: "a", destination: "b" },
      { ...stamp, pair: 0, event: "up-to-date", ...about, destination: "b" },
      { ...stamp, event: "pair-ended", pair: 0, seconds: 1 },
    ];
  };
  const start: Stamped<RunEvent> = { at: "2026-01-01T00:00:00.000Z", run: "r", ...START };
  const result = foldRun([start, ...round(1), ...round(2), ...round(3)])!;
  assertEquals([result.pairs[0]!.rounds, result.totals.upToDate], [3, 3]);
  assertEquals(result.pairs[0]!.datasets.map(({ dataset }) => dataset), ["tank/3"]);
  assertEquals(result.exitStatus, undefined);
});

Deno.test("a daemon tells how each round has ended, and what is done once has none", async () => {
  const ends = ({ events }: Reported): unknown[] =>
    events.filter((event) => event.event === "round-ended").map((
      { exitStatus, error },
    ) => [exitStatus, error?.exitStatus]);
  const sim = tree(new FaultScript().failNext(/^zfs snapshot/));
  const create = ["--create-src-snapshots", "--create-src-snapshots-plan={'p': {'on': {'minutely': 1}}}"];
  const words = ["tank/src/a", "dummy", "--skip-replication", ...create, "--retries=0"];
  assertEquals(ends(await reported(sim, [...words, "--daemon-lifetime=2 minutes"])), [[3, 3], [0, undefined], [
    0,
    undefined,
  ]]);
  assertEquals(ends(await reported(sim.again(), words)), []);
});

Deno.test("a guard that moved is told with its names and guids", async () => {
  const sim = tree();
  const words = ["tank/src/a", "back/a", "--guard=on", "--create-bookmarks=none"];
  const first = await reported(sim, words);
  const guards = (): { version: string; guid: string }[] =>
    sim.source.find("tank/src/a")!.bookmarks.map(({ tag, guid }) => ({ version: `#${tag}`, guid }));
  const [before] = guards();
  // The full send has a guard of its own, which gives way to that of the increments.
  const moves = datasetOf(first, "tank/src/a").guardMoved!;
  const { version, guid } = moves[0]!;
  assertEquals(guid, sim.source.find("tank/src/a")!.snapshots[0]!.guid);
  const common = { phase: "replicate", destination: "back/a" } as const;
  assertEquals(moves, [
    { ...common, version, guid, former: [] },
    { ...common, ...before!, former: [{ version, guid }] },
  ]);
  must(sim.sourceHost, "zfs", "snapshot", "tank/src/a@3");
  const next = datasetOf(await reported(sim.again(), words), "tank/src/a");
  const [after] = guards();
  assertEquals(next.guardMoved, [{ phase: "replicate", destination: "back/a", ...after!, former: [before!] }]);
  assertEquals(datasetOf(await reported(sim.again(), words), "tank/src/a").guardMoved, undefined);
});

Deno.test("guards of a destination that is given up are told, and gone", async () => {
  const sim = tree();
  const words = ["--guard=on", "--create-bookmarks=none", "-r"];
  for (const copy of ["back/a", "back/b"]) await reported(sim.again(), ["tank/src", copy, ...words]);
  const guards = (): string[] =>
    sim.source.tree("tank/src").flatMap(({ name, bookmarks }) => bookmarks.map(({ tag }) => `${name}#${tag}`));
  const before = guards();
  const forget = ["tank/src", "back/a", "-r", "--skip-replication"];
  const pool = "--forget-guards=12345";
  assertEquals((await reported(sim.again(), [...forget, pool])).result.totals.deleted, 0);
  const dry = sim.again();
  await reported(dry, [...forget, "--forget-guards=any", "--dryrun"]);
  assertEquals(guards(), before);
  assertEquals(dry.log.texts("INFO").filter((text) => text.startsWith("Dry A full send would take about")).length, 2);
  const done = await reported(sim.again(), [...forget, "--forget-guards=any"]);
  assertEquals([before.length, guards().length, done.result.totals.deleted], [4, 2, 2]);
  const { version } = datasetOf(done, "tank/src").deleted!.map(({ versions: [version] }) => ({ version }))[0]!;
  assertEquals(datasetOf(done, "tank/src").deleted, [
    { phase: "forget-guards", what: "versions", reason: "given-up", versions: [version!] },
  ]);
  assertEquals(before.includes(`tank/src${version}`) && !guards().includes(`tank/src${version}`), true);
  // The same names in another pool.
  const [left] = sim.source.find("tank/src")!.bookmarks;
  const other = left!.tag.replace(/\.[^.]{11}(\.[^.]{11})$/, ".AAAAAAAAAAE$1");
  must(sim.sourceHost, "zfs", "bookmark", `tank/src#${left!.tag}`, `tank/src#${other}`);
  const both = await reported(sim.again(), ["tank/src", "back/b", "--skip-replication", "--forget-guards=any"]);
  assert(
    both.result.pairs[0]!.error!.message.includes("several pools: back/b: "),
    both.result.pairs[0]!.error!.message,
  );
  assert(/\b1\b/.test(both.result.pairs[0]!.error!.message));
  await reported(sim.again(), ["tank/src", "back/b", "--skip-replication", "--forget-guards=1"]);
  assertEquals(sim.source.find("tank/src")!.bookmarks.map(({ tag }) => tag), [left!.tag]);
  await reported(sim.again(), ["tank/src", "back/b", "--skip-replication", "--forget-guards=ask"]);
  assertEquals(sim.source.find("tank/src")!.bookmarks.map(({ tag }) => tag), []);
});

Deno.test("all kinds of events of a run have been seen by these tests", () => {
  const forms = EVENT_SCHEMA["oneOf"] as { properties: { event: { const: string } } }[];
  const kinds = forms.map(({ properties }) => properties.event.const).filter((name) => !/^(fleet|subjob)-/.test(name));
  assertEquals(kinds.filter((name) => !seen.has(name)), []);
});
