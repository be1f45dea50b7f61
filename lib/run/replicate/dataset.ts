/**
 * Replicates one dataset: observe, decide, perform. One call is one attempt; nothing of a failed attempt is kept.
 * @module
 */
import { RefusedError } from "../../model/errors.ts";
import { isSnapshot, type Version } from "../../model/snapshot.ts";
import { decide, type Decision, isTemporaryTag, type Observation } from "../../plan/replication/mod.ts";
import type { ForcePolicy } from "../../model/job.ts";
import type { SkipReason } from "../../report/events.ts";
import type { History } from "../../zfs/world.ts";
import { busyGate } from "./busy_gate.ts";
import type { DatasetTask, ReplicationContext } from "./context.ts";
import type { EstimatesAhead } from "./estimates_ahead.ts";
import { isGuarded, SendBookmarks, unsettledBookmarks } from "./bookmarks/mod.ts";
import { firstHistory } from "../lookahead.ts";
import { bothDone } from "../parallel.ts";
import { isHeldBack, lostBySource, proveLacking, resolve } from "./conflicts/mod.ts";
import { DESTINATION_LISTING, observationOf, sourceListing } from "./observation.ts";
import { Sender } from "./send.ts";

/** How an attempt ended well: whether descendants may be worked on, as they may if something was held back. */
export type Replicated = "descend" | "skip-subtree" | "held-back";

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

async function single(histories: AsyncIterable<History>): Promise<History> {
  const history = await firstHistory(histories);
  if (history === undefined) throw new RefusedError("A listing of one dataset told nothing about it");
  return history;
}
