/**
 * Partially received state at the destination: tokens, whether they fit, and clearing what blocks everything else.
 *
 * Source: docs/spec/replication.md §7.
 * @module
 */
import { CommandError, RefusedError, Retryable } from "../../model/errors.ts";
import type { Dataset } from "../../model/dataset.ts";
import { inflate } from "../../model/nvlist/mod.ts";
import { readNvlist } from "../../model/nvlist/mod.ts";
import { type Guid, isSnapshot, type Version, versionName } from "../../model/snapshot.ts";
import { pythonList } from "../../model/text/mod.ts";
import { whyNotResumable } from "../../model/capabilities.ts";
import {
  objectionTo,
  type Observation,
  openToken,
  rawModeQuestion,
  readToken,
  receiveStateVerdict,
  type ResumeToken,
} from "../../plan/replication/mod.ts";
import type { WorkContext } from "../job/context.ts";
import type { DatasetTask, ReplicationContext } from "./context.ts";
import { Absence } from "../absence.ts";
import { announceLoss, destroy, type Grounds } from "../destroy.ts";

/** Whether receives are resumable, and what is there to resume. */
export interface ReceiveState {
  /** Give `-s` to `zfs receive`. */
  readonly resumable: boolean;
  readonly token: string | undefined;
}

/**
 * Asks the destination for a partial receive, unless a listing has shown that there is none: `zfs receive` refuses a stream
 * if one has begun since. Throws `Retryable`.
 */
export async function observeReceiveState(
  task: DatasetTask,
  context: ReplicationContext,
  { isClear }: { readonly isClear: boolean },
): Promise<ReceiveState> {
  if (!context.policy.resumable) return { resumable: false, token: undefined };
  const obstacle = whyNotResumable(context.world.destination.capabilities);
  if (obstacle !== undefined) {
    const reason = obstacle === "feature-missing"
      ? "ZFS receive resume feature is not available on destination dataset"
      : "ZFS receive resume feature is unreliable as zfs version is too old";
    context.log.log("WARN", "", `${reason}. Falling back to --no-resume-recv: ${task.destination}`);
    return { resumable: false, token: undefined };
  }
  if (isClear || !context.state.existing.has(task.destination)) return { resumable: true, token: undefined };
  const token = await context.world.destination.receiveToken(task.destination, { signal: task.signal });
  return { resumable: true, token };
}

/** A version of the source that a partial receive needs. */
interface Needed {
  /** Its name, as far as it is known. */
  readonly name: string | undefined;
  readonly guid: Guid;
}

/** What an interrupted receive was to bring, and from where on. */
export interface Resumed {
  readonly target: Needed;
  readonly base: Needed | undefined;
}

/**
 * Decodes a token and checks that it may be completed; a token that may not is cleared.
 *
 * Throws `Retryable` after clearing, and if the token cannot be read: then it is kept, since it may have been cut on its
 * way; also if the source still has what a listing, or `zfs send`, says it lacks. `RefusedError` where a dry run cannot
 * clear.
 */
export async function validateToken(
  token: string,
  { seen, base }: { readonly seen: Observed; readonly base: Guid | undefined },
  task: DatasetTask,
  context: ReplicationContext,
): Promise<ResumeToken> {
  const decoded = await decode(token, task);
  if (typeof decoded === "string") {
    throw await cleared(`because zfs receive resume token cannot be trusted: ${decoded}`, task, context);
  }
  const resumed = resumedBy(decoded, seen);
  await context.world.source.checkToken(token, { signal: task.signal }).catch((error: unknown) =>
    reactToFailure(error, "zfs send -t", { ...task, resumed }, context)
  );
  const [snapshots, versions] = [seen.usable.filter(isSnapshot), seen.usable].map((some) =>
    new Set(some.map(({ guid }) => guid))
  );
  const { source, selected } = seen;
  const objection = objectionTo(decoded, { source, selected, base, snapshots: snapshots!, versions: versions! });
  if (objection !== undefined) {
    const needed = objection.unlisted === decoded.guid ? resumed.target : resumed.base;
    const grounds = objection.unlisted === undefined ? "own state" : await proveLacking(needed!, task, context);
    const what = objection.kind === "stale" ? "stale" : "not a selected source snapshot";
    throw await cleared(`because zfs receive resume token is ${what}`, task, context, grounds);
  }
  if (await hasRawConflict(decoded, task, context)) {
    const retry = await cleared(
      `as zfs receive resume token raw mode conflicts with --zfs-send-program-opts: ` +
        pythonList(context.policy.sendOptions),
      task,
      context,
    );
    if (context.job.dryRun === "off") throw retry;
    throw new RefusedError("Cannot clear the ZFS receive resume token because --dryrun never modifies state.");
  }
  return decoded;
}

/** What of an observation decides about a token. */
type Observed = Pick<Observation, "source" | "usable" | "selected" | "destinationSnapshots">;

