/**
 * Destroys snapshots and trees of datasets at the destination: what was listed, and nothing else.
 *
 * `zfs destroy -r` and `-R` are never used, since they take whatever is there when they run: `-r` all that is below a
 * dataset, `-R` also the snapshots of the same names in all descendants. Instead everything is named, and what stands on
 * something else goes before it: clones, children, partial receives. A dataset goes last, by plain `zfs destroy`, which
 * refuses if it still has a snapshot or a child. So what others have added in between makes it fail, and is kept.
 *
 * `zfs destroy` of several snapshots destroys all or none. So one that is held, busy or cloned would keep all others
 * alive for ever; it is left out, the others go, and only then the failure is told.
 *
 * Each snapshot is named. Ranges (`a%b`) would save commands where names fill more than one, but `zfs` resolves them by
 * itself when it runs: if somebody destroys `b` and makes it anew after we have looked, everything newer than `a` goes,
 * be it selected or not. No look beforehand closes that gap, and a snapshot cannot be pinned while it is destroyed.
 * Source: docs/spec/replication.md §16.2.
 * @module
 */
import type { ChangeAction } from "../model/action.ts";
import { ancestorsOf, type Dataset, poolOf } from "../model/dataset.ts";
import { CommandError } from "../model/errors.ts";
import type { Version } from "../model/snapshot.ts";
import { pythonList } from "../model/text/mod.ts";
import { type Loss, lossOfVersion } from "../plan/limits/mod.ts";
import { isSetAside } from "../plan/replication/mod.ts";
import { destructionOrder } from "../plan/retention.ts";
import type { Cancel, ChangeReport, DatasetInfo } from "../zfs/world.ts";
import { namesOf } from "./datasets.ts";
import { announceLoss, destroy, type Destruction, type Grounds } from "./destroy.ts";
import type { WorkContext } from "./job/context.ts";
import { listHistories, retrying } from "./retrying.ts";

type DestroySnapshots = Extract<ChangeAction, { kind: "destroy-snapshots" }>;
type SnapshotDestruction = Destruction & { readonly action: DestroySnapshots };

/** Snapshots of a dataset of the destination that go, and why that is right. */
export interface SnapshotLoss {
  readonly dataset: Dataset;
  readonly snapshots: readonly Version[];
  readonly grounds: Grounds;
}

/** How snapshots are destroyed. */
export interface DestroyOptions extends Cancel {
  /** Called if the clones of a snapshot may not go: what else stays for that has to be told. */
  readonly kept?: (tag: string) => void;
  /** Whether the clones of a snapshot go before it, so that a dry run need not mind them. */
  readonly isFreed?: (tag: string) => boolean;
}

/**
 * Says what is lost and destroys it. Throws `CommandError` for what is left, after everything else is gone.
 *
 * @returns bytes that `zfs` says it has freed, or would free in a dry run; `undefined` if it does not say
 */
export async function destroySnapshots(
  { dataset, snapshots, grounds }: SnapshotLoss,
  context: WorkContext,
  options: DestroyOptions,
): Promise<number | undefined> {
  const tags = snapshots.map(({ tag }) => tag);
  const losses = snapshots.map((snapshot) => lossOfVersion("dst", snapshot));
  const text = `${dataset}: ${pythonList(tags)}`;
  announceLoss({ level: "INFO", label: `Deleting ${tags.length} snapshots within `, text }, context);
  const verbose = !context.job.report.quiet;
  const whole: DestroySnapshots = { kind: "destroy-snapshots", dataset, tags, verbose, simulate: false };
  const ends: Destroyed[] = [];
  for (const part of context.world.destination.split(whole)) {
    ends.push(await destroyPart({ action: part, grounds, losses }, context, options));
  }
  const failure = ends.findLast((end) => end.failure !== undefined)?.failure;
  if (failure !== undefined) throw failure;
  const freed = ends.flatMap(({ freedBytes }) => freedBytes ?? []);
  return freed.length === 0 ? undefined : freed.reduce((sum, bytes) => sum + bytes, 0);
}

/** What became of snapshots; the failure names those that are left. */
interface Destroyed extends ChangeReport {
  readonly failure?: CommandError | undefined;
}

/** Destroys what can be destroyed. Throws a failure that names nothing. */
async function destroyPart(
  part: SnapshotDestruction,
  context: WorkContext,
  options: DestroyOptions,
): Promise<Destroyed> {
  let failure: CommandError | undefined;
  const { dataset } = part.action;
  let { tags } = part.action;
  while (tags.length > 0) {
    try {
      const all = { ...part, action: { ...part.action, tags } };
      const kept = (tag: string): void =>
        context.guard.tellAlong(part.losses.filter((loss) => loss.tag === tag), context);
      return { ...await destroyAll(all, context, { ...options, kept }), failure };
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const { blocked } = error.failure;
      const nameOf = (tag: string): string => `${dataset}@${tag}`;
      const rest = tags.filter((tag) => !blocked?.has(nameOf(tag)));
      if (rest.length === tags.length) throw error;
      for (const name of tags.map(nameOf).filter((name) => blocked?.has(name))) {
        if (blocked?.get(name) === "cloned" && await bearsSetAside(name, context, options)) {
          context.log.log("WARN", "Kept as long as what was set aside stands on it: ", name);
          continue;
        }
        context.log.log("WARN", "Cannot delete a snapshot that is in use: ", name);
        failure = error;
      }
      tags = rest;
    }
  }
  return { failure };
}

