/**
 * Retry loops of a pair, and listings in which each batch has a loop of its own (spec/replication.md chapter 11).
 * @module
 */
import type { Dataset } from "../model/dataset.ts";
import { retry } from "../model/retry.ts";
import type { History, HistoryListing, Zfs } from "../zfs/world.ts";
import type { PairContext } from "./context.ts";

/** What a retry loop needs of a pair. */
export type RetryingContext = Pick<PairContext, "job" | "world" | "log" | "signal">;

/** Repeats an attempt as the job's policy says. */
export function retrying<T>(attempt: () => Promise<T>, context: RetryingContext): Promise<T> {
  const { job, world: { clock, random }, log, signal } = context;
  return retry(attempt, { policy: job.retry, clock, random, log, signal });
}

/** Batches in flight at once. */
const LOOKAHEAD = 2;

/**
 * Histories of many datasets, in the order given. A batch that fails is listed again by itself; the next one is listed
 * while this one is worked on.
 */
export async function* listHistories(
  zfs: Zfs,
  datasets: readonly Dataset[],
  listing: HistoryListing,
  context: RetryingContext,
): AsyncGenerator<History> {
  const size = Math.max(1, context.job.tuning.maxDatasetsPerListing);
  const list = async (start: number): Promise<History[]> => {
    const batch = datasets.slice(start, start + size);
    const options = { ...listing, signal: context.signal };
    return await retrying(() => Array.fromAsync(zfs.histories(batch, options)), context);
  };
  const inFlight: Promise<History[]>[] = [];
  try {
    for (let start = 0; start < datasets.length; start += size) {
      const batch = list(start);
      batch.catch(() => {}); // counts when its turn comes
      inFlight.push(batch);
      if (inFlight.length >= LOOKAHEAD) yield* await inFlight.shift()!;
    }
    while (inFlight.length > 0) yield* await inFlight.shift()!;
  } finally {
    await Promise.allSettled(inFlight);
  }
}
