/** What `bzfs doctor --fix` destroys in pools, and what it leaves alone. */
import { sha256 } from "../../../lib/host/node.ts";
import type { Guid, Snapshot } from "../../../lib/model/snapshot.ts";
import type { Route } from "../../../lib/model/checkup.ts";
import { bookmarkTags, destinationMark } from "../../../lib/plan/replication/mod.ts";
import { dropPartialReceives, dropTemporaryBookmarks, type FixContext } from "../../../lib/run/doctor/mod.ts";
import { dryRun } from "../../../lib/zfs/layers.ts";
import type { SimulatedWorld } from "../../sim/world.ts";
import { simulatedWorld } from "../../sim/world.ts";
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
function scene(): {
  readonly sim: SimulatedWorld;
  readonly context: FixContext;
  readonly tag: (name: string) => string;
} {
  const sim = simulatedWorld();
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
  const drop = (of: FixContext): Promise<number> => dropTemporaryBookmarks([ROUTE.source.dataset], ROUTE, of);
  const before = bookmarks(sim);
  const job = jobOf(["--dryrun=send", "tank/src", "back/dst"]);
  assertEquals(await drop({ ...context, job, world: dryRun(sim.world, "recv", sim.log) }), 1);
  assertEquals(bookmarks(sim), before);
  assertEquals(await drop(context), 1);
  assertEquals(bookmarks(sim).toSorted(), [common, newer, other].toSorted());
});

Deno.test("temporary bookmarks stay if the destination has nothing newer, is at work, or is gone", async () => {
  const { sim, context, tag } = scene();
  tag("a");
  sim.destination.find("back/dst")!.snapshots = sim.destination.find("back/dst")!.snapshots.slice(0, 1);
  const drop = (): Promise<number> => dropTemporaryBookmarks([ROUTE.source.dataset], ROUTE, context);
  assertEquals(await drop(), 0);
  sim.destination.find("back/dst")!.snapshots = sim.source.find("tank/src")!.snapshots;
  sim.destinationHost.processes = ["zfs receive -s -u back/dst"];
  assertEquals(await drop(), 0);
  sim.destinationHost.processes = [];
  sim.destination.remove("back/dst");
  assertEquals(await drop(), 0);
  assertEquals(bookmarks(sim).length, 1);
});

Deno.test("nothing goes where nobody can tell whether a process is at work", async () => {
  const { context, tag } = scene();
  tag("a");
  const { capabilities } = context.world.destination;
  Object.assign(capabilities, { programs: new Set([...capabilities.programs].filter((name) => name !== "ps")) });
  assertEquals(await dropTemporaryBookmarks([ROUTE.source.dataset], ROUTE, context), 0);
});

for (
  const [what, toName, processes, forgedToken, dropped] of [
    ["of the source of the route goes", "tank/src@c", [], undefined, 1],
    ["of another source stays", "tank/other@c", [], undefined, 0],
    ["into which something is being received stays", "tank/src@c", ["zfs receive -s back/dst"], undefined, 0],
    ["whose token cannot be read stays", "tank/src@c", [], "1-junk", 0],
  ] as const
) {
  Deno.test(`a partial receive ${what}`, async () => {
    const { sim, context } = scene();
    sim.destinationHost.processes = [...processes];
    const traits = { toGuid: "9", creation: 1, type: "filesystem", blockSize: 131_072, raw: true } as const;
    sim.destination.find("back/dst")!.partial = {
      traits: { ...traits, toName, compressed: false, embedded: false, largeBlocks: false },
      writes: [],
      newDataset: false,
      forgedToken,
      properties: {},
    };
    assertEquals(await dropPartialReceives([ROUTE.destination.dataset], ROUTE, context), dropped);
    assertEquals(sim.destination.find("back/dst")!.partial === undefined, dropped === 1);
  });
}
