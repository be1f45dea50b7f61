/**
 * The destructive door: for each option that makes it open, what is lost, that nothing else is, that it was said
 * before, and that a dry run says the same and loses nothing.
 */
import { exitCodeOf } from "../../../lib/model/errors.ts";
import { must } from "../../laws/world_gen.ts";
import { FaultScript } from "../../sim/faults.ts";
import { FEW_RETRIES, runBzfs } from "../../sim/run.ts";
import { type SimulatedWorld, simulatedWorld } from "../../sim/world.ts";
import { assert, assertEquals } from "../../support/assert.ts";

interface Loss {
  readonly words: readonly string[];
  /** What is there before and not afterwards, as {@linkcode belongings} names it. */
  readonly lost: readonly string[];
  /** What the log says before it happens; behind `Dry ` in a dry run. */
  readonly says: readonly string[];
  /** Status of the real run; 0 by default. */
  readonly status?: number;
}

const TREE = ["tank/s", "back/d", "-r"];
const PRUNE = [...TREE, "--skip-replication"];
const TEMPORARY = ".TMPBZFS.s1.x.y.z";

const losses: Readonly<Record<string, Loss>> = {
  "no option at all": { words: TREE, lost: [], says: [], status: 3 },
  "--force-rollback-to-latest-snapshot": {
    words: ["tank/s", "back/d", "--force-rollback-to-latest-snapshot"],
    lost: ["back/d: unsaved"],
    says: ["1/1 Rolling back destination to most recent snapshot: back/d@s2"],
  },
  "--force-rollback-to-latest-common-snapshot": {
    words: ["tank/s/a", "back/d/a", "--force-rollback-to-latest-common-snapshot"],
    lost: ["back/d/a@own"],
    says: ["1/1 Rolling back destination to most recent common snapshot: back/d/a@s2"],
  },
  "--force": {
    words: ["tank/s/b", "back/d/b", "--force"],
    lost: ["back/d/b@alien"],
    says: ["Deleting 1 snapshots within back/d/b: ['alien']"],
  },
  "--force --force-once": {
    words: [...TREE, "--skip-parent", "--force", "--force-once"],
    lost: ["back/d/a@own"],
    says: ["1/3 Rolling back destination to most recent common snapshot: back/d/a@s2"],
    status: 3,
  },
  "a full send to where nothing was ever saved": {
    words: ["tank/s", "back/d/empty"],
    lost: ["back/d/empty: unsaved"],
    says: ["1/1 Overwriting a destination that has no snapshots: back/d/empty"],
  },
  "--delete-dst-snapshots": {
    words: [...PRUNE, "--delete-dst-snapshots"],
    lost: ["back/d/a@own", "back/d/a@s1", "back/d/b@alien", "back/d/only@x"],
    says: [
      "Deleting 2 snapshots within back/d/a: ['s1', 'own']",
      "Deleting 1 snapshots within back/d/b: ['alien']",
      "Deleting 1 snapshots within back/d/only: ['x']",
    ],
  },
  "--delete-dst-snapshots of some": {
    words: [...PRUNE, "--delete-dst-snapshots", "--include-snapshot-regex=own|x", "--exclude-dataset=only"],
    lost: ["back/d/a@own"],
    says: ["Deleting 1 snapshots within back/d/a: ['own']"],
  },
  "--delete-dst-snapshots=bookmarks": {
    words: [...PRUNE, "--delete-dst-snapshots=bookmarks"],
    lost: ["back/d#plain"],
    says: ["Deleting 1 bookmarks within back/d: back/d#plain"],
  },
  "--force-delete-dst-tmp-bookmarks": {
    words: [...PRUNE, "--force-delete-dst-tmp-bookmarks"],
    lost: [`back/d#${TEMPORARY}`],
    says: [`Deleting 1 bookmarks within back/d: back/d#${TEMPORARY}`],
  },
  "--delete-dst-datasets": {
    words: [...PRUNE, "--delete-dst-datasets"],
    lost: ["back/d/empty", "back/d/empty: unsaved", "back/d/only", "back/d/only@x"],
    says: ["Deleting dataset tree: back/d/empty ...", "Deleting dataset tree: back/d/only ..."],
  },
  "--delete-empty-dst-datasets": {
    words: [...PRUNE, "--delete-empty-dst-datasets"],
    lost: ["back/d/empty", "back/d/empty: unsaved"],
    says: ["Deleting dataset tree: back/d/empty ..."],
  },
  "a partial receive of what is no longer selected": {
    words: ["tank/s/p", "back/p", "--exclude-snapshot-regex=s2"],
    lost: ["back/p: partial"],
    says: ["Aborting an interrupted zfs receive -s, deleting partially received state: back/p"],
  },
};

