/**
 * `--delete-dst-datasets` and `--delete-empty-dst-datasets`: destroys trees of the destination that
 * `plan/retention.ts` gives up.
 *
 * Before anything goes it is looked at again: others may have added datasets or snapshots since. What they add even later
 * is kept by the way in which trees are destroyed (`run/destroy_tree.ts`). Source: docs/spec/snapshots.md §4.1 and §4.3.
 * @module
 */
import { type Dataset, isWithin, reRoot } from "../../model/dataset.ts";
import { type CommandError, RootLostError } from "../../model/errors.ts";
import { formatBytes } from "../../model/text/mod.ts";
import { bookmarksEnabled } from "../../model/capabilities.ts";
import type { Side } from "../../model/job.ts";
import {
  type DatasetDeletion,
  type DatasetDeletionVerdict,
  type DestinationDatasets,
  emptyCandidates,
  planDatasetDeletion,
  planEmptyDatasetDeletion,
} from "../../plan/retention.ts";
import type { DatasetInfo } from "../../zfs/world.ts";
import { directionOf, dryPrefix, type VerbContext, type WorkContext } from "../job/context.ts";
import { namesOf, requireSource, type SideDatasets } from "../datasets.ts";
import { Absence } from "../absence.ts";
import { announceLoss, type Grounds } from "../destroy.ts";
import {
  ADDED,
  admitTree,
  destroyTree,
  listSnapshots,
  listTree,
  lossOfDataset,
  type TreeSnapshots,
} from "../destroy_tree.ts";
import { listHistories, retrying } from "../retrying.ts";

type DeletingPair = VerbContext<"isDummy" | "operands", "existing">;

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
  context: DeletingPair,
): Promise<DestinationTree> {
  const { log, job, roots, facts: { isDummy } } = context;
  requireSource(source, context);
  const label = `${dryPrefix(job)}--delete-dst-datasets: `;
  log.log("INFO", label, directionOf(context));
  const names = namesOfTree(tree);
  let all = source.all.map(({ dataset }) => dataset);
  const imagesOf = (datasets: readonly Dataset[]): Set<Dataset> =>
    new Set(datasets.map((dataset) => reRoot(dataset, roots.src, roots.dst)));
  let plan = planDatasetDeletion(names, imagesOf(all));
  if (plan.roots.length > 0) {
    // Both sides may have grown since they were listed; and without --recursive nothing below was listed.
    if (!isDummy.src) {
      const now = namesOf(await present("src", context));
      if (now.length === 0) throw new RootLostError(roots.src, "zfs says that it does not exist");
      all = [...all, ...now];
    }
    const grown = planDatasetDeletion({ ...names, all: namesOf(await present("dst", context)) }, imagesOf(all));
    if (!job.datasets.recursive) tellKept(plan.roots.filter((root) => !grown.roots.includes(root)), imagesOf(all), log);
    plan = grown;
  }
  const doubtful: Absence[] = [];
  const groundsFor = async (...datasets: readonly Dataset[]): Promise<Grounds | undefined> => {
    if (isDummy.src) return "dummy source";
    const suspects = datasets.map((name) => ({ name, counterparts: [reRoot(name, roots.dst, roots.src)] }));
    const absence = await retrying(() => Absence.prove(suspects, context), context);
    if (absence.isComplete) return absence;
    doubtful.push(absence);
    return undefined; // it has said itself what is not proved
  };
  const look = async (datasets: readonly DatasetInfo[]): Promise<TreeSnapshots | "unproven"> => {
    if (await groundsFor(...namesOf(datasets)) === undefined) return "unproven";
    return await listSnapshots(namesOf(datasets), context);
  };
  const left = await perform(plan, tree, { label, look, groundsFor, context });
  doubtful[0]?.requireAnswers();
  return left;
}

/** Without `--recursive` a dataset that the source lacks is kept if there is anything below it. */
function tellKept(kept: readonly Dataset[], images: ReadonlySet<Dataset>, log: WorkContext["log"]): void {
  for (const root of kept.filter((dataset) => !images.has(dataset))) {
    log.log("WARN", "Kept although the source lacks it, as there are datasets below it (add --recursive): ", root);
  }
}

/** Destroys selected trees without any snapshot; returns what is left. Throws `CommandError`. */
export async function deleteEmptyDatasets(
  tree: DestinationTree,
  kind: "snapshots" | "snapshots+bookmarks",
  context: DeletingPair,
): Promise<DestinationTree> {
  const { log, job, world } = context;
  const label = `${dryPrefix(job)}--delete-empty-dst-datasets: `;
  log.log("INFO", label, directionOf(context));
  const names = namesOfTree(tree);
  const bookmarks = kind === "snapshots+bookmarks" && bookmarksEnabled(world.destination.capabilities);
  const occupiedOf = async (datasets: readonly Dataset[]): Promise<Set<Dataset>> => {
    const occupied = new Set<Dataset>();
    for await (const history of listHistories("dst", datasets, { bookmarks, creation: false }, context)) {
      if (history.count > 0) occupied.add(history.dataset);
    }
    return occupied;
  };
  const occupied = await occupiedOf(emptyCandidates(names));
  let plan = planEmptyDatasetDeletion(names, occupied);
  if (plan.roots.length > 0) {
    // A first receive that was cut has left no snapshot, but a part of one.
    for (const dataset of partialsOf(await present("dst", context))) occupied.add(dataset);
    plan = planEmptyDatasetDeletion(names, occupied);
  }
  const look = async (datasets: readonly DatasetInfo[]): Promise<TreeSnapshots | "changed"> => {
    const isEmpty = partialsOf(datasets).length === 0 && (await occupiedOf(namesOf(datasets))).size === 0;
    return isEmpty ? new Map() : "changed";
  };
  return await perform(plan, tree, { label, look, groundsFor: () => Promise.resolve("empty"), context });
}

