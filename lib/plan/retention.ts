/**
 * Which snapshots, bookmarks and datasets to delete at the destination, and why everything else is kept.
 *
 * Doubt keeps: what is held, what the source still has, and what lies above a dataset that is not selected stays.
 * Sources: docs/spec/snapshots.md §4, §7, §4.2.
 * @module
 */
import { type Dataset, parentOf } from "../model/dataset.ts";
import { type Guid, isSnapshot, type Version } from "../model/snapshot.ts";
import { isTemporaryTag } from "./replication/bookmarks.ts";
import { betweenGuards, isGuard } from "./replication/guards.ts";
import { Subtrees } from "./dataset_selection.ts";
import type { BothSides, DeleteSnapshotsPolicy } from "../model/job.ts";
import { type CompiledFilters, type Reason, selectVersions } from "./selection.ts";

/** What must be listed to decide about the versions of one destination dataset. */
export interface DeletionListing {
  readonly destination: "snapshots" | "bookmarks";
  /** Whose guids protect; `undefined` = the source is not asked, and nothing is protected by it. */
  readonly source: { readonly snapshots: boolean; readonly bookmarks: boolean } | undefined;
}

/**
 * Says what to list; `undefined` if there is nothing to do because the destination has no bookmarks.
 *
 * @param bookmarks whether bookmarks are enabled on the pools
 * @param sourceExists whether there can be a counterpart at the source, selected there or not
 */
export function planDeletionListing(
  policy: DeleteSnapshotsPolicy,
  bookmarks: BothSides<boolean>,
  sourceExists: boolean,
): DeletionListing | undefined {
  const isBookmarks = policy.kind === "bookmarks";
  if (isBookmarks && !bookmarks.dst) return undefined;
  const asksSource = sourceExists && (bookmarks.src || !isBookmarks);
  return {
    destination: policy.kind,
    source: asksSource
      ? {
        snapshots: policy.crosscheck || !isBookmarks,
        bookmarks: bookmarks.src && (policy.crosscheck || isBookmarks),
      }
      : undefined,
  };
}

/** What decides about the versions of one destination dataset. */
export interface DeletionQuestion {
  readonly policy: DeleteSnapshotsPolicy;
  readonly filters: CompiledFilters;
  /** Start of the run, milliseconds. */
  readonly nowMs: number;
  /** Guids of the source's versions, as far as they were listed. */
  readonly sourceGuids: ReadonlySet<Guid>;
  /** True if the source is the virtual dataset `dummy`. */
  readonly sourceIsDummy: boolean;
}

/** What is decided about one version. */
export interface DeletionVerdict {
  readonly version: Version;
  readonly verdict: "delete" | "keep";
  readonly why:
    | "selected"
    | "not selected"
    | "retained"
    | "not retained"
    | "on source"
    | "not on source"
    | "not proved to be missing at the source"
    | "held"
    | "foreign"
    | "newest"
    | "held back";
  /** What the snapshot filters said. */
  readonly reason: Reason;
}

/**
 * Decides about every version of a destination dataset. Guards are never considered, nor is what lies between two of one
 * destination: nobody knows which of it the destination has.
 *
 * @param versions listed with holds, oldest first; kinds other than that of the policy do not count
 * @returns verdicts about all that were considered, in the same order
 */
export function judgeVersions(versions: readonly Version[], question: DeletionQuestion): DeletionVerdict[] {
  const { policy, filters, nowMs, sourceGuids, sourceIsDummy } = question;
  const considered = policy.kind === "snapshots"
    ? versions.filter(isSnapshot)
    : prunableBookmarks(versions).filter(({ tag }) => isTemporaryTag(tag) === policy.temporaryBookmarks);
  const verdicts = selectVersions(considered, filters, { nowMs, bookmarks: "as-snapshots" });
  const retained = new Set(
    verdicts.filter(({ version, verdict }) => verdict === "selected" && sourceGuids.has(version.guid))
      .map(({ version }) => version.guid),
  );
  return verdicts.map(({ version, verdict, reason }) => {
    const isSelected = verdict === "selected";
    const judgement = !policy.except
      ? judgeSelected(isSelected, sourceGuids.has(version.guid))
      : sourceIsDummy
      ? judgeRetained(isSelected)
      : judgeRetainedOnSource(isSelected, retained.has(version.guid));
    const isHeld = isSnapshot(version) && (version.holds ?? 0) > 0;
    if (isHeld && judgement.verdict === "delete") return { version, verdict: "keep", why: "held", reason };
    return { version, ...judgement, reason };
  });
}

function prunableBookmarks(versions: readonly Version[]): readonly Version[] {
  const bookmarks = versions.filter((version) => !isSnapshot(version));
  const spared = betweenGuards(bookmarks);
  return bookmarks.filter((bookmark) => !isGuard(bookmark) && !spared.has(bookmark));
}

type Judgement = Pick<DeletionVerdict, "verdict" | "why">;

/** The filters say what goes; the source protects. */
function judgeSelected(isSelected: boolean, isOnSource: boolean): Judgement {
  if (!isSelected) return { verdict: "keep", why: "not selected" };
  return isOnSource ? { verdict: "keep", why: "on source" } : { verdict: "delete", why: "selected" };
}

/** The filters say what stays. */
function judgeRetained(isSelected: boolean): Judgement {
  return isSelected ? { verdict: "keep", why: "retained" } : { verdict: "delete", why: "not retained" };
}

/** The filters say what stays, of that which the source has. */
function judgeRetainedOnSource(isSelected: boolean, isRetained: boolean): Judgement {
  if (isRetained) return { verdict: "keep", why: "retained" };
  return { verdict: "delete", why: isSelected ? "not on source" : "not retained" };
}

