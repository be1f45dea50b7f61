/**
 * Trees of the destination are destroyed from the leaves up, by the names that were listed: what others add at whatever
 * moment survives, and what cannot be destroyed is kept with all above it.
 */
import { exitCodeOf, messageOf } from "../../../lib/model/errors.ts";
import { formatBytes } from "../../../lib/model/text/mod.ts";
import { must } from "../../laws/world_gen.ts";
import { execute } from "../../sim/commands/dispatch.ts";
import { FaultScript } from "../../sim/faults.ts";
import { FEW_RETRIES, runBzfs } from "../../sim/run.ts";
import { cutStream } from "../../sim/stream.ts";
import { type SimulatedWorld, simulatedWorld } from "../../sim/world.ts";
import { assert, assertEquals } from "../../support/assert.ts";

const PRUNE = ["tank/s", "back/d", "-r", "--skip-replication", ...FEW_RETRIES];
const DATASETS = [...PRUNE, "--delete-dst-datasets"];
const EMPTY = [...PRUNE, "--delete-empty-dst-datasets"];

/** `back/d/t` with a few datasets below is at the destination only; only one of them has snapshots if `bare`. */
function world(bare = false): SimulatedWorld {
  const sim = simulatedWorld({ maxSnapshotsPerDelete: 2 });
  for (const name of ["tank/s", "back/d/t/a/b", "back/d/t/a-b", "back/d/t/z"]) {
    must(sim.sourceHost, "zfs", "create", "-p", name);
  }
  must(sim.sourceHost, "zfs", "snapshot", "tank/s@1");
  if (!bare) { for (const tag of ["1", "2", "3"]) must(sim.sourceHost, "zfs", "snapshot", "-r", `back/d/t@${tag}`); }
  return sim.again();
}

function zfs(sim: SimulatedWorld, ...words: string[]): void {
  must(sim.destinationHost, "zfs", ...words);
}

/** Datasets and snapshots below `back`. */
function names(sim: SimulatedWorld): string[] {
  return sim.destination.datasets.flatMap((
    { name, snapshots },
  ) => [name, ...snapshots.map(({ tag }) => `${name}@${tag}`)])
    .sort();
}

function destroyed(sim: SimulatedWorld): string[] {
  return sim.history().filter((text) => /^zfs (destroy|receive -A)/.test(text));
}

function warnings(sim: SimulatedWorld): string {
  return sim.log.texts("WARN").join("\n");
}

Deno.test("a tree goes from the leaves up, each snapshot by its name, and nothing recursively", async () => {
  const sim = world();
  assertEquals(await runBzfs(sim, DATASETS), undefined);
  const ofOne = (name: string): string[] => [
    `zfs destroy -v ${name}@1,2`,
    `zfs destroy -v ${name}@3`,
    `zfs destroy -v ${name}`,
  ];
  const order = ["back/d/t/z", "back/d/t/a/b", "back/d/t/a", "back/d/t/a-b", "back/d/t"];
  assertEquals([...destroyed(sim)].sort(), order.flatMap(ofOne).sort());
  for (const name of order) {
    assert(destroyed(sim).join("\n").includes(ofOne(name).join("\n")), destroyed(sim).join("\n"));
  }
  const place = (name: string): number => destroyed(sim).indexOf(`zfs destroy -v ${name}`);
  assert(place("back/d/t/a/b") < place("back/d/t/a") && place("back/d/t/a") < place("back/d/t"));
  assertEquals(names(sim), ["back", "back/d"]);
});

const ADDITIONS: Readonly<Record<string, (sim: SimulatedWorld) => string[]>> = {
  "a snapshot of a leaf": (sim) => added(sim, "back/d/t/a/b@own", ["zfs", "snapshot", "back/d/t/a/b@own"]),
  "a snapshot of the root": (sim) => added(sim, "back/d/t@own", ["zfs", "snapshot", "back/d/t@own"]),
  "a snapshot that is named as listed ones of other datasets": (sim) => {
    return added(sim, "back/d/t/z@1", ["zfs", "snapshot", "back/d/t/z@1"]);
  },
  "snapshots of all": (sim) => {
    const tree = sim.destination.tree("back/d/t").map(({ name }) => `${name}@own`);
    return execute(sim.destinationHost, ["zfs", "snapshot", "-r", "back/d/t@own"]).status === 0 ? tree : [];
  },
  "a dataset": (sim) => added(sim, "back/d/t/a/new", ["zfs", "create", "back/d/t/a/new"]),
  "a partial receive": (sim) => {
    const { stream } = execute(sim.sourceHost, ["zfs", "send", "tank/big@1"]);
    execute(sim.destinationHost, ["zfs", "receive", "-s", "back/d/t/a/b/new"], cutStream(stream!, 12_000));
    return sim.destination.find("back/d/t/a/b/new") ? ["back/d/t/a/b/new"] : [];
  },
};