function namesOfTree({ all, selected }: DestinationTree): DestinationDatasets {
  return { all: namesOf(all), selected: namesOf(selected) };
}

/** What is at a side right now, whether or not the run is recursive. */
async function present(side: Side, context: WorkContext): Promise<readonly DatasetInfo[]> {
  const { world, roots, signal } = context;
  if (side === "dst") return await listTree(roots.dst, context);
  const listing = { recursive: true, blockSizes: false, snapshotsChanged: false, signal };
  return await retrying(() => world.source.datasets(roots.src, listing), context) ?? [];
}

/** Those that hold what a receive has left unfinished. */
function partialsOf(datasets: readonly DatasetInfo[]): Dataset[] {
  return namesOf(datasets.filter(({ isPartial }) => isPartial));
}

interface Deletion {
  readonly label: string;
  /** Looks again at datasets that are about to go: which snapshots go along, or why all are kept. */
  readonly look: (datasets: readonly DatasetInfo[]) => Promise<TreeSnapshots | "changed" | "unproven">;
  /** Why a dataset goes, right before it loses anything; `undefined` if it is kept. */
  readonly groundsFor: (dataset: Dataset) => Promise<Grounds | undefined>;
  readonly context: DeletingPair;
}

async function perform(plan: DatasetDeletion, tree: DestinationTree, around: Deletion): Promise<DestinationTree> {
  const { context, label, look, groundsFor } = around;
  const { log, job, signal, state: { existing } } = context;
  tellVerdicts(plan.verdicts, context);
  const admitted = await admitDatasets(plan, context);
  const doomed = new Set(plan.verdicts.filter(({ verdict }) => verdict === "delete").map(({ dataset }) => dataset));
  const gone = new Set<Dataset>();
  let failure: CommandError | undefined;
  let freed = 0;
  for (const root of plan.roots) {
    const below = await listTree(root, context);
    const isWhole = below.every(({ dataset }) => doomed.has(dataset));
    const snapshots = isWhole ? await look(below) : "changed";
    if (snapshots === "changed") log.log("WARN", ADDED, root);
    if (snapshots === "changed" || snapshots === "unproven") continue;
    if (admitted !== undefined && !admitTree(below, snapshots, admitted, context)) continue;
    if (below.length === 0) log.log("WARN", "Third party deleted destination: ", root);
    else announceLoss({ level: "INFO", label: "Deleting dataset tree: ", text: `${root} ...` }, context);
    const end = await destroyTree(below, snapshots, context, { signal, groundsFor });
    const goes = below.length === 0 ? [...doomed].filter((dataset) => isWithin(dataset, root)) : end.gone;
    for (const dataset of goes) gone.add(dataset);
    failure = end.failure ?? failure;
    if (job.dryRun !== "off" && gone.has(root)) freed += await usedBy(root, context);
  }
  if (job.dryRun !== "off" && plan.roots.length > 0) log.log("INFO", label, `Would free about ${formatBytes(freed)}`);
  if (job.dryRun === "off") { for (const dataset of gone) existing.delete(dataset); }
  if (failure !== undefined) throw failure;
  const isLeft = ({ dataset }: DatasetInfo): boolean => !gone.has(dataset);
  return { all: tree.all.filter(isLeft), selected: tree.selected.filter(isLeft) };
}

/** Those of the doomed datasets that the limits allow to go, of all at and below the root; `undefined` = all of them. */
async function admitDatasets(
  { verdicts }: DatasetDeletion,
  context: WorkContext,
): Promise<ReadonlySet<string> | undefined> {
  const doomed = new Set(verdicts.filter(({ verdict }) => verdict === "delete").map(({ dataset }) => dataset));
  if (doomed.size === 0 || !context.guard.isOn) return undefined;
  const { roots } = context;
  const all = await listTree(roots.dst, context);
  const losses = all.filter(({ dataset }) => doomed.has(dataset)).map((info) => ({
    loss: lossOfDataset(info),
    isLimited: true,
  }));
  const going = context.guard.admit({ place: roots.dst, what: "dataset", doomed: losses, all: all.length }, context);
  return new Set([...going].map(({ guid }) => guid));
}

/** Bytes that a tree occupies. */
async function usedBy(root: Dataset, context: WorkContext): Promise<number> {
  const { world: { destination }, signal } = context;
  const used = await retrying(() => destination.column(root, "used", { signal }), context);
  return Number(used ?? 0);
}

/** Says what is deleted, with its reason, at info level, and what is kept at debug level. */
function tellVerdicts(verdicts: readonly DatasetDeletionVerdict[], { log, job }: WorkContext): void {
  for (const { dataset, verdict, why } of verdicts) {
    if (verdict === "delete") log.log("INFO", `${dryPrefix(job)}Deleting b/c ${why}: `, dataset);
    else log.log("DEBUG", `Keeping b/c ${why}: `, dataset);
  }
}
