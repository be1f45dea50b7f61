/**
 * What the destination has and the source lacks: whether it may go, why that is right, and how it goes.
 *
 * Source: docs/spec/replication.md §5.
 * @module
 */
import { CommandError, ConflictError, Retryable } from "../../../model/errors.ts";
import { type Snapshot, versionName } from "../../../model/snapshot.ts";
import { counted, pythonList } from "../../../model/text/mod.ts";
import type { Decision, Observation, Resolution } from "../../../plan/replication/mod.ts";
import { isOwn, type Loss, lossOfVersion } from "../../../plan/limits/mod.ts";
import type { BusyGate } from "../busy_gate.ts";
import type { DatasetTask, ReplicationContext } from "../context.ts";
import { sourceListing } from "../observation.ts";
import { Absence } from "../../absence.ts";
import { announceLoss, destroy, type DestructiveAction, type Grounds } from "../../destroy.ts";
import { destroyAll } from "../../destroy_tree.ts";
import { reactToFailure } from "../receive_state.ts";

/** True if the limits do not allow what a decision destroys. Then nothing is done for the dataset. */
export function isHeldBack(decision: Decision, seen: Observation, context: ReplicationContext): boolean {
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

/** Removes what only the destination has. */
export async function resolve(
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
    const { spareSetAside } = await import("../moves/mod.ts");
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
export function lostBySource(
  common: Snapshot | undefined,
  { usable, destinationSnapshots = [] }: Observation,
): Snapshot[] {
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
export async function proveLacking(
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
