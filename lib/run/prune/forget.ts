/**
 * `--forget-guards`: removes the guards of a destination that is given up. Source: docs/spec/replication.md §13.6.
 * @module
 */
import { type Dataset, reRoot } from "../../model/dataset.ts";
import { poolGuid } from "../../model/capabilities.ts";
import { RefusedError } from "../../model/errors.ts";
import type { ForgetPolicy } from "../../model/job.ts";
import { type Bookmark, isSnapshot, type Snapshot, versionName } from "../../model/snapshot.ts";
import { counted, formatBytes } from "../../model/text/mod.ts";
import { guardsByPool } from "../../plan/replication/mod.ts";
import { namesOf, requireSource, type SideDatasets } from "../datasets.ts";
import { announceLoss, destroy } from "../destroy.ts";
import { dryPrefix, type VerbContext } from "../job/context.ts";
import { mapParallel } from "../parallel.ts";

type ForgottenPair = VerbContext<"isDummy" | "operands" | "digest" | "workers">;

/** What would be lost at one source dataset. */
interface Forgotten {
  readonly dataset: Dataset;
  /** Guid of the destination's pool. */
  readonly pool: string;
  readonly guards: readonly Bookmark[];
  /** What a first full send would begin with at the latest. */
  readonly newest: Snapshot | undefined;
}

/**
 * Removes the guards of a destination from all datasets of the source; in a dry run it says which, and how much a full send
 * is. Throws `RefusedError` if the source does not exist, or if it cannot be told which guards are meant.
 */
export async function forgetGuards(source: SideDatasets, by: ForgetPolicy, context: ForgottenPair): Promise<void> {
  requireSource(source, context);
  const { log, job, world, signal, facts: { operands, workers } } = context;
  const forgotten = await find(namesOf(source.all), poolOf(by, context), context);
  if (forgotten.length === 0) log.log("INFO", "No guard stands for ", operands.dst);
  for (const { dataset, pool, guards, newest } of forgotten) {
    const text = `${dataset}: ${guards.map(versionName).join(", ")}`;
    const label = `Deleting ${counted(guards.length, "guard")} of ${operands.dst} in pool ${pool} within `;
    announceLoss({ level: "INFO", label, text }, context);
    if (job.dryRun !== "off" && newest !== undefined) {
      log.log(
        "INFO",
        `${dryPrefix(job)}A full send would take about ${await sizeOf(newest, context)}: `,
        versionName(newest),
      );
    }
    await mapParallel(guards, workers, async (guard) => {
      const action = { kind: "destroy-bookmark", dataset, tag: guard.tag } as const;
      await destroy(world.source, { action, grounds: "own state", losses: [] }, context, { signal });
    });
  }
}

/** The guid of the destination's pool; `undefined` if it is not known and need not be. */
function poolOf(by: ForgetPolicy, { world, facts: { operands } }: ForgottenPair): string | undefined {
  if (by === "any") return undefined;
  const pool = by === "ask" ? poolGuid(world.destination.capabilities) : by;
  if (pool !== undefined) return pool;
  throw new RefusedError(`The guid of the pool is unknown: ${operands.dst}`, { hint: "Give it: --forget-guards=GUID" });
}

async function find(
  datasets: readonly Dataset[],
  pool: string | undefined,
  { world, roots, signal, facts: { digest, operands } }: ForgottenPair,
): Promise<readonly Forgotten[]> {
  const forgotten: Forgotten[] = [];
  const pools = new Set<string>();
  const listing = { bookmarks: true, creation: false, signal };
  for await (const { dataset, versions = [] } of world.source.histories(datasets, listing)) {
    const byPool = guardsByPool(versions, digest(reRoot(dataset, roots.src, roots.dst)));
    for (const [guid, guards] of byPool) {
      pools.add(guid);
      const newest = versions.findLast(isSnapshot);
      if (pool === undefined || guid === pool) forgotten.push({ dataset, pool: guid, guards, newest });
    }
  }
  if (pool !== undefined || pools.size < 2) return forgotten;
  const guids = [...pools].join(", ");
  throw new RefusedError(`Guards for datasets of this name stand for several pools: ${operands.dst}: ${guids}`, {
    hint: "Say which: 'zpool get guid POOL' tells those of the pools that are there",
  });
}

async function sizeOf(snapshot: Snapshot, { world, signal }: ForgottenPair): Promise<string> {
  try {
    return formatBytes(await world.source.estimate(["--raw", "--compressed", versionName(snapshot)], { signal }));
  } catch {
    signal.throwIfAborted();
    return "an unknown number of bytes";
  }
}
