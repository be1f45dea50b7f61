/**
 * One suite over the door to ZFS: the product's `RealZfs` over a runner, be it simulated or of a real host.
 * @module
 */
import { CommandError, ConflictError, Retryable } from "../../lib/model/errors.ts";
import { type Dataset, datasetFromZfs } from "../../lib/model/dataset.ts";
import type { Guid } from "../../lib/model/snapshot.ts";
import { versionName } from "../../lib/model/snapshot.ts";
import type { ChangeAction } from "../../lib/model/action.ts";
import type { Capabilities } from "../../lib/model/capabilities.ts";
import { SILENT_LOGGER } from "../../lib/model/log.ts";
import { RealZfs } from "../../lib/zfs/real_zfs.ts";
import type { History, HistoryListing, Runner } from "../../lib/zfs/world.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import type { SimVersion } from "./host.ts";

/** Where the suite runs. */
export interface DoorGround {
  readonly runner: Runner;
  readonly version: SimVersion;
  readonly pools: { readonly source: string; readonly destination: string };
  readonly ignore?: boolean;
}

const FORCE = { unmount: false, dependents: false };
const LISTING: HistoryListing = { bookmarks: true, creation: true, holds: true };

/** Registers the tests. */
export function doorConformance(name: string, ground: DoorGround): void {
  const { runner, pools } = ground;
  const zfs = new RealZfs({
    runner,
    capabilities: capabilities(ground.version),
    privilegePrefix: [],
    log: SILENT_LOGGER,
    maxDatasetsPerListing: 2,
    maxSnapshotsPerDelete: 2,
    parallelListings: 2,
    clock: { monotonicNs: () => 0 },
  });
  const test = (title: string, folder: string, body: (root: Dataset) => Promise<void>): void => {
    Deno.test({
      name: `${name}, door: ${title}`,
      ignore: ground.ignore ?? false,
      async fn(): Promise<void> {
        const root = datasetFromZfs(`${pools.source}/${folder}`);
        await zfs.apply({ kind: "create-filesystem", dataset: root, mount: "no" });
        await body(root);
      },
    });
  };
  const apply = (action: ChangeAction): Promise<unknown> => zfs.apply(action);
  const histories = async (of: readonly Dataset[], listing = LISTING): Promise<History[]> =>
    await Array.fromAsync(zfs.histories(of, listing));

  test("creates, lists and gives up on what is not there", "door-create", async (root) => {
    const below = (tail: string): Dataset => datasetFromZfs(`${root}/${tail}`);
    for (const tail of ["a/c", "a-b", "a b"]) {
      await apply({ kind: "create-filesystem", dataset: below(tail), mount: "no" });
    }
    await apply({ kind: "create-filesystem", dataset: below("a"), mount: "no" });
    const found = await zfs.datasets(root, { recursive: true, blockSizes: true, snapshotsChanged: false });
    assertEquals(found?.map((info) => info.dataset.slice(root.length)), ["", "/a", "/a b", "/a-b", "/a/c"]);
    assert(found?.every((info) => info.type === "filesystem" && info.blockSize === 131072));
    const none = { recursive: true, blockSizes: false, snapshotsChanged: false };
    assertEquals(await zfs.datasets(below("none"), none), undefined);
    const flags = { unmount: false, verbose: true };
    const error = await assertRejects(
      () => apply({ kind: "destroy-dataset", dataset: below("a"), ...flags }),
      CommandError,
    );
    assertEquals(error.failure.fault, "has-children");
    for (const tail of ["a/c", "a"]) await apply({ kind: "destroy-dataset", dataset: below(tail), ...flags });
    const rest = await zfs.datasets(root, none);
    assertEquals(rest?.map((info) => info.dataset.slice(root.length)), ["", "/a b", "/a-b"]);
  });

  test("tells histories in order, of many datasets, gone ones included", "door-histories", async (root) => {
    const kids = ["a", "a b", "a-b"].map((tail) => datasetFromZfs(`${root}/${tail}`));
    for (const dataset of kids) await apply({ kind: "create-filesystem", dataset, mount: "no" });
    for (const tag of ["2", "1", "3 3"]) {
      await apply({ kind: "snapshot", names: [`${root}@${tag}`], recursive: true });
    }
    const guid = (await histories([root]))[0]!.versions![1]!.guid;
    await apply({ kind: "bookmark", from: `${root}@1`, to: `${root}#mark`, guid });
    await runner.run(["zfs", "hold", "keep", `${root}@1`]);
    const gone = datasetFromZfs(`${root}/none`);
    const found = await histories([...kids, gone, root]);
    const names = Object.fromEntries(found.map(({ dataset, versions }) => [dataset, versions?.map(versionName)]));
    assertEquals(names[root], [`${root}@2`, `${root}#mark`, `${root}@1`, `${root}@3 3`]);
    for (const kid of kids) assertEquals(names[kid], [`${kid}@2`, `${kid}@1`, `${kid}@3 3`]);
    assertEquals(found.length, 5);
    assertEquals(names[gone], undefined);
    const own = found.find(({ dataset }) => dataset === root)!.versions!;
    assertEquals(own.map((version) => (version.kind === "snapshot" ? version.holds : "-")), [0, "-", 1, 0]);
    assertEquals(own[1]!.guid, own[2]!.guid);
    assertEquals(own[1]!.createtxg, own[2]!.createtxg);
    assert(own.every((version) => version.createdAt > 1_600_000_000));
  });

  test("answers for names, as long as their root is there", "door-witness", async (root) => {
    await apply({ kind: "create-filesystem", dataset: datasetFromZfs(`${root}/a b`), mount: "no" });
    await apply({ kind: "snapshot", names: [`${root}@1`], recursive: false });
    const guid = (await histories([root]))[0]!.versions![0]!.guid;
    await apply({ kind: "bookmark", from: `${root}@1`, to: `${root}#1`, guid });
    const there = ["@1", "#1", "/a b"].map((tail) => root + tail);
    const gone = ["@2", "#2", "/c", "/a b@1", "/a b#1", "/c@1", "/c#1", "/c/d"].map((tail) => root + tail);
    const witness = await zfs.witness(root, [...gone, ...there]);
    assertEquals(witness.root.kind, "present");
    assertEquals(there.map((name) => witness.about(name).kind), there.map(() => "present"));
    for (const name of there.slice(0, 2)) assertEquals(witness.about(name), { kind: "present", guid });
    assertEquals(gone.map((name) => witness.about(name).kind), gone.map(() => "absent"));
    assertEquals((await zfs.witness(root, [])).root, witness.root);
    const none = await zfs.witness(datasetFromZfs(`${root}/none`), gone);
    assertEquals([none.root.kind, ...gone.map((name) => none.about(name).kind)], [
      "absent",
      ...gone.map(() => "unknown"),
    ]);
    const many = Array.from({ length: 700 }, (_, i) => `${root}@${"x".repeat(100)}${i}`);
    const full = await zfs.witness(root, [...many, `${root}@1`]);
    assertEquals(many.filter((name) => full.about(name).kind !== "absent"), []);
    assertEquals(full.about(`${root}@1`), { kind: "present", guid });
  });

  test("makes and keeps bookmarks", "door-bookmarks", async (root) => {
    await apply({ kind: "snapshot", names: [`${root}@1`], recursive: false });
    await apply({ kind: "snapshot", names: [`${root}@2`], recursive: false });
    const [first, second] = (await histories([root]))[0]!.versions!;
    const mark = (from: string, guid: Guid): Promise<unknown> =>
      apply({ kind: "bookmark", from, to: `${root}#mark`, guid });
    await mark(`${root}@1`, first!.guid);
    await mark(`${root}@1`, first!.guid);
    await assertRejects(() => mark(`${root}@2`, second!.guid), ConflictError, "already exists with a different GUID");
    await apply({ kind: "bookmark", from: `${root}#mark`, to: `${root}#copy`, guid: first!.guid });
    await apply({ kind: "destroy-bookmark", dataset: root, tag: "mark" });
    await apply({ kind: "destroy-bookmark", dataset: root, tag: "mark" });
    const left = (await histories([root]))[0]!.versions!.map(versionName);
    assertEquals(left, [`${root}#copy`, `${root}@1`, `${root}@2`]);
    await assertRejects(() => mark(`${root}@none`, first!.guid), CommandError);
  });

  test("destroys snapshots in batches and rolls back", "door-destroy", async (root) => {
    for (const tag of ["1", "2", "3", "4", "5"]) {
      await apply({ kind: "snapshot", names: [`${root}@${tag}`], recursive: false });
    }
    const tags = ["1", "2", "4"];
    const flags = { simulate: false, verbose: true };
    await apply({ kind: "destroy-snapshots", dataset: root, tags, ...flags, simulate: true });
    assertEquals((await histories([root]))[0]!.versions!.length, 5);
    await apply({ kind: "destroy-snapshots", dataset: root, tags, ...flags });
    assertEquals((await histories([root]))[0]!.versions!.map(versionName), [`${root}@3`, `${root}@5`]);
    await assertRejects(
      () => apply({ kind: "rollback", to: `${root}@3`, destroys: [], ...FORCE }),
      CommandError,
    );
    await apply({ kind: "rollback", to: `${root}@3`, destroys: ["5"], ...FORCE });
    assertEquals((await histories([root]))[0]!.versions!.map(versionName), [`${root}@3`]);
  });

  test("reads and sets properties verbatim", "door-properties", async (root) => {
    const assignments = ["x:y=a\tb\nc", "atime=off"];
    await apply({ kind: "set-properties", dataset: root, assignments });
    const names = (await zfs.propertyNames(root, "local")).toSorted();
    assertEquals(names, ["atime", "x:y"]);
    const values = await zfs.propertyValues(root, "local", ["atime", "x:y", "x:none"]);
    assertEquals(values, [{ name: "atime", value: "off" }, { name: "x:y", value: "a\tb\nc" }]);
    // Whoever may set a mountpoint must not set another property thereby.
    for (const mountpoint of ["/m\n", "/m\nx", "/m\n\nx", "/m\natime\ton", "/m\nexec\toff"]) {
      await apply({ kind: "set-properties", dataset: root, assignments: ["canmount=off", `mountpoint=${mountpoint}`] });
      const system = await zfs.propertyValues(root, "local", ["atime", "mountpoint"]);
      assertEquals(system, [{ name: "atime", value: "off" }, { name: "mountpoint", value: mountpoint }]);
    }
    assertEquals(await zfs.encryptionRoot(root), "-");
    assertEquals(await zfs.receiveToken(root), undefined);
    assertEquals(await zfs.column(root, "x:none"), "-");
    assertEquals(await zfs.column(datasetFromZfs(`${root}/none`), "x:y"), undefined);
    await assertRejects(() => zfs.receiveToken(datasetFromZfs(`${root}/none`)), Retryable);
  });

  test("estimates, and takes what is gone for nothing", "door-estimate", async (root) => {
    await apply({ kind: "snapshot", names: [`${root}@1`], recursive: false });
    assert(await zfs.estimate(["--raw", "--compressed", `${root}@1`]) > 0);
    assertEquals(await zfs.estimate(["--raw", `${root}@none`]), 0);
    await assertRejects(() => zfs.checkToken("garbage"), CommandError);
  });

  test("aborts what there is to abort", "door-abort", async (root) => {
    await apply({ kind: "abort-receive", dataset: root });
    await apply({ kind: "abort-receive", dataset: datasetFromZfs(`${root}/none`) });
  });

  test("says what it would run", "door-describe", (root) => {
    const [line = ""] = zfs.describe({ kind: "destroy-bookmark", dataset: root, tag: "a" });
    assertStringIncludes(line, `${root}#a`);
    return Promise.resolve();
  });
}

function capabilities(version: SimVersion): Capabilities {
  const [major, minor] = version.split(".").map(Number);
  return {
    zfsVersion: [major!, minor!, 0],
    programs: new Set(["sh", "zpool", "ps"]),
    os: "Linux",
    cpus: 2,
    pool: new Map(),
  };
}
