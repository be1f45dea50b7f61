/**
 * `--delete-dst-datasets` and `--delete-empty-dst-datasets`: destroys trees of the destination that
 * `plan/retention.ts` gives up.
 *
 * Source: spec/snapshots.md §4.1 and §4.3.
 * @module
 */
import { type Dataset, reRoot } from "../model/dataset.ts";
import { bookmarksEnabled } from "../plan/capabilities.ts";
import {
  type DatasetDeletion,
  type DestinationDatasets,
  emptyCandidates,
  planDatasetDeletion,
  planEmptyDatasetDeletion,
} from "../plan/retention.ts";
import type { DatasetInfo } from "../zfs/world.ts";
import { directionOf, dryPrefix, type PairContext } from "./context.ts";
import { namesOf, requireSource, type SideDatasets } from "./datasets.ts";
import { announceLoss, destroy } from "./destroy.ts";
import { destroyingFlags } from "./destroy_snapshots.ts";
import { listHistories } from "./retrying.ts";

/** The destination's datasets as far as earlier phases have left them. */
export interface DestinationTree {
  readonly all: readonly DatasetInfo[];
  readonly selected: readonly DatasetInfo[];
}

/**
 * Destroys selected trees that have no counterpart at the source; returns what is left. Throws `RefusedError` if the
 * source does not exist, `CommandError`.
 */
export async function deleteDatasets(
  tree: DestinationTree,
  source: SideDatasets,
  context: PairContext,
): Promise<DestinationTree> {
  const { log, job, roots } = context;
  requireSource(source, context);
  log.log("INFO", `${dryPrefix(job)}--delete-dst-datasets: `, directionOf(context));
  const images = new Set(source.all.map(({ dataset }) => reRoot(dataset, roots.src, roots.dst)));
  return await perform(planDatasetDeletion(namesOfTree(tree), images), tree, context);
}

/** Destroys selected trees without any snapshot; returns what is left. Throws `CommandError`. */
export async function deleteEmptyDatasets(
  tree: DestinationTree,
  kind: "snapshots" | "snapshots+bookmarks",
  context: PairContext,
): Promise<DestinationTree> {
  const { log, job, world } = context;
  log.log("INFO", `${dryPrefix(job)}--delete-empty-dst-datasets: `, directionOf(context));
  const names = namesOfTree(tree);
  const bookmarks = kind === "snapshots+bookmarks" && bookmarksEnabled(world.destination.capabilities);
  const occupied = new Set<Dataset>();
  const listing = { bookmarks, creation: false };
  for await (const history of listHistories(world.destination, emptyCandidates(names), listing, context)) {
    if (history.guids.length > 0) occupied.add(history.dataset);
  }
  return await perform(planEmptyDatasetDeletion(names, occupied), tree, context);
}

function namesOfTree({ all, selected }: DestinationTree): DestinationDatasets {
  return { all: namesOf(all), selected: namesOf(selected) };
}

async function perform(plan: DatasetDeletion, tree: DestinationTree, context: PairContext): Promise<DestinationTree> {
  const { world, signal, existing } = context;
  for (const dataset of plan.roots) {
    announceLoss({ level: "INFO", label: "Deleting dataset tree: ", text: `${dataset} ...` }, context);
    const action = { kind: "destroy-dataset", dataset, ...destroyingFlags(context, "if-forced") } as const;
    await destroy(world.destination, action, { signal });
  }
  const [all, selected] = [new Set(plan.remainingAll), new Set(plan.remainingSelected)];
  if (context.job.dryRun === "off") {
    for (const { dataset } of tree.all) if (!all.has(dataset)) existing.delete(dataset);
  }
  return {
    all: tree.all.filter(({ dataset }) => all.has(dataset)),
    selected: tree.selected.filter(({ dataset }) => selected.has(dataset)),
  };
}
