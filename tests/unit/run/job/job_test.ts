/**
 * What a job refuses, tolerates and says, beyond what parity data and laws can see.
 * @module
 */
import { exitCodeOf, messageOf, PartialFailure, RefusedError } from "../../../../lib/model/errors.ts";
import type { History, World, Zfs } from "../../../../lib/zfs/world.ts";
import { vanish } from "../../../sim/faults.ts";
import { FEW_RETRIES, runBzfs } from "../../../sim/run.ts";
import { type SimulatedWorld, simulatedWorld, type WorldOptions } from "../../../sim/world.ts";
import { must } from "../../../laws/world_gen.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../../support/assert.ts";

/** A source tree `tank/src` with children `a` and `b`, each with one snapshot, and a pool `back`. */
function tree(options: WorldOptions = {}): SimulatedWorld {
  const sim = simulatedWorld(options);
  for (const name of ["tank/src", "tank/src/a", "tank/src/b"]) {
    must(sim.sourceHost, "zfs", "create", name);
    must(sim.sourceHost, "zfs", "snapshot", `${name}@s1`);
  }
  return sim;
}

/** The same world, in which a listing of snapshots takes a while. */
function slowListings({ world }: SimulatedWorld): { readonly world: World; readonly started: () => number } {
  let started = 0;
  const histories: Zfs["histories"] = async function* (of, listing): AsyncIterable<History> {
    started++;
    await new Promise((resolve) => setTimeout(resolve, 5));
    yield* world.source.histories(of, listing);
  };
  const source = new Proxy(world.source, {
    get(target, name): unknown {
      if (name === "histories") return histories;
      const member = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  return { world: { ...world, source }, started: () => started };
}

/** The only pair was refused, for this reason. */
function refusal(error: unknown): RefusedError {
  assertEquals(exitCodeOf(error), 3);
  const reason = error instanceof PartialFailure ? error.cause : error;
  assert(reason instanceof RefusedError, `expected a refusal, not ${messageOf(reason)}`);
  return reason;
}

Deno.test("runJob() takes the source 'dummy' for the virtual dataset, even if there is a pool of that name", async () => {
  const sim = simulatedWorld({ sourcePool: "dummy" });
  must(sim.sourceHost, "zfs", "snapshot", "dummy@s1");
  const error = refusal(await runBzfs(sim, ["dummy", "back/dst"]));
  assertStringIncludes(error.message, "Replication: Source dataset does not exist: dummy");
  assertEquals(sim.history(), []);
});

Deno.test("runJob() refuses to replicate to 'dummy', even if there is a pool of that name", async () => {
  const sim = simulatedWorld({ destinationPool: "dummy" });
  must(sim.sourceHost, "zfs", "create", "tank/src");
  must(sim.sourceHost, "zfs", "snapshot", "tank/src@s1");
  const error = refusal(await runBzfs(sim, ["tank/src", "dummy"]));
  assertStringIncludes(error.message, "Replication: Destination may be a dummy dataset only if");
  assertEquals(sim.history(), []);
});

for (const option of ["--props", "-p"]) {
  Deno.test(`runJob() refuses --preserve-properties with ${option} for an old destination`, async () => {
    const sim = tree({ hosts: "two", destinationVersion: "2.1" });
    const words = ["--preserve-properties", "mountpoint", `--zfs-send-program-opts=--raw ${option}`];
    const error = refusal(await runBzfs(sim, ["tank/src", "back/dst", ...words]));
    assertMatch(
      error.message,
      /^Cowardly refusing to proceed as --preserve-properties is unreliable on destination ZFS/,
    );
    assert(!sim.history().some((command) => command.includes("zfs send")));
  });
}

Deno.test("runJob() believes no receive that says it succeeded: what is not there was not sent", async () => {
  const sim = tree();
  sim.faults.sayNext(/\| zfs receive/, "", 100);
  const error = await runBzfs(sim, ["tank/src", "back/dst", "--promote-bookmarks", ...FEW_RETRIES]);
  assertEquals(exitCodeOf(error), 3);
  assertStringIncludes(messageOf(error), "The destination did not commit what was sent: back/dst");
  assertEquals(sim.source.find("tank/src")!.bookmarks, []);
});

Deno.test("runJob() numbers tolerated failures in the order in which they happened", async () => {
  const sim = tree();
  const failing = { kind: "fail", stderr: "internal error\n" } as const;
  sim.faults.add(/^zfs list .* tank\/src\/[ab]$/, failing, 100);
  await runBzfs(sim, ["tank/src", "back/dst", "-r", "--threads=1", ...FEW_RETRIES]);
  const texts = sim.log.texts("ERROR").filter((text) => text.includes("Done with"));
  assertEquals(texts, ["#1: Done with Replication: tank/src/a", "#2: Done with Replication: tank/src/b"]);
});

Deno.test("runJob() replicates although the listing of the destination tree fails", async () => {
  const sim = tree();
  const failing = { kind: "fail", stderr: "internal error\n" } as const;
  sim.faults.add(/^zfs list -t filesystem,volume -s .* back\/dst$/, failing, 100);
  assertEquals(await runBzfs(sim, ["tank/src", "back/dst", "-r", ...FEW_RETRIES]), undefined);
  assert(sim.destination.find("back/dst/b") !== undefined);
});

Deno.test("runJob() leaves no listing behind when a phase ends early", async () => {
  const sim = tree();
  sim.faults.add(/^zfs list -t filesystem,volume,snapshot,bookmark .* tank\/src$/, { kind: "fail" }, 100);
  const slow = slowListings(sim);
  const words = ["-r", "--retries=0", "--skip-on-error=tree", "--threads=1"];
  const environment = { bzfs_max_datasets_per_batch_on_list_snaps: "1" };
  const error = await runBzfs({ ...sim, world: slow.world }, ["tank/src", "back/dst", ...words], environment);
  assertEquals(exitCodeOf(error), 3);
  const atTheEnd = slow.started();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assertEquals(slow.started(), atTheEnd);
});

Deno.test("runJob() skips a snapshotless dataset whose counterpart has vanished, with all below it", async () => {
  const sim = tree();
  for (const name of ["tank/src/a/x", "tank/src/a/x/y"]) must(sim.sourceHost, "zfs", "create", name);
  must(sim.sourceHost, "zfs", "snapshot", "tank/src/a/x/y@s1");
  assertEquals(await runBzfs(sim, ["tank/src", "back/dst", "-r"]), undefined);
  must(sim.sourceHost, "zfs", "destroy", "tank/src/a@s1");
  const again = sim.again();
  again.faults.add(/^zfs list -t filesystem,volume,snapshot .* back\/dst/, {
    kind: "before",
    act: () => vanish(again.destinationHost, "back/dst/a"),
  });
  assertEquals(await runBzfs(again, ["tank/src", "back/dst", "-r"]), undefined);
  assert(
    again.log.texts("WARN").includes(
      "Also skipping descendant datasets as dst dataset does not exist for tank/src/a",
    ),
  );
  assertEquals(again.destination.tree("back/dst").map(({ name }) => name), ["back/dst", "back/dst/b"]);
});

Deno.test("runJob() takes a source without a selected snapshot for a failure if it is told so, and the others go on", async () => {
  const sim = tree();
  must(sim.sourceHost, "zfs", "create", "tank/none");
  must(sim.sourceHost, "zfs", "create", "tank/none/a");
  const words = ["-r", "tank/none", "back/none", "tank/src", "back/dst"];
  assertEquals(await runBzfs(sim, words), undefined);
  const error = await runBzfs(sim.again(), [...words, "--empty-selection=fail", "--skip-on-error=dataset"]);
  assertEquals([exitCodeOf(error), messageOf(error)], [
    3,
    "Nothing of the source has a snapshot that is selected: tank/none",
  ]);
  assert(sim.destination.find("back/dst/a") !== undefined);
  // What is up to date is selected, and one descendant with a snapshot is enough.
  must(sim.sourceHost, "zfs", "snapshot", "tank/none/a@s1");
  must(sim.destinationHost, "zfs", "create", "back/none");
  for (let i = 0; i < 2; i++) assertEquals(await runBzfs(sim.again(), [...words, "--empty-selection=fail"]), undefined);
});

Deno.test("runJob() says why an estimate failed", async () => {
  const sim = tree();
  sim.faults.add(/^zfs send .*--parsable/, { kind: "fail", stderr: "sudo: a password is required\n" }, 100);
  await runBzfs(sim, ["tank/src", "back/dst", ...FEW_RETRIES]);
  assert(sim.log.texts("WARN").includes("sudo: a password is required"));
});

Deno.test("runJob() says why a resume token cannot be read", async () => {
  const sim = tree();
  for (let i = 0; i < 5; i++) sim.sourceHost.write("tank/src", 200);
  must(sim.sourceHost, "zfs", "destroy", "tank/src@s1");
  must(sim.sourceHost, "zfs", "snapshot", "tank/src@s2");
  sim.faults.cutAfter(/zfs receive/, 1200);
  await runBzfs(sim, ["tank/src", "back/dst", "--retries=0"]);
  const again = sim.again();
  again.faults.add(/^zfs send -n -v -t/, { kind: "fail", stderr: "sudo: a password is required\n" }, 100);
  await runBzfs(again, ["tank/src", "back/dst", ...FEW_RETRIES]);
  assert(again.log.texts("WARN").includes("sudo: a password is required"));
});

Deno.test("runJob() copies no property that is not UTF-8", async () => {
  const sim = tree();
  must(sim.sourceHost, "zfs", "set", "my:note=caf\ufffd", "tank/src");
  const words = ["tank/src", "back/dst", "--zfs-recv-o-include-regex", ".*:.*", ...FEW_RETRIES];
  assertStringIncludes(refusal(await runBzfs(sim, words)).message, "Cannot copy property 'my:note'");
  assertEquals(sim.destination.find("back/dst"), undefined);
});

Deno.test("runJob() does not speak of a deletion that it leaves to later because others are busy", async () => {
  const sim = tree();
  must(sim.destinationHost, "zfs", "create", "back/dst");
  must(sim.destinationHost, "zfs", "snapshot", "back/dst@other");
  sim.destinationHost.processes.push("zfs receive -u -s back/dst");
  await runBzfs(sim, ["tank/src", "back/dst", "--force", ...FEW_RETRIES]);
  assert(sim.log.texts("WARN").some((text) => text.startsWith("Cannot continue now: Destination is already busy")));
  assertEquals(sim.log.texts("INFO").filter((text) => text.startsWith("Deleting")), []);
  assertEquals(sim.destination.find("back/dst")?.snapshots.map(({ tag }) => tag), ["other"]);
});

Deno.test("--missing-root=isolate has a status of its own, unless something else has failed", async () => {
  const statusOf = async (...words: readonly string[]): Promise<[number, readonly string[]]> => {
    const sim = tree();
    const error = await runBzfs(sim, ["--skip-on-error=fail", ...words]);
    return [
      error === undefined ? 0 : exitCodeOf(error),
      sim.destination.find("back/dst")?.snapshots.map(({ tag }) => tag) ?? [],
    ];
  };
  const pairs = ["tank/gone", "back/gone", "tank/src", "back/dst"];
  const isolate = "--missing-root=isolate";
  const copied = (await statusOf("tank/src", "back/dst"))[1];
  assert(copied.length > 0);
  assertEquals(await statusOf(...pairs), [3, []]);
  assertEquals(await statusOf(isolate, ...pairs), [5, copied]);
  assertEquals(await statusOf(isolate, "tank/gone", "back/dst"), [3, []]);
  assertEquals(await statusOf(isolate, "--skip-on-error=dataset", ...pairs, "tank/src", "tank/src"), [3, copied]);
  assertEquals(await statusOf(isolate, "--empty-selection=fail", "--include-snapshot-regex=none", ...pairs), [3, []]);
});
