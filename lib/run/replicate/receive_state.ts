/**
 * Partially received state at the destination: tokens, whether they fit, and clearing what blocks everything else.
 *
 * Source: docs/spec/replication.md §7.
 * @module
 */
import { CommandError, RefusedError, Retryable } from "../../model/errors.ts";
import { inflate } from "../../model/inflate.ts";
import { readNvlist } from "../../model/nvlist.ts";
import { pythonList } from "../../model/text/mod.ts";
import { whyNotResumable } from "../../model/capabilities.ts";
import {
  objectionTo,
  openToken,
  rawModeQuestion,
  readToken,
  type ResumeToken,
  type TokenFit,
} from "../../plan/replication/mod.ts";
import { receiveStateVerdict } from "../../zfs/diagnosis.ts";
import type { DatasetTask, PairContext, ReplicationContext } from "../job/context.ts";
import { announceLoss, destroy } from "../destroy.ts";

/** Whether receives are resumable, and what is there to resume. */
export interface ReceiveState {
  /** Give `-s` to `zfs receive`. */
  readonly resumable: boolean;
  readonly token: string | undefined;
}

/** Asks the destination for a partial receive. Throws `Retryable`. */
export async function observeReceiveState(task: DatasetTask, context: ReplicationContext): Promise<ReceiveState> {
  if (!context.policy.resumable) return { resumable: false, token: undefined };
  const obstacle = whyNotResumable(context.world.destination.capabilities);
  if (obstacle !== undefined) {
    const reason = obstacle === "feature-missing"
      ? "ZFS receive resume feature is not available on destination dataset"
      : "ZFS receive resume feature is unreliable as zfs version is too old";
    context.log.log("WARN", "", `${reason}. Falling back to --no-resume-recv: ${task.destination}`);
    return { resumable: false, token: undefined };
  }
  if (!context.existing.has(task.destination)) return { resumable: true, token: undefined };
  const token = await context.world.destination.receiveToken(task.destination, { signal: task.signal });
  return { resumable: true, token };
}

/**
 * Decodes a token and checks that it may be completed; a token that may not is cleared.
 *
 * Throws `Retryable` after clearing, and if the token cannot be read: then it is kept, since it may have been cut on its
 * way. `RefusedError` where a dry run cannot clear.
 */
export async function validateToken(
  token: string,
  fit: TokenFit,
  task: DatasetTask,
  context: ReplicationContext,
): Promise<ResumeToken> {
  const decoded = await decode(token, task);
  if (typeof decoded === "string") {
    throw await cleared(`because zfs receive resume token cannot be trusted: ${decoded}`, task, context);
  }
  await context.world.source.checkToken(token, { signal: task.signal }).catch((error: unknown) =>
    reactToFailure(error, "zfs send -t", task, context)
  );
  const objection = objectionTo(decoded, fit);
  if (objection === "stale") {
    throw await cleared("because zfs receive resume token is stale", task, context);
  }
  if (objection === "not-selected") {
    throw await cleared("because zfs receive resume token is not a selected source snapshot", task, context);
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

async function decode(token: string, { destination }: DatasetTask): Promise<ResumeToken | string> {
  const sealed = openToken(token);
  const packed = sealed && await inflate(sealed.compressed, sealed.size);
  const pairs = packed && readNvlist(packed);
  if (pairs !== undefined) return readToken(pairs);
  const hint = `If that stays so, drop what was partially received: zfs receive -A ${destination}`;
  throw new Retryable(new RefusedError(`Cannot read the resume token of ${destination}`, { hint }), {
    display: "zfs send -t",
  });
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
async function cleared(display: string, task: DatasetTask, context: ReplicationContext): Promise<Retryable> {
  await clearReceiveState(task, context);
  return new Retryable(new Error(`Cannot resume the interrupted receive of ${task.destination} ${display}`), {
    display,
    immediatelyOnce: true,
  });
}

/** What clearing needs to know of a task. */
type ReceivingTask = Pick<DatasetTask, "destination" | "signal">;

/** Drops the partial state. Throws `Retryable` if that fails. */
async function clearReceiveState(task: ReceivingTask, context: PairContext): Promise<void> {
  const label = "Aborting an interrupted zfs receive -s, deleting partially received state: ";
  announceLoss({ level: "WARN", label, text: task.destination }, context);
  try {
    const action = { kind: "abort-receive", dataset: task.destination } as const;
    await destroy(context.world.destination, action, "own state", { signal: task.signal });
  } catch (error) {
    throw error instanceof CommandError ? new Retryable(error) : error;
  }
}

/**
 * Turns the failure of a command about the destination into a new attempt, after clearing partial state if the failure
 * says that it is in the way. Never returns.
 */
export async function reactToFailure(
  error: unknown,
  display: string,
  task: ReceivingTask,
  context: PairContext,
): Promise<never> {
  if (!(error instanceof CommandError)) throw error;
  const verdict = receiveStateVerdict(error.failure.stderr, task.destination);
  if (verdict.clear) await clearReceiveState(task, context);
  throw new Retryable(error, { display, immediatelyOnce: verdict.retryAtOnce });
}
