/**
 * Looks at all datasets of a phase with few listings, to find out where nothing is to be done.
 *
 * One `zfs list` for up to a thousand datasets replaces two processes and a round trip for each. What it finds is never
 * acted upon: a dataset that needs a change is observed again by itself just before (design.md, Decisions). Histories are
 * dropped batch by batch; only decisions are kept.
 * @module
 */
import type { Dataset } from "../model/dataset.ts";
import { isSnapshot, type Version } from "../model/snapshot.ts";
import { decide, type Decision } from "../plan/replication.ts";
import type { History, HistoryListing, Zfs } from "../zfs/world.ts";
import type { ReplicationContext } from "./context.ts";
import { bothDone, DESTINATION_LISTING, observationOf, sourceListing } from "./replicate_dataset.ts";

/** A source dataset and its counterpart. */
export interface DatasetPair {
  readonly source: Dataset;
  readonly destination: Dataset;
}

/** A decision and the number of snapshots that it was made from. */
export interface Previewed {
  readonly decision: Decision;
  readonly snapshots: number;
}

/** Decisions made from listings of many datasets, batch by batch in the background. */
export class Preview {
  readonly #decisions = new Map<Dataset, PromiseWithResolvers<Previewed | undefined>>();
  readonly #over = new AbortController();
  readonly #listed: Promise<unknown>;

  /** Starts to list. Batches are listed one after the other, in the order of `pairs`, whatever else is going on. */
  constructor(pairs: readonly DatasetPair[], context: ReplicationContext) {
    const signal = AbortSignal.any([context.signal, this.#over.signal]);
    for (const { source } of pairs) this.#decisions.set(source, Promise.withResolvers());
    this.#listed = this.#listAll(pairs, { ...context, signal });
  }

  async #listAll(pairs: readonly DatasetPair[], context: ReplicationContext): Promise<void> {
    const most = Math.max(1, context.job.tuning.maxDatasetsPerListing);
    let size = Math.min(FIRST_BATCH, most);
    for (let start = 0; start < pairs.length;) {
      const batch = pairs.slice(start, start + size);
      const seen = context.signal.aborted ? NOTHING : await previewBatch(batch, context).catch(() => NOTHING);
      for (const { source } of batch) this.#decisions.get(source)!.resolve(seen.found.get(source));
      start += batch.length;
      size = nextBatchSize(batch.length, seen.versions, most);
    }
  }

  /** Ends what is still being listed, for tasks that will not come any more, and waits for it. */
  async end(): Promise<void> {
    this.#over.abort();
    await this.#listed;
  }

  /**
   * The decision about a dataset; `undefined` if the preview cannot tell, be it that a listing failed or that the
   * dataset has vanished: whoever then observes it by itself will meet and report the cause.
   */
  of(source: Dataset): Promise<Previewed | undefined> {
    return this.#decisions.get(source)?.promise ?? Promise.resolve(undefined);
  }
}

async function previewBatch(
  batch: readonly DatasetPair[],
  context: ReplicationContext,
): Promise<BatchPreview> {
  const { world, existing, signal } = context;
  const destinations = batch.map((pair) => pair.destination).filter((dataset) => existing.has(dataset));
  const [source, destination] = await bothDone(
    collect(world.source, batch.map((pair) => pair.source), { ...sourceListing(context), signal }),
    collect(world.destination, destinations, { ...DESTINATION_LISTING, signal }),
  );
  const vanished = new Set(destinations.filter((dataset) => destination.get(dataset)?.versions === undefined));
  const found = new Map<Dataset, Previewed>();
  let versions = 0;
  for (const pair of batch) {
    const listing = source.get(pair.source)?.versions;
    if (listing === undefined || vanished.has(pair.destination)) continue;
    const copies = destination.get(pair.destination)?.versions;
    versions += listing.length + (copies?.length ?? 0);
    const previewed = previewOf(pair, listing, copies, context);
    if (previewed) found.set(pair.source, previewed);
  }
  return { found, versions };
}

/** What one batch told. */
interface BatchPreview {
  readonly found: ReadonlyMap<Dataset, Previewed>;
  /** Versions listed on both sides: what the batch cost in memory. */
  readonly versions: number;
}

const NOTHING: BatchPreview = { found: new Map(), versions: 0 };

/** Datasets of the first batch, as long as nobody knows how many snapshots they have. */
const FIRST_BATCH = 128;

/** Versions that a batch should hold: some 50 MB of rows. */
const VERSIONS_PER_BATCH = 300_000;

/** So many datasets that the next batch stays within bounds if it is like the last one; at most eight times as many. */
function nextBatchSize(datasets: number, versions: number, most: number): number {
  const fitting = Math.floor((VERSIONS_PER_BATCH * datasets) / Math.max(1, versions));
  return Math.max(1, Math.min(most, 8 * datasets, fitting));
}

/** Only what needs no change is worth to be kept: everything else is observed and decided again before it is done. */
function previewOf(
  pair: DatasetPair,
  source: readonly Version[],
  destination: readonly Version[] | undefined,
  context: ReplicationContext,
): Previewed | undefined {
  try {
    const seen = observationOf(pair, source, destination, context);
    const decision = decide(seen, context.policy, context.force.current);
    const isWithoutChange = decision.kind !== "replicate" && decision.kind !== "refuse";
    return isWithoutChange ? { decision, snapshots: source.filter(isSnapshot).length } : undefined;
  } catch {
    return undefined;
  }
}

async function collect(
  zfs: Zfs,
  datasets: readonly Dataset[],
  listing: HistoryListing,
): Promise<ReadonlyMap<Dataset, History>> {
  const found = new Map<Dataset, History>();
  if (datasets.length === 0) return found;
  for await (const history of zfs.histories(datasets, listing)) found.set(history.dataset, history);
  return found;
}
