/** What `bzfs doctor --fix` destroys in pools, and what it leaves alone. */
import { sha256 } from "../../../lib/host/node.ts";
import type { Guid, Snapshot } from "../../../lib/model/snapshot.ts";
import type { Route } from "../../../lib/model/checkup.ts";
import { bookmarkTags, destinationMark } from "../../../lib/plan/replication/mod.ts";
import { dropPartialReceives, dropTemporaryBookmarks, type FixContext } from "../../../lib/run/doctor/mod.ts";
import { dryRun } from "../../../lib/zfs/layers.ts";
import type { SimulatedWorld } from "../../sim/world.ts";
import { simulatedWorld, type WorldOptions } from "../../sim/world.ts";
import { assertEquals } from "../../support/assert.ts";
import { datasetOf } from "../../support/doctor_scene.ts";
import { jobOf } from "../../support/job.ts";
import { unlimitedGuard } from "../../support/limits.ts";

const ROUTE: Route = {
  source: { host: "localhost", dataset: datasetOf("tank/src") },
  destination: { host: "localhost", dataset: datasetOf("back/dst") },
  isRecursive: true,
  isRaw: true,
};

/** Source and destination have snapshots a, b and c; the destination is at b. */
function scene(options: WorldOptions = {}): {
  readonly sim: SimulatedWorld;
  readonly context: FixContext;
  readonly tag: (name: string) => string;
} {
  const sim = simulatedWorld(options);
  sim.source.add({ name: "tank/src", type: "filesystem" });
  sim.destination.add({ name: "back/dst", type: "filesystem" });
  const source = sim.source.find("tank/src")!;
  for (const tag of ["a", "b", "c"]) sim.source.addSnapshots([{ dataset: source, tag }]);
  sim.destination.find("back/dst")!.snapshots = sim.source.find("tank/src")!.snapshots.slice(0, 2);
  const context: FixContext = {
    job: jobOf(["tank/src", "back/dst"]),
    log: sim.log,
    world: sim.world,
    guard: unlimitedGuard(),
    signal: new AbortController().signal,
    digest: sha256,
    isRunning: () => Promise.resolve(false),
  };
  const mark = destinationMark(sim.destination.state.guid, sha256("back/dst"));
  const tag = (name: string): string => {
    const snapshot = sim.source.find("tank/src")!.snapshots.find((each) => each.tag === name)!;
    const { temporary } = bookmarkTags(name, snapshot.guid as Snapshot["guid"], mark);
    sim.source.addBookmark(sim.source.find("tank/src")!, temporary, snapshot);
    return temporary;
  };
  return { sim, context, tag };
}

const bookmarks = (sim: SimulatedWorld): string[] => sim.source.find("tank/src")!.bookmarks.map(({ tag }) => tag);

Deno.test("temporary bookmarks go that are older than what both sides have, and no others", async () => {
  const { sim, context, tag } = scene();
  const [, common, newer] = [tag("a"), tag("b"), tag("c")];
  const other = bookmarkTags("a", "5" as Guid, destinationMark("77", sha256("back/dst"))).temporary;
  sim.source.addBookmark(sim.source.find("tank/src")!, other, sim.source.find("tank/src")!.snapshots[0]!);
  const drop = async (of: FixContext): Promise<number> =>
    (await dropTemporaryBookmarks(before.map((name) => `tank/src#${name}`), ROUTE, of)).length;
  const before = bookmarks(sim);
  const job = jobOf(["--dryrun=send", "tank/src", "back/dst"]);
  assertEquals(await drop({ ...context, job, world: dryRun(sim.world, "recv", sim.log) }), 1);
  assertEquals(bookmarks(sim), before);
  assertEquals(await drop(context), 1);
  assertEquals(bookmarks(sim).toSorted(), [common, newer, other].toSorted());
});

