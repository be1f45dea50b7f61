/**
 * Looks at all datasets of a deletion with few listings, to find those in which nothing is to be deleted.
 *
 * What it finds is never acted upon: whatever may have to be deleted is listed again by itself (design.md, Decisions).
 * Batches are dropped as soon as they are judged.
 * @module
 */
import type { Dataset } from "../model/dataset.ts";
import type { Guid } from "../model/snapshot.ts";
import type { DeleteSnapshotsPolicy } from "../plan/policy.ts";
import type { History, HistoryListing, Zfs } from "../zfs/world.ts";
import type { PairContext } from "./context.ts";
import { destinationListing, judge, type PruneTask, sourceListing, tellVerdicts } from "./prune_task.ts";
import { datasetsPerListing } from "./retrying.ts";

/** Verdicts made from listings of many datasets, batch by batch in the background. */
export class PrunePreview {
  readonly #verdicts = new Map<Dataset, Promise<ReadonlyMap<Dataset, number>>>();
  readonly #policy: DeleteSnapshotsPolicy;
  readonly #context: PairContext;
  #last: Promise<unknown> = Promise.resolve();
  #isEnded = false;

  /** Starts to list, if there is more than one dataset. */
  constructor(tasks: readonly PruneTask[], policy: DeleteSnapshotsPolicy, context: PairContext) {
    this.#policy = policy;
    this.#context = context;
    if (tasks.length < 2) return;
    const size = datasetsPerListing(context.job);
    for (let start = 0; start < tasks.length; start += size) {
      const batch = tasks.slice(start, start + size);
      const found = this.#last.then(() => this.#lookAt(batch)).catch(() => new Map<Dataset, number>());
      for (const { dataset } of batch) this.#verdicts.set(dataset, found);
      this.#last = found;
    }
  }

  /** The number of versions considered, if none of them is to be deleted; `undefined` if that cannot be told. */
  async nothingToDelete(dataset: Dataset): Promise<number | undefined> {
    return (await this.#verdicts.get(dataset))?.get(dataset);
  }

  /** Lists no further batch, and waits for the one that is being listed. */
  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#last;
  }

  async #lookAt(batch: readonly PruneTask[]): Promise<ReadonlyMap<Dataset, number>> {
    const quiet = new Map<Dataset, number>();
    if (this.#isEnded) return quiet;
    const { world } = this.#context;
    const asked = batch.filter((task) => task.hadCounterpart && sourceListing(task) !== undefined);
    const [destinations, sources] = await Promise.all([
      this.#list(world.destination, batch.map(({ dataset }) => dataset), destinationListing(batch[0]!, this.#context)),
      asked.length === 0 ? undefined : this.#list(
        world.source,
        asked.map(({ counterpart }) => counterpart!),
        sourceListing(asked[0]!)!,
      ),
    ]);
    for (const { dataset, counterpart } of batch) {
      const history = destinations.get(dataset);
      const count = history && this.#countIfQuiet(history, counterpart && sources?.get(counterpart));
      if (count !== undefined) quiet.set(dataset, count);
    }
    return quiet;
  }

  /** The number of versions considered if nothing of it is to be deleted. */
  #countIfQuiet(destination: History, source: History | undefined): number | undefined {
    const { guids } = destination;
    const known = source?.guids ?? [];
    if (guids.length > 0 && this.#isProtected(guids, known)) return guids.length;
    const { versions } = destination;
    if (versions === undefined) return undefined;
    const verdicts = judge(versions, new Set(known), this.#policy, this.#context);
    if (verdicts.some(({ verdict }) => verdict === "delete")) return undefined;
    tellVerdicts(verdicts, this.#context);
    return verdicts.length;
  }

  /** True if the source protects everything, whatever the filters say. The guids often come in the same order. */
  #isProtected(guids: readonly Guid[], known: readonly Guid[]): boolean {
    const { except, kind } = this.#policy;
    return !except && kind === "snapshots" && !this.#context.log.isEnabled("DEBUG") && isSubsequence(guids, known);
  }

  async #list(zfs: Zfs, datasets: readonly Dataset[], listing: HistoryListing): Promise<Map<Dataset, History>> {
    const found = new Map<Dataset, History>();
    const options = { ...listing, signal: this.#context.signal };
    for await (const history of zfs.histories(datasets, options)) found.set(history.dataset, history);
    return found;
  }
}

/** True if all items occur in the list, in this order. */
function isSubsequence(items: readonly Guid[], list: readonly Guid[]): boolean {
  let next = 0;
  for (const item of list) if (next < items.length && item === items[next]) next++;
  return next === items.length;
}
