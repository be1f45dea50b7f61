/**
 * Looks at all datasets of a deletion with few listings, to find those in which nothing is to be deleted.
 *
 * What it finds is never acted upon: whatever may have to be deleted is listed again by itself (docs/decisions.md).
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import type { Guid } from "../../model/snapshot.ts";
import type { DeleteSnapshotsPolicy } from "../../model/job.ts";
import type { PlanLabels } from "../../plan/plan_labels.ts";
import type { History } from "../../zfs/world.ts";
import { type BatchSeen, historiesByDataset, Lookahead } from "../lookahead.ts";
import { bothDone } from "../parallel.ts";
import { destinationListing, judge, type PrunedPair, type PruneTask, sourceListing, tellVerdicts } from "./task.ts";

/** Verdicts made from listings of many datasets, batch by batch in the background. */
export class PrunePreview {
  readonly #quiet: Lookahead<PruneTask, number>;
  readonly #policy: DeleteSnapshotsPolicy;
  readonly #context: PrunedPair;
  readonly #labels: PlanLabels | undefined;

  /** Starts to list, if there is more than one dataset. */
  constructor(
    tasks: readonly PruneTask[],
    policy: DeleteSnapshotsPolicy,
    context: PrunedPair,
    labels: PlanLabels | undefined,
  ) {
    this.#labels = labels;
    this.#policy = policy;
    this.#context = context;
    this.#quiet = new Lookahead(tasks.length < 2 ? [] : tasks, {
      datasetOf: ({ dataset }) => dataset,
      look: (batch, signal) => this.#lookAt(batch, signal),
      most: context.job.tuning.maxDatasetsPerListing,
      signal: context.signal,
    });
  }

  /** The number of versions considered, if none of them is to be deleted; `undefined` if that cannot be told. */
  nothingToDelete(dataset: Dataset): Promise<number | undefined> {
    return this.#quiet.of(dataset);
  }

  /** Ends what is still being listed, and waits for it. */
  async end(): Promise<void> {
    await this.#quiet.end();
  }

  async #lookAt(batch: readonly PruneTask[], signal: AbortSignal): Promise<BatchSeen<number>> {
    const { world } = this.#context;
    const asked = batch.filter((task) => task.hadCounterpart && sourceListing(task) !== undefined);
    const datasets = batch.map(({ dataset }) => dataset);
    const [destinations, sources] = await bothDone(
      historiesByDataset(world.destination, datasets, { ...destinationListing(batch[0]!, this.#context), signal }),
      asked[0] === undefined ? Promise.resolve(new Map<Dataset, History>()) : historiesByDataset(
        world.source,
        asked.map(({ counterpart }) => counterpart!),
        { ...sourceListing(asked[0])!, signal },
      ),
    );
    const found = new Map<Dataset, number>();
    let versions = 0;
    for (const { dataset, counterpart } of batch) {
      const history = destinations.get(dataset);
      const source = counterpart && sources.get(counterpart);
      const count = history && this.#countIfQuiet(history, source);
      if (count !== undefined) found.set(dataset, count);
      versions += (history?.count ?? 0) + (source?.count ?? 0);
    }
    return { found, versions };
  }

  /** The number of versions considered if nothing of it is to be deleted. */
  #countIfQuiet(destination: History, source: History | undefined): number | undefined {
    const { guids } = destination;
    const known = source?.guids ?? [];
    if (guids.length > 0 && this.#isProtected(guids, known)) return guids.length;
    const { versions } = destination;
    if (versions === undefined) return undefined;
    const verdicts = judge(versions, new Set(known), this.#policy, this.#context);
    this.#labels?.see(verdicts);
    if (verdicts.some(({ verdict }) => verdict === "delete")) return undefined;
    tellVerdicts(verdicts, this.#context);
    return verdicts.length;
  }

  /** True if the source protects everything, whatever the filters say. The guids often come in the same order. */
  #isProtected(guids: readonly Guid[], known: readonly Guid[]): boolean {
    const { except, kind } = this.#policy;
    return !except && kind === "snapshots" && !this.#context.log.isEnabled("DEBUG") && isSubsequence(guids, known);
  }
}

/** True if all items occur in the list, in this order. */
function isSubsequence(items: readonly Guid[], list: readonly Guid[]): boolean {
  let next = 0;
  for (const item of list) if (next < items.length && item === items[next]) next++;
  return next === items.length;
}
