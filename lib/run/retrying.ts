/**
 * Retry loops of a pair, and listings in which each batch has a loop of its own (docs/spec/replication.md §11).
 * @module
 */
import type { Dataset } from "../model/dataset.ts";
import { retry } from "../model/retry.ts";
import type { History, HistoryListing, Zfs } from "../zfs/world.ts";
import type { PairContext } from "./job/context.ts";
import { BatchSize } from "./lookahead.ts";
import { recordRetries, type Subject } from "./recording.ts";

/** What a retry loop needs of a pair. */
export type RetryingContext = Pick<PairContext, "job" | "world" | "log" | "signal" | "recorder" | "phase">;

/**
 * Repeats an attempt as the job's policy says.
 *
 * @param subject what the attempt is about, unless it is about many datasets
 */
export function retrying<T>(attempt: () => Promise<T>, context: RetryingContext, subject?: Subject): Promise<T> {
  const { job, world: { clock, random }, log, signal } = context;
  return retry(attempt, { policy: job.retry, clock, random, log, signal, onRetry: recordRetries(context, subject) });
}

/** Batches in flight at once. */
const LOOKAHEAD = 2;

/** Versions that a batch should list: some 3 MB of rows. */
const VERSIONS_PER_BATCH = 30_000;

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
  const size = new BatchSize(context.job.tuning.maxDatasetsPerListing, VERSIONS_PER_BATCH);
  const list = async (batch: readonly Dataset[]): Promise<History[]> => {
    const options = { ...listing, signal: context.signal };
    return await retrying(() => Array.fromAsync(zfs.histories(batch, options)), context);
  };
  const inFlight: Promise<History[]>[] = [];
  try {
    for (let start = 0; start < datasets.length || inFlight.length > 0;) {
      while (start < datasets.length && inFlight.length < LOOKAHEAD) {
        const batch = list(datasets.slice(start, start + size.next));
        batch.catch(() => {}); // counts when its turn comes
        inFlight.push(batch);
        start += size.next;
      }
      const histories = await inFlight.shift()!;
      yield* histories;
      size.learn(histories.length, histories.reduce((sum, { count }) => sum + count, 0));
    }
  } finally {
    await Promise.allSettled(inFlight);
  }
}
