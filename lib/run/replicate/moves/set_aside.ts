/**
 * Sets a destination that has diverged aside, and puts what it shares with the source in its place.
 *
 * A clone of the common snapshot is made beside it and promoted, which gives it the common history; the datasets below
 * change over; then the old one gets its new name, and the clone the old one. So the rights are tried before anything
 * changes, the old name is missing only between the last two commands, and after a kill the name of the clone shows what
 * is left to be done. Nothing is destroyed. Source: docs/spec/replication.md §5.5.
 * @module
 */
import type { ChangeAction } from "../../../model/action.ts";
import { bookmarksEnabled, zfsAtLeast } from "../../../model/capabilities.ts";
import { ancestorsOf, type Dataset, isWithin, parentOf, poolOf, reRoot } from "../../../model/dataset.ts";
import { CommandError, ConflictError, Retryable } from "../../../model/errors.ts";
import { isSnapshot, type Snapshot, versionName } from "../../../model/snapshot.ts";
import {
  ASIDE_MARK,
  asideName,
  type Decision,
  isSetAside,
  NAME_GROWTH,
  NOT_SET_ASIDE,
  placeOf,
  SET_ASIDE_RIGHTS,
  successorNames,
} from "../../../plan/replication/mod.ts";
import type { DatasetInfo } from "../../../zfs/world.ts";
import { dryPrefix } from "../../job/context.ts";
import { historiesByDataset } from "../../lookahead.ts";
import { listTree } from "../../destroy_tree.ts";
import type { BusyGate } from "../busy_gate.ts";
import type { DatasetTask, ReplicationContext } from "../context.ts";

type Divergence = Extract<Decision, { kind: "set-aside" }>;

/** Most bytes of a name of ZFS, with its snapshot. */
const LONGEST_NAME = 255;

/** Local properties that a clone does not get: `zfs` gives it them itself, or refuses them, or they say what it is not. */
const NOT_COPIED = new Set([
  ASIDE_MARK,
  "canmount",
  "encryption",
  "keyformat",
  "keylocation",
  "pbkdf2iters",
  "volblocksize",
  "volsize",
]);

/**
 * Sets the destination aside. In a dry run everything is only said. Throws the conflict where that is not possible, with
 * nothing changed that matters, and `Retryable`.
 */
export async function setAside(
  { common, error }: Divergence,
  gate: BusyGate,
  task: DatasetTask,
  context: ReplicationContext,
): Promise<void> {
  const { destination, signal, tid } = task;
  const { world: { destination: zfs }, log, job } = context;
  const stop = (why: string, hint = error.hint): ConflictError =>
    new ConflictError(`${error.message}${NOT_SET_ASIDE}${why}`, {
      hint,
      brief: error.brief && `${error.brief}.${NOT_SET_ASIDE}${why}`,
      cause: error,
    });
  if (parentOf(destination) === undefined) throw stop("a pool's own dataset cannot be renamed");
  const tree = await treeOf(task, context);
  const longest = await longestName(tree, task, context);
  if (longest + NAME_GROWTH > LONGEST_NAME) throw stop(`names below it would be longer than ${LONGEST_NAME} bytes`);
  const shared = common === undefined ? await sharedBelow(tree, task, context) : undefined;
  if (shared !== undefined) throw stop(`${shared} below it shares snapshots with its source, and would be sent again`);
  await gate("send-and-receive");
  const basis = common === undefined ? "all is sent again" : `replication goes on from ${versionName(common)}`;
  log.log("INFO", `${dryPrefix(job)}${tid} Setting a diverged destination aside: `, `${destination} (${basis})`);
  const attempt = async (action: ChangeAction): Promise<void> => {
    await zfs.apply(action, { signal }).catch((failure: unknown) => {
      if (!(failure instanceof CommandError)) throw failure;
      if (failure.failure.fault !== "denied") throw new Retryable(failure, { display: `zfs ${action.kind}` });
      const hint = `Grant the rights with 'zfs allow -u USER ${SET_ASIDE_RIGHTS} ${parentOf(destination)}'`;
      const verb = action.kind === "set-properties" ? `set readonly ${ASIDE_MARK}` : action.kind;
      throw stop(`a right is missing for 'zfs ${verb}'`, hint);
    });
  };
  const own = tree.find(({ dataset }) => dataset === destination)!;
  if (common === undefined) {
    await attempt(markAside(own, ["readonly=on"]));
    for (const info of tree) if (info !== own) await attempt(markAside(info));
    await moveAside(own, undefined, task, context, attempt);
    return;
  }
  const { ready, trial } = successorNames(destination);
  const shows = versionName(common);
  const [made, tried] = [await zfs.column(ready, "origin", { signal }), await zfs.column(trial, "origin", { signal })];
  const inTheWay = [made, tried].find((origin) => origin !== undefined && origin !== shows);
  if (inTheWay !== undefined) {
    const name = made === inTheWay ? ready : trial;
    throw stop(`${name} is in the way, and no clone of ${shows}`, "Look at it, then rename or destroy it");
  }
  if (made === undefined) {
    if (tried === undefined) {
      const assignments = await assignmentsFor(task, context);
      await attempt({ kind: "clone", snapshot: shows, dataset: trial, assignments });
    }
    await attempt(rename(trial, ready, task.type, context));
  }
  await attempt(markAside(own, ["readonly=on"]));
  // Before it is known how this ends: the connection may be lost behind it.
  if (job.dryRun === "off") context.state.unfinished.add(destination);
  await attempt({ kind: "promote", dataset: ready });
  await replace(common, task, context);
}

