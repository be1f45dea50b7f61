/**
 * What a run over two equal trees costs, with a `zfs` whose answers cost nothing.
 * @module
 */
import { capture } from "../process.ts";
import { type Cost, costOf, median } from "./cost.ts";
import { type ListedVersions, type TreeSize, writeListings } from "./listings.ts";

/** Cost of a run, medians of several, and the commands that it started. */
export interface IdleRun extends Cost {
  readonly processes: number;
  /** How many runs were measured. */
  readonly runs: number;
}

/** A run of a verb: its words, and what it lists. */
export interface VerbRun {
  readonly words: readonly string[];
  /** Both trees if not given. */
  readonly operands?: readonly [source: string, destination: string];
  readonly listed: ListedVersions;
}

const BOTH = "filesystem,volume,snapshot,bookmark";
const MONITOR = "{'auto': {'onsite': {'daily': {'latest': {'warning': '90000 days', 'critical': '90000 days'}," +
  " 'oldest': {'warning': '90000 days', 'critical': '90000 days'}}}}}";

const MONITORED = {
  src: { types: "filesystem,volume,snapshot", columns: "createtxg,creation,guid,name" },
  dst: { types: "filesystem,volume,snapshot", columns: "createtxg,creation,guid,name" },
} as const;

/** Runs in which nothing is to be done: the verbs that a benchmark has figures for. */
export const IDLE_VERBS = {
  replicate: {
    words: [],
    listed: {
      src: { types: BOTH, columns: "createtxg,guid,name" },
      dst: { types: "filesystem,volume,snapshot", columns: "createtxg,guid,name" },
    },
  },
  prune: {
    words: ["--skip-replication", "--delete-dst-snapshots"],
    listed: {
      src: { types: BOTH, columns: "createtxg,guid,name" },
      dst: { types: "filesystem,volume,snapshot", columns: "createtxg,userrefs,guid,name" },
    },
  },
  compare: {
    words: ["--skip-replication", "--compare-snapshot-lists"],
    listed: {
      src: { types: BOTH, columns: "createtxg,creation,written,guid,name" },
      dst: { types: "filesystem,volume,snapshot", columns: "createtxg,creation,written,guid,name" },
    },
  },
  monitor: {
    words: ["--skip-replication", `--monitor-snapshots=${MONITOR}`],
    listed: MONITORED,
  },
  "monitor, destination only": {
    words: ["--skip-replication", `--monitor-snapshots=${MONITOR}`],
    operands: ["dummy", "tank2/dst"],
    listed: MONITORED,
  },
} as const satisfies Readonly<Record<string, VerbRun>>;

/** Two equal trees in a folder. */
export interface IdleGround extends AsyncDisposable {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Words of a run over them. */
  argv(executable: string, options?: readonly string[]): readonly string[];
}

/** Writes what the stand-in for `zfs` tells about two equal trees. */
export async function idleGround(size: TreeSize, verb: VerbRun): Promise<IdleGround> {
  const folder = await Deno.makeTempDir({ prefix: "bzfs-bench-" });
  await writeListings(`${folder}/listings`, size, verb.listed);
  await Deno.mkdir(`${folder}/bin`);
  const standIn = await Deno.realPath(new URL("zfs_stand_in.sh", import.meta.url));
  for (const name of ["zfs", "zpool"]) await Deno.symlink(standIn, `${folder}/bin/${name}`);
  const { operands = ["tank1/src", "tank2/dst"] } = verb;
  const fixed = [`--log-dir=${folder}/bzfs-logs`, "--recursive", ...verb.words];
  return {
    folder,
    env: { BENCH_LISTINGS: `${folder}/listings`, PATH: `${folder}/bin:${Deno.env.get("PATH")}` },
    argv: (executable, options = []) => [executable, ...options, ...fixed, "--", ...operands],
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Runs bzfs over two equal trees, several times. */
export async function runIdle(executable: string, size: TreeSize, verb: VerbRun): Promise<IdleRun> {
  await using ground = await idleGround(size, verb);
  const { env } = ground;
  const costs: Cost[] = [];
  for (let run = 0; run < RUNS; run++) costs.push(await costOf(ground.argv(executable), env));
  const traced = await capture(ground.argv(executable, ["-v", "-v"]), { env });
  return {
    wallMs: median(costs.map(({ wallMs }) => wallMs)),
    cpuMs: median(costs.map(({ cpuMs }) => cpuMs)),
    peakMiB: median(costs.map(({ peakMiB }) => peakMiB)),
    processes: traced.stdout.match(/\bExecuting: /g)?.length ?? 0,
    runs: RUNS,
  };
}

const RUNS = 5;
