/**
 * Looks at all datasets of a phase with few listings, to find out where nothing is to be done, and what is sent where
 * nothing is destroyed.
 *
 * What was seen in this way is acted upon only where it cannot have become wrong unnoticed (docs/decisions.md): an
 * increment onto the newest snapshot of the destination, which `zfs receive` itself refuses if that is another one by now, or
 * a partial receive is in the way. Everything else is observed again by itself just before it is done.
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import { isSnapshot, type Version } from "../../model/snapshot.ts";
import { decide, type Decision, isGuard, onwards, planTransfers } from "../../plan/replication/mod.ts";
import { whyNotResumable } from "../../model/capabilities.ts";
import type { ReplicationContext } from "./context.ts";
import { EstimatesAhead } from "./estimates_ahead.ts";
import { sendWords } from "./stream.ts";
import { hasTemporary, isGuarded, unsettledBookmarks } from "./bookmarks/mod.ts";
import { type BatchSeen, historiesByDataset, Lookahead } from "../lookahead.ts";
import type { Replica } from "../cache.ts";
import { bothDone } from "../parallel.ts";
import type { Attempt } from "./dataset.ts";
import { DESTINATION_LISTING, observationOf, sourceListing } from "./observation.ts";

/** A decision and the number of snapshots that it was made from. */
export interface Previewed {
  readonly decision: Decision;
  readonly snapshots: number;
  /** What is to be done, unless that has to be observed by itself. */
  readonly attempt?: SeenAttempt;
}

/** An increment that was decided upon. */
interface SeenAttempt extends Attempt {
  /** When it was seen, by the monotonic clock, in nanoseconds. */
  readonly atNs: number;
}

/** Versions of an increment that are kept at most, for each dataset. */
const MOST_KEPT = 64;

/** How long an increment that was decided upon is performed without a new look, in nanoseconds. */
const FRESH_NS = 30e9;

/** What is to be done for a dataset, if it may be done without a new look. */
export function attemptOf(previewed: Previewed | undefined, { world }: ReplicationContext): Attempt | undefined {
  const attempt = previewed?.attempt;
  return attempt !== undefined && world.clock.monotonicNs() - attempt.atNs <= FRESH_NS ? attempt : undefined;
}

/**
 * Starts to list, and makes decisions from that, batch by batch in the background; by source dataset. None where the
 * preview cannot tell, be it that a listing failed or that the dataset has vanished: whoever then observes it by itself
 * will meet and report the cause.
 */
export function preview(pairs: readonly Replica[], context: ReplicationContext): Lookahead<Replica, Previewed> {
  const sizes = context.policy.estimateSize ? new EstimatesAhead(context.world.source) : undefined;
  return new Lookahead(pairs, {
    datasetOf: ({ source }) => source,
    look: (batch, signal) => previewBatch(batch, { ...context, signal }, sizes),
    most: context.job.tuning.maxDatasetsPerListing,
    signal: context.signal,
  });
}

async function previewBatch(
  batch: readonly Replica[],
  context: ReplicationContext,
  sizes: EstimatesAhead | undefined,
): Promise<BatchSeen<Previewed>> {
  const { world, signal, state: { existing } } = context;
  const destinations = batch.map((pair) => pair.destination).filter((dataset) => existing.has(dataset));
  const atNs = world.clock.monotonicNs();
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
    const previewed = previewOf(pair, { listing, copies, atNs, sizes }, context);
    if (previewed) found.set(pair.source, previewed);
  }
  const clear = await withoutPartial(batch, found, context);
  for (const { attempt } of clear.values()) if (attempt) sizes?.expect(streamsOf(attempt, context));
  return { found: clear, versions };
}

/** The words of all sends of an increment. */
function streamsOf({ decision, seen }: SeenAttempt, context: ReplicationContext): (readonly string[])[] {
  if (decision.kind !== "replicate") return [];
  const { policy: { stream }, job: { tuning: { allowIntermediates } } } = context;
  const transfers = planTransfers(seen, decision, undefined, { stream, allowIntermediates });
  return transfers.flatMap((transfer) => transfer.kind === "resume" ? [] : [sendWords(transfer, context)]);
}

/** What was seen of a dataset. */
interface Seen {
  readonly listing: readonly Version[];
  readonly copies: readonly Version[] | undefined;
  readonly atNs: number;
  readonly sizes: EstimatesAhead | undefined;
}

/** Only what needs no change, or an increment that is refused if it does not fit any more, is worth to be kept. */
function previewOf(
  pair: Replica,
  { listing, copies, atNs, sizes }: Seen,
  context: ReplicationContext,
): Previewed | undefined {
  try {
    const observed = observationOf(pair, listing, copies, context);
    const force = context.state.force.of(pair);
    const decision = decide(observed, context.policy, force);
    const snapshots = listing.filter(isSnapshot).length;
    if (!isGuarded(pair, context, { listing, copies })) return undefined;
    if (decision.kind === "replicate") {
      const { base, resolutions } = decision;
      if (base === undefined || resolutions.length > 0 || hasTemporary(pair, context, listing)) return undefined;
      const seen = onwards(observed, base);
      if (seen.usable.length > MOST_KEPT) return undefined;
      const start = listing.findIndex(({ guid }) => guid === base.guid);
      const since = listing.filter((version, index) => index >= start || isGuard(version));
      return { decision, snapshots, attempt: { decision, seen, force, listing: since, isClear: true, sizes, atNs } };
    }
    const isSettled = unsettledBookmarks(pair, context, { listing, copies }).length === 0;
    return decision.kind !== "refuse" && decision.kind !== "set-aside" && isSettled
      ? { decision, snapshots }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Leaves out increments whose destination holds a partial receive, or of which that is not known. */
async function withoutPartial(
  batch: readonly Replica[],
  found: ReadonlyMap<Dataset, Previewed>,
  { world, policy, signal }: ReplicationContext,
): Promise<ReadonlyMap<Dataset, Previewed>> {
  const { destination: zfs } = world;
  if (!policy.resumable || whyNotResumable(zfs.capabilities) !== undefined) return found;
  const changing = batch.filter(({ source }) => found.get(source)?.attempt !== undefined);
  const partial = await zfs.partialReceives(changing.map(({ destination }) => destination), { signal });
  const clear = new Map(found);
  for (const { source, destination } of changing) if (partial.get(destination) !== false) clear.delete(source);
  return clear;
}