/** What is decided about one dataset. */
export interface DatasetDeletionVerdict {
  readonly dataset: Dataset;
  readonly verdict: "delete" | "keep";
  readonly why: "not on source" | "empty" | "not selected" | "on source" | "not empty" | "above a dataset that stays";
}

/** Datasets to destroy, and what is left for later phases; all lists are sorted. */
export interface DatasetDeletion {
  /** About all datasets. */
  readonly verdicts: readonly DatasetDeletionVerdict[];
  /** Roots of the trees to destroy. */
  readonly roots: readonly Dataset[];
  readonly remainingAll: readonly Dataset[];
  readonly remainingSelected: readonly Dataset[];
}

/** The destination's datasets, sorted. */
export interface DestinationDatasets {
  /** Not filtered. */
  readonly all: readonly Dataset[];
  readonly selected: readonly Dataset[];
}

/**
 * Decides which destination datasets have no counterpart at the source; none above a dataset that is not selected.
 *
 * @param sourceImages counterparts, below the destination's root, of all source datasets, not filtered
 */
export function planDatasetDeletion(
  datasets: DestinationDatasets,
  sourceImages: ReadonlySet<Dataset>,
): DatasetDeletion {
  const whole = wholeTrees(datasets, () => true);
  const marked = [...whole].filter((dataset) => !sourceImages.has(dataset));
  const stays = (dataset: Dataset): boolean => sourceImages.has(dataset);
  return withoutTrees(datasets, marked, { ground: "not on source", stays, stayGround: "on source" });
}

/** The datasets that may turn out to be empty together with everything below them: those to look into. */
export function emptyCandidates(datasets: DestinationDatasets): Dataset[] {
  const whole = wholeTrees(datasets, () => true);
  return datasets.selected.filter((dataset) => whole.has(dataset));
}

/**
 * Decides which destination datasets to destroy because neither they nor anything below them has snapshots.
 *
 * @param occupied the candidates that have snapshots (or bookmarks, if those count)
 */
export function planEmptyDatasetDeletion(
  datasets: DestinationDatasets,
  occupied: ReadonlySet<Dataset>,
): DatasetDeletion {
  const stays = (dataset: Dataset): boolean => occupied.has(dataset);
  const marked = wholeTrees(datasets, (dataset) => !stays(dataset));
  return withoutTrees(datasets, marked, { ground: "empty", stays, stayGround: "not empty" });
}

/** Selected datasets for which the test holds, as it does for all their descendants, all of which are selected. */
function wholeTrees({ all, selected }: DestinationDatasets, test: (dataset: Dataset) => boolean): Set<Dataset> {
  const children = Map.groupBy(all, parentOf);
  const whole = new Set<Dataset>();
  for (const dataset of [...selected].reverse()) {
    if (test(dataset) && (children.get(dataset) ?? []).every((child) => whole.has(child))) whole.add(dataset);
  }
  return whole;
}

/** What decides about the order in which datasets can be destroyed. */
export interface Doomed {
  readonly dataset: Dataset;
  /** The snapshot that it is a clone of; empty if it is none. */
  readonly origin: string;
}

/** The same datasets in an order in which they can be destroyed: children before parents, clones before their origins. */
export function destructionOrder<T extends Doomed>(tree: readonly T[]): T[] {
  const byName = new Map(tree.map((doomed) => [doomed.dataset, doomed]));
  const children = Map.groupBy(byName.keys(), parentOf);
  const clones = Map.groupBy(tree, ({ origin }) => origin.split("@", 1)[0]!);
  const order = new Set<T>();
  const reached = new Set<T>();
  const visit = (doomed: T): void => {
    if (reached.has(doomed)) return;
    reached.add(doomed);
    for (const child of children.get(doomed.dataset) ?? []) visit(byName.get(child)!);
    for (const clone of clones.get(doomed.dataset) ?? []) visit(clone);
    order.add(doomed);
  };
  for (const doomed of [...tree].reverse()) visit(doomed);
  return [...order];
}

/** Why datasets go, and which of the selected ones stay on their own account. */
interface Grounds {
  readonly ground: DatasetDeletionVerdict["why"];
  readonly stays: (dataset: Dataset) => boolean;
  readonly stayGround: DatasetDeletionVerdict["why"];
}

/** Takes out the trees of the marked datasets; a marked descendant of a marked dataset needs no command of its own. */
function withoutTrees(
  { all, selected }: DestinationDatasets,
  marked: Iterable<Dataset>,
  { ground, stays, stayGround }: Grounds,
): DatasetDeletion {
  const isMarked = new Set(marked);
  const deleted = new Subtrees();
  const roots: Dataset[] = [];
  for (const dataset of selected) {
    if (!isMarked.has(dataset) || deleted.covers(dataset)) continue;
    deleted.add(dataset);
    roots.push(dataset);
  }
  const isSelected = new Set(selected);
  const judge = (dataset: Dataset): DatasetDeletionVerdict => {
    if (deleted.covers(dataset)) return { dataset, verdict: "delete", why: ground };
    if (!isSelected.has(dataset)) return { dataset, verdict: "keep", why: "not selected" };
    return { dataset, verdict: "keep", why: stays(dataset) ? stayGround : "above a dataset that stays" };
  };
  return {
    verdicts: all.map(judge),
    roots,
    remainingAll: all.filter((dataset) => !deleted.covers(dataset)),
    remainingSelected: selected.filter((dataset) => !deleted.covers(dataset)),
  };
}