/**
 * Refuses to receive a dataset anew whose copy an unfinished set-aside has under another name: without the option nothing would
 * bring it back, and all would be sent again. Below the root the listing of the tree has shown the name, beside a root that
 * is missing it is asked for. Throws `ConflictError`, `Retryable`.
 */
export async function requireFinished(
  { destination, signal }: DatasetTask,
  context: ReplicationContext,
): Promise<void> {
  const { world, roots, state: { unfinished } } = context;
  const half = [...ancestorsOf(destination), destination].find((dataset) => unfinished.has(dataset)) ??
    (destination === roots.dst && await isHalf(destination, { world, signal }) ? destination : undefined);
  if (half === undefined) return;
  const { ready } = successorNames(half);
  throw new ConflictError(`Conflict: ${ready} was to take the place of ${half}, which was not finished`, {
    hint: `Run once with --on-conflict=set-aside, which finishes it; or look at both, and rename or destroy ${ready}`,
  });
}

/** True if something is there that is to take the place of a dataset. */
async function isHalf(
  dataset: Dataset,
  { world, signal }: Pick<ReplicationContext, "world" | "signal">,
): Promise<boolean> {
  return await world.destination.column(successorNames(dataset).ready, "origin", { signal }) !== undefined;
}

/** Goes on with what an earlier attempt has begun, if it has. Returns true if that is only shown, in a dry run. */
export async function finishSetAside(task: DatasetTask, context: ReplicationContext): Promise<boolean> {
  const { destination, signal, tid } = task;
  const { world, log, job, state: { unfinished } } = context;
  const origin = await world.destination.column(successorNames(destination).ready, "origin", { signal });
  const isPromoted = origin !== undefined && !origin.startsWith(`${destination}@`) && await isOrigin(task, context);
  if (!isPromoted) {
    unfinished.delete(destination);
    return false;
  }
  log.log("INFO", `${dryPrefix(job)}${tid} Going on to set a diverged destination aside: `, destination);
  await replace(undefined, task, context);
  return job.dryRun !== "off";
}

/**
 * True if what is called like the promoted clone is one: the destination, or what was set aside, stands on its newest
 * snapshot. Anybody may call a dataset so.
 */
async function isOrigin({ destination, signal }: DatasetTask, { world }: ReplicationContext): Promise<boolean> {
  const zfs = world.destination;
  const { ready } = successorNames(destination);
  const listing = { bookmarks: false, creation: false, signal };
  const newest = (await historiesByDataset(zfs, [ready], listing)).get(ready)?.versions?.findLast(isSnapshot);
  await zfs.confirm(poolOf(destination), { signal });
  if (newest === undefined) return false;
  const clones = await zfs.clonesOf(versionName(newest), { signal });
  const isPlace = (name: Dataset): boolean => parentOf(name) === parentOf(destination) && isSetAside(name, destination);
  return clones.some((name) => name === destination || (name.startsWith(destination) && isPlace(name)));
}

