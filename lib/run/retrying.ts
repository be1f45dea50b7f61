/**
 * Retry loops of a pair, and listings in which each batch has a loop of its own (docs/spec/replication.md §11).
 * @module
 */
import type { Dataset } from "../model/dataset.ts";
import type { Side } from "../model/job.ts";
import { retry } from "../model/retry.ts";
import type { History, HistoryListing, Zfs } from "../zfs/world.ts";
import type { WorkContext } from "./job/context.ts";
import { BatchSize } from "./lookahead.ts";
import { recordRetries, type Subject } from "./recording.ts";

/**
 * Repeats an attempt as the job's policy says.
 *
 * @param subject what the attempt is about, unless it is about many datasets
 */
export function retrying<T>(attempt: () => Promise<T>, context: WorkContext, subject?: Subject): Promise<T> {
  const { job, world: { clock, random }, log, signal } = context;
  return retry(attempt, { policy: job.retry, clock, random, log, signal, onRetry: recordRetries(context, subject) });
}

/** The pools of one side. */
function zfsOf(side: Side, { world }: Pick<WorkContext, "world">): Zfs {
  return side === "src" ? world.source : world.destination;
}

/**
 * Asks for the root of a side, unless it was seen since the last listing ended: what was listed, and what is concluded
 * from it, is then believed (docs/spec/replication.md §16.6). Throws `RootLostError`; a lost root ends the work on the pair at once, since a later listing
 * would make up for no earlier one.
 */
export async function confirmRoot(side: Side, context: WorkContext): Promise<void> {
  const { roots, signal } = context;
  await retrying(() => zfsOf(side, context).confirm(roots[side], { signal }), context);
}

/** Batches in flight at once. */
const LOOKAHEAD = 2;

/** Versions that a batch should list: some 3 MB of rows. */
const VERSIONS_PER_BATCH = 30_000;

/**
 * Histories of many datasets, in the order given. A batch that fails is listed again on its own; the next one is listed
 * while this one is worked on. After each batch the root must be there. Throws `RootLostError`, and what listings throw.
 */
export async function* listHistories(
  side: Side,
  datasets: readonly Dataset[],
  listing: HistoryListing,
  context: WorkContext,
): AsyncGenerator<History> {
  const size = new BatchSize(context.job.tuning.maxDatasetsPerListing, VERSIONS_PER_BATCH);
  const list = async (batch: readonly Dataset[]): Promise<History[]> => {
    const { signal, roots } = context;
    const zfs = zfsOf(side, context);
    return await retrying(async () => {
      const histories = await Array.fromAsync(zfs.histories(batch, { ...listing, signal }));
      await zfs.confirm(roots[side], { signal });
      return histories;
    }, context);
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
