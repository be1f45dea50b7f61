/**
 * The one door through which anything is destroyed: rollbacks, snapshots, bookmarks, datasets, partial receives.
 *
 * It says what is lost before it is lost, and wants to know why that is right: what goes because the source lacks it needs
 * a proof of that. Dry runs need no care here: the world of a dry run changes nothing
 * (`zfs/layers.ts`).
 * @module
 */
import { RefusedError } from "../model/errors.ts";
import type { ChangeAction } from "../model/action.ts";
import type { Job } from "../model/job.ts";
import type { Level, Logger } from "../model/log.ts";
import { type Loss, lossName } from "../plan/limits/mod.ts";
import type { Cancel, ChangeReport, Zfs } from "../zfs/world.ts";
import { Absence } from "./absence.ts";
import type { DeletionGuard } from "./limits/mod.ts";
import { dryPrefix } from "./job/context.ts";

/** A change that loses something. */
export type DestructiveAction = Extract<
  ChangeAction,
  { kind: "rollback" | "destroy-snapshots" | "destroy-bookmark" | "destroy-dataset" | "abort-receive" }
>;

/** What the log says about a loss, before it happens. */
export interface LossNotice {
  readonly level: Level;
  readonly label: string;
  readonly text: string;
}

/** Logs what will be lost. Also for a group of losses that are then performed one by one with {@linkcode destroy}. */
export function announceLoss(notice: LossNotice, context: { readonly job: Job; readonly log: Logger }): void {
  context.log.log(notice.level, `${dryPrefix(context.job)}${notice.label}`, notice.text);
}

/** Why a loss is right: the source was shown to lack it, or a reason that has nothing to do with what the source lacks. */
export type Grounds =
  | Absence
  /** The user has named the virtual source: nothing counts as present there. */
  | "dummy source"
  /** `zfs` itself refuses unless it is empty. */
  | "empty"
  /** What this program has made and does not need any more: temporary bookmarks, guards, partial receives. */
  | "own state"
  /** Changes that no snapshot holds, back to the newest snapshot. */
  | "unsaved changes"
  /** It is a clone of what goes, or below one, and the user wants those to go along. */
  | "dependent"
  /** This program has set it aside, longer ago than the user wants it. */
  | "set aside";

/** A change that loses something, why that is right, and what is lost. */
export interface Destruction {
  readonly action: DestructiveAction;
  readonly grounds: Grounds;
  /** Everything that the action names, by guid; others may be among them. None for what is this program's own state. */
  readonly losses: readonly Loss[];
}

/**
 * Destroys what {@linkcode announceLoss} has announced. Throws `CommandError`; `RefusedError` for snapshots whose names
 * would mean others; and `TypeError` for what the losses do not name, for what the guard of the run has not admitted, and
 * for what the proof that is given as grounds does not cover.
 */
export async function destroy(
  zfs: Zfs,
  { action, grounds, losses }: Destruction,
  { guard }: { readonly guard: DeletionGuard },
  options: Cancel,
): Promise<ChangeReport> {
  if (action.kind === "destroy-snapshots") action.tags.forEach(checkTag);
  const names = grounds === "own state" ? [] : namesIn(action);
  const changes = losses.find(({ what }) => what === "changes");
  const byName = new Map(losses.filter(({ what }) => what !== "changes").map((loss) => [lossName(loss), loss]));
  const isKnown = names.every((name) => byName.has(name));
  if (!isKnown || !covers(grounds, action)) {
    throw new TypeError(`Nothing proves that this may go: ${zfs.describe(action).join("; ")}`);
  }
  const lost = names.map((name) => byName.get(name)!);
  if (!guard.spend(lost)) {
    throw new TypeError(`Nobody has asked whether the limits allow this: ${zfs.describe(action).join("; ")}`);
  }
  if (action.kind === "rollback" && changes !== undefined && guard.refuses(changes)) {
    throw new TypeError(`Nobody has asked whether the applied plan holds ${action.to}`);
  }
  if (names.length === 0 || action.kind === "abort-receive") return await zfs.apply(action, options);
  return await zfs.apply({ ...action, destroyed: lost }, options);
}

/** Names of all that an action destroys, as far as the action names it. */
function namesIn(action: DestructiveAction): string[] {
  switch (action.kind) {
    case "rollback": {
      const dataset = action.to.slice(0, action.to.indexOf("@"));
      return action.destroys.map((tag) => `${dataset}@${tag}`);
    }
    case "destroy-snapshots":
      return action.tags.map((tag) => `${action.dataset}@${tag}`);
    case "destroy-bookmark":
      return [`${action.dataset}#${action.tag}`];
    case "destroy-dataset":
      return [action.dataset];
    case "abort-receive":
      return [];
  }
}

/** True if everything that an action loses is covered by its grounds. */
function covers(grounds: Grounds, action: DestructiveAction): boolean {
  const isProof = grounds instanceof Absence;
  if (grounds === "own state") return action.kind === "abort-receive" || action.kind === "destroy-bookmark";
  switch (action.kind) {
    case "rollback": {
      const dataset = action.to.slice(0, action.to.indexOf("@"));
      return isProof
        ? grounds.isComplete && action.destroys.every((tag) => grounds.lacks(`${dataset}@${tag}`))
        : action.destroys.length === 0;
    }
    case "destroy-snapshots":
      return !isProof || action.tags.every((tag) => grounds.lacks(`${action.dataset}@${tag}`));
    case "destroy-bookmark":
      return !isProof || grounds.lacks(`${action.dataset}#${action.tag}`);
    case "destroy-dataset":
      return !isProof || grounds.lacks(action.dataset);
    case "abort-receive":
      return isProof && grounds.lacks(`${action.dataset}/%recv`);
  }
}

/**
 * `zfs destroy d@a,b` is a list and `d@a%b` a range. No ZFS names a snapshot so: a listing that does is not believed.
 */
function checkTag(tag: string): void {
  if (!/[,%@#/]|^$/.test(tag)) return;
  throw new RefusedError(`Cannot destroy a snapshot called '${tag}': zfs would take that for the names of others`, {
    hint: "Find out what prints this name in place of zfs",
  });
}