/** True if nothing but datasets that were set aside keeps a snapshot. */
async function bearsSetAside(snapshot: string, context: WorkContext, { signal }: DestroyOptions): Promise<boolean> {
  const clones = await retrying(() => context.world.destination.clonesOf(snapshot, { signal }), context);
  return clones.length > 0 && clones.every((clone) => isSetAside(clone, poolOf(clone)));
}

/**
 * Destroys all of these snapshots or none. With `--force-destroy-dependents` the clones of those that have some are
 * destroyed first, as trees. Throws `CommandError`.
 */
export async function destroyAll(
  { action, ...why }: SnapshotDestruction,
  context: WorkContext,
  { signal, isFreed, kept }: DestroyOptions,
): Promise<ChangeReport> {
  const { dataset } = action;
  const isDry = context.job.dryRun !== "off";
  const takesClones = context.job.force.destroyDependents;
  const freed = new Set<string>();
  let { tags } = action;
  while (tags.length > 0) {
    try {
      return await destroy(context.world.destination, { action: { ...action, tags }, ...why }, context, { signal });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const { blocked } = error.failure;
      const isCloned = (tag: string): boolean => blocked?.get(`${dataset}@${tag}`) === "cloned";
      const mayBeFreed = (tag: string): boolean => takesClones || (isDry && isFreed?.(tag) === true);
      const cloned = tags.filter((tag) => isCloned(tag) && !freed.has(tag) && mayBeFreed(tag));
      if (cloned.length === 0) throw error;
      for (const tag of cloned) {
        freed.add(tag);
        if (!takesClones || await destroyClones(`${dataset}@${tag}`, context, { signal })) continue;
        kept?.(tag);
        throw error;
      }
      if (!isDry) continue;
      tags = tags.filter((tag) => !freed.has(tag));
      const stands = { ...action, tags: cloned, standsInDryRun: true };
      await destroy(context.world.destination, { action: stands, ...why }, context, { signal });
    }
  }
  return {};
}

/** Returns false if the limits do not allow it. */
async function destroyClones(snapshot: string, context: WorkContext, cancel: Cancel): Promise<boolean> {
  const { world: { destination }, guard } = context;
  for (const clone of await retrying(() => destination.clonesOf(snapshot, cancel), context)) {
    const tree = await listTree(clone, context);
    if (tree[0]?.origin !== snapshot) continue;
    if (tree.some(({ dataset }) => isSetAside(dataset, poolOf(clone)))) {
      context.log.log("WARN", "Kept, since it was set aside: ", clone);
      continue;
    }
    const label = "Deleting a clone of a snapshot: ";
    announceLoss({ level: "INFO", label, text: `${clone} of ${snapshot}` }, context);
    const groundsFor = (): Promise<Grounds> => Promise.resolve("dependent");
    const snapshots = await listSnapshots(namesOf(tree), context);
    const doomed = tree.map((info) => ({ loss: lossOfDataset(info), isLimited: true }));
    const question = { place: clone, what: "dataset", doomed, all: tree.length, isWhole: true } as const;
    const admitted = new Set([...guard.admit(question, context)].map(({ guid }) => guid));
    if (!admitTree(tree, snapshots, admitted, context)) return false;
    const { failure } = await destroyTree(tree, snapshots, context, { ...cancel, groundsFor });
    if (failure !== undefined) throw failure;
  }
  return true;
}

/**
 * True if a tree of which these datasets are admitted, by guid, may go with its snapshots. If not, all of it is told that is
 * held back. No snapshot may be foreign, unless a person has allowed the dataset.
 */
export function admitTree(
  tree: readonly DatasetInfo[],
  snapshots: TreeSnapshots,
  admitted: ReadonlySet<string>,
  context: WorkContext,
): boolean {
  const { guard } = context;
  const lossesOf = ({ dataset }: DatasetInfo): Loss[] =>
    (snapshots.get(dataset) ?? []).map((version) => lossOfVersion("dst", version));
  if (!tree.every(({ guid }) => admitted.has(guid))) {
    for (const info of tree) guard.tellAlong(lossesOf(info), context);
    return false;
  }
  const kept = tree.find((info) => !guard.admitWithDataset(lossesOf(info), context));
  if (kept !== undefined && guard.obstacleIn(lossesOf(kept).map(({ tag }) => tag)) !== undefined) {
    for (const info of tree) {
      guard.tellAlong([lossOfDataset(info), ...(info === kept ? [] : lossesOf(info))], context, "foreign");
    }
  }
  return kept === undefined;
}

