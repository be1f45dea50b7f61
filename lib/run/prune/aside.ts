/**
 * `--delete-aside-after`: destroys datasets of the destination that this program has set aside long ago.
 *
 * Only what is proved to be that: name, mark and `readonly` of the dataset are those that it got when it was set aside, each
 * dataset below it was set aside along with it, and the dataset whose place was taken is there and selected. What anybody
 * has used since is kept. Source: docs/spec/replication.md §5.5.
 * @module
 */
import { type Dataset, isWithin, parentOf, poolOf } from "../../model/dataset.ts";
import type { CommandError } from "../../model/errors.ts";
import { versionName } from "../../model/snapshot.ts";
import { ASIDE_MARK, setAsideFrom } from "../../plan/replication/mod.ts";
import type { DatasetInfo } from "../../zfs/world.ts";
import { dryPrefix, type VerbContext } from "../job/context.ts";
import { announceLoss } from "../destroy.ts";
import { admitTree, destroyTree, listSnapshots, listTree, lossOfDataset } from "../destroy_tree.ts";
import { namesOf } from "../datasets.ts";
import { listHistories, retrying } from "../retrying.ts";
import type { DestinationTree } from "./datasets.ts";

type PrunedPair = VerbContext<"nowMs", "existing">;

/** A dataset that was set aside, with all below it. */
type AsideTree = readonly DatasetInfo[];

/** Destroys what was set aside longer ago than that, below the root and beside it. Throws `Retryable`, `CommandError`. */
export async function deleteSetAside(tree: DestinationTree, ageMs: number, context: PrunedPair): Promise<void> {
  const { roots, guard, signal, facts: { nowMs }, state: { existing } } = context;
  const beside = await besideRoot(context);
  const selected = new Set(namesOf(tree.selected));
  const due = [...beside, ...namesOf(tree.all)].filter((dataset) => {
    const from = setAsideFrom(dataset);
    return from !== undefined && selected.has(from.dataset) && nowMs - from.atMs > ageMs;
  });
  if (due.length === 0) return;
  const all = await listTree(poolOf(roots.dst), context);
  const trees: AsideTree[] = [];
  for (const dataset of due) {
    const found = all.filter((info) => isWithin(info.dataset, dataset));
    if (found.length > 0 && await isProved(found, all, ageMs, context)) trees.push(found);
  }
  const doomed = trees.flat().map((info) => ({ loss: lossOfDataset(info), isLimited: true }));
  const there = all.filter(({ dataset }) =>
    isWithin(dataset, roots.dst) || beside.some((root) => isWithin(dataset, root))
  );
  const question = { place: roots.dst, what: "dataset", doomed, all: there.length } as const;
  const admitted = new Set([...guard.admit(question, context)].map(({ guid }) => guid));
  let failure: CommandError | undefined;
  for (const aside of trees) {
    const snapshots = await listSnapshots(namesOf(aside), context);
    if (!admitTree(aside, snapshots, admitted, context)) continue;
    announceLoss({ level: "INFO", label: "Deleting what was set aside long ago: ", text: aside[0]!.dataset }, context);
    const end = await destroyTree(aside, snapshots, context, {
      signal,
      groundsFor: () => Promise.resolve("set aside"),
    });
    failure = end.failure ?? failure;
    if (context.job.dryRun === "off") { for (const dataset of end.gone) existing.delete(dataset); }
  }
  if (failure !== undefined) throw failure;
}

/** What was set aside of the root has its name beside it. */
async function besideRoot({ roots, world, signal, ...context }: PrunedPair): Promise<readonly Dataset[]> {
  const parent = parentOf(roots.dst);
  if (parent === undefined) return [];
  const listing = { recursive: true, oneLevel: true, blockSizes: false, snapshotsChanged: false, signal };
  const found = await retrying(() => world.destination.datasets(parent, listing), { ...context, world, roots, signal });
  return namesOf(found ?? []).filter((dataset) => setAsideFrom(dataset)?.dataset === roots.dst);
}

/** True if all of a tree was set aside by this program, and nobody has used it since; says why not. */
async function isProved(
  tree: AsideTree,
  pool: readonly DatasetInfo[],
  ageMs: number,
  context: PrunedPair,
): Promise<boolean> {
  const { log, job, facts: { nowMs } } = context;
  const [root] = tree as [DatasetInfo, ...DatasetInfo[]];
  const keep = (level: "DEBUG" | "WARN", why: string): false => {
    log.log(
      level,
      `${dryPrefix(job)}Kept, though its name says that it was set aside long ago: `,
      `${root.dataset}: ${why}`,
    );
    return false;
  };
  // Anybody may call a dataset so, which is nothing to be warned of each time.
  if (!await isMarked(root, context)) return keep("DEBUG", "it has not the mark of that");
  for (const info of tree.slice(1)) {
    if (!await isMarked(info, context)) return keep("WARN", `${info.dataset} is no part of it`);
  }
  const { world: { destination }, signal } = context;
  const isReadOnly = await retrying(() => destination.column(root.dataset, "readonly", { signal }), context) === "on";
  if (!isReadOnly) return keep("WARN", "it is writable now");
  const clone = pool.find(({ dataset, origin }) =>
    !isWithin(dataset, root.dataset) && origin !== "" && isWithin(origin.split("@")[0] as Dataset, root.dataset)
  );
  if (clone !== undefined) return keep("WARN", `${clone.dataset} is a clone of it`);
  let used: string | undefined;
  for await (const history of listHistories("dst", namesOf(tree), { bookmarks: false, creation: true }, context)) {
    const [newest] = history.newestFirst();
    if (newest !== undefined && nowMs - newest.createdAt * 1000 <= ageMs) used ??= versionName(newest);
  }
  return used === undefined || keep("WARN", `${used} is newer than that`);
}

/** True if a dataset has the mark that it got itself when it was set aside: neither inherited, nor received. */
async function isMarked({ dataset, guid }: DatasetInfo, context: PrunedPair): Promise<boolean> {
  const { world: { destination }, signal } = context;
  return await retrying(() => destination.column(dataset, ASIDE_MARK, { signal }), context) === guid;
}
