/**
 * Single replications in a simulated world, where it matters what exactly is said, done and left alone.
 */
import { messageOf } from "../../../../lib/model/errors.ts";
import type { TransferOptions } from "../../../../lib/zfs/world.ts";
import { must } from "../../../laws/world_gen.ts";
import { FaultScript, thirdParty } from "../../../sim/faults.ts";
import { FEW_RETRIES, runBzfs } from "../../../sim/run.ts";
import { type SimulatedWorld, simulatedWorld, type WorldOptions } from "../../../sim/world.ts";
import { assert, assertEquals } from "../../../support/assert.ts";

const ARGV = ["tank/s", "back/d", "-r", "--create-bookmarks=none", ...FEW_RETRIES];

/** The same with bookmarks that are temporary at first. */
const PROMOTING = [...ARGV.filter((word) => word !== "--create-bookmarks=none"), "--promote-bookmarks"];

/** A source tree, every dataset with the snapshots given. */
function world(datasets: readonly string[], tags: readonly string[], options: WorldOptions = {}): SimulatedWorld {
  const sim = simulatedWorld(options);
  for (const name of datasets) must(sim.sourceHost, "zfs", "create", "-p", name);
  for (const tag of tags) {
    for (const name of datasets) {
      for (let i = 0; i < 10; i++) sim.sourceHost.write(name, 100);
      must(sim.sourceHost, "zfs", "snapshot", `${name}@${tag}`);
    }
  }
  return sim;
}

function tagsAt(sim: SimulatedWorld, dataset: string): string[] | undefined {
  return sim.destination.find(dataset)?.snapshots.map(({ tag }) => tag);
}

async function succeed(sim: SimulatedWorld, argv: readonly string[] = ARGV): Promise<SimulatedWorld> {
  const error = await runBzfs(sim, argv);
  assertEquals(error === undefined ? "" : messageOf(error), "");
  return sim;
}

Deno.test("an ancestor at the destination that vanishes during the run is created again by the next attempt", async () => {
  const sim = world(["tank/s", "tank/s/a", "tank/s/a/b"], ["1"]);
  const faults = new FaultScript().add(/zfs receive .*back\/d\/a\/b$/, {
    kind: "before",
    act: thirdParty(sim.destinationHost, "zfs", "destroy", "-r", "back/d/a"),
  });
  await succeed(sim.again(faults));
  assertEquals(tagsAt(sim, "back/d/a/b"), ["1"]);
});

Deno.test("a copy that goes with --force-destroy-dependents of its parent is made again in the same run", async () => {
  const sim = world(["tank/s", "tank/s/c"], ["1"]);
  await succeed(sim.again());
  // The copy of the child is a clone of what only the destination's parent has.
  must(sim.destinationHost, "zfs", "snapshot", "back/d@own");
  sim.destination.find("back/d/c")!.origin = "back/d@own";
  await succeed(sim.again(), [...ARGV, "--force", "--force-destroy-dependents"]);
  assertEquals([tagsAt(sim, "back/d"), tagsAt(sim, "back/d/c")], [["1"], ["1"]]);
});

for (const mode of ["send", "recv"]) {
  Deno.test(`--dryrun=${mode} shows a resumed full send once, and what would follow`, async () => {
    const sim = world(["tank/s"], ["1", "2", "3"]);
    await runBzfs(sim.again(new FaultScript().cutAfter(/zfs receive/, 900)), [...ARGV, "--retries=0"]);
    assert(sim.destination.find("back/d")!.partial !== undefined);
    const before = sim.fingerprint();
    const dry = await succeed(sim.again(), [...ARGV, `--dryrun=${mode}`]);
    assertEquals(sim.fingerprint(), before);
    const real = await succeed(sim.again());
    const sends = (run: SimulatedWorld): string[] =>
      run.log.texts("DEBUG").filter((text) => / \| zfs receive /.test(text)).map((text) =>
        text.replace(/^(Would execute|Executing): /, "").replaceAll(" -n ", " ")
      );
    assertEquals(sends(dry), sends(real));
  });
}

