/**
 * Bad luck on the way: one message names what stands in the way, the status is a failure, and nothing else changes.
 *
 * What needs real hosts (permissions, programs, shells, ssh) is under tests/vm and tests/unit/host.
 */
import { exitCodeOf } from "../../../lib/model/errors.ts";
import { must } from "../../laws/world_gen.ts";
import { FaultScript } from "../../sim/faults.ts";
import { FEW_RETRIES, runBzfs } from "../../sim/run.ts";
import type { Pairs } from "../../sim/nvlist.ts";
import type { DatasetState, PartialReceive } from "../../sim/state.ts";
import { pairsOf, tokenOf, tokenOfPairs } from "../../sim/token.ts";
import { type SimulatedWorld, simulatedWorld } from "../../sim/world.ts";
import { assert, assertEquals, assertMatch } from "../../support/assert.ts";

const ARGV = ["tank/s", "back/d", "--promote-bookmarks", ...FEW_RETRIES];

interface Trouble {
  /** Makes the world in which it happens. */
  readonly prepare: (sim: SimulatedWorld) => void | Promise<void>;
  readonly words?: readonly string[];
  readonly faults?: () => FaultScript;
  /** What an ERROR says. */
  readonly says: RegExp;
  /** What the trouble leaves at the destination. */
  readonly leaves?: "partial state";
}

/** Two hosts, `tank/s` with some data and the snapshot `1`. */
function world(create: readonly string[] = []): SimulatedWorld {
  const sim = simulatedWorld({ hosts: "two" });
  must(sim.sourceHost, "zfs", "create", ...create, "tank/s");
  grow(sim, "1");
  return sim;
}

function grow(sim: SimulatedWorld, tag: string): void {
  for (let i = 0; i < 10; i++) sim.sourceHost.write("tank/s", 1000);
  must(sim.sourceHost, "zfs", "snapshot", `tank/s@${tag}`);
}

/** A copy at the destination, and something new to send. */
async function replicated(sim: SimulatedWorld, words: readonly string[] = []): Promise<void> {
  assertEquals(await runBzfs(sim.again(), [...ARGV, ...words]), undefined);
  grow(sim, "2");
}

const troubles: Readonly<Record<string, Trouble>> = {
  "somebody else receives into the destination": {
    prepare: (sim) => void sim.destinationHost.processes.push("sudo -n zfs receive -u back/d"),
    says: /^Cannot continue now: Destination is already busy with zfs \{receive\|send\} operation .*: back\/d$/,
  },
  "a held snapshot that the source does not have": {
    prepare: async (sim) => {
      await replicated(sim);
      must(sim.destinationHost, "zfs", "snapshot", "back/d@own");
      must(sim.destinationHost, "zfs", "hold", "keep", "back/d@own");
    },
    words: ["--force"],
    says:
      /^Command 'zfs rollback -r back\/d@1' returned non-zero exit status 1\. \(on \S+\): cannot .*back\/d@own'?: .*(?:hold|held|busy)/,
  },
  "a clone of a snapshot that is to go": {
    prepare: async (sim) => {
      await replicated(sim);
      must(sim.destinationHost, "zfs", "snapshot", "back/d@own");
      must(sim.destinationHost, "zfs", "clone", "back/d@own", "back/clone");
    },
    words: ["--force"],
    says:
      /^Command 'zfs rollback -r back\/d@1' returned non-zero exit status 1\. \(on \S+\): cannot rollback to 'back\/d@1': clones .* \/ back\/clone$/,
  },
  "a pool that is full": {
    prepare: (sim) => void (sim.destination.state.free = 500),
    words: ["--no-resume-recv"],
    says: /stage receive on .*: cannot receive new filesystem stream: out of space$/,
  },
  "a quota that is reached": {
    prepare: (sim) => must(sim.destinationHost, "zfs", "set", "quota=5000", "back"),
    words: ["--no-resume-recv"],
    says: /cannot receive new filesystem stream: destination back\/d space quota exceeded\.$/,
  },
  "a source whose key is not loaded": {
    prepare: () => {},
    words: ["--zfs-send-program-opts=--compressed"],
    says: /dataset key must be loaded/,
  },
  "a raw increment for a copy that is not encrypted": {
    prepare: (sim) => {
      sim.source.find("tank/s")!.keyLoaded = true;
      return replicated(sim, ["--zfs-send-program-opts=--compressed"]);
    },
    says: /cannot perform raw receive on top of existing unencrypted dataset/,
  },
  "a connection that closes before anything has arrived": {
    prepare: () => {},
    faults: () =>
      new FaultScript().add(
        / \| zfs receive /,
        { kind: "fail", status: 255, stderr: "client_loop: send disconnect: Broken pipe\n" },
        3,
      ),
    says: /exit status 255\. .*client_loop: send disconnect: Broken pipe$/,
  },
  "a connection that closes in the middle": {
    prepare: () => {},
    faults: () => new FaultScript().cutAfter(/ \| zfs receive /, 5000).cutAfter(/ -t /, 10).cutAfter(/ -t /, 10),
    says: /cannot receive|exit status/,
    leaves: "partial state",
  },
};

