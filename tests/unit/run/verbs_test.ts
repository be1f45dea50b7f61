/**
 * Creating, pruning, comparing and monitoring in a simulated world: what they do, and what they leave alone.
 */
import { formatBytes } from "../../../lib/model/text/number_format.ts";
import { AlertError, CommandError, exitCodeOf, messageOf, PartialFailure } from "../../../lib/model/errors.ts";
import { must } from "../../laws/world_gen.ts";
import { FaultScript, thirdParty } from "../../sim/faults.ts";
import { execute } from "../../sim/commands/dispatch.ts";
import { FEW_RETRIES, runBzfs } from "../../sim/run.ts";
import { cutStream } from "../../sim/stream.ts";
import { type SimulatedWorld, simulatedWorld, type WorldOptions } from "../../sim/world.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../support/assert.ts";
import { MemoryReports, type Surroundings, surroundings } from "../../support/surroundings.ts";

const SOURCE = ["tank/s", "tank/s/a", "tank/s/a-b", "tank/s/a/c"];
const PLAN = "--create-src-snapshots-plan={'p': {'on': {'hourly': 1, 'daily': 1, 'adhoc': 1}}}";
const PRUNE = ["tank/s", "back/d", "-r", "--skip-replication", "--delete-dst-snapshots", ...FEW_RETRIES];

function world(options: WorldOptions = {}): SimulatedWorld {
  const sim = simulatedWorld(options);
  for (const name of [...SOURCE, "back/d"]) must(sim.sourceHost, "zfs", "create", "-p", name);
  return sim;
}

/** A destination tree with the snapshots `s1` to `s4` of the source, of which the source has lost `s1` to `s3`. */
async function replicated(): Promise<SimulatedWorld> {
  const sim = world();
  for (const tag of ["s1", "s2", "s3", "s4"]) {
    sim.sourceHost.write("tank/s", 500);
    must(sim.sourceHost, "zfs", "snapshot", "-r", `tank/s@${tag}`);
  }
  const words = ["tank/s", "back/d", "-r", "--create-bookmarks=none", ...FEW_RETRIES];
  assertEquals(await runBzfs(sim, words), undefined);
  for (const tag of ["s1", "s2", "s3"]) must(sim.sourceHost, "zfs", "destroy", "-r", `tank/s@${tag}`);
  return sim.again();
}

function tagsOf(sim: SimulatedWorld, dataset: string): string[] {
  return sim.sourceHost.poolOf(dataset)?.find(dataset)?.snapshots.map(({ tag }) => tag) ?? ["gone"];
}

function changes(sim: SimulatedWorld): string[] {
  return sim.history().filter((command) => /^zfs (snapshot|destroy|create|bookmark|rollback|receive)/.test(command));
}

/** Roots that were asked for by name, to confirm what was listed. */
function rootsAsked(sim: SimulatedWorld): string[] {
  const question = /^zfs list -t filesystem,volume -d 0 -Hp -o guid,name (\S+)$/;
  return sim.history().flatMap((command) => question.exec(command)?.[1] ?? []).toSorted();
}

/** What is kept, and then what is deleted, and why. */
function verdictsOf(sim: SimulatedWorld): string[] {
  const texts = [...sim.log.texts("DEBUG"), ...sim.log.texts("INFO")];
  return texts.filter((text) => /^(Keeping|Deleting) b\/c /.test(text));
}

async function succeed(sim: SimulatedWorld, argv: readonly string[], around?: Surroundings): Promise<void> {
  const error = await runBzfs(sim, argv, {}, around);
  assertEquals(error === undefined ? "" : messageOf(error), "");
}

Deno.test("create: one atomic command for each label, and none for what is not due", async () => {
  const sim = world();
  const argv = ["tank/s", "dummy", "-r", "--skip-replication", "--create-src-snapshots", PLAN];
  await succeed(sim, argv);
  assertEquals(changes(sim), [
    "zfs snapshot -r tank/s@p_on_2024-11-06_08:30:05_daily",
    "zfs snapshot -r tank/s@p_on_2024-11-06_08:30:05_hourly",
    "zfs snapshot -r tank/s@p_on_2024-11-06_08:30:05_adhoc",
  ]);
  sim.clock.advance(3_600_000);
  const later = sim.again();
  await succeed(later, argv);
  assertEquals(changes(later).map((command) => command.replace(/^.*_/, "")), ["hourly", "adhoc"]);
  const scheduled = later.log.texts("INFO").find((text) => text.startsWith("Next scheduled"))!;
  assertEquals(scheduled.split("\n").length, 9);
  assertMatch(scheduled, /\nNext scheduled snapshot time: 2024-11-06 09:00:00 for tank\/s@p_on_.*_hourly has passed\n/);
});