/**
 * Gives the promoted clone what is below the destination, and its name. Until that is done, nothing is received below the
 * destination.
 */
async function replace(common: Snapshot | undefined, task: DatasetTask, context: ReplicationContext): Promise<void> {
  const { destination, signal } = task;
  const { world: { destination: zfs }, log, job, state: { existing, unfinished } } = context;
  const { ready } = successorNames(destination);
  const isDry = job.dryRun !== "off";
  const origin = await zfs.column(destination, "origin", { signal });
  if (!isDry && origin !== undefined && !origin.startsWith(`${ready}@`)) {
    const hint = "Find out which of them holds what, then rename or destroy one of them";
    throw new ConflictError(`Conflict: ${ready} was to take the place of another ${destination}`, { hint });
  }
  if (!isDry) existing.delete(destination);
  const change = async (action: ChangeAction): Promise<void> => {
    await zfs.apply(action, { signal }).catch((failure: unknown) => {
      throw failure instanceof CommandError ? new Retryable(failure, { display: `zfs ${action.kind}` }) : failure;
    });
  };
  if (origin !== undefined) {
    const tree = await treeOf(task, context);
    const own = tree.find(({ dataset }) => dataset === destination);
    if (own === undefined) throw new Retryable(new ConflictError(`Others have removed ${destination}`));
    const taken = new Set((await treeOf({ ...task, destination: ready }, context)).map(({ dataset }) => dataset));
    for (const { dataset, type } of tree.filter(({ dataset }) => parentOf(dataset) === destination)) {
      const to = reRoot(dataset, destination, ready);
      if (!taken.has(to)) {
        await change(rename(dataset, to, type, context));
        continue;
      }
      log.log("WARN", "Stays with what is set aside, since its place is taken: ", dataset);
      for (const info of tree) if (isWithin(info.dataset, dataset)) await change(markAside(info));
    }
    if (own.type === "filesystem") {
      const canmount = await zfs.column(destination, "canmount", { signal });
      if (canmount !== "noauto") await change(assign(ready, `canmount=${canmount}`));
      const local = await zfs.propertyNames(destination, "local", { signal });
      // Otherwise both would be mounted at one place.
      if (local.includes("mountpoint")) await change(assign(destination, "canmount=noauto"));
    }
    await moveAside(own, common, task, context, change);
  }
  await change(rename(ready, destination, task.type, context));
  if (!isDry) existing.add(destination);
  unfinished.delete(destination);
}

async function moveAside(
  { type }: Pick<DatasetInfo, "type">,
  common: Snapshot | undefined,
  { destination, signal }: DatasetTask,
  context: ReplicationContext,
  change: (action: ChangeAction) => Promise<void>,
): Promise<void> {
  const { world, log, job, recorder, phase, state: { existing } } = context;
  const aside = asideName(destination, world.clock.now());
  const listing = { bookmarks: false, creation: false, signal };
  const all = (await historiesByDataset(world.destination, [destination], listing)).get(destination)?.versions ?? [];
  const held = all.filter(isSnapshot).filter(({ createtxg }) => common === undefined || createtxg > common.createtxg);
  await change(rename(destination, aside, type, context));
  if (job.dryRun === "off") existing.delete(destination);
  log.log("INFO", `${dryPrefix(job)}Set aside: `, `${destination} is now ${aside}`);
  recorder.record({
    event: "set-aside",
    phase,
    side: "dst",
    performed: job.dryRun === "off",
    dataset: destination,
    aside,
    versions: held.map(({ tag }) => `@${tag}`),
    guids: held.map(({ guid }) => guid),
  });
}

/**
 * `zfs rollback -R` takes all along that stands on the snapshots that go. Looks at the pool right before, and throws
 * `ConflictError` if a dataset that was set aside is among that, and `Retryable`.
 */