for (const [name, trouble] of Object.entries(troubles)) {
  Deno.test(`bad luck: ${name}`, async () => {
    const encrypted = /key|encrypted/.test(name) ? ["-o", "encryption=on", "-o", "keyformat=passphrase"] : [];
    const sim = world(encrypted);
    if (encrypted.length > 0) sim.source.find("tank/s")!.keyLoaded = false;
    await trouble.prepare(sim);
    const before = stateOf(sim);
    const run = sim.again(trouble.faults?.());
    const error = await runBzfs(run, [...ARGV, ...(trouble.words ?? [])]);
    assertEquals(exitCodeOf(error), 3);
    const errors = run.log.texts("ERROR");
    assert(errors.some((text) => trouble.says.test(text)), errors.join("\n"));
    const after = stateOf(sim);
    if (trouble.leaves === "partial state") {
      assert(sim.destination.find("back/d")?.partial !== undefined);
      assertEquals(after.source, before.source);
      assertEquals(await runBzfs(sim.again(), ARGV), undefined);
    } else {
      assertEquals(after, before);
    }
  });
}

/** Everything but bookmarks for the time being, which keep what may have arrived. */
function stateOf({ source, destination }: SimulatedWorld): { readonly source: unknown; readonly destination: unknown } {
  const withoutTemporary = (dataset: DatasetState): DatasetState => ({
    ...dataset,
    bookmarks: dataset.bookmarks.filter(({ tag }) => !tag.startsWith(".TMPBZFS.")),
  });
  return structuredClone({ source: source.datasets.map(withoutTemporary), destination: destination.datasets });
}

Deno.test("bad luck: a token of another stream is cleared, and the run goes on", async () => {
  const sim = world();
  must(sim.sourceHost, "zfs", "create", "tank/other");
  for (let i = 0; i < 10; i++) sim.sourceHost.write("tank/other", 1000);
  must(sim.sourceHost, "zfs", "snapshot", "tank/other@1");
  const cut = sim.again(new FaultScript().cutAfter(/zfs receive/, 5000));
  assert(await runBzfs(cut, ["tank/other", "back/d", "--retries=0"]) !== undefined);
  assert(sim.destination.find("back/d")!.partial !== undefined);
  const run = sim.again();
  assertEquals(await runBzfs(run, ARGV), undefined);
  const said = run.log.texts("WARN").concat(run.log.texts("INFO")).join("\n");
  assertMatch(said, /Aborting an interrupted zfs receive -s, deleting partially received state: back\/d/);
  assertMatch(said, /Retrying because zfs receive resume token is stale \[1\/2\]/);
  assertEquals(sim.destination.find("back/d")!.snapshots[0]!.guid, sim.source.find("tank/s")!.snapshots[0]!.guid);
});

Deno.test("bad luck: tokens that come back although they were cleared end the run as a defect", async () => {
  const sim = world();
  must(sim.sourceHost, "zfs", "create", "tank/other");
  for (let i = 0; i < 10; i++) sim.sourceHost.write("tank/other", 1000);
  must(sim.sourceHost, "zfs", "snapshot", "tank/other@1");
  await runBzfs(sim.again(new FaultScript().cutAfter(/zfs receive/, 5000)), ["tank/other", "back/d", "--retries=0"]);
  const error = await runBzfs(sim.again(), [...ARGV, "--retries=0", "--skip-on-error=dataset"]);
  assertEquals(exitCodeOf(error), 3);
  assertMatch(
    `${error}`,
    /^Error: Cannot resume the interrupted receive of back\/d because zfs receive resume token is/,
  );
});

/** A receive of `tank/s@2` was cut; beside `tank/s` there is something that the destination must not get. */
async function partial(sim: SimulatedWorld): Promise<PartialReceive> {
  await replicated(sim);
  must(sim.sourceHost, "zfs", "create", "tank/secret");
  for (let i = 0; i < 10; i++) sim.sourceHost.write("tank/secret", 1000);
  must(sim.sourceHost, "zfs", "snapshot", "tank/secret@x");
  await runBzfs(sim.again(new FaultScript().cutAfter(/zfs receive/, 5000)), [...ARGV, "--retries=0"]);
  const { partial } = sim.destination.find("back/d")!;
  assert(partial !== undefined);
  return partial;
}

/** The pairs of the token of a full stream: it can be made of any snapshot. */
function whole(pairs: Pairs): Pairs {
  return pairs.filter(([name]) => name !== "fromguid").map(([name, value]) => [name, name === "object" ? 0n : value]);
}