Deno.test("create: an excluded dataset is never snapshotted, hence no -r", async () => {
  const sim = world();
  const words = ["--skip-replication", "--create-src-snapshots", "--exclude-dataset=a"];
  await succeed(sim, ["tank/s", "dummy", "-r", ...words]);
  assertEquals(SOURCE.map((name) => tagsOf(sim, name).length), [1, 0, 1, 0]);
});

Deno.test("create: long lists are cut into commands that fit, each atomic", async () => {
  const sim = world({ maxCommandLineBytes: 110 });
  const words = ["--skip-replication", "--create-src-snapshots", "--skip-parent"];
  await succeed(sim, ["tank/s", "dummy", "-r", ...words, "--exclude-dataset-regex=x"]);
  assertEquals(SOURCE.map((name) => tagsOf(sim, name).length), [0, 1, 1, 1]);
  assert(changes(sim).length > 1);
});

Deno.test("create: a name that exists already is left alone with a warning, the others are made", async () => {
  for (const period of ["adhoc", "hourly"]) {
    const sim = world();
    must(sim.sourceHost, "zfs", "snapshot", `tank/s/a@p_on_x_${period}`);
    const before = sim.sourceHost.poolOf("tank")!.findSnapshot("tank/s/a", `p_on_x_${period}`);
    sim.clock.advance(7_200_000);
    const plan = `--create-src-snapshots-plan={'p': {'on': {'${period}': 1}}}`;
    const words = ["--skip-replication", "--create-src-snapshots", "--create-src-snapshots-timeformat=x", plan];
    await succeed(sim, ["tank/s", "dummy", "-r", ...words]);
    assertEquals(SOURCE.map((name) => tagsOf(sim, name)), SOURCE.map(() => [`p_on_x_${period}`]));
    assertEquals(sim.sourceHost.poolOf("tank")!.findSnapshot("tank/s/a", `p_on_x_${period}`), before);
    assertEquals(sim.log.texts("WARN").filter((text) => text.includes("exists already")).length, 1);
  }
});

Deno.test("create: a dataset that vanishes meanwhile is named, and does not keep the others from their snapshots", async () => {
  const sim = world();
  must(sim.sourceHost, "zfs", "snapshot", "tank/s/a-b@p_on_x_adhoc");
  sim.faults.add(/^zfs list .*guid,name /, {
    kind: "before",
    act: thirdParty(sim.sourceHost, "zfs", "destroy", "-r", "tank/s/a"),
  });
  const plan = "--create-src-snapshots-plan={'p': {'on': {'adhoc': 1}}}";
  const words = ["--skip-replication", "--create-src-snapshots", "--create-src-snapshots-timeformat=x", plan];
  await succeed(sim, ["tank/s", "dummy", "-r", ...words]);
  assertEquals(["tank/s", "tank/s/a-b"].map((name) => tagsOf(sim, name)), [["p_on_x_adhoc"], ["p_on_x_adhoc"]]);
  assertEquals(sim.log.texts("WARN").filter((text) => !text.startsWith("cannot ")), [
    "Third party deleted source: tank/s/a",
    "Snapshot is due but exists already, hence it is not created: tank/s/a-b@p_on_x_adhoc",
    "Third party deleted source: tank/s/a/c",
  ]);
});

Deno.test("create: a failure is an error, not repeated, and ends the pair", async () => {
  const sim = world({ faults: new FaultScript().failNext(/^zfs snapshot/, "cannot create snapshots: out of space\n") });
  const error = await runBzfs(sim, ["tank/s", "back/d", "--create-src-snapshots", ...FEW_RETRIES]);
  assertEquals(exitCodeOf(error), 3);
  assertEquals(changes(sim).length, 1);
});