Deno.test("a listing that was cut short is no answer, even if all that it says is that a dataset is gone", async () => {
  for (const status of [255, 137, -9]) {
    const sim = world(["tank/s", "tank/s/a", "tank/s/b"], ["1"]);
    const faults = new FaultScript().add(/^zfs list -t filesystem,volume,snapshot.* tank\/s /, {
      kind: "fail",
      status,
      stderr: "cannot open 'tank/s/b': dataset does not exist\n",
    });
    const run = await succeed(sim.again(faults));
    assertEquals(run.log.texts("WARN").filter((text) => text.startsWith("Skipping")), []);
    assertEquals(tagsAt(sim, "back/d/b"), ["1"]);
  }
});

Deno.test("nothing is received below an unfinished dataset, so that its partial state can be cleared later", async () => {
  const sim = world(["tank/s", "tank/s/a"], ["1", "2"]);
  const faults = new FaultScript();
  for (const bytes of [900, 10, 10]) faults.cutAfter(/zfs receive .*back\/d$/, bytes);
  const failure = await runBzfs(sim.again(faults), ARGV);
  assert(failure !== undefined);
  assert(sim.destination.find("back/d")!.partial !== undefined);
  assertEquals(tagsAt(sim, "back/d/a"), undefined);
  must(sim.sourceHost, "zfs", "destroy", "-r", "tank/s@1"); // what the token is about
  await succeed(sim.again());
  assertEquals([tagsAt(sim, "back/d"), tagsAt(sim, "back/d/a")], [["2"], ["2"]]);
});

Deno.test("below a dataset that exists and fails, work goes on", async () => {
  const sim = world(["tank/s", "tank/s/a"], ["1"]);
  must(sim.destinationHost, "zfs", "create", "back/d");
  const faults = new FaultScript().add(/zfs receive .*back\/d$/, { kind: "fail", stderr: "out of space\n" }, 3);
  assert(await runBzfs(sim.again(faults), ARGV) !== undefined);
  assertEquals([tagsAt(sim, "back/d"), tagsAt(sim, "back/d/a")], [[], ["1"]]);
});

Deno.test("--force-destroy-dependents takes clones of what it replaces, and nothing from descendants", async () => {
  const sim = world(["tank/s", "tank/s/a"], ["1"]);
  await succeed(sim.again());
  must(sim.destinationHost, "zfs", "destroy", "back/d@1");
  must(sim.destinationHost, "zfs", "snapshot", "-r", "back/d@own");
  must(sim.destinationHost, "zfs", "create", "back/clones");
  must(sim.destinationHost, "zfs", "clone", "back/d@own", "back/clones/c");
  must(sim.destinationHost, "zfs", "create", "back/clones/c/kid");
  must(sim.destinationHost, "zfs", "snapshot", "back/clones/c/kid@x");
  const words = [...ARGV, "--skip-on-error=dataset", "--force"];
  const refused = sim.again();
  assert(await runBzfs(refused, words) !== undefined);
  assertEquals(tagsAt(sim, "back/d"), ["own"]);
  const run = sim.again();
  await runBzfs(run, [...words, "--force-destroy-dependents"]);
  assertEquals(tagsAt(sim, "back/d"), ["1"]);
  assertEquals(sim.destination.tree("back/clones").map(({ name }) => name), ["back/clones"]);
  assertEquals(run.history().filter((text) => text.startsWith("zfs destroy") && text.includes("back/d/a")), []);
  const destroyed = run.history().filter((text) => text.startsWith("zfs destroy"));
  assertEquals(destroyed, [
    "zfs destroy -v back/d@own",
    "zfs destroy -v back/clones/c/kid@x",
    "zfs destroy -v back/clones/c/kid",
    "zfs destroy -v back/clones/c",
    "zfs destroy -v back/d@own",
  ]);
});

Deno.test("what a killed run left is collected if it never arrived; what others rely on stays", async () => {
  const sim = world(["tank/s"], ["1"]);
  const argv = PROMOTING;
  await runBzfs(sim.again(new FaultScript().add(/ \| zfs receive /, { kind: "kill" })), argv);
  const tags = (): string[] => sim.source.find("tank/s")!.bookmarks.map(({ tag }) => tag);
  assertEquals(tags().map((tag) => tag.startsWith(".TMPBZFS.1.")), [true]);
  must(sim.sourceHost, "zfs", "bookmark", "tank/s@1", `tank/s#${tags()[0]!.slice(0, -1)}-`); // of another destination
  must(sim.sourceHost, "zfs", "snapshot", "tank/s@2");
  must(sim.sourceHost, "zfs", "destroy", "tank/s@1");
  await succeed(sim.again(), argv);
  const [others, final, ...more] = tags();
  assert(others!.startsWith(".TMPBZFS.1."), others);
  assertEquals([final, ...more], [`2_${sim.source.findSnapshot("tank/s", "2")!.guid}`]);
});