function added(sim: SimulatedWorld, name: string, argv: readonly string[]): string[] {
  return execute(sim.destinationHost, argv).status === 0 ? [name] : [];
}

/** What is there when this is listed belongs to the tree. */
const LISTINGS = { datasets: / -r back\/d$/, snapshots: /^zfs list -t filesystem,volume,snapshot .* back\/d\/t / };

for (const [what, add] of Object.entries(ADDITIONS)) {
  for (const [option, words, bare] of [["datasets", DATASETS, false], ["empty datasets", EMPTY, true]] as const) {
    Deno.test(`${what} that comes while ${option} are destroyed survives, at whatever moment`, async () => {
      const twin = prepared(bare);
      await runBzfs(twin, words);
      const listing = /snapshot/.test(what) && !bare ? LISTINGS.snapshots : LISTINGS.datasets;
      const first = twin.history().findIndex((text) => listing.test(text)) + 1;
      assert(first > 0 && twin.history().length - first > 8);
      let survivors = 0;
      for (let index = first; index < twin.history().length; index++) {
        const sim = prepared(bare);
        let theirs: string[] = [];
        const run = sim.again(new FaultScript().add(index, { kind: "before", act: () => theirs = add(sim) }));
        const error = await runBzfs(run, words);
        const context = `${index}: ${run.history()[index]}\n${run.history().join("\n")}`;
        assertEquals(error === undefined ? "" : messageOf(error), "", context);
        assert(destroyed(run).every((text) => !/ -\w*[rR]/.test(text)), context);
        const left = new Set(names(sim));
        assertEquals(theirs.filter((name) => !left.has(name)), [], context);
        const isLate = theirs.length > 0 && index > twin.history().findIndex((text) => text.startsWith("zfs destroy"));
        if (isLate) assert(warnings(run).includes("Somebody has added something"), context);
        survivors += theirs.length;
        assertEquals(await runBzfs(sim.again(), DATASETS), undefined);
        assertEquals(names(sim).filter((name) => name.startsWith("back/d/")), []);
      }
      assert(survivors > 0);
    });
  }
}

/** A world with something large to send. */
function prepared(bare: boolean): SimulatedWorld {
  const sim = world(bare);
  must(sim.sourceHost, "zfs", "create", "tank/big");
  for (let i = 0; i < 30; i++) sim.sourceHost.write("tank/big", 1000);
  must(sim.sourceHost, "zfs", "snapshot", "tank/big@1");
  if (bare) zfs(sim, "snapshot", "back/d@x");
  return sim;
}

Deno.test("what is held stays with all above it, the rest of the tree goes, and the run fails", async () => {
  const sim = world();
  zfs(sim, "hold", "keep", "back/d/t/a/b@2");
  zfs(sim, "create", "back/d/u");
  assertEquals(exitCodeOf(await runBzfs(sim, [...DATASETS, "--compare-snapshot-lists"])), 3);
  const tags = ["1", "2", "3"];
  const kept = ["back/d/t", "back/d/t/a"].flatMap((name) => [name, ...tags.map((tag) => `${name}@${tag}`)]);
  assertEquals(names(sim), ["back", "back/d", ...kept, "back/d/t/a/b", "back/d/t/a/b@2"].sort());
  assert(warnings(sim).includes("Cannot delete a dataset, hence it is kept with all above it: back/d/t/a/b"));
  assert(!sim.log.texts("INFO").some((text) => text.startsWith("--compare-snapshot-lists")));
  zfs(sim, "release", "keep", "back/d/t/a/b@2");
  assertEquals(await runBzfs(sim.again(), DATASETS), undefined);
  assertEquals(names(sim), ["back", "back/d"]);
});