Deno.test("create: a dry run changes nothing and says what it would do", async () => {
  const sim = world();
  const before = sim.fingerprint();
  await succeed(sim, ["tank/s", "dummy", "-r", "--dryrun", "--skip-replication", "--create-src-snapshots", PLAN]);
  assertEquals(sim.fingerprint(), before);
  assertEquals(sim.log.texts("DEBUG").filter((text) => text.startsWith("Would execute: zfs snapshot")).length, 3);
  assertStringIncludes(sim.log.texts("INFO").join("\n"), "Dry --create-src-snapshots: Creating 12 snapshots within 4");
});

const CLEAN_UP = [...PRUNE, "--delete-dst-datasets", "--delete-empty-dst-datasets"];
const SOURCE_LISTING = /^zfs list -t filesystem,volume .* -r tank\/s$/;

for (
  const [what, answer] of [
    ["prints nothing", ""],
    ["greets", "Welcome to nas!\n-\t131072\ttank/s\n"],
    ["lists what was not asked for", "-\t131072\ttank/s\n-\t131072\ttank/strange\n"],
    ["leaves the root out", "-\t131072\ttank/s/a\n"],
  ] as const
) {
  Deno.test(`prune: a source that ${what} and claims success costs the destination nothing`, async () => {
    const sim = (await replicated()).again(new FaultScript().sayNext(SOURCE_LISTING, answer, 9));
    const before = sim.fingerprint();
    const error = await runBzfs(sim, CLEAN_UP);
    assertEquals(exitCodeOf(error), 3);
    assertStringIncludes(messageOf(error), "Cannot read what 'zfs list -t filesystem,volume");
    assertEquals(sim.fingerprint(), before);
  });
}

for (const tag of ["", "s1,s2", "%", "s1%s3", "%s4"]) {
  Deno.test(`prune: a snapshot that claims to be called '${tag}' is not destroyed, nor what the words would mean`, async () => {
    const listing = /^zfs list -t filesystem,volume,snapshot .* back\/d( |$)/;
    const rows = `1\t-\t1\tback/d\n9\t-\t99\tback/d@${tag}\n`;
    const sim = (await replicated()).again(new FaultScript().sayNext(listing, rows, 9));
    const before = sim.fingerprint();
    const error = await runBzfs(sim, ["tank/s", "back/d", ...PRUNE.slice(3)]);
    assertEquals(exitCodeOf(error), 3);
    assertEquals(sim.history().filter((command) => command.startsWith("zfs destroy")), []);
    assertEquals(sim.fingerprint(), before);
  });
}