for (const datasets of [["tank/s"], ["tank/s", "tank/s/a"]]) {
  Deno.test(`what a killed run left of ${datasets} is settled although all has arrived; the rest waits for a transfer`, async () => {
    const sim = world(datasets, ["1"]);
    const argv = PROMOTING;
    const last = datasets.at(-1)!;
    const arrival = new RegExp(` \\| zfs receive .*${last.replace("tank/s", "back/d")}$`);
    await runBzfs(sim.again(new FaultScript().add(arrival, { kind: "kill-after" })), argv);
    const tags = (): string[] => sim.source.find(last)!.bookmarks.map(({ tag }) => tag);
    const [left] = tags();
    assert(left!.startsWith(".TMPBZFS.1."), left);
    // Of a snapshot that never arrived, and of another destination.
    must(sim.sourceHost, "zfs", "snapshot", `${last}@2`);
    const lost = `.TMPBZFS.2.${left!.slice(".TMPBZFS.1.".length)}`;
    must(sim.sourceHost, "zfs", "bookmark", `${last}@2`, `${last}#${lost}`);
    must(sim.sourceHost, "zfs", "destroy", `${last}@2`);
    const others = `${left!.slice(0, -1)}-`;
    must(sim.sourceHost, "zfs", "bookmark", `${last}@1`, `${last}#${others}`);
    for (const words of [[...argv, "--create-bookmarks=none"], [...argv, "--dryrun"]]) {
      const before = sim.fingerprint();
      await succeed(sim.again(), words);
      assertEquals(sim.fingerprint(), before);
    }
    const run = await succeed(sim.again(), argv);
    assertEquals(run.history().filter((text) => text.includes(" | zfs receive ")), []);
    const final = `1_${sim.source.findSnapshot(last, "1")!.guid}`;
    assertEquals(tags().toSorted(), [lost, others, final].toSorted());
    const again = await succeed(sim.again(), argv);
    assertEquals(again.history().filter((text) => / bookmark | destroy /.test(text)), []);
  });
}

Deno.test("--force-once is for one dataset, until its conflict is resolved", async () => {
  const sim = world(["tank/s", "tank/s/a", "tank/s/b"], ["1"]);
  await succeed(sim.again());
  for (const name of ["a", "b"]) must(sim.destinationHost, "zfs", "snapshot", `back/d/${name}@own`);
  const faults = new FaultScript().failNext(/^zfs rollback .*back\/d\/a/);
  const run = sim.again(faults);
  assert(await runBzfs(run, [...ARGV, "--force", "--force-once"]) !== undefined);
  assertEquals([tagsAt(sim, "back/d/a"), tagsAt(sim, "back/d/b")], [["1"], ["1", "own"]]);
  assertEquals(run.log.texts("ERROR").filter((text) => text.startsWith("Conflict: ")).length, 1);
  const refused = sim.again(new FaultScript().add(/^zfs rollback /, { kind: "fail" }, 3));
  must(sim.destinationHost, "zfs", "snapshot", "back/d/a@own");
  assert(await runBzfs(refused, [...ARGV, "--force", "--force-once"]) !== undefined);
  assertEquals([tagsAt(sim, "back/d/a"), tagsAt(sim, "back/d/b")], [["1", "own"], ["1", "own"]]);
});

for (const [mode, done] of [["fail", []], ["tree", ["back/d/b"]], ["dataset", ["back/d/a/c", "back/d/b"]]] as const) {
  Deno.test(`--skip-on-error=${mode} goes on, after a conflict, with ${done.join(" and ") || "nothing"}`, async () => {
    const datasets = ["tank/s", "tank/s/a", "tank/s/a/c", "tank/s/b"];
    const sim = world(datasets, ["1"]);
    await succeed(sim.again());
    must(sim.destinationHost, "zfs", "snapshot", "back/d/a@own");
    for (const name of datasets.slice(1)) must(sim.sourceHost, "zfs", "snapshot", `${name}@2`);
    const error = await runBzfs(sim.again(), [...ARGV, "--threads=1", `--skip-on-error=${mode}`]);
    assert(error instanceof Error && error.message.startsWith("Conflict: "));
    const have = (name: string): boolean => sim.destination.findSnapshot(name, "2") !== undefined;
    assertEquals(["back/d", "back/d/a", "back/d/a/c", "back/d/b"].filter(have), [...done]);
  });
}

