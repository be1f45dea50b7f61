/**
 * Prepares the destination of a full send: the datasets above it, and whether the stream replaces what is there.
 * @module
 */
import type { Transfer } from "../../model/action.ts";
import { zfsAtLeast } from "../../model/capabilities.ts";
import { ancestorsOf } from "../../model/dataset.ts";
import { CommandError, Retryable } from "../../model/errors.ts";
import type { ForcePolicy } from "../../model/job.ts";
import { type FullTarget, replacesTarget } from "../../plan/replication/mod.ts";
import { occupiedBelow } from "../datasets.ts";
import { announceLoss } from "../destroy.ts";
import type { DatasetTask, ReplicationContext } from "../job/context.ts";

/** Creates what is missing above the destination, from the pool downwards. Returns whether anything was missing. */
export async function createAncestors(
  { destination, signal }: DatasetTask,
  { world, existing, job }: ReplicationContext,
): Promise<boolean> {
  const ancestors = ancestorsOf(destination);
  const parent = ancestors.at(-1);
  if (existing.has(destination) || parent === undefined || existing.has(parent)) return false;
  const mount = zfsAtLeast(world.destination.capabilities, 2, 1, 0) ? "no" : "default";
  for (const dataset of ancestors.filter((ancestor) => !existing.has(ancestor))) {
    try {
      await world.destination.apply({ kind: "create-filesystem", dataset, mount }, { signal });
    } catch (error) {
      throw error instanceof CommandError ? new Retryable(error, { display: "zfs create" }) : error;
    }
    if (job.dryRun === "off") existing.add(dataset);
  }
  return true;
}

/**
 * Whether a stream replaces what a destination without snapshots holds (docs/spec/replication.md §20). This does not
 * pass the destructive door, since `zfs receive -F` itself refuses to replace snapshots of that dataset.
 */
export async function replacementOf(
  transfer: Transfer,
  force: ForcePolicy,
  { destination, signal, tid }: DatasetTask,
  context: ReplicationContext,
): Promise<"none" | "allowed" | "by-force"> {
  const { existing, world } = context;
  const target: FullTarget = existing.has(destination)
    ? { kind: "present", occupied: await occupiedBelow(destination, world.destination, { signal }) }
    : { kind: "absent" };
  if (!replacesTarget(destination, target, force)) return "none";
  if (transfer.kind !== "resume") {
    const label = `${tid} Overwriting a destination that has no snapshots: `;
    announceLoss({ level: "INFO", label, text: destination }, context);
  }
  return target.kind === "present" && target.occupied !== undefined ? "by-force" : "allowed";
}
