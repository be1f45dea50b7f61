/**
 * A transfer that failed: which stage of the pipeline was to blame, and how every stage ended.
 * @module
 */
import { type AppErrorOptions, CommandError, type Diagnosis, endOfStderr } from "./errors.ts";

/** How one stage of a pipeline ended. */
export interface StageEnd {
  /** `send`, `receive`, … or `connect` for an ssh. */
  readonly role: string;
  /** Host on which it ran, `localhost` for this one. */
  readonly host: string;
  /** The command as shell text. */
  readonly command: string;
  /** Exit status; above 128: 128 + number of a signal; `undefined` = its shell said nothing. */
  readonly status: number | undefined;
}

/** The facts about a failed transfer. */
export interface TransferFailure extends Diagnosis {
  /** The stage that failed first; others may have failed because of it. */
  readonly culprit: StageEnd;
  /** What was on stderr when the culprit ended, its own message last. */
  readonly culpritStderr: string;
  /** All stages, in the order of the data. */
  readonly stages: readonly StageEnd[];
  /** The end of stderr of the whole pipeline. */
  readonly stderr: string;
}

/** A send/receive pipeline failed. `failure` holds command, host and status of the culprit, and all of stderr. */
export class TransferError extends CommandError {
  override readonly name = "TransferError";
  readonly transfer: TransferFailure;

  constructor(transfer: TransferFailure, options: AppErrorOptions = {}) {
    const { command, host, status = UNKNOWN_STATUS } = transfer.culprit;
    super({ ...transfer, command, host, status }, options);
    this.transfer = transfer;
    this.message = describe(transfer);
  }
}

/** Stands for the status of a stage that gave none. */
const UNKNOWN_STATUS = 255;

const MESSAGE_LINES = 3;

function describe({ culprit, culpritStderr, stages }: TransferFailure): string {
  const end = culprit.status === undefined
    ? "ended without telling its exit status"
    : `returned non-zero exit status ${culprit.status}`;
  const place = `stage ${culprit.role} on ${culprit.host}, ${stages.indexOf(culprit) + 1} of ${stages.length}`;
  return `Command '${culprit.command}' ${end}. (${place})${endOfStderr(culpritStderr, MESSAGE_LINES)}`;
}