for (const [what, { words, lost, says, status = 0 }] of Object.entries(losses)) {
  const argv = [...words, "--create-bookmarks=none", ...FEW_RETRIES];

  Deno.test(`destroy(): ${what} costs what it says, and nothing else`, async () => {
    const sim = await troubled();
    const before = belongings(sim);
    assertEquals(statusOf(await runBzfs(sim, argv)), status, said(sim).join("\n"));
    const after = new Set(belongings(sim));
    assertEquals(before.filter((thing) => !after.has(thing)), lost);
    for (const text of says) assert(said(sim).includes(text), said(sim).join("\n"));
  });

  if (lost.length === 0) continue;

  Deno.test(`destroy(): ${what} says beforehand what it costs`, async () => {
    const faults = new FaultScript().add(DESTRUCTIVE, { kind: "fail" }, 99);
    const sim = (await troubled()).again(faults);
    const before = sim.fingerprint();
    await runBzfs(sim, [...argv, "--retries=0", "--skip-on-error=fail"]);
    assertEquals(sim.fingerprint(), before);
    for (const text of says.slice(0, 1)) assert(said(sim).includes(text), said(sim).join("\n"));
  });

  Deno.test(`destroy(): ${what} costs nothing in a dry run, which says the same`, async () => {
    const sim = await troubled();
    const before = sim.fingerprint();
    await runBzfs(sim, [...argv, "--dryrun"]);
    assertEquals(sim.fingerprint(), before);
    for (const text of says) assert(said(sim).includes(`Dry ${text}`), said(sim).join("\n"));
  });
}

const DESTRUCTIVE = /^zfs (destroy|rollback|receive -A)|\| zfs receive -F/;

function statusOf(error: unknown): number {
  return error === undefined ? 0 : exitCodeOf(error);
}

/** What the log says on its normal levels. */
function said(sim: SimulatedWorld): string[] {
  return (["INFO", "WARN", "URGENT"] as const).flatMap((level) => sim.log.texts(level));
}

/**
 * A replica that others have worked on: `back/d` was written to, `a` is ahead, `b` is another one, `only` and `empty`
 * are at the destination only. Beside it are datasets that nobody asked for, some with names that begin like its own.
 */
async function troubled(): Promise<SimulatedWorld> {
  const sim = simulatedWorld();
  const host = sim.sourceHost;
  const zfs = (...words: readonly string[]): void => must(host, "zfs", ...words);
  for (const name of ["tank/s", "tank/s/a", "tank/s/b"]) zfs("create", name);
  for (const tag of ["s1", "s2"]) zfs("snapshot", "-r", `tank/s@${tag}`);
  assertEquals(await runBzfs(sim, [...TREE, "--create-bookmarks=none"]), undefined);
  await interrupted(sim);
  zfs("bookmark", "back/d@s1", "back/d#plain");
  zfs("bookmark", "back/d@s1", `back/d#${TEMPORARY}`);
  zfs("hold", "keep", "back/d@s1");
  host.write("back/d", 100);
  zfs("snapshot", "back/d/a@own");
  zfs("destroy", "-r", "back/d/b");
  for (const name of ["back/d/b", "back/d/only", "back/d/empty", "back/d2", "back/d-x", "back/other"]) {
    zfs("create", name);
    host.write(name, 100);
  }
  zfs("snapshot", "back/d/b@alien");
  zfs("snapshot", "back/d/only@x");
  for (const name of ["back/d2", "back/d-x", "back/other"]) zfs("snapshot", `${name}@x`);
  zfs("snapshot", "-r", "tank/s@s3");
  for (const name of ["tank/s", "tank/s/a", "tank/s/b"]) zfs("destroy", `${name}@s1`);
  return sim.again();
}

/** Replicates `tank/s/p` to `back/p`, and is cut while `s2` is on its way. */
async function interrupted(sim: SimulatedWorld): Promise<void> {
  const argv = ["tank/s/p", "back/p", "--create-bookmarks=none"];
  must(sim.sourceHost, "zfs", "create", "tank/s/p");
  must(sim.sourceHost, "zfs", "snapshot", "tank/s/p@s1");
  assertEquals(await runBzfs(sim.again(), argv), undefined);
  for (let i = 0; i < 40; i++) sim.sourceHost.write("tank/s/p", 2000);
  must(sim.sourceHost, "zfs", "snapshot", "tank/s/p@s2");
  await runBzfs(sim.again(new FaultScript().cutAfter(/@s2/, 30_000)), [...argv, "--retries=0"]);
  assert(sim.destination.find("back/p")?.partial !== undefined);
}

/**
 * All that could be lost, on both pools: datasets, snapshots, bookmarks, partial receives, writes that no snapshot has.
 */
function belongings(sim: SimulatedWorld): string[] {
  return [...sim.source.datasets, ...sim.destination.datasets].flatMap((dataset) => {
    const { name, snapshots, bookmarks, partial, log } = dataset;
    return [
      name,
      ...snapshots.map(({ tag }) => `${name}@${tag}`),
      ...bookmarks.map(({ tag }) => `${name}#${tag}`),
      ...(partial === undefined ? [] : [`${name}: partial`]),
      ...(log.length > (snapshots.at(-1)?.length ?? 0) ? [`${name}: unsaved`] : []),
    ];
  }).sort();
}
