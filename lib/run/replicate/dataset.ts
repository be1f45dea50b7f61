/**
 * Replicates one dataset: observe, decide, perform. One call is one attempt; nothing of a failed attempt is kept.
 * @module
 */
import { CommandError, ConflictError, RefusedError, Retryable } from "../../model/errors.ts";
import { isSnapshot, type Snapshot, type Version, versionName } from "../../model/snapshot.ts";
import { counted, pythonList } from "../../model/text/mod.ts";
import {
  decide,
  type Decision,
  isTemporaryTag,
  type Observation,
  type Resolution,
  usableVersions,
} from "../../plan/replication/mod.ts";
import { isOwn, type Loss, lossOfVersion } from "../../plan/limits/mod.ts";
import { bookmarksEnabled } from "../../model/capabilities.ts";
import type { ForcePolicy } from "../../model/job.ts";
import type { SkipReason } from "../../report/events.ts";
import type { History, HistoryListing } from "../../zfs/world.ts";
import { type BusyGate, busyGate } from "./busy_gate.ts";
import type { DatasetTask, ReplicationContext } from "./context.ts";
import type { EstimatesAhead } from "./estimates_ahead.ts";
import { isGuarded, SendBookmarks, unsettledBookmarks, wantsBookmarks } from "./send_bookmarks.ts";
import { Absence } from "../absence.ts";
import { announceLoss, destroy, type DestructiveAction, type Grounds } from "../destroy.ts";
import { destroyAll } from "../destroy_tree.ts";
import { firstHistory } from "../lookahead.ts";
import { bothDone } from "../parallel.ts";
import { reactToFailure } from "./receive_state.ts";
import { Sender } from "./send.ts";

/** How an attempt ended well: whether descendants may be worked on, as they may if something was held back. */
export type Replicated = "descend" | "skip-subtree" | "held-back";

/** What a listing of source versions must tell for this job. */
export function sourceListing(context: ReplicationContext): HistoryListing {
  const { policy, world, facts: { filter } } = context;
  const wanted = policy.useBookmarks || wantsBookmarks(policy);
  return {
    bookmarks: wanted && bookmarksEnabled(world.source.capabilities),
    creation: filter.needsCreation || (policy.guard !== "off" && policy.guard !== "on"),
  };
}

/** What a listing of destination snapshots must tell. */
export const DESTINATION_LISTING: HistoryListing = { bookmarks: false, creation: false };

/** Puts what two listings told into the form that decisions are made from. */
export function observationOf(
  task: Pick<DatasetTask, "source" | "destination">,
  source: readonly Version[],
  destination: readonly Version[] | undefined,
  context: ReplicationContext,
): Observation {
  const destinationSnapshots = destination?.filter(isSnapshot);
  const usable = usableVersions(source, destinationSnapshots, context.policy);
  const selected = context.facts.filter.select(usable);
  return {
    source: task.source,
    destination: task.destination,
    usable,
    selected: new Set(selected.filter(isSnapshot).map((snapshot) => snapshot.guid)),
    anySelected: selected.length > 0,
    destinationSnapshots,
  };
}

/**
 * One attempt to replicate one dataset. Throws `Retryable` where a new attempt may succeed, `RefusedError` and
 * `ConflictError` where a rule forbids to go on, `CommandError` otherwise.
 */
export async function replicateDataset(task: DatasetTask, context: ReplicationContext): Promise<Replicated> {
  if (context.policy.onConflict === "set-aside" && context.state.unfinished.has(task.destination)) {
    const { finishSetAside } = await import("./moves/mod.ts");
    if (await finishSetAside(task, context)) return "skip-subtree";
  }
  return await observeAndPerform(task, context, "first");
}