Deno.test("--dryrun=recv with --force only shows what would be sent after a deletion", async () => {
  const sim = world(["tank/s"], ["1", "2"]);
  must(sim.destinationHost, "zfs", "create", "back/d");
  must(sim.destinationHost, "zfs", "snapshot", "back/d@own");
  const run = await succeed(sim.again(), [...ARGV, "--force", "--dryrun=recv"]);
  const transfers = run.log.texts("DEBUG").filter((text) => text.includes(" | zfs receive "));
  assertEquals(transfers.map((text) => text.split(":")[0]), ["Would execute", "Would execute"]);
});

Deno.test("a receive that reports success, and has committed nothing, is a failure", async () => {
  const sim = world(["tank/s"], ["1"]);
  const silent = { ...sim.world, transfer: () => Promise.resolve({ elapsedMs: 0, bytes: 0 }) };
  const argv = PROMOTING;
  const error = await runBzfs({ ...sim, world: silent }, argv);
  assertEquals(messageOf(error), "The destination did not commit what was sent: back/d");
  assertEquals(sim.source.find("tank/s")!.bookmarks, []);
});

Deno.test("what was interrupted is completed first, then the rest follows from there, all in one attempt", async () => {
  const sim = world(["tank/s"], ["1"]);
  await succeed(sim.again());
  for (const tag of ["2", "3"]) {
    for (let i = 0; i < 10; i++) sim.sourceHost.write("tank/s", 100);
    must(sim.sourceHost, "zfs", "snapshot", `tank/s@${tag}`);
  }
  await runBzfs(sim.again(new FaultScript().cutAfter(/zfs receive/, 900)), [...ARGV, "--retries=0", "--no-stream"]);
  assert(sim.destination.find("back/d")!.partial !== undefined);
  must(sim.sourceHost, "zfs", "snapshot", "tank/s@4");
  const run = await succeed(sim.again(), [...ARGV, "--retries=0"]);
  assertEquals(run.history().filter((text) => text.includes(" | zfs receive ")).length, 2);
  assertEquals(tagsAt(sim, "back/d"), ["1", "3", "4"]);
});

Deno.test("a bookmark of another snapshot that has the name is a conflict, and is left alone", async () => {
  const sim = world(["tank/s"], ["1", "2"]);
  const [first, second] = sim.source.find("tank/s")!.snapshots;
  must(sim.sourceHost, "zfs", "bookmark", "tank/s@1", `tank/s#2_${second!.guid}`);
  const error = await runBzfs(sim.again(), ARGV.filter((word) => word !== "--create-bookmarks=none"));
  assert(/^Conflict: Cannot create bookmark 'tank\/s#2_\d+' with expected GUID/.test(messageOf(error)), `${error}`);
  const kept = sim.source.find("tank/s")!.bookmarks.find(({ tag }) => tag === `2_${second!.guid}`);
  assertEquals(kept!.guid, first!.guid);
});

Deno.test("properties of the group zfs-set are set after a full send", async () => {
  const sim = world(["tank/s"], ["1"]);
  must(sim.sourceHost, "zfs", "set", "x:y=1", "x:z=2", "tank/s");
  const run = await succeed(sim.again(), [...ARGV, "--zfs-set-include-regex", "x:y"]);
  assertEquals(run.history().filter((text) => text.startsWith("zfs set")), ["zfs set x:y=1 back/d"]);
  assertEquals(sim.destination.find("back/d")!.local["x:y"], "1");
});

Deno.test("a limit of the transfer rate that nothing keeps is told, once for all pairs", async () => {
  const warnings = async (...words: string[]): Promise<string[]> => {
    const sim = world(["tank/s", "tank/s/a"], ["1"]);
    must(sim.destinationHost, "zfs", "create", "back/e");
    await succeed(sim, ["tank/s", "back/e/f", ...ARGV, "--bwlimit=10m", ...words]);
    return sim.log.texts("WARN").filter((text) => text.includes("--bwlimit"));
  };
  assertEquals((await warnings("--pv-program=-")).map((text) => text.slice(0, 29)), ["--bwlimit=10m has no effect: "]);
  assertEquals(await warnings(), []);
});