/** A dataset of the destination and all below, with what decides how they are destroyed. Throws `Retryable`. */
export async function listTree(root: Dataset, context: WorkContext): Promise<readonly DatasetInfo[]> {
  const { world: { destination }, signal } = context;
  const listing = { recursive: true, blockSizes: false, snapshotsChanged: false, forDestroying: true, signal };
  return await retrying(() => destination.datasets(root, listing), context) ?? [];
}

/** The snapshots that datasets of the destination have now. Throws `Retryable`. */
export async function listSnapshots(datasets: readonly Dataset[], context: WorkContext): Promise<TreeSnapshots> {
  const snapshots = new Map<Dataset, readonly Version[]>();
  const listing = { bookmarks: false, creation: false };
  for await (const { dataset, versions } of listHistories("dst", datasets, listing, context)) {
    snapshots.set(dataset, versions ?? []);
  }
  return snapshots;
}

/** Snapshots by dataset, oldest first; none where a dataset is missing. */
export type TreeSnapshots = ReadonlyMap<Dataset, readonly Version[]>;

/** What became of a tree. */
export interface TreeEnd {
  readonly gone: readonly Dataset[];
  /** The last failure; the datasets that failed, and those above them, are kept. */
  readonly failure: CommandError | undefined;
}

/** How a tree is destroyed. */
export interface TreeOptions extends Cancel {
  /** Why a dataset goes, right before it loses anything; `undefined` if it is kept, with all above it. */
  readonly groundsFor: (dataset: Dataset) => Promise<Grounds | undefined>;
}

/**
 * Destroys datasets, those first that stand on others, with these of their snapshots. What cannot be destroyed is kept
 * with all above it, and the others go.
 */
export async function destroyTree(
  tree: readonly DatasetInfo[],
  snapshots: TreeSnapshots,
  context: WorkContext,
  { signal, groundsFor }: TreeOptions,
): Promise<TreeEnd> {
  const origins = new Set(tree.map(({ origin }) => origin));
  const above = new Set<Dataset>();
  const gone: Dataset[] = [];
  let failure: CommandError | undefined;
  for (const info of destructionOrder(tree)) {
    const { dataset, isPartial } = info;
    const grounds = above.has(dataset) ? undefined : await groundsFor(dataset);
    if (grounds !== undefined) {
      try {
        const isFreed = (tag: string): boolean => isPartial || origins.has(`${dataset}@${tag}`);
        const loss = { dataset, snapshots: snapshots.get(dataset) ?? [], grounds };
        await destroyDataset(info, loss, context, { signal, isFreed });
        gone.push(dataset);
        continue;
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        const label = "Cannot delete a dataset, hence it is kept with all above it: ";
        if (error.failure.fault === "has-children") context.log.log("WARN", ADDED, dataset);
        else context.log.log("WARN", label, dataset);
        if (error.failure.fault !== "has-children") failure = error;
      }
    }
    for (const ancestor of ancestorsOf(dataset)) above.add(ancestor);
  }
  return { gone, failure };
}

/** The loss of a dataset of the destination that was listed for destroying. */
export function lossOfDataset({ dataset, guid }: Pick<DatasetInfo, "dataset" | "guid">): Loss {
  return { side: "dst", dataset, what: "dataset", tag: "", guid };
}

/** Begin of the message about a dataset that is kept because of others. */
export const ADDED = "Somebody has added something to a dataset tree meanwhile, hence it is kept: ";

async function destroyDataset(
  info: DatasetInfo,
  loss: SnapshotLoss,
  context: WorkContext,
  options: DestroyOptions,
): Promise<void> {
  const { world: { destination }, job, log } = context;
  const { dataset, snapshots, grounds } = loss;
  const { isPartial } = info;
  const { signal } = options;
  if (isPartial) {
    const label = "Aborting an interrupted zfs receive -s, deleting partially received state: ";
    announceLoss({ level: "WARN", label, text: dataset }, context);
    const action = { kind: "abort-receive", dataset } as const;
    await destroy(destination, { action, grounds: "own state", losses: [] }, context, { signal });
  }
  if (snapshots.length > 0) await destroySnapshots(loss, context, options);
  announceLoss({ level: "INFO", label: "Deleting dataset: ", text: dataset }, context);
  const flags = { unmount: job.force.unmount, verbose: !job.report.quiet };
  const action = { kind: "destroy-dataset", dataset, ...flags } as const;
  const losses = [lossOfDataset(info)];
  await destroy(destination, { action, grounds, losses }, context, { signal }).catch((error: unknown) => {
    if (!(error instanceof CommandError && error.failure.fault === "gone")) throw error;
    // What was received for the first time goes with its partial state.
    if (!isPartial) log.log("WARN", "Third party deleted destination: ", dataset);
  });
}