/** @param look `second` after the destination was set aside: what was counted is not counted again */
async function observeAndPerform(
  task: DatasetTask,
  context: ReplicationContext,
  look: "first" | "second",
): Promise<Replicated> {
  const { world, log, state: { existing, counters } } = context;
  const { source, destination, signal } = task;
  const [src, dst] = await bothDone(
    single(world.source.histories([source], { ...sourceListing(context), signal })),
    single(world.destination.histories([destination], { ...DESTINATION_LISTING, signal })),
  );
  if (dst.versions === undefined) existing.delete(destination);
  else existing.add(destination);
  if (src.versions === undefined) {
    log.log("WARN", "Third party deleted source: ", source);
    recordSkip("vanished", task, context);
    return "skip-subtree";
  }
  const seen = observationOf(task, src.versions, dst.versions, context);
  if (look === "first") counters.snapshotsFound += src.versions.filter(isSnapshot).length;
  if (look === "first" && seen.selected.size > 0) counters.datasetsSelected++;
  const force = context.state.force.of(task);
  const decision = decide(seen, context.policy, force);
  if (decision.kind === "set-aside") {
    if (look === "second") throw decision.error;
    await proveLacking(
      lostBySource(decision.common, seen),
      `set ${task.destination} aside for snapshots`,
      task,
      context,
    );
    const { setAside } = await import("./moves/mod.ts");
    await setAside(decision, busyGate(task, context), task, context);
    return context.job.dryRun === "off" ? await observeAndPerform(task, context, "second") : "descend";
  }
  return await perform({ decision, seen, force, listing: src.versions, isClear: false }, task, context);
}

/** The first attempt on a dataset, with what was seen together with others. Throws as {@linkcode replicateDataset} does. */
export async function replicateSeen(
  attempt: Attempt,
  snapshots: number,
  task: DatasetTask,
  context: ReplicationContext,
): Promise<Replicated> {
  context.state.counters.snapshotsFound += snapshots;
  context.state.counters.datasetsSelected++;
  return await perform(attempt, task, context);
}

/** Says that there is nothing to do for a dataset, if the decision is such; `undefined` if it is not. */
export function concludeWithoutChange(
  decision: Decision,
  task: Pick<DatasetTask, "source" | "destination" | "tid">,
  context: ReplicationContext,
): Replicated | undefined {
  const { log, job, state: { existing } } = context;
  switch (decision.kind) {
    case "skip-missing": {
      log.log("WARN", "Skipping source dataset because it includes no snapshot: ", task.source);
      recordSkip("no-snapshot-included", task, context);
      if (existing.has(task.destination)) return "descend";
      if (job.datasets.recursive) {
        log.log("WARN", "Also skipping descendant datasets as dst dataset does not exist for ", task.source);
      }
      return "skip-subtree";
    }
    case "nothing-selected":
      log.log("INFO", `${task.tid} Already-up-to-date: `, task.destination);
      recordUpToDate(task, context);
      return "descend";
    case "up-to-date":
      if (decision.resolutions.length > 0) return undefined;
      log.log("INFO", `${task.tid} Already up-to-date: `, task.destination);
      recordUpToDate(task, context);
      return "descend";
    case "refuse":
    case "set-aside":
    case "replicate":
      return undefined;
  }
}

/** Tells that nothing is done for a dataset. */
export function recordSkip(
  reason: SkipReason,
  { source }: Pick<DatasetTask, "source">,
  { recorder, phase }: ReplicationContext,
): void {
  recorder.record({ event: "skipped", phase, side: "src", dataset: source, reason });
}

/** Tells that the destination has everything. */
export function recordUpToDate(
  { source, destination }: Pick<DatasetTask, "source" | "destination">,
  { recorder, phase }: ReplicationContext,
): void {
  recorder.record({ event: "up-to-date", phase, side: "src", dataset: source, destination });
}

/** What an attempt has found out before it changes anything. */
export interface Attempt {
  readonly decision: Decision;
  readonly seen: Observation;
  readonly force: ForcePolicy;
  /** Everything that the source has; at least its bookmarks of what may be sent, if it has no temporary ones. */
  readonly listing: readonly Version[];
  /** A listing has shown that the destination holds no partial receive. */
  readonly isClear: boolean;
  /** Sizes that were asked for together with those of other datasets. */
  readonly sizes?: EstimatesAhead | undefined;
}