const FORGERIES: Readonly<Record<string, (pairs: Pairs, secret: bigint) => { readonly pairs: Pairs; says: RegExp }>> = {
  "which prints the selected guid before its own": (pairs, secret) => ({
    pairs: [
      ["toname", `tank/s@2\n\ttoguid = 0x${(pairs.find(([name]) => name === "toguid")![1] as bigint).toString(16)}`],
      ["toguid", secret],
      ...whole(pairs).filter(([name]) => name !== "toname" && name !== "toguid"),
    ],
    says: /^Retrying because zfs receive resume token cannot be trusted: its toname is malformed \[1\/2\]/,
  }),
  "which holds a second guid": (pairs, secret) => ({
    pairs: [...whole(pairs), ["toguid", secret]],
    says: /^Retrying because zfs receive resume token cannot be trusted: it holds toguid twice \[1\/2\]/,
  }),
  "of a snapshot that is not selected": (pairs, secret) => ({
    pairs: whole(pairs).map(([name, value]) => [name, name === "toguid" ? secret : value]),
    says: /^Retrying because zfs receive resume token is not a selected source snapshot \[1\/2\]/,
  }),
  "of a whole stream, where only what is new is missing": (pairs) => ({
    pairs: whole(pairs),
    says: /^Retrying because zfs receive resume token is stale \[1\/2\]/,
  }),
};

for (const [what, forge] of Object.entries(FORGERIES)) {
  Deno.test(`bad luck: a forged token ${what} gets nothing that is not selected`, async () => {
    const sim = world();
    const honest = await partial(sim);
    const secret = BigInt(sim.source.find("tank/secret")!.snapshots[0]!.guid);
    const { pairs, says } = forge(pairsOf(honest), secret);
    sim.destination.find("back/d")!.partial = { ...honest, forgedToken: tokenOfPairs(pairs) };
    const run = sim.again();
    assertEquals(await runBzfs(run, ARGV), undefined);
    assertEquals(run.log.texts("INFO").filter((text) => says.test(text)).length, 1, run.log.texts("INFO").join("\n"));
    const sent = run.log.texts("DEBUG").filter((text) => text.includes("zfs receive"));
    assertEquals(sent.filter((text) => text.includes(" -t 1-")), []);
    assertEquals(sim.destination.find("back/d")!.snapshots.map(({ tag }) => tag), ["1", "2"]);
  });
}

Deno.test("bad luck: a token that cannot be read is kept, and the run says what can be done about it", async () => {
  const sim = world();
  const honest = await partial(sim);
  const token = tokenOf(honest);
  sim.destination.find("back/d")!.partial = { ...honest, forgedToken: token.slice(0, token.length / 2) };
  const run = sim.again();
  assertEquals(exitCodeOf(await runBzfs(run, ARGV)), 3);
  const advice = "(If that stays so, drop what was partially received: zfs receive -A back/d)";
  assert(
    run.log.texts("ERROR").includes(`Cannot read the resume token of back/d ${advice}`),
    run.log.texts("ERROR").join("\n"),
  );
  assert(sim.destination.find("back/d")!.partial !== undefined);
});

Deno.test("bad luck: names of any length are replicated; one that is too long for a bookmark has none", async () => {
  const sim = world();
  const long = "x".repeat(255 - "tank/s@".length);
  grow(sim, long);
  grow(sim, "a b:c.d-e");
  for (const [words, status] of [[[], undefined], [["--create-bookmarks=all"], 3]] as const) {
    const run = sim.again();
    must(sim.destinationHost, "zfs", "create", "-p", "back/d");
    must(sim.destinationHost, "zfs", "destroy", "-r", "back/d");
    const error = await runBzfs(run, [...ARGV, ...words]);
    assertEquals(error === undefined ? undefined : exitCodeOf(error), status);
    assertEquals(sim.destination.find("back/d")!.snapshots.map(({ tag }) => tag), ["1", long, "a b:c.d-e"]);
    const warnings = run.log.texts("WARN").filter((text) => text.startsWith("No bookmark is made"));
    assertEquals(warnings, [`No bookmark is made, as its name would be too long: tank/s@${long}`]);
    const errors = run.log.texts("ERROR").filter((text) => text.includes(`tank/s@${long}`));
    assertEquals(errors.length > 0, status !== undefined);
  }
  const guids = sim.source.find("tank/s")!.snapshots.map(({ guid }) => guid);
  const bookmarks = sim.source.find("tank/s")!.bookmarks.map(({ tag }) => tag);
  assertEquals(bookmarks, [`1_${guids[0]}`, `a b:c.d-e_${guids[2]}`]);
});

Deno.test("bad luck: values of properties hold any character, and arrive as they are", async () => {
  const sim = world();
  const value = `a\tb\nc 'd' "e" $f \`g\` ;|&\\`;
  must(sim.sourceHost, "zfs", "set", `x:y=${value}`, "tank/s");
  assertEquals(await runBzfs(sim.again(), [...ARGV, "--zfs-recv-o-include-regex", "x:.*"]), undefined);
  assertEquals(sim.destination.find("back/d")!.local["x:y"], value);
});