Deno.test("prune: deletes what the source has lost, selected, not held; everything else survives", async () => {
  const sim = await replicated();
  must(sim.sourceHost, "zfs", "hold", "keep", "back/d/a@s2");
  await succeed(sim, [...PRUNE, "--exclude-dataset=a-b", "--exclude-snapshot-regex=s1"]);
  assertEquals(tagsOf(sim, "back/d"), ["s1", "s4"]);
  assertEquals(tagsOf(sim, "back/d/a"), ["s1", "s2", "s4"]);
  assertEquals(tagsOf(sim, "back/d/a-b"), ["s1", "s2", "s3", "s4"]);
  assertEquals(SOURCE.map((name) => tagsOf(sim, name)), SOURCE.map(() => ["s4"]));
  const texts = sim.log.texts("INFO");
  assert(texts.some((text) => text.startsWith("Deleting b/c selected: back/d@s2")), texts.join("\n"));
  assert(sim.log.texts("DEBUG").some((text) => text.startsWith("Keeping b/c held: back/d/a@s2")));
  assertMatch(texts.at(-1)!, /\[Deleted 5 out of 12 snapshots within 3 datasets; took /);
});

Deno.test("prune: where nothing is to be deleted two listings of each side, and its root, are all it takes", async () => {
  const sim = await replicated();
  await succeed(sim, PRUNE);
  const again = sim.again();
  await succeed(again, PRUNE);
  assertEquals(again.history().length, 6);
  assertEquals(rootsAsked(again), ["back/d", "tank/s"]);
  assertEquals(changes(again), []);
});

Deno.test("prune: goes around a clone, deletes the rest, and fails", async () => {
  const sim = await replicated();
  must(sim.sourceHost, "zfs", "clone", "back/d@s2", "back/clone");
  const error = await runBzfs(sim, PRUNE);
  assert(error instanceof PartialFailure && error.cause instanceof CommandError);
  assertEquals(tagsOf(sim, "back/d"), ["s2", "s4"]);
  assertEquals(tagsOf(sim, "back/d/a"), ["s4"]);
  assert(sim.log.texts("WARN").some((text) => text.endsWith("in use: back/d@s2")));
});

Deno.test("prune: a hold that comes in between is respected and no failure", async () => {
  const sim = await replicated();
  const hold = thirdParty(sim.sourceHost, "zfs", "hold", "keep", "back/d@s1");
  sim.faults.add(/^zfs destroy .*back\/d@/, { kind: "before", act: hold });
  await succeed(sim, PRUNE);
  assertEquals(tagsOf(sim, "back/d"), ["s1", "s4"]);
});

Deno.test("prune: a source that does not exist, as one that is misspelled, protects nothing, hence nothing is deleted", async () => {
  const sim = await replicated();
  const before = sim.fingerprint();
  const plan = "--delete-dst-snapshots-except-plan={'p': {'on': {'daily': 1}}}";
  for (const actions of [["--delete-dst-snapshots"], ["--delete-dst-snapshots", plan], ["--delete-dst-datasets"]]) {
    const error = await runBzfs(sim, ["tank/misspelled", "back/d", "-r", "--skip-replication", ...actions]);
    assertStringIncludes(messageOf(error), "Source dataset does not exist: tank/misspelled");
  }
  assertEquals(sim.fingerprint(), before);
  await succeed(sim, ["tank/misspelled", "back/d", "-r", "--skip-replication", "--delete-empty-dst-datasets"]);
  await succeed(sim, ["dummy", "back/d", "-r", "--skip-replication", "--delete-dst-snapshots"]);
  assertEquals(tagsOf(sim, "back/d"), []);
});

Deno.test("prune: nothing is deleted whose source has vanished meanwhile: it can protect no more", async () => {
  for (const except of [[], ["--delete-dst-snapshots-except", "--include-snapshot-regex=s4"]]) {
    const sim = await replicated();
    sim.faults.add(/^zfs list .*guid.* tank\/s\/a$/, {
      kind: "before",
      act: thirdParty(sim.sourceHost, "zfs", "destroy", "-r", "tank/s/a"),
    });
    await succeed(sim, [...PRUNE, ...except]);
    assertEquals(tagsOf(sim, "tank/s/a"), ["gone"]);
    assertEquals(["back/d", "back/d/a", "back/d/a-b"].map((name) => tagsOf(sim, name).length), [1, 4, 1]);
    assert(sim.log.texts("WARN").some((text) => text.startsWith("Third party deleted source: tank/s/a, ")));
  }
});

/** A dataset of both sides, of which the source's listing at the start of a run does not know yet. */
function comesMeanwhile(sim: SimulatedWorld): void {
  must(sim.sourceHost, "zfs", "create", "back/d/new");
  must(sim.sourceHost, "zfs", "snapshot", "back/d/new@x");
  const act = (): void => {
    must(sim.sourceHost, "zfs", "create", "tank/s/new");
    must(sim.sourceHost, "zfs", "snapshot", "tank/s/new@x");
    const copy = sim.destination.findSnapshot("back/d/new", "x")!;
    Object.assign(sim.source.findSnapshot("tank/s/new", "x")!, { guid: copy.guid });
  };
  sim.faults.add(/^zfs list .* -r back\/d$/, { kind: "before", act });
}

Deno.test("prune: a source dataset that has come meanwhile, and was replicated by another run, protects as well", async () => {
  const sim = await replicated();
  comesMeanwhile(sim);
  await succeed(sim, PRUNE);
  assertEquals(["back/d", "back/d/new"].map((name) => tagsOf(sim, name)), [["s4"], ["x"]]);
});

Deno.test("prune: a dataset whose source has come meanwhile stays, and one without source goes", async () => {
  const sim = await replicated();
  comesMeanwhile(sim);
  must(sim.sourceHost, "zfs", "create", "back/d/old");
  await succeed(sim, ["tank/s", "back/d", "-r", "--skip-replication", "--delete-dst-datasets"]);
  assertEquals([tagsOf(sim, "back/d/new"), tagsOf(sim, "back/d/old")], [["x"], ["gone"]]);
});

Deno.test("prune: a tree to which somebody adds a dataset or a snapshot meanwhile is kept", async () => {
  for (
    const [option, command, name] of [
      ["--delete-dst-datasets", "create", "back/d/x/theirs"],
      ["--delete-empty-dst-datasets", "create", "back/d/x/theirs"],
      ["--delete-empty-dst-datasets", "snapshot", "back/d/x/y@theirs"],
    ] as const
  ) {
    const sim = await replicated();
    for (const dataset of ["back/d/x/y", "back/d/z"]) must(sim.sourceHost, "zfs", "create", "-p", dataset);
    const act = thirdParty(sim.sourceHost, "zfs", command, name);
    sim.faults.add(/^zfs list .* back\/d\/x$/, { kind: "before", act });
    await succeed(sim, ["tank/s", "back/d", "-r", "--skip-replication", option]);
    assertEquals([tagsOf(sim, "back/d/x/y"), tagsOf(sim, "back/d/z")], [command === "create" ? [] : ["theirs"], [
      "gone",
    ]]);
    assert(sim.log.texts("WARN").some((text) => text.endsWith("it is kept: back/d/x")), option);
  }
});

Deno.test("prune: without --recursive a dataset with children is no candidate: they are not selected", async () => {
  const sim = await replicated();
  const words = ["dummy", "back/d", "--skip-replication", "--delete-dst-datasets"];
  await succeed(sim, words);
  assertEquals(sim.destination.tree("back/d").length, 4);
  assert(sim.log.texts("DEBUG").some((text) => text === "Keeping b/c above a dataset that stays: back/d"));
  const kept = "Kept although the source lacks it, as there are datasets below it (add --recursive): back/d";
  assertEquals(sim.log.texts("WARN").filter((text) => text.startsWith("Kept")), [kept]);
  await succeed(sim, ["dummy", "back/d/a-b", ...words.slice(2)]);
  assertEquals(tagsOf(sim, "back/d/a-b"), ["gone"]);
});

Deno.test("prune: a dry run tells the space and changes nothing", async () => {
  const sim = await replicated();
  const before = sim.fingerprint();
  await succeed(sim, [...PRUNE, "--dryrun"]);
  assertEquals(sim.fingerprint(), before);
  const said = sim.log.texts("STDOUT").flatMap((text) => /would reclaim ([0-9]+)B/.exec(text)?.[1] ?? []);
  assertEquals(said.length, 4);
  const total = said.reduce((sum, bytes) => sum + Number(bytes), 0);
  assert(total > 0);
  const texts = sim.log.texts("INFO");
  assert(texts.includes(`Dry --delete-dst-snapshots: Would free about ${formatBytes(total)}`), texts.join("\n"));
  assert(texts.some((text) => text.startsWith("Dry Deleting b/c selected: back/d@s1")));
  await succeed(sim, ["dummy", "back/d", "-r", "--skip-replication", "--delete-dst-datasets", "--dryrun"]);
  assertEquals(sim.fingerprint(), before);
  assertMatch(sim.log.texts("INFO").at(-1)!, /^Dry --delete-dst-datasets: Would free about [1-9][0-9.]* [KM]?i?B$/);
  assert(changes(sim).every((command) => command.includes(" -n ")));
});

Deno.test("prune: temporary bookmarks survive, ordinary ones go", async () => {
  const sim = await replicated();
  for (const tag of ["plain", ".TMPBZFS.s4.x.y.z"]) {
    must(sim.sourceHost, "zfs", "bookmark", "back/d@s3", `back/d#${tag}`);
  }
  await succeed(sim, ["tank/s", "back/d", "--skip-replication", "--delete-dst-snapshots=bookmarks"]);
  const bookmarks = (): string[] => sim.destination.find("back/d")!.bookmarks.map(({ tag }) => tag);
  assertEquals(bookmarks(), [".TMPBZFS.s4.x.y.z"]);
  const again = sim.again();
  await succeed(again, ["tank/s", "back/d", "--skip-replication", "--force-delete-dst-tmp-bookmarks"]);
  assertEquals(bookmarks(), []);
  assert(again.log.texts("WARN").some((text) => text.startsWith("DANGER: --force-delete-dst-tmp-bookmarks")));
  assertEquals(tagsOf(sim, "back/d").length, 4);
});

Deno.test("prune: a failed deletion stops the later phases, and the other datasets are still pruned", async () => {
  const sim = await replicated();
  sim.faults.add(/^zfs destroy .*back\/d\/a@/, { kind: "fail", stderr: "cannot destroy: permission denied\n" }, 9);
  const error = await runBzfs(sim, [...PRUNE, "--compare-snapshot-lists"]);
  assertEquals(exitCodeOf(error), 3);
  assertEquals(["back/d", "back/d/a", "back/d/a/c"].map((name) => tagsOf(sim, name).length), [1, 4, 1]);
  assert(!sim.log.texts("INFO").some((text) => text.startsWith("--compare-snapshot-lists")));
});

Deno.test("prune: datasets without counterpart go with all below, those above or beside what is not selected stay", async () => {
  const sim = await replicated();
  for (const name of ["x/y", "x-1", "keep/me", "tmp"]) must(sim.sourceHost, "zfs", "create", "-p", `back/d/${name}`);
  const words = [
    "--skip-replication",
    "--delete-dst-datasets",
    "--exclude-dataset=keep/me",
    "--exclude-dataset-regex=tmp",
  ];
  await succeed(sim, ["tank/s", "back/d", "-r", ...words]);
  const left = sim.destination.tree("back/d").map(({ name }) => name);
  assertEquals(left, ["back/d", "back/d/a", "back/d/a-b", "back/d/a/c", "back/d/keep", "back/d/keep/me", "back/d/tmp"]);
  assertEquals(verdictsOf(sim), [
    "Keeping b/c on source: back/d",
    "Keeping b/c on source: back/d/a",
    "Keeping b/c on source: back/d/a-b",
    "Keeping b/c on source: back/d/a/c",
    "Keeping b/c above a dataset that stays: back/d/keep",
    "Keeping b/c not selected: back/d/keep/me",
    "Keeping b/c not selected: back/d/tmp",
    "Deleting b/c not on source: back/d/x",
    "Deleting b/c not on source: back/d/x-1",
    "Deleting b/c not on source: back/d/x/y",
  ]);
});

Deno.test("prune: empty trees go, and only those", async () => {
  const sim = await replicated();
  for (const name of ["e/e1", "f/full"]) must(sim.sourceHost, "zfs", "create", "-p", `back/d/${name}`);
  must(sim.sourceHost, "zfs", "snapshot", "back/d/f/full@x");
  await succeed(sim, ["dummy", "back/d", "-r", "--skip-replication", "--delete-empty-dst-datasets"]);
  const left = sim.destination.tree("back/d").map(({ name }) => name);
  assertEquals(left, ["back/d", "back/d/a", "back/d/a-b", "back/d/a/c", "back/d/f", "back/d/f/full"]);
  assertEquals(verdictsOf(sim).slice(4), [
    "Keeping b/c above a dataset that stays: back/d/f",
    "Keeping b/c not empty: back/d/f/full",
    "Deleting b/c empty: back/d/e",
    "Deleting b/c empty: back/d/e/e1",
  ]);
});

Deno.test("prune: what was received in part is not empty, so that a first transfer that is cut each night converges", async () => {
  const sim = world();
  const target = "back/d/a/c";
  for (let i = 0; i < 30; i++) sim.sourceHost.write("tank/s/a/c", 1000);
  must(sim.sourceHost, "zfs", "snapshot", "-r", "tank/s@s1");
  const replicate = ["tank/s", "back/d", "-r", "--create-bookmarks=none", "--retries=0"];
  const prune = ["tank/s", "back/d", "-r", "--skip-replication", "--delete-empty-dst-datasets"];
  for (const night of [1, 2]) {
    await runBzfs(sim.again(new FaultScript().cutAfter(/ back\/d\/a\/c$/, 12_000)), replicate);
    const { partial } = sim.destination.find(target)!;
    assert(partial !== undefined, `night ${night}`);
    must(sim.destinationHost, "zfs", "create", "back/d/empty");
    const next = sim.again();
    await succeed(next, prune);
    assertEquals(sim.destination.find(target)?.partial, partial, `night ${night}`);
    assert(verdictsOf(next).includes(`Keeping b/c not empty: ${target}`), verdictsOf(next).join("\n"));
    assertEquals(sim.destination.find("back/d/empty"), undefined);
  }
  const last = sim.again();
  await succeed(last, replicate);
  assertEquals(last.history().filter((text) => text.includes(" -t 1-") && text.includes(" | ")).length, 1);
  assertEquals(tagsOf(sim, target), ["s1"]);
});

Deno.test("prune: a partial receive that has come meanwhile keeps its tree", async () => {
  const sim = world();
  for (let i = 0; i < 30; i++) sim.sourceHost.write("tank/s", 1000);
  must(sim.sourceHost, "zfs", "snapshot", "tank/s@s1");
  must(sim.sourceHost, "zfs", "create", "-p", "back/d/e/deep");
  must(sim.sourceHost, "zfs", "snapshot", "back/d@x");
  const receive = (): void => {
    const { stream } = execute(sim.sourceHost, ["zfs", "send", "tank/s@s1"]);
    execute(sim.destinationHost, ["zfs", "receive", "-F", "-s", "back/d/e/deep"], cutStream(stream!, 12_000));
  };
  const faults = new FaultScript().add(/^zfs list .* back\/d\/e$/, { kind: "before", act: receive });
  const run = sim.again(faults);
  await succeed(run, ["dummy", "back/d", "-r", "--skip-replication", "--delete-empty-dst-datasets"]);
  assert(sim.destination.find("back/d/e/deep")?.partial !== undefined);
});

Deno.test("compare: tells what is where, with few listings, and changes nothing", async () => {
  const sim = await replicated();
  must(sim.sourceHost, "zfs", "create", "tank/s/new");
  must(sim.sourceHost, "zfs", "snapshot", "tank/s@s5");
  const before = sim.sourceHost.state.pools.map((pool) => pool.txg);
  const reports = new MemoryReports();
  const argv = ["tank/s", "back/d", "-r", "--skip-replication", "--compare-snapshot-lists"];
  await succeed(sim, argv, surroundings({ reports }));
  const rows = reports.finished.get("tank~s%back~d.tsv")!.split("\n").map((line) => line.split("\t"));
  assertEquals(rows.filter((row) => row[6] === "").map((row) => `${row[0]} ${row[3]}`), [
    "dst @s1",
    "dst @s2",
    "dst @s3",
    "all @s4",
    "src @s5",
  ]);
  const datasets = reports.finished.get("tank~s%back~d.rel_datasets_tsv")!.split("\n").slice(1, -1);
  assertEquals(datasets.map((line) => line.split("\t").slice(0, 2).join(" ")), [
    "all ",
    "all /a",
    "all /a-b",
    "all /a/c",
    "src /new",
  ]);
  assertEquals(sim.history().length, 6);
  assertEquals(rootsAsked(sim), ["back/d", "tank/s"]);
  assertEquals(sim.sourceHost.state.pools.map((pool) => pool.txg), before);
});

Deno.test("compare: nothing is left of a comparison that fails", async () => {
  const sim = await replicated();
  sim.faults.add(/written/, { kind: "fail" }, 9);
  const reports = new MemoryReports();
  const argv = ["tank/s", "back/d", "-r", "--skip-replication", "--compare-snapshot-lists", ...FEW_RETRIES];
  assertEquals(exitCodeOf(await runBzfs(sim, argv, {}, surroundings({ reports }))), 3);
  assertEquals(reports.finished.size, 0);
});

/** A plan that warns after one hour and is critical after two. */
function monitorOf(period: string): string {
  const limits = "{'warning': '1 hours', 'critical': '2 hours', 'cycles': 0}";
  return `--monitor-snapshots={'p': {'on': {'${period}': {'latest': ${limits}}}}}`;
}

Deno.test("monitor: the worst finding of all pairs decides, and its line comes first", async () => {
  const sim = world();
  for (const name of ["tank/x", "back/x", "tank/y", "back/y"]) must(sim.sourceHost, "zfs", "create", name);
  for (const name of ["tank/x", "back/x"]) must(sim.sourceHost, "zfs", "snapshot", `${name}@p_on_1_hourly`);
  sim.clock.advance(5_400_000);
  const monitor = [monitorOf("hourly"), "--skip-replication"];
  const lines: string[] = [];
  const around = surroundings({ headline: (line) => void lines.push(line) });
  const warning = await runBzfs(sim.again(), ["tank/x", "back/x", ...monitor], {}, around);
  assert(warning instanceof PartialFailure && warning.cause instanceof AlertError);
  assertEquals(exitCodeOf(warning), 1);
  const critical = await runBzfs(sim.again(), ["tank/x", "back/x", "tank/y", "back/y", ...monitor], {}, around);
  assertEquals(exitCodeOf(critical), 2);
  const muted = await runBzfs(
    sim.again(),
    ["tank/x", "back/x", ...monitor, "--monitor-snapshots-dont-warn"],
    {},
    around,
  );
  assertEquals(muted, undefined);
  const missing = await runBzfs(sim.again(), ["tank/x", "back/none", "tank/y", "back/y", ...monitor], {}, around);
  assertEquals(exitCodeOf(missing), 3);
  const ended = await runBzfs(sim.again(), ["tank/x", "back/x", ...monitor, "--skip-on-error=fail"], {}, around);
  assertEquals(exitCodeOf(ended), 1);
  assertEquals(lines.map((line) => line.slice(0, 60)), [
    "WARNING - --monitor_snapshots: Latest snapshot for back/x@p_",
    "CRITICAL - --monitor_snapshots: No snapshot exists for back/",
    "OK - 2 datasets monitored",
    "UNKNOWN - Destination dataset does not exist: back/none",
    "WARNING - --monitor_snapshots: Latest snapshot for back/x@p_",
  ]);
});

Deno.test("a run without any action is a success that warns", async () => {
  const sim = world();
  await succeed(sim, ["tank/s", "back/d", "--skip-replication"]);
  assert(sim.log.texts("WARN").some((text) => text.startsWith("Nothing to do")));
});

Deno.test("prune: a misspelled entry of a plan is warned about, with the names that exist, also with --quiet", async () => {
  const sim = world();
  for (const time of ["2024-11-05_00:00:00", "2024-11-06_00:00:00"]) {
    for (const period of ["hourly", "daily"]) must(sim.sourceHost, "zfs", "snapshot", `back/d@p_on_${time}_${period}`);
  }
  const warned = async (plan: string, ...words: readonly string[]): Promise<readonly string[]> => {
    const again = sim.again();
    const except = `--delete-dst-snapshots-except-plan=${plan}`;
    await succeed(again, ["dummy", "back/d", "--skip-replication", "--delete-dst-snapshots", except, ...words]);
    return again.log.texts("URGENT");
  };
  const dry = ["--quiet", "--dryrun"];
  assertEquals(await warned("{'p': {'on': {'hourly': 2, 'dayly': 2}}}", ...dry), [
    "Dry --delete-dst-snapshots: No snapshot has a name that these entries of the plan select: p_on_.*_dayly; and " +
    "snapshots are deleted that no entry selects. Names that exist: p_on_<time>_hourly, p_on_<time>_daily",
  ]);
  assertEquals((await warned("{'prd': {'on': {'hourly': 2, 'daily': 2}}}", ...dry)).length, 1);
  // A period that has not come yet, one that is not wanted, and one that is not in the plan at all.
  assertEquals(await warned("{'p': {'on': {'hourly': 2, 'daily': 2, 'yearly': 5}}}", ...dry), []);
  assertEquals(await warned("{'p': {'on': {'hourly': 2, 'monthly': 0}}}", ...dry), []);
  assertEquals(await warned("{'p': {'on': {'hourly': 2}}}", "--quiet"), []);
});

Deno.test("a run in which nothing is selected says so, also with --quiet", async () => {
  const sim = await replicated();
  const nothing = async (words: readonly string[]): Promise<readonly string[]> => {
    const again = sim.again();
    await succeed(again, ["tank/s", "back/d", "-r", "--quiet", ...FEW_RETRIES, ...words]);
    return again.log.texts("URGENT");
  };
  assertEquals(await nothing(["--include-snapshot-regex=s4"]), []);
  for (const mode of ["dataset", "continue"]) {
    assertEquals(await nothing(["--include-snapshot-regex=x", `--skip-missing-snapshots=${mode}`]), [
      "Nothing is replicated: no source dataset has a snapshot that is selected (--skip-missing-snapshots=fail makes " +
      "that a failure)",
    ]);
  }
});

Deno.test("a destination that overlaps the source under another name of the host is refused", async () => {
  const sim = await replicated();
  const nested = { ...sim, world: { ...sim.world, destination: sim.world.source } };
  const before = sim.fingerprint();
  for (const host of ["localhost", "nas.example.com"]) {
    const error = await runBzfs(nested, ["-r", "tank/s", `${host}:tank/s/bak`, ...FEW_RETRIES]);
    assertStringIncludes(messageOf(error), "Source and destination are on the same pool, by its guid");
  }
  assertEquals(sim.fingerprint(), before);
});
