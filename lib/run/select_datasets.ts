/**
 * Selects the datasets of one side: patterns first, then the property that excludes, asked dataset by dataset.
 *
 * Source: docs/spec/cli.md §4; what lies below a dropped dataset is dropped with it (docs/spec/snapshots.md §7).
 * @module
 */
import type { Dataset } from "../model/dataset.ts";
import {
  compileDatasetSelection,
  type DatasetVerdict,
  judgeProperty,
  selectDatasets,
  selectedDatasets,
  Subtrees,
} from "../plan/dataset_selection.ts";
import { isSetAside } from "../plan/replication/mod.ts";
import type { Side } from "../model/job.ts";
import type { Logger } from "../model/log.ts";
import type { DatasetInfo } from "../zfs/world.ts";
import type { VerbContext } from "./job/context.ts";
import { retrying } from "./retrying.ts";

/**
 * The selected ones of a listing, in its order: sorted by name; of the destination none that was set aside, so that no phase
 * deletes from it. Reasons are
 * logged at debug level.
 */
export async function selectListed(
  listing: readonly DatasetInfo[],
  side: Side,
  context: VerbContext<"hostName">,
): Promise<readonly DatasetInfo[]> {
  const { job, roots, log } = context;
  const selection = compileDatasetSelection(job.datasets, roots);
  const verdicts = selectDatasets(listing.map(({ dataset }) => dataset), selection, side);
  const isTold = log.isEnabled("DEBUG");
  if (isTold) { for (const verdict of verdicts) tell(verdict, log); }
  const property = job.datasets.excludeProperty;
  const matching = selectedDatasets(verdicts);
  const kept = new Set(property === undefined ? matching : await withoutExcluded(matching, property, side, context));
  if (isTold) { for (const dataset of kept) log.log("DEBUG", `Finally included ${side} dataset: `, dataset); }
  const isOurs = ({ dataset }: DatasetInfo): boolean => side === "src" || !isSetAside(dataset, roots.dst);
  return listing.filter((info) => kept.has(info.dataset) && isOurs(info));
}

function tell({ dataset, verdict, reason }: DatasetVerdict, log: Logger): void {
  const verb = verdict === "selected" ? "Including" : "Excluding";
  log.log("DEBUG", `${verb} b/c dataset regex: `, `${dataset} (${reason})`);
}

async function withoutExcluded(
  datasets: readonly Dataset[],
  property: string,
  side: Side,
  context: VerbContext<"hostName">,
): Promise<readonly Dataset[]> {
  const { world, log, signal, facts: { hostName } } = context;
  const zfs = side === "src" ? world.source : world.destination;
  const dropped = new Subtrees();
  const kept: Dataset[] = [];
  for (const dataset of datasets) {
    if (dropped.covers(dataset)) continue;
    const value = await retrying(() => zfs.column(dataset, property, { signal }), context, { side, dataset });
    const { verdict, reason } = judgeProperty(value, hostName);
    if (value === undefined) log.log("WARN", `Third party deleted ${side}: `, dataset);
    if (verdict === "selected") kept.push(dataset);
    else dropped.add(dataset);
    const verb = verdict === "selected" ? "Including" : "Excluding";
    log.log("DEBUG", `${verb} b/c dataset prop: `, `${dataset} (${reason})`);
  }
  return kept;
}