async function perform(
  { decision, seen, force, listing, isClear, sizes }: Attempt,
  task: DatasetTask,
  context: ReplicationContext,
): Promise<Replicated> {
  if (decision.kind === "up-to-date" || decision.kind === "nothing-selected" || decision.kind === "skip-missing") {
    await settleWhatArrived(seen, listing, task, context);
  }
  const copies = seen.destinationSnapshots;
  const isSettled = isGuarded(task, context, { listing, copies });
  const done = isSettled ? concludeWithoutChange(decision, task, context) : undefined;
  if (done !== undefined) return done;
  const bookmarks = SendBookmarks.of(task, context, listing);
  if (!isSettled) {
    await bookmarks?.guard(new Set(copies?.map(({ guid }) => guid)), listing);
    const end = concludeWithoutChange(decision, task, context);
    if (end !== undefined) return end;
  }
  if (decision.kind === "skip-missing" || decision.kind === "nothing-selected" || decision.kind === "set-aside") {
    throw new TypeError(decision.kind);
  }
  if (isHeldBack(decision, seen, context)) return "held-back";
  if (seen.destinationSnapshots === undefined && mayBeHalf(task, context)) {
    const { requireFinished } = await import("./moves/mod.ts");
    await requireFinished(task, context);
  }
  const gate = busyGate(task, context);
  for (const resolution of decision.resolutions) await resolve(resolution, gate, task, context);
  if (decision.kind === "refuse") throw decision.error;
  if (decision.kind === "up-to-date") return concludeWithoutChange({ ...decision, resolutions: [] }, task, context)!;
  const onlyShown = context.job.dryRun !== "off" && decision.resolutions.some(({ kind }) => kind.startsWith("delete-"));
  await new Sender({ task, context, seen, force, gate, bookmarks, isClear, sizes, onlyShown }).send(decision);
  return "descend";
}

/** True if a destination that is missing may be half set aside: a root of a job without guards is not asked about. */
function mayBeHalf(
  { destination }: DatasetTask,
  { roots, policy, state: { unfinished } }: ReplicationContext,
): boolean {
  if (policy.onConflict === "set-aside") return false;
  return unfinished.size > 0 || (destination === roots.dst && policy.guard !== "off" && destination.includes("/"));
}

/** True if the limits do not allow what a decision destroys. Then nothing is done for the dataset. */
function isHeldBack(decision: Decision, seen: Observation, context: ReplicationContext): boolean {
  const { guard } = context;
  const resolutions = "resolutions" in decision ? decision.resolutions : [];
  const doomed = resolutions.flatMap(lostBy).map((snapshot) => ({
    loss: lossOfVersion("dst", snapshot),
    isLimited: true,
  }));
  const changes = resolutions.flatMap(changesLostBy);
  const refused = changes.find((loss) => guard.refuses(loss));
  if (refused !== undefined) {
    guard.holdRefused(refused, context);
    return true;
  }
  if (doomed.length === 0) return false;
  const all = seen.destinationSnapshots?.filter(({ tag }) => isOwn(tag, guard.own)).length ?? 0;
  const obstacle = guard.obstacleIn(doomed.map(({ loss }) => loss.tag));
  const question = { place: seen.destination, what: "snapshot", doomed, all, isWhole: true, obstacle } as const;
  if (guard.admit({ ...question, blocks: true }, context).size > 0) return false;
  guard.tellAlong(changes, context);
  return true;
}

/**
 * Settles what an interrupt left although everything had arrived. Temporary bookmarks of what the destination does not
 * have stay for the next transfer: no listing is a reason to delete the only trace of a snapshot.
 */
