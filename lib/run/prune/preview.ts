/**
 * Looks at all datasets of a deletion with few listings, to find those in which nothing is to be deleted.
 *
 * What it finds is never acted upon: whatever may have to be deleted is listed again by itself (docs/decisions.md).
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import type { Guid } from "../../model/snapshot.ts";
import type { PlanLabels } from "../../plan/plan_labels.ts";
import type { History } from "../../zfs/world.ts";
import { type BatchSeen, historiesByDataset, Lookahead } from "../lookahead.ts";
import { bothDone } from "../parallel.ts";
import { destinationListing, judge, type PruneRules, type PruneTask, sourceListing, tellVerdicts } from "./task.ts";

/** What decides, and who is told the verdicts. */
export interface PreviewRules extends PruneRules {
  readonly labels: PlanLabels | undefined;
}

/**
 * Starts to list, if there is more than one dataset, and judges, batch by batch in the background. Found is the number of
 * versions considered, if none of them is to be deleted; nothing where that cannot be told.
 */
export function prunePreview(tasks: readonly PruneTask[], rules: PreviewRules): Lookahead<PruneTask, number> {
  const { job, signal } = rules.context;
  return new Lookahead(tasks.length < 2 ? [] : tasks, {
    datasetOf: ({ dataset }) => dataset,
    look: (batch, signal) => lookAt(batch, signal, rules),
    most: job.tuning.maxDatasetsPerListing,
    signal,
  });
}

async function lookAt(
  batch: readonly PruneTask[],
  signal: AbortSignal,
  rules: PreviewRules,
): Promise<BatchSeen<number>> {
  const { world } = rules.context;
  const asked = batch.filter((task) => task.hadCounterpart && sourceListing(task) !== undefined);
  const datasets = batch.map(({ dataset }) => dataset);
  const [destinations, sources] = await bothDone(
    historiesByDataset(world.destination, datasets, { ...destinationListing(batch[0]!, rules.context), signal }),
    asked[0] === undefined ? Promise.resolve(new Map<Dataset, History>()) : historiesByDataset(
      world.source,
      asked.map(({ counterpart }) => counterpart!),
      { ...sourceListing(asked[0])!, signal },
    ),
  );
  const found = new Map<Dataset, number>();
  let versions = 0;
  for (const task of batch) {
    const { dataset, counterpart } = task;
    const history = destinations.get(dataset);
    const source = counterpart && sources.get(counterpart);
    const count = history && countIfQuiet(task, history, source, rules);
    if (count !== undefined) found.set(dataset, count);
    versions += (history?.count ?? 0) + (source?.count ?? 0);
  }
  return { found, versions };
}

/** The number of versions considered if nothing of it is to be deleted. */
function countIfQuiet(
  task: PruneTask,
  { guids, versions }: History,
  source: History | undefined,
  rules: PreviewRules,
): number | undefined {
  const { policy, context, labels } = rules;
  const known = source?.guids ?? [];
  // The source protects everything, whatever the filters say. The guids often come in the same order.
  const mayBeProtected = !policy.except && policy.kind === "snapshots" && !context.log.isEnabled("DEBUG");
  if (guids.length > 0 && mayBeProtected && isSubsequence(guids, known)) return guids.length;
  if (versions === undefined) return undefined;
  const verdicts = judge(task, versions, new Set(known), rules);
  labels?.see(verdicts);
  if (verdicts.some(({ verdict }) => verdict === "delete")) return undefined;
  tellVerdicts(verdicts, context);
  return verdicts.length;
}

/** True if all items occur in the list, in this order. */
function isSubsequence(items: readonly Guid[], list: readonly Guid[]): boolean {
  let next = 0;
  for (const item of list) if (next < items.length && item === items[next]) next++;
  return next === items.length;
}