Deno.test("a clone within the tree goes before what it stands on", async () => {
  for (const clone of ["back/d/t/0", "back/d/t/z/c", "back/d/t/zz"]) {
    const sim = world();
    zfs(sim, "clone", "back/d/t/z@2", clone);
    zfs(sim, "snapshot", `${clone}@own`);
    zfs(sim, "clone", `${clone}@own`, "back/d/t/a/clone");
    const dry = sim.again();
    assertEquals(await runBzfs(dry, [...DATASETS, "--dryrun"]), undefined, warnings(dry));
    const run = sim.again();
    assertEquals(await runBzfs(run, DATASETS), undefined, warnings(run));
    assertEquals(warnings(run), "");
    assertEquals(names(sim), ["back", "back/d"]);
  }
});

Deno.test("a clone outside of the tree keeps what it stands on, unless --force-destroy-dependents takes it", async () => {
  const sim = world();
  zfs(sim, "create", "back/else");
  zfs(sim, "clone", "back/d/t/z@2", "back/else/c");
  zfs(sim, "snapshot", "back/else/c@2");
  zfs(sim, "clone", "back/else/c@2", "back/else/cc");
  const others = ["back/else", "back/else/c", "back/else/c@2", "back/else/cc"];
  assertEquals(exitCodeOf(await runBzfs(sim.again(), DATASETS)), 3);
  const top = ["back/d/t", "back/d/t@1", "back/d/t@2", "back/d/t@3"];
  assertEquals(names(sim), ["back", "back/d", ...top, "back/d/t/z", "back/d/t/z@2", ...others].sort());
  const before = sim.fingerprint();
  const dry = sim.again();
  assertEquals(await runBzfs(dry, [...DATASETS, "--force-destroy-dependents", "--dryrun"]), undefined, warnings(dry));
  assert(dry.log.texts("INFO").includes("Dry Deleting a clone of a snapshot: back/else/c of back/d/t/z@2"));
  assertEquals(sim.fingerprint(), before);
  assertEquals(await runBzfs(sim.again(), [...DATASETS, "--force-destroy-dependents"]), undefined);
  assertEquals(names(sim), ["back", "back/d", "back/else"]);
});

Deno.test("--force-destroy-dependents takes no snapshot of a descendant that has the name of a doomed one", async () => {
  const sim = world();
  for (const name of ["tank/s/t", "tank/s/t/z"]) must(sim.sourceHost, "zfs", "create", name);
  zfs(sim, "clone", "back/d/t@2", "back/clone");
  const words = [...PRUNE, "--delete-dst-snapshots", "--include-snapshot-regex=2", "--exclude-dataset-regex=t/.*"];
  assertEquals(await runBzfs(sim, [...words, "--force-destroy-dependents"]), undefined, warnings(sim));
  assertEquals(sim.destination.find("back/d/t")!.snapshots.map(({ tag }) => tag), ["1", "3"]);
  assertEquals(sim.destination.find("back/d/t/z")!.snapshots.map(({ tag }) => tag), ["1", "2", "3"]);
  assertEquals(sim.destination.find("back/clone"), undefined);
});

Deno.test("a partial receive within the tree is dropped first, and told; a dry run tells the same", async () => {
  const sim = prepared(false);
  const receive = (name: string, ...words: string[]): void => {
    const { stream } = execute(sim.sourceHost, ["zfs", "send", "tank/big@1"]);
    execute(sim.destinationHost, ["zfs", "receive", "-s", ...words, name], cutStream(stream!, 12_000));
    assert(sim.destination.find(name)!.partial !== undefined, name);
  };
  zfs(sim, "create", "back/d/t/a/e");
  receive("back/d/t/a/e", "-F");
  receive("back/d/t/a/new");
  const told = "Aborting an interrupted zfs receive -s, deleting partially received state: back/d/t/a/";
  const before = sim.fingerprint();
  const dry = sim.again();
  assertEquals(await runBzfs(dry, [...DATASETS, "--dryrun"]), undefined, warnings(dry));
  for (const name of ["e", "new"]) assert(warnings(dry).includes(`Dry ${told}${name}`), warnings(dry));
  assertEquals(sim.fingerprint(), before);
  const run = sim.again();
  assertEquals(await runBzfs(run, DATASETS), undefined, warnings(run));
  for (const name of ["e", "new"]) assert(warnings(run).includes(`${told}${name}`), warnings(run));
  assert(destroyed(run).includes("zfs receive -A back/d/t/a/new"));
  assert(!warnings(run).includes("Third party"));
  assertEquals(names(sim), ["back", "back/d"]);
});