async function settleWhatArrived(
  { destinationSnapshots: copies }: Observation,
  listing: readonly Version[],
  task: DatasetTask,
  context: ReplicationContext,
): Promise<void> {
  const unsettled = unsettledBookmarks(task, context, { listing, copies });
  if (unsettled.length === 0) return;
  const finals = listing.filter(({ kind, tag }) => kind === "bookmark" && !isTemporaryTag(tag));
  const bookmarks = SendBookmarks.of(task, context, [...finals, ...unsettled]);
  await bookmarks?.settle(new Set(unsettled.map((bookmark) => bookmark.guid)));
}

/** Removes what only the destination has. */
async function resolve(
  resolution: Resolution,
  gate: BusyGate,
  task: DatasetTask,
  context: ReplicationContext,
): Promise<void> {
  const { notices, action, display } = lossOf(resolution, task, context);
  const isByForce = resolution.kind !== "rollback-to-latest";
  if (isByForce) context.state.force.take(task);
  const announce = (): void => {
    for (const notice of notices) announceLoss({ level: "INFO", ...notice }, context);
  };
  // What a rollback is about to lose is said before others are looked for, a deletion only when it is really made.
  if (action.kind === "rollback") announce();
  await gate("send-and-receive");
  const grounds = await groundsOf(resolution, task, context);
  if (action.kind === "rollback" && action.dependents) {
    const { spareSetAside } = await import("./moves/mod.ts");
    await spareSetAside(action.destroys, task, context);
  }
  if (action.kind !== "rollback") announce();
  try {
    const { signal } = task;
    const snapshots = lostBy(resolution).map((snapshot) => lossOfVersion("dst", snapshot));
    const losses = [...snapshots, ...changesLostBy(resolution)];
    for (const step of mustBeNamed(action, context) ? named(action, context) : [action]) {
      const kept = (): void => context.guard.tellAlong(losses, context);
      const doomed = { action: step, grounds, losses };
      if (step.kind === "destroy-snapshots") await destroyAll({ ...doomed, action: step }, context, { signal, kept });
      else await destroy(context.world.destination, { action: step, grounds, losses }, context, { signal });
    }
    if (isByForce) context.state.force.spend();
  } catch (error) {
    if (resolution.kind === "rollback-to-latest" && error instanceof CommandError) {
      throw new Retryable(error, { display });
    }
    await reactToFailure(error, display, task, context);
  }
}

/** Why a resolution is right: the source lacks all that it costs. Throws `Retryable` if that is not proved. */
async function groundsOf(resolution: Resolution, task: DatasetTask, context: ReplicationContext): Promise<Grounds> {
  if (resolution.kind === "rollback-to-latest") return "unsaved changes";
  return await proveLacking(lostBy(resolution), `replace snapshots of ${task.destination}`, task, context);
}

/** Snapshots of the destination after the common one that no listing of the source has shown. */
function lostBySource(common: Snapshot | undefined, { usable, destinationSnapshots = [] }: Observation): Snapshot[] {
  const known = new Set(usable.map(({ guid }) => guid));
  const start = common === undefined ? 0 : destinationSnapshots.indexOf(common) + 1;
  return destinationSnapshots.slice(start).filter(({ guid }) => !known.has(guid));
}

/**
 * The proof that the source lacks all of these: it is asked for each. Throws `Retryable` if that does not show it, since the
 * decision was then made from a listing that lacked something.
 *
 * @param purpose what cannot be done without it, in words
 */
async function proveLacking(
  lost: readonly Snapshot[],
  purpose: string,
  task: DatasetTask,
  context: ReplicationContext,
): Promise<Absence> {
  const counterpartOf = (mark: string, { tag }: Snapshot): string => `${task.source}${mark}${tag}`;
  const suspects = lost.map((snapshot) => ({
    name: versionName(snapshot),
    counterparts: [counterpartOf("@", snapshot)],
    guid: snapshot.guid,
  }));
  const wantsBookmarks = sourceListing(context).bookmarks && lost[0] !== undefined;
  const mustAnswer = wantsBookmarks ? [counterpartOf("#", lost[0]!)] : [];
  const absence = await Absence.prove(suspects, { ...context, signal: task.signal }, mustAnswer);
  if (absence.isComplete) return absence;
  throw new Retryable(new ConflictError(`Cannot ${purpose} that the source may still have`));
}

