/**
 * Looks at all datasets of a phase with few listings, to find out where nothing is to be done.
 *
 * What it finds is never acted upon: a dataset that needs a change is observed again by itself just before
 * (docs/decisions.md).
 * Only decisions are kept.
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import { isSnapshot, type Version } from "../../model/snapshot.ts";
import { decide, type Decision } from "../../plan/replication/mod.ts";
import type { ReplicationContext } from "./context.ts";
import { unsettledBookmarks } from "./send_bookmarks.ts";
import { type BatchSeen, historiesByDataset, Lookahead } from "../lookahead.ts";
import type { Replica } from "../cache.ts";
import { bothDone } from "../parallel.ts";
import { DESTINATION_LISTING, observationOf, sourceListing } from "./dataset.ts";

/** A decision and the number of snapshots that it was made from. */
export interface Previewed {
  readonly decision: Decision;
  readonly snapshots: number;
}

/**
 * Starts to list, and makes decisions from that, batch by batch in the background; by source dataset. None where the
 * preview cannot tell, be it that a listing failed or that the dataset has vanished: whoever then observes it by itself
 * will meet and report the cause.
 */
export function preview(pairs: readonly Replica[], context: ReplicationContext): Lookahead<Replica, Previewed> {
  return new Lookahead(pairs, {
    datasetOf: ({ source }) => source,
    look: (batch, signal) => previewBatch(batch, { ...context, signal }),
    most: context.job.tuning.maxDatasetsPerListing,
    signal: context.signal,
  });
}

async function previewBatch(
  batch: readonly Replica[],
  context: ReplicationContext,
): Promise<BatchSeen<Previewed>> {
  const { world, signal, state: { existing } } = context;
  const destinations = batch.map((pair) => pair.destination).filter((dataset) => existing.has(dataset));
  const [source, destination] = await bothDone(
    historiesByDataset(world.source, batch.map((pair) => pair.source), { ...sourceListing(context), signal }),
    historiesByDataset(world.destination, destinations, { ...DESTINATION_LISTING, signal }),
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

/** Only what needs no change is worth to be kept: everything else is observed and decided again before it is done. */
function previewOf(
  pair: Replica,
  source: readonly Version[],
  destination: readonly Version[] | undefined,
  context: ReplicationContext,
): Previewed | undefined {
  try {
    const seen = observationOf(pair, source, destination, context);
    const decision = decide(seen, context.policy, context.state.force.of(pair));
    const isSettled = unsettledBookmarks(pair, context, { listing: source, copies: destination }).length === 0;
    const isWithoutChange = decision.kind !== "replicate" && decision.kind !== "refuse" && isSettled;
    return isWithoutChange ? { decision, snapshots: source.filter(isSnapshot).length } : undefined;
  } catch {
    return undefined;
  }
}
