/**
 * Looks at many datasets batch by batch in the background, for callers that ask about one of them later.
 *
 * One `zfs list` for hundreds of datasets replaces a process and a round trip for each. What is found is kept,
 * histories are dropped batch by batch; batches are as large as memory allows.
 * @module
 */
import type { Dataset } from "../model/dataset.ts";
import type { History, HistoryListing, Zfs } from "../zfs/world.ts";

/** What one batch told. */
export interface BatchSeen<A> {
  readonly found: ReadonlyMap<Dataset, A>;
  /** Versions that were listed: what the batch cost in memory. */
  readonly versions: number;
}

/** How to look. */
export interface LookaheadOptions<T, A> {
  readonly datasetOf: (item: T) => Dataset;
  /** Looks at one batch. A failure means that nothing is known about its datasets. */
  readonly look: (batch: readonly T[], signal: AbortSignal) => Promise<BatchSeen<A>>;
  /** Datasets in a batch at most. */
  readonly most: number;
  readonly signal: AbortSignal;
}

/** What was found out about datasets, batch by batch in the background. */
export class Lookahead<T, A> {
  /** Datasets that were not looked at yet. */
  readonly #ahead: Set<Dataset>;
  readonly #found = new Map<Dataset, A>();
  readonly #over = new AbortController();
  readonly #done: Promise<void>;
  /** The batch that is being looked at. */
  #batch: Promise<number> = Promise.resolve(0);

  /** Starts. Batches are looked at one after the other, in the order of the items, whatever else is going on. */
  constructor(items: readonly T[], options: LookaheadOptions<T, A>) {
    this.#ahead = new Set(items.map(options.datasetOf));
    this.#done = this.#lookAtAll(items, options);
  }

  /** What was found out about a dataset, which is then forgotten; `undefined` if that cannot be told. */
  async take(dataset: Dataset): Promise<A | undefined> {
    while (this.#ahead.has(dataset)) await this.#batch;
    const found = this.#found.get(dataset);
    this.#found.delete(dataset);
    return found;
  }

  /** Ends what is still being looked at, for those who will not ask any more, and waits for it. */
  async end(): Promise<void> {
    this.#over.abort();
    await this.#done;
  }

  async #lookAtAll(items: readonly T[], options: LookaheadOptions<T, A>): Promise<void> {
    const signal = AbortSignal.any([options.signal, this.#over.signal]);
    const size = new BatchSize(options.most, VERSIONS_PER_LOOK);
    for (let start = 0; start < items.length;) {
      const batch = items.slice(start, start + size.next);
      this.#batch = this.#lookAt(batch, { ...options, signal });
      size.learn(batch.length, await this.#batch);
      start += batch.length;
    }
  }

  /** Looks at a batch, and returns the number of versions in it. */
  async #lookAt(batch: readonly T[], { datasetOf, look, signal }: LookaheadOptions<T, A>): Promise<number> {
    const seen = signal.aborted ? undefined : await look(batch, signal).catch(() => undefined);
    for (const [dataset, answer] of seen?.found ?? []) this.#found.set(dataset, answer);
    for (const item of batch) this.#ahead.delete(datasetOf(item));
    return seen?.versions ?? 0;
  }
}

/** The histories of one batch; of no datasets without a query. The caller confirms the root afterwards. */
export async function historiesByDataset(
  zfs: Pick<Zfs, "histories">,
  datasets: readonly Dataset[],
  listing: HistoryListing,
): Promise<ReadonlyMap<Dataset, History>> {
  const found = new Map<Dataset, History>();
  if (datasets.length === 0) return found;
  for await (const history of zfs.histories(datasets, listing)) found.set(history.dataset, history);
  return found;
}

/** The first of these histories; `undefined` if there is none. */
export async function firstHistory(histories: AsyncIterable<History>): Promise<History | undefined> {
  for await (const history of histories) return history;
  return undefined;
}

/** Versions that a look at both sides should list: some 6 MB of rows. */
const VERSIONS_PER_LOOK = 70_000;

/** Datasets of a first batch, as long as nobody knows how many snapshots they have. */
const FIRST_BATCH = 128;

/** So many datasets that the next batch stays within bounds if it is like the last one; at most eight times as many. */
export class BatchSize {
  readonly #most: number;
  readonly #versions: number;
  #next: number;

  /**
   * @param most datasets in a batch at most
   * @param versions that a batch should list
   */
  constructor(most: number, versions: number) {
    this.#most = Math.max(1, most);
    this.#versions = versions;
    this.#next = Math.min(FIRST_BATCH, this.#most);
  }

  /** Datasets of the next batch. */
  get next(): number {
    return this.#next;
  }

  /** Says what a batch was like. */
  learn(datasets: number, versions: number): void {
    const fitting = Math.floor((this.#versions * datasets) / Math.max(1, versions));
    this.#next = Math.max(1, Math.min(this.#most, 8 * datasets, fitting));
  }
}