/** `back/d` is there, without snapshots; below it are copies of something else. */
function aboveOthers(): SimulatedWorld {
  const sim = world(["tank/s", "tank/s/a"], ["1"]);
  for (const name of ["back/d", "back/d/other"]) must(sim.destinationHost, "zfs", "create", name);
  must(sim.destinationHost, "zfs", "snapshot", "back/d/other@x");
  return sim.again();
}

/** The words behind `zfs receive` of each transfer. */
function receives(sim: SimulatedWorld): string[] {
  return sim.history().flatMap((text) => text.split(" | zfs receive ")[1] ?? []);
}

Deno.test("a full send that could take along what is below its destination is refused", async () => {
  const sim = aboveOthers();
  const before = sim.fingerprint();
  const message = messageOf(await runBzfs(sim, ARGV.filter((word) => word !== "-r")));
  assert(/^Conflict: Cannot replace back\/d, .* because back\/d\/other below it has snapshots/.test(message), message);
  assertEquals(sim.fingerprint(), before);
  await succeed(sim.again(), [...ARGV, "--skip-parent"]);
  assertEquals(tagsAt(sim, "back/d/a"), ["1"]);
});

Deno.test("--force lets a full send replace a dataset above others, with --force-once one of them", async () => {
  const sim = aboveOthers();
  await succeed(sim, [...ARGV, "--force"]);
  assertEquals(receives(sim), ["-F -u -s back/d", "-u -s back/d/a"]);
  assertEquals([tagsAt(sim, "back/d"), tagsAt(sim, "back/d/other")], [["1"], ["x"]]);
  const twice = aboveOthers();
  for (const name of ["back/d/a", "back/d/a/other"]) must(twice.destinationHost, "zfs", "create", name);
  must(twice.destinationHost, "zfs", "snapshot", "back/d/a/other@x");
  const message = messageOf(await runBzfs(twice, [...ARGV, "--force", "--force-once"]));
  assert(message.includes("Cannot replace back/d/a,"), message);
  assertEquals([tagsAt(twice, "back/d"), tagsAt(twice, "back/d/a")], [["1"], []]);
});

Deno.test("zfs receive -F is given only where there is something to replace", async () => {
  const sim = world(["tank/s", "tank/s/a"], ["1", "2"]);
  must(sim.destinationHost, "zfs", "create", "back/d");
  const run = await succeed(sim.again(), [...ARGV, "--zfs-recv-program-opts="]);
  assertEquals(receives(run), ["-F -s back/d", "-s back/d", "-s back/d/a", "-s back/d/a"]);
});

Deno.test("a property that is excluded by name is not taken from a source that hides that it has it", async () => {
  const excluding = async (...patterns: string[]): Promise<[string[], string | undefined]> => {
    const sim = world(["tank/s"], ["1"]);
    must(sim.sourceHost, "zfs", "set", "mountpoint=/etc", "tank/s");
    const faults = new FaultScript().sayNext(/^zfs get .* all tank\/s$/, "", 99);
    const words = ["--zfs-send-program-opts=--props", "--zfs-recv-x-include-regex", ...patterns];
    const run = await succeed(sim.again(faults), [...ARGV, ...words]);
    return [receives(run), sim.destination.find("back/d")!.received.mountpoint];
  };
  assertEquals(await excluding("mountpoint|canmount"), [["-u -s -x canmount -x mountpoint back/d"], undefined]);
  assertEquals(await excluding("can.*", "mountpoint"), [["-u -s -x mountpoint back/d"], undefined]);
  assertEquals(await excluding("mount.*"), [["-u -s back/d"], "/etc"]);
  assertEquals(await excluding("mountpoint", "--zfs-recv-x-exclude-regex", "mount.*"), [["-u -s back/d"], "/etc"]);
});

