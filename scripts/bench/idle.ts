/**
 * What a run over two equal trees costs, with a `zfs` whose answers cost nothing.
 * @module
 */
import { capture } from "../process.ts";
import { type Cost, costOf } from "./cost.ts";
import { type ListedVersions, type TreeSize, writeListings } from "./listings.ts";

/** Cost of the run, and the commands that it started. */
export interface IdleRun extends Cost {
  readonly processes: number;
}

/** A run of a verb: its words, and what it lists. */
export interface VerbRun {
  readonly words: readonly string[];
  readonly listed: ListedVersions;
}

const BOTH = "snapshot,bookmark";
const MONITOR = "{'auto': {'onsite': {'daily': {'latest': {'warning': '90000 days', 'critical': '90000 days'}," +
  " 'oldest': {'warning': '90000 days', 'critical': '90000 days'}}}}}";

/** Runs in which nothing is to be done: the verbs that a benchmark has figures for. */
export const IDLE_VERBS = {
  replicate: {
    words: [],
    listed: {
      src: { types: BOTH, columns: "createtxg,guid,name" },
      dst: { types: "snapshot", columns: "createtxg,guid,name" },
    },
  },
  prune: {
    words: ["--skip-replication", "--delete-dst-snapshots"],
    listed: {
      src: { types: BOTH, columns: "createtxg,guid,name" },
      dst: { types: "snapshot", columns: "createtxg,userrefs,guid,name" },
    },
  },
  compare: {
    words: ["--skip-replication", "--compare-snapshot-lists"],
    listed: {
      src: { types: BOTH, columns: "createtxg,creation,written,guid,name" },
      dst: { types: "snapshot", columns: "createtxg,creation,written,guid,name" },
    },
  },
  monitor: {
    words: ["--skip-replication", `--monitor-snapshots=${MONITOR}`],
    listed: {
      src: { types: "snapshot", columns: "createtxg,creation,guid,name" },
      dst: { types: "snapshot", columns: "createtxg,creation,guid,name" },
    },
  },
} as const satisfies Readonly<Record<string, VerbRun>>;

/** Runs bzfs over two equal trees. */
export async function runIdle(executable: string, size: TreeSize, verb: VerbRun): Promise<IdleRun> {
  const folder = await Deno.makeTempDir({ prefix: "bzfs-bench-" });
  try {
    await writeListings(`${folder}/listings`, size, verb.listed);
    await Deno.mkdir(`${folder}/bin`);
    const standIn = await Deno.realPath(new URL("zfs_stand_in.sh", import.meta.url));
    for (const name of ["zfs", "zpool"]) await Deno.symlink(standIn, `${folder}/bin/${name}`);
    const env = { BENCH_LISTINGS: `${folder}/listings`, PATH: `${folder}/bin:${Deno.env.get("PATH")}` };
    const options = [`--log-dir=${folder}/bzfs-logs`, "--recursive", ...verb.words];
    const argv = [executable, ...options, "--", "tank1/src", "tank2/dst"];
    const cost = await costOf(argv, env);
    const traced = await capture([...argv.slice(0, 1), "-v", "-v", ...argv.slice(1)], { env });
    return { ...cost, processes: traced.stdout.match(/\bExecuting: /g)?.length ?? 0 };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
