/**
 * What a recursive run costs in which nothing is to be done, with a `zfs` whose answers cost nothing.
 * @module
 */
import { capture } from "../process.ts";
import { type Cost, costOf } from "./cost.ts";
import { type TreeSize, writeListings } from "./listings.ts";

/** Cost of the run, and the commands that it started. */
export interface IdleRun extends Cost {
  readonly processes: number;
}

/** Runs bzfs over two equal trees. */
export async function runIdle(executable: string, size: TreeSize): Promise<IdleRun> {
  const folder = await Deno.makeTempDir({ prefix: "bzfs-bench-" });
  try {
    await writeListings(`${folder}/listings`, size);
    await Deno.mkdir(`${folder}/bin`);
    const standIn = await Deno.realPath(new URL("zfs_stand_in.sh", import.meta.url));
    for (const name of ["zfs", "zpool"]) await Deno.symlink(standIn, `${folder}/bin/${name}`);
    const env = { BENCH_LISTINGS: `${folder}/listings`, PATH: `${folder}/bin:${Deno.env.get("PATH")}` };
    const argv = [executable, `--log-dir=${folder}/bzfs-logs`, "--recursive", "--", "tank1/src", "tank2/dst"];
    const cost = await costOf(argv, env);
    const traced = await capture([...argv.slice(0, 1), "-v", "-v", ...argv.slice(1)], { env });
    return { ...cost, processes: traced.stdout.match(/\bExecuting: /g)?.length ?? 0 };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