Deno.test("a stream that stands still is resumed by the next attempt", async () => {
  const sim = world(["tank/s"], ["1"]);
  const faults = new FaultScript().add(/zfs receive/, { kind: "stands-still", bytes: 900 });
  const run = await succeed(sim.again(faults), [...ARGV, "--retry-max-elapsed-secs=10000"]);
  assert(run.history().some((text) => / send .*-t 1-.* \| zfs receive /.test(text)), run.history().join("\n"));
  assertEquals(tagsAt(sim, "back/d"), ["1"]);
  const [retry = ""] = run.log.texts("INFO").filter((text) => text.includes("Retrying "));
  assertEquals(retry.slice(0, 31), "Retrying zfs send/receive [1/2]");
});

Deno.test("a transfer is told how to see what arrives if that is where it can be seen: by the token of a receive", async () => {
  const watched = async (...words: string[]): Promise<(string | undefined)[]> => {
    const sim = world(["tank/s"], ["1", "2"]);
    const seen: (string | undefined)[] = [];
    const transfer = async (
      ...[pipeline, options]: Parameters<typeof sim.world.transfer>
    ): ReturnType<typeof sim.world.transfer> => {
      const report = await sim.world.transfer(pipeline, options);
      seen.push(options.arrival === undefined ? "not" : await options.arrival());
      return report;
    };
    await succeed({ ...sim, world: { ...sim.world, transfer } }, [...ARGV, ...words]);
    return seen;
  };
  assertEquals(await watched(), [undefined, undefined]); // asked when all has arrived: there is no token any more
  assertEquals(await watched("--no-resume-recv"), ["not", "not"]);
  assertEquals(await watched("--dryrun=recv"), ["not", "not"]);
  const sim = world(["tank/s"], ["1"]);
  await runBzfs(sim.again(new FaultScript().cutAfter(/zfs receive/, 900)), [...ARGV, "--retries=0"]);
  const tokens: (string | undefined)[] = [];
  const transfer = async (_: unknown, { arrival }: TransferOptions): Promise<never> => {
    tokens.push(await arrival?.());
    sim.faults.failNext(/^zfs get .*receive_resume_token/);
    tokens.push(await arrival?.());
    throw new Error("enough");
  };
  await runBzfs({ ...sim, world: { ...sim.world, transfer } }, [...ARGV, "--retries=0"]);
  assertEquals(tokens.map((token) => token?.slice(0, 2)), ["1-", undefined]);
});

Deno.test("of the properties that are excluded by name only those are passed that zfs receive takes", async () => {
  const excluding = async (sim: SimulatedWorld, names: string): Promise<[string[], string[]]> => {
    const run = await succeed(sim.again(), [...ARGV, "--zfs-recv-x-include-regex", ...names.split(" ")]);
    return [receives(run), run.log.texts("WARN")];
  };
  const names = "mountpoint mountpont used volsize x:y keyformat keylocation";
  const plain = world(["tank/s", "tank/s/a"], ["1"]);
  const warning = "--zfs-recv-x-include-regex names what is no property that can be set at the destination: ";
  const words = "-u -s -x keyformat -x keylocation -x mountpoint -x x:y";
  assertEquals(await excluding(plain, names), [
    [`${words} back/d`, `${words} back/d/a`],
    [`${warning}mountpont`, `${warning}used`],
  ]);
  const encrypted = simulatedWorld();
  must(encrypted.sourceHost, "zfs", "create", "-o", "encryption=on", "-o", "keyformat=passphrase", "tank/s");
  must(encrypted.sourceHost, "zfs", "snapshot", "tank/s@1");
  assertEquals(await excluding(encrypted, "mountpoint keyformat encryption"), [["-u -s -x mountpoint back/d"], []]);
});