export async function spareSetAside(
  tags: readonly string[],
  { destination, signal }: DatasetTask,
  context: ReplicationContext,
): Promise<void> {
  if (tags.length === 0) return;
  const pool = poolOf(destination);
  const all = await listTree(pool, { ...context, signal });
  const snapshots = new Set(tags.map((tag) => `${destination}@${tag}`));
  const going: Dataset[] = [];
  const goes = ({ dataset, origin }: DatasetInfo): boolean =>
    snapshots.has(origin) || going.some((root) => isWithin(dataset, root) || isWithin(origin.split("@")[0]!, root));
  for (let count = -1; count < going.length;) {
    count = going.length;
    for (const info of all) if (!going.includes(info.dataset) && goes(info)) going.push(info.dataset);
  }
  const kept = going.find((dataset) => isSetAside(dataset, pool));
  if (kept === undefined) return;
  const hint = "Look at it, then destroy it yourself, or leave out --force-destroy-dependents";
  throw new ConflictError(`Conflict: ${kept}, which was set aside, would go with snapshots of ${destination}`, {
    hint,
  });
}

/** What is mounted stays where it is, so that nothing that is in use is in the way. */
export function rename(
  from: Dataset,
  to: Dataset,
  type: DatasetInfo["type"],
  { world }: Pick<ReplicationContext, "world">,
): ChangeAction {
  const keeps = type === "filesystem" && zfsAtLeast(world.destination.capabilities, 2, 1, 0);
  return { kind: "rename", from, to, mounts: keeps ? "keep" : "default" };
}

/** Says of a dataset that this program has set it aside: with it, it may be destroyed by `--delete-aside-after`. */
function markAside({ dataset, guid }: DatasetInfo, more: readonly string[] = []): ChangeAction {
  return { kind: "set-properties", dataset, assignments: [...more, `${ASIDE_MARK}=${guid}`] };
}

function assign(dataset: Dataset, assignment: string): ChangeAction {
  return { kind: "set-properties", dataset, assignments: [assignment] };
}

/** The clone is not mounted, and otherwise has what was set at the dataset itself. */
async function assignmentsFor(
  { destination, type, signal }: DatasetTask,
  { world: { destination: zfs } }: ReplicationContext,
): Promise<readonly string[]> {
  const names = (await zfs.propertyNames(destination, "local", { signal })).filter((name) => !NOT_COPIED.has(name));
  const local = names.length === 0 ? [] : await zfs.propertyValues(destination, "local", names, { signal });
  const mounts = type === "filesystem" ? ["canmount=noauto"] : [];
  return [...mounts, ...local.map(({ name, value }) => `${name}=${value}`)];
}

async function treeOf(
  { destination, signal }: Pick<DatasetTask, "destination" | "signal">,
  { world }: ReplicationContext,
): Promise<readonly DatasetInfo[]> {
  const listing = { recursive: true, blockSizes: true, snapshotsChanged: false, forDestroying: true, signal };
  return await world.destination.datasets(destination, listing) ?? [];
}

/** Bytes of the longest name of a tree, snapshots included. */
async function longestName(
  tree: readonly DatasetInfo[],
  { signal }: DatasetTask,
  { world }: ReplicationContext,
): Promise<number> {
  let longest = 0;
  const listing = { bookmarks: false, creation: false, signal };
  for await (const { dataset, versions } of world.destination.histories(tree.map(({ dataset }) => dataset), listing)) {
    const tags = versions?.map(({ tag }) => tag.length + 1) ?? [];
    longest = tags.reduce((most, length) => Math.max(most, dataset.length + length), Math.max(longest, dataset.length));
  }
  return longest;
}

/**
 * A dataset below the destination that its source could go on from; `undefined` if there is none. What is to take the place of
 * another one counts as that one.
 */
async function sharedBelow(
  tree: readonly DatasetInfo[],
  { source, destination, signal }: DatasetTask,
  { world }: ReplicationContext,
): Promise<Dataset | undefined> {
  const sources = new Map<Dataset, Dataset>();
  for (const { dataset } of tree) {
    const place = placeOf(dataset, destination);
    if (dataset !== destination && place !== undefined) sources.set(dataset, reRoot(place, destination, source));
  }
  if (sources.size === 0) return undefined;
  const [below, counterparts] = [[...sources.keys()], [...new Set(sources.values())]];
  const bookmarks = bookmarksEnabled(world.source.capabilities);
  const copies = await historiesByDataset(world.destination, below, { bookmarks: false, creation: false, signal });
  const originals = await historiesByDataset(world.source, counterparts, { bookmarks, creation: false, signal });
  return below.find((dataset) => {
    const guids = new Set(originals.get(sources.get(dataset)!)?.guids);
    return copies.get(dataset)?.guids.some((guid) => guids.has(guid));
  });
}
