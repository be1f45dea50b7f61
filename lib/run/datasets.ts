/**
 * The datasets of both sides of a pair: listed once, selected when a phase asks for it.
 *
 * Source: docs/spec/replication.md §2, steps 1 and 5.
 * @module
 */
import type { Dataset } from "../model/dataset.ts";
import { MissingRootError } from "../model/errors.ts";
import type { Side } from "../model/job.ts";
import type { Cancel, DatasetInfo, Zfs } from "../zfs/world.ts";
import { directionOf, type VerbContext } from "./job/context.ts";
import { retrying } from "./retrying.ts";
import { selectListed } from "./select_datasets.ts";

/** The datasets of one side. */
export interface SideDatasets {
  /** Sorted by name, not filtered; none if the root does not exist. */
  readonly all: readonly DatasetInfo[];
  /** The selected ones; selected at the first call. */
  readonly selected: () => Promise<readonly DatasetInfo[]>;
}

/** What listing a side takes. */
type ListingContext = VerbContext<"isDummy" | "hostName", "cache">;

/** Lists the source. The virtual dataset has none. Throws what a listing throws. */
export async function listSource(context: ListingContext): Promise<SideDatasets> {
  if (context.facts.isDummy.src) return { all: [], selected: () => Promise.resolve([]) };
  return await listSide("src", { blockSizes: true, snapshotsChanged: context.state.cache.isEffective("src") }, context);
}

/** Lists the destination. Not for the virtual dataset, see `checkDummyDestination`. Throws what a listing throws. */
export async function listDestination(context: ListingContext): Promise<SideDatasets> {
  const { log, job, roots, state: { cache } } = context;
  log.log("INFO", "Listing dst datasets: ", directionOf(context));
  const snapshotsChanged = cache.isEffective("dst") && job.verbs.monitor !== undefined;
  const side = await listSide("dst", { blockSizes: false, snapshotsChanged }, context);
  if (side.all.length === 0) log.log("WARN", "Destination dataset does not exist: ", roots.dst);
  return side;
}

async function listSide(
  side: Side,
  columns: { readonly blockSizes: boolean; readonly snapshotsChanged: boolean },
  context: ListingContext,
): Promise<SideDatasets> {
  const { world, roots, job, signal, state: { cache } } = context;
  const zfs = side === "src" ? world.source : world.destination;
  const readAtMs = world.clock.now();
  const listing = { ...columns, recursive: job.datasets.recursive, signal };
  const all = await retrying(() => zfs.datasets(roots[side], listing), context) ?? [];
  if (columns.snapshotsChanged) cache.observe(side, all, readAtMs);
  let selected: Promise<readonly DatasetInfo[]> | undefined;
  return { all, selected: () => selected ??= selectListed(all, side, context) };
}

/**
 * Refuses a source that does not exist: everything at the destination would seem to be superfluous. Throws
 * `RefusedError`. The virtual dataset passes: who writes it means that nothing of the source counts.
 */
export function requireSource(source: SideDatasets, { facts }: VerbContext<"isDummy" | "operands">): void {
  const { isDummy, operands } = facts;
  if (source.all.length > 0 || isDummy.src) return;
  throw new MissingRootError(`Source dataset does not exist: ${operands.src}`, "src", {
    hint: "Check the spelling; write 'dummy' if no source shall count",
  });
}

/** A dataset of the destination, with all below it. */
export interface Occupancy {
  readonly type: DatasetInfo["type"];
  /** Datasets below it, sorted by name. */
  readonly below: readonly Dataset[];
  /** One of them that has snapshots; absent if there is none. */
  readonly occupied: Dataset | undefined;
}

/** Looks at a dataset that is to be replaced; `undefined` if it does not exist. Throws `Retryable`. */
export async function occupancyOf(root: Dataset, zfs: Zfs, cancel: Cancel): Promise<Occupancy | undefined> {
  const listing = { recursive: true, blockSizes: true, snapshotsChanged: false, ...cancel };
  const all = await zfs.datasets(root, listing) ?? [];
  const type = all.find(({ dataset }) => dataset === root)?.type;
  if (type === undefined) return undefined;
  const below = namesOf(all).filter((dataset) => dataset !== root);
  let occupied: Dataset | undefined;
  for await (const { dataset, count } of zfs.histories(below, { bookmarks: false, creation: false, ...cancel })) {
    if (count > 0) occupied ??= dataset;
  }
  return { type, below, occupied };
}

/** Names of datasets. */
export function namesOf(datasets: readonly DatasetInfo[]): Dataset[] {
  return datasets.map(({ dataset }) => dataset);
}
