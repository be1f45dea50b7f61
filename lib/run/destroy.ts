/**
 * The one door through which anything is destroyed: rollbacks, snapshots, bookmarks, datasets, partial receives.
 *
 * It says what is lost before it is lost. Dry runs need no care here: the world of a dry run changes nothing
 * (`zfs/layers.ts`).
 * @module
 */
import { RefusedError } from "../model/errors.ts";
import type { ChangeAction } from "../model/action.ts";
import type { Job } from "../model/job.ts";
import type { Level, Logger } from "../model/log.ts";
import type { Cancel, ChangeReport, Zfs } from "../zfs/world.ts";
import { dryPrefix } from "./job/context.ts";

/** A change that loses something. */
export type DestructiveAction = Extract<
  ChangeAction,
  { kind: "rollback" | "destroy-snapshots" | "destroy-bookmark" | "destroy-dataset" | "abort-receive" }
>;

/** What the log says about a loss, before it happens. */
export interface Obituary {
  readonly level: Level;
  readonly label: string;
  readonly text: string;
}

/** Logs what will be lost. Also for a group of losses that are then performed one by one with {@linkcode destroy}. */
export function announceLoss(obituary: Obituary, context: { readonly job: Job; readonly log: Logger }): void {
  context.log.log(obituary.level, `${dryPrefix(context.job)}${obituary.label}`, obituary.text);
}

/**
 * Destroys what {@linkcode announceLoss} has announced. Throws `CommandError`, and `RefusedError` for snapshots whose
 * names would mean others.
 */
export async function destroy(zfs: Zfs, action: DestructiveAction, options: Cancel): Promise<ChangeReport> {
  if (action.kind === "destroy-snapshots") action.tags.forEach(checkTag);
  return await zfs.apply(action, options);
}

/**
 * `zfs destroy d@a,b` is a list and `d@a%b` a range. No ZFS names a snapshot so: whoever says it does is not believed.
 */
function checkTag(tag: string): void {
  if (!/[,%@#/]|^$/.test(tag)) return;
  throw new RefusedError(`Cannot destroy a snapshot called '${tag}': zfs would take that for the names of others`, {
    hint: "Find out what prints this name in place of zfs",
  });
}