for (const destinationVersion of ["2.1", "2.3"] as const) {
  Deno.test(`a plain source goes below an encrypted destination of ZFS ${destinationVersion}, an encrypted one stays raw`, async () => {
    const sim = world(["tank/s", "tank/s/plain"], ["1", "2"], { destinationVersion, hosts: "two" });
    const encrypted = ["-o", "encryption=on", "-o", "keyformat=passphrase", "-o", "keylocation=file:///k"];
    must(sim.destinationHost, "zfs", "create", ...encrypted, "back/safe");
    must(sim.sourceHost, "zfs", "create", ...encrypted, "tank/s/secret");
    must(sim.sourceHost, "zfs", "snapshot", "tank/s/secret@1");
    const argv = ["tank/s", "back/safe/d", "-r", "--retries=0", "--create-bookmarks=none"];
    await succeed(sim, argv);
    for (const name of ["", "/plain"]) {
      assertEquals(tagsAt(sim, `back/safe/d${name}`), ["1", "2"]);
      assertEquals(sim.destination.find(`back/safe/d${name}`)!.encryptionRoot, "back/safe");
    }
    assertEquals(sim.destination.find("back/safe/d/secret")!.encryptionRoot, "back/safe/d/secret");
    for (const name of ["", "/plain", "/secret"]) must(sim.sourceHost, "zfs", "snapshot", `tank/s${name}@3`);
    await succeed(sim.again(), argv);
    assertEquals(tagsAt(sim, "back/safe/d/secret"), ["1", "3"]);
    assertEquals(tagsAt(sim, "back/safe/d/plain"), ["1", "2", "3"]);
  });
}

Deno.test("data without a snapshot is replaced with a warning that --quiet shows, or refused where that is asked for", async () => {
  const sim = world(["tank/s"], ["1"]);
  must(sim.destinationHost, "zfs", "create", "-p", "back/d/own");
  const refused = sim.again();
  const error = await runBzfs(refused, [...ARGV, "--existing-data=refuse"]);
  assert(messageOf(error).startsWith("Conflict: back/d exists and has no snapshots"), messageOf(error));
  assertEquals(tagsAt(sim, "back/d"), []);
  const replaced = await succeed(sim.again(), [...ARGV, "--quiet"]);
  assertEquals(replaced.log.texts("URGENT"), [
    "1/1 Overwriting a destination that has no snapshots: back/d (this unmounts what is below it: back/d/own)",
  ]);
});

Deno.test("ancestors of a destination that are created are named, also in a dry run", async () => {
  const sim = world(["tank/s"], ["1"]);
  for (const [words, dry] of [[["--dryrun"], "Dry "], [[], ""]] as const) {
    const run = await succeed(sim.again(), ["tank/s", "back/x/y/z", ...words]);
    assertEquals(run.log.texts("INFO").filter((text) => text.includes("ancestors")), [
      `${dry}1/1 Creating ancestors of the destination unless they exist: back/x, back/x/y`,
    ]);
  }
});

Deno.test("receive options that the user has no right to are failures once all data is in, those by default warnings", async () => {
  const allowed = ["create", "mount", "receive", "compression", "userprop"];
  const argv = ["tank/s", "back/d", "-r", "--create-bookmarks=none", "--quiet"];
  const received = async (words: readonly string[], rights: readonly string[]): Promise<[string, SimulatedWorld]> => {
    const sim = world(["tank/s", "tank/s/a"], ["1", "2"], { hosts: "two" });
    must(sim.sourceHost, "zfs", "set", "atime=off", "tank/s");
    sim.destinationHost.permissions = new Set([...allowed, ...rights]);
    const error = await runBzfs(sim, [...argv, ...words]);
    assertEquals([tagsAt(sim, "back/d"), tagsAt(sim, "back/d/a")], [["1", "2"], ["1", "2"]]);
    assertEquals(messageOf(await runBzfs(sim.again(), argv) ?? ""), "");
    return [error === undefined ? "" : messageOf(error), sim];
  };
  const [error, sim] = await received(["--zfs-recv-program-opts=-u -o readonly=on -o org:x=1 -x mountpoint"], []);
  const text =
    "The data of back/d was received on localhost, but zfs receive did not set or exclude readonly, mountpoint: " +
    "permission denied";
  assertEquals(error, text);
  const hint = "zfs allow -u USER readonly,mountpoint back/d; set or inherit them by hand now";
  assert(
    sim.log.texts("ERROR").some((line) => line.startsWith(text) && line.includes(hint)),
    sim.log.texts("ERROR")[0],
  );
  assertEquals(sim.log.texts("WARN"), [
    "Received back/d without the property atime: permission denied",
  ]);
  assertEquals((await received(["--zfs-recv-o-include-regex=atime"], []))[0].includes("exclude atime: "), true);
  const [fine, quiet] = await received(["--zfs-recv-program-opts=-u -o readonly=on"], ["readonly", "atime"]);
  assertEquals([fine, quiet.log.texts("WARN")], ["", []]);
});