Deno.test("temporary bookmarks stay if the destination has nothing newer, is at work, or is gone", async () => {
  const { sim, context, tag } = scene();
  const name = `tank/src#${tag("a")}`;
  sim.destination.find("back/dst")!.snapshots = sim.destination.find("back/dst")!.snapshots.slice(0, 1);
  const drop = async (of = context): Promise<number> => (await dropTemporaryBookmarks([name], ROUTE, of)).length;
  assertEquals(await drop(), 0);
  sim.destination.find("back/dst")!.snapshots = sim.source.find("tank/src")!.snapshots;
  sim.destinationHost.processes = ["zfs receive -s -u back/dst"];
  assertEquals(await drop(), 0);
  sim.destinationHost.processes = [];
  assertEquals(await drop({ ...context, isRunning: () => Promise.resolve(true) }), 0);
  sim.destination.remove("back/dst");
  assertEquals(await drop(), 0);
  assertEquals(bookmarks(sim).length, 1);
});

Deno.test("nothing goes where nobody can tell whether a process is at work", async () => {
  const { context, tag } = scene();
  const name = tag("a");
  const { capabilities } = context.world.destination;
  Object.assign(capabilities, { programs: new Set([...capabilities.programs].filter((name) => name !== "ps")) });
  assertEquals(await dropTemporaryBookmarks([`tank/src#${name}`], ROUTE, context), []);
});

Deno.test("temporary bookmarks go only if they are named, and each is counted", async () => {
  const { sim, context, tag } = scene();
  const [first, second] = [tag("a"), tag("b")];
  sim.destination.find("back/dst")!.snapshots = sim.source.find("tank/src")!.snapshots;
  assertEquals(await dropTemporaryBookmarks([`tank/src#${first}`], ROUTE, context), [`tank/src#${first}`]);
  assertEquals(bookmarks(sim), [second]);
});

interface PartialCase {
  readonly toName?: string;
  /** Of the snapshot that is being received; by default one that the source has not got. */
  readonly toGuid?: "that of c";
  readonly processes?: readonly string[];
  readonly forgedToken?: string;
  readonly isRunning?: boolean;
  readonly programs?: readonly string[];
  readonly harm?: (sim: SimulatedWorld) => void;
  readonly dropped?: true;
}

const PARTIALS: Readonly<Record<string, PartialCase>> = {
  "of the source of the route, which has not got the snapshot any more, goes": { dropped: true },
  "that can be resumed stays": { toGuid: "that of c" },
  "of a source that is gone stays": { harm: ({ source }) => source.remove("tank/src") },
  "of another source stays": { toName: "tank/other@c" },
  "into which something is being received stays": { processes: ["zfs receive -s back/dst"] },
  "whose token cannot be read stays": { forgedToken: "1-junk" },
  "stays while a run of this host is at work": { isRunning: true },
  "of a host without ps stays: nothing proves that nobody is at work": { programs: ["zfs", "zpool"] },
};

for (const [what, one] of Object.entries(PARTIALS)) {
  const { toName = "tank/src@c", toGuid, processes = [], forgedToken, isRunning = false, programs, harm, dropped } =
    one;
  Deno.test(`a partial receive ${what}`, async () => {
    const { sim, context } = scene(programs === undefined ? {} : { programs });
    sim.destinationHost.processes = [...processes];
    const guid = toGuid === undefined ? "9" : sim.source.find("tank/src")!.snapshots.at(-1)!.guid;
    const traits = { toGuid: guid, creation: 1, type: "filesystem", blockSize: 131_072, raw: true } as const;
    sim.destination.find("back/dst")!.partial = {
      traits: { ...traits, toName, compressed: false, embedded: false, largeBlocks: false },
      writes: [],
      newDataset: false,
      forgedToken,
      properties: {},
    };
    harm?.(sim);
    const of = { ...context, isRunning: () => Promise.resolve(isRunning) };
    const gone = await dropPartialReceives([ROUTE.destination.dataset], ROUTE, of);
    assertEquals(gone, dropped ? [ROUTE.destination.dataset] : []);
    assertEquals(sim.destination.find("back/dst")!.partial === undefined, dropped === true);
  });
}