Deno.test("an incremental receive that was cut does not keep its tree from being destroyed", async () => {
  const sim = simulatedWorld();
  for (const name of ["tank/s", "tank/s/a"]) must(sim.sourceHost, "zfs", "create", name);
  const replicate = ["tank/s", "back/d", "-r", "--create-bookmarks=none", "--retries=0"];
  for (const tag of ["1", "2"]) {
    for (let i = 0; i < 30; i++) sim.sourceHost.write("tank/s/a", 1000);
    must(sim.sourceHost, "zfs", "snapshot", "-r", `tank/s@${tag}`);
    await runBzfs(sim.again(new FaultScript().cutAfter(/-i .*back\/d\/a$/, 12_000)), replicate);
  }
  assert(sim.destination.find("back/d/a")!.partial !== undefined);
  must(sim.sourceHost, "zfs", "destroy", "-r", "tank/s/a");
  assertEquals(await runBzfs(sim.again(), [...DATASETS, "--dryrun"]), undefined);
  assertEquals(await runBzfs(sim.again(), DATASETS), undefined);
  assertEquals(sim.destination.find("back/d/a"), undefined);
});

Deno.test("a tree that the source's listings leave out is kept if the source has a part of it by name", async () => {
  const sim = world();
  for (const name of ["tank/s/t", "tank/s/t/a"]) must(sim.sourceHost, "zfs", "create", name);
  const isListing = / -r tank\/s$/;
  const faults = new FaultScript().add(isListing, { kind: "end-early", rows: (row) => !row.includes("tank/s/t") }, 9);
  const before = names(sim);
  const run = sim.again(faults);
  assertEquals(await runBzfs(run, DATASETS), undefined);
  assertEquals(names(sim), before);
  assert(warnings(run).includes("Not proved to be missing at the source, hence kept: back/d/t"), warnings(run));
});

Deno.test("a dataset whose source comes while its tree is destroyed is kept with all above it", async () => {
  const sim = world();
  const create = (): void => must(sim.sourceHost, "zfs", "create", "-p", "tank/s/t/a/b");
  const run = sim.again(new FaultScript().add(/^zfs destroy .*back\/d\/t\/z$/, { kind: "before", act: create }));
  assertEquals(await runBzfs(run, DATASETS), undefined);
  const left = ["back/d", "back/d/t", "back/d/t/a", "back/d/t/a/b"];
  assertEquals(sim.destination.tree("back/d").map(({ name }) => name), left);
  for (const name of left.slice(1)) assertEquals(sim.destination.find(name)!.snapshots.length, 3);
  assert(warnings(run).includes("Not proved to be missing at the source, hence kept: back/d/t/a/b: "), warnings(run));
});

Deno.test("a dry run names each dataset and snapshot of a tree, tells the space, and changes nothing", async () => {
  const sim = world();
  sim.destinationHost.write("back/d/t/z", 5000);
  const before = sim.fingerprint();
  const dry = sim.again();
  assertEquals(await runBzfs(dry, [...DATASETS, "--dryrun"]), undefined);
  assertEquals(sim.fingerprint(), before);
  const real = sim.again();
  assertEquals(await runBzfs(real, DATASETS), undefined);
  const losses = (run: SimulatedWorld): string[] =>
    run.log.texts("INFO").filter((text) => /^(Dry )?Deleting /.test(text)).map((text) => text.replace(/^Dry /, ""));
  assertEquals(losses(dry), losses(real));
  for (const name of ["back/d/t", "back/d/t/a/b"]) assert(losses(dry).includes(`Deleting dataset: ${name}`));
  const total = dry.log.texts("INFO").filter((text) => text.includes("Would free"));
  assertEquals(total, [`Dry --delete-dst-datasets: Would free about ${formatBytes(5000)}`]);
});