/**
 * Names of what a token needs: the source's own, else those by which the destination, or the token, knows it. A token may
 * have been made up: no name of another dataset is taken from it.
 */
function resumedBy({ name, guid, fromGuid }: ResumeToken, seen: Observed): Resumed {
  const own = name.startsWith(`${seen.source}@`) ? name : undefined;
  const nameOf = (version: Version | undefined): string | undefined => version && versionName(version);
  const target = seen.usable.find((version) => isSnapshot(version) && version.guid === guid);
  const base = seen.usable.find((version) => version.guid === fromGuid);
  const copy = seen.destinationSnapshots?.find((snapshot) => snapshot.guid === fromGuid);
  const baseName = nameOf(base) ?? (copy && `${seen.source}@${copy.tag}`);
  return {
    target: { name: nameOf(target) ?? own, guid },
    base: fromGuid === undefined ? undefined : { name: baseName, guid: fromGuid },
  };
}

/**
 * Asks the source by name for what it is said to lack. Throws `Retryable` unless it denies it: what says so is a listing,
 * or an iteration of `zfs send`, that may have ended early.
 */
async function proveLacking(
  { name, guid }: Needed,
  { destination, signal }: ReceivingTask,
  context: WorkContext,
): Promise<Absence> {
  const suspect = { name: `${destination}/%recv`, counterparts: name === undefined ? [] : [name], guid };
  const absence = await Absence.prove([suspect], { ...context, signal });
  if (absence.isComplete) return absence;
  const text = `Cannot tell whether the source still has what an interrupted receive of ${destination} needs`;
  throw new Retryable(new RefusedError(text, { hint: adviceToDrop(destination) }), { display: "zfs send -t" });
}

async function decode(token: string, { destination }: DatasetTask): Promise<ResumeToken | string> {
  const sealed = openToken(token);
  const packed = sealed && await inflate(sealed.compressed, sealed.size);
  const pairs = packed && readNvlist(packed);
  if (pairs !== undefined) return readToken(pairs);
  const text = `Cannot read the resume token of ${destination}`;
  throw new Retryable(new RefusedError(text, { hint: adviceToDrop(destination) }), { display: "zfs send -t" });
}

function adviceToDrop(destination: Dataset): string {
  return `If that stays so, drop what was partially received: zfs receive -A ${destination}`;
}

async function hasRawConflict(token: ResumeToken, task: DatasetTask, context: ReplicationContext): Promise<boolean> {
  const verdict = rawModeQuestion(token, context.policy.sendOptions);
  if (verdict !== "ask-encryption") return verdict === "conflict";
  return await context.world.source.encryptionRoot(task.source, { signal: task.signal }) !== "-";
}

/**
 * Clears, and returns what asks for a new attempt. If attempts are exhausted the cause is no tolerable failure, so that
 * a run never goes on with state that keeps coming back (docs/spec/replication.md §7.2).
 */
async function cleared(
  display: string,
  task: DatasetTask,
  context: ReplicationContext,
  grounds: Grounds = "own state",
): Promise<Retryable> {
  await clearReceiveState(grounds, task, context);
  return new Retryable(new Error(`Cannot resume the interrupted receive of ${task.destination} ${display}`), {
    display,
    immediatelyOnce: true,
  });
}

/** What clearing needs to know of a task. */
type ReceivingTask = Pick<DatasetTask, "destination" | "signal"> & {
  /** Present if a receive is being resumed. */
  readonly resumed?: Resumed | undefined;
};

/** Drops the partial state. Throws `Retryable` if that fails. */
async function clearReceiveState(grounds: Grounds, task: ReceivingTask, context: WorkContext): Promise<void> {
  const label = "Aborting an interrupted zfs receive -s, deleting partially received state: ";
  announceLoss({ level: "WARN", label, text: task.destination }, context);
  try {
    const action = { kind: "abort-receive", dataset: task.destination } as const;
    await destroy(context.world.destination, { action, grounds, losses: [] }, context, { signal: task.signal });
  } catch (error) {
    throw error instanceof CommandError ? new Retryable(error) : error;
  }
}

/**
 * Turns the failure of a command about the destination into a new attempt, after clearing partial state if the failure
 * says that it is in the way, or that it cannot be completed and the source confirms that. Never returns.
 */
export async function reactToFailure(
  error: unknown,
  display: string,
  task: ReceivingTask,
  context: WorkContext,
): Promise<never> {
  if (!(error instanceof CommandError)) throw error;
  const { clear, retryAtOnce } = receiveStateVerdict(error.failure, task.destination);
  if (clear === "blocked") await clearReceiveState("own state", task, context);
  const missing = clear === "target" || clear === "base" ? task.resumed?.[clear] : undefined;
  if (missing !== undefined) await clearReceiveState(await proveLacking(missing, task, context), task, context);
  throw new Retryable(error, { display, immediatelyOnce: retryAtOnce });
}
