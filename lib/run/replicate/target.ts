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
import { occupancyOf } from "../datasets.ts";
import { announceLoss } from "../destroy.ts";
import { dryPrefix } from "../job/context.ts";
import type { DatasetTask, ReplicationContext } from "./context.ts";

/** Creates what is missing above the destination, from the pool downwards. Returns whether anything was missing. */
export async function createAncestors(
  { destination, signal, tid }: DatasetTask,
  { world, job, log, state: { existing } }: ReplicationContext,
): Promise<boolean> {
  const ancestors = ancestorsOf(destination);
  const parent = ancestors.at(-1);
  if (existing.has(destination) || parent === undefined || existing.has(parent)) return false;
  const mount = zfsAtLeast(world.destination.capabilities, 2, 1, 0) ? "no" : "default";
  const missing = ancestors.filter((ancestor) => !existing.has(ancestor));
  // The dataset of a pool is there, though nobody has looked; `zfs create -p` leaves what exists alone.
  const shown = missing.filter((ancestor) => ancestor.includes("/"));
  const label = `${dryPrefix(job)}${tid} Creating ancestors of the destination unless they exist: `;
  if (shown.length > 0) log.log("INFO", label, shown.join(", "));
  for (const dataset of missing) {
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
 * Whether a stream replaces what a destination without snapshots holds (docs/spec/replication.md §20), which may have had
 * some until they were destroyed to make room for it. This does not
 * pass the destructive door, since `zfs receive -F` itself refuses to replace snapshots of that dataset.
 */
export async function replacementOf(
  transfer: Transfer,
  force: ForcePolicy,
  { destination, type, signal, tid }: DatasetTask,
  context: ReplicationContext,
  hadSnapshots: boolean,
): Promise<"none" | "allowed" | "by-force"> {
  const { world, job, state: { existing } } = context;
  const found = existing.has(destination) ? await occupancyOf(destination, world.destination, { signal }) : undefined;
  const isResumed = transfer.kind === "resume";
  const target: FullTarget = found === undefined
    ? { kind: "absent" }
    : { kind: "present", ...found, isUnfinished: isResumed };
  // No plan holds what no snapshot holds: it goes only with snapshots that have just been destroyed as the plan says.
  const isKept = job.appliedPlan !== undefined && !hadSnapshots;
  const existingData = isKept ? "refuse" : context.policy.existingData;
  const allowed = isKept ? { replaceUnrelated: false } : force;
  if (!replacesTarget({ destination, type, target, force: allowed, existingData })) return "none";
  if (!isResumed) {
    const label = `${tid} Overwriting a destination that has no snapshots: `;
    const below = found?.below ?? [];
    const others = below.length === 0 ? "" : ` (this unmounts what is below it: ${below.join(", ")})`;
    announceLoss({ level: "URGENT", label, text: destination + others }, context);
  }
  return found?.occupied !== undefined ? "by-force" : "allowed";
}