/** Snapshots of the destination that a resolution destroys, oldest first. */
function lostBy(resolution: Resolution): readonly Snapshot[] {
  switch (resolution.kind) {
    case "rollback-to-latest":
      return [];
    case "rollback-to-common":
      return resolution.newer;
    case "delete-all":
    case "delete-namesakes":
      return resolution.snapshots;
  }
}

/** What was written since the snapshot to which a resolution goes back. */
function changesLostBy(resolution: Resolution): readonly Loss[] {
  return "to" in resolution ? [{ ...lossOfVersion("dst", resolution.to), what: "changes" }] : [];
}

/** What a resolution costs: in words, and as the action that does it. */
function lossOf(resolution: Resolution, task: DatasetTask, { job }: ReplicationContext): {
  readonly notices: readonly { readonly label: string; readonly text: string }[];
  readonly action: DestructiveAction;
  readonly display: string;
} {
  const { destroyDependents: dependents, unmount } = job.force;
  const label = `${task.tid} Rolling back destination to most recent`;
  const namesOf = (snapshots: readonly Snapshot[]): string =>
    `${task.destination}: ${pythonList(snapshots.map(({ tag }) => tag))}`;
  switch (resolution.kind) {
    case "rollback-to-latest":
      return {
        notices: [{ label: `${label} snapshot: `, text: versionName(resolution.to) }],
        action: rollback(resolution.to, [], { unmount: false, dependents: false }),
        display: "zfs rollback",
      };
    case "rollback-to-common": {
      const { to, newer } = resolution;
      return {
        notices: [
          { label: `${label} common snapshot: `, text: versionName(to) },
          {
            label: `${task.tid} The rollback destroys ${counted(newer.length, "snapshot")} within `,
            text: namesOf(newer),
          },
        ],
        action: rollback(to, newer, { unmount, dependents }),
        display: "zfs rollback",
      };
    }
    case "delete-all":
    case "delete-namesakes": {
      const { snapshots } = resolution;
      const tags = snapshots.map(({ tag }) => tag);
      const flags = { verbose: !job.report.quiet, simulate: false };
      return {
        notices: [{ label: `Deleting ${tags.length} snapshots within `, text: namesOf(snapshots) }],
        action: { kind: "destroy-snapshots", dataset: task.destination, tags, ...flags },
        display: "zfs destroy snapshot",
      };
    }
  }
}

/** True if a person, or a limit, has to be asked about all that goes: `zfs rollback -R` does not say which clones it takes. */
function mustBeNamed(action: DestructiveAction, { job, guard }: ReplicationContext): boolean {
  return job.appliedPlan !== undefined || (guard.isOn && action.kind === "rollback" && action.dependents);
}

/**
 * The same loss without a command that finds out by itself what goes: snapshots are destroyed by their names, and a rollback
 * then refuses if there is another one, or a bookmark.
 */
function named(action: DestructiveAction, { job, roots }: ReplicationContext): readonly DestructiveAction[] {
  if (action.kind !== "rollback" || action.destroys.length === 0) return [action];
  const dataset = action.to.slice(0, action.to.indexOf("@")) as typeof roots.dst;
  const flags = { verbose: !job.report.quiet, simulate: false };
  return [
    { kind: "destroy-snapshots", dataset, tags: action.destroys, ...flags },
    { ...action, destroys: [], dependents: false },
  ];
}

function rollback(
  to: Snapshot,
  newer: readonly Snapshot[],
  force: { readonly unmount: boolean; readonly dependents: boolean },
): DestructiveAction {
  const destroys = newer.map(({ tag }) => tag);
  return { kind: "rollback", to: versionName(to), guid: to.guid, destroys, ...force };
}

async function single(histories: AsyncIterable<History>): Promise<History> {
  const history = await firstHistory(histories);
  if (history === undefined) throw new RefusedError("A listing of one dataset told nothing about it");
  return history;
}
