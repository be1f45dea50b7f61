/**
 * A failure as data: what the error says, what it knows, and nothing that is secret.
 * @module
 */
import { AppError, CommandError, exitCodeOf, messageOf, PartialFailure } from "../model/errors.ts";
import { TransferError } from "../model/transfer_error.ts";
import { redactText } from "./redaction.ts";

/** A failure. */
export interface Failure {
  /** Name of the class of the error, such as `TransferError`. */
  readonly type: string;
  /** The finding in words. */
  readonly message: string;
  /** The same in a few words, if the message is long. */
  readonly brief?: string;
  /** What the user can do about it. */
  readonly hint?: string;
  /** Exit status that it asks for. */
  readonly exitStatus: number;
  /** The command that failed. */
  readonly command?: FailedCommand;
  /** All stages of the pipeline that failed, in the order of the data. */
  readonly stages?: readonly FailedStage[];
  /** What else failed and was tolerated, the first one left out. */
  readonly others?: number;
}

/** A command that failed. */
export interface FailedCommand {
  /** The command as it can be pasted, without secrets. */
  readonly text: string;
  /** Name of the host that it ran on. */
  readonly host: string;
  /** Its exit status, −N if it was ended by signal N. */
  readonly status: number;
  /** What its stderr was about. */
  readonly fault: string;
}

/** One stage of a pipeline that failed. */
export interface FailedStage {
  /** What the stage is for, such as `send` or `receive`. */
  readonly role: string;
  /** Name of the host that it ran on. */
  readonly host: string;
  /** Absent if its shell said nothing. */
  readonly status?: number;
  /** True for the one that failed first. */
  readonly isCulprit: boolean;
}

/** A peer may talk without end. */
const MAX_TEXT_LENGTH = 4096;

/** The facts about an error. Anything that is no error of this program is a defect, and named by its class. */
export function failureOf(error: unknown): Failure {
  const { hint, brief } = error instanceof AppError ? error : {};
  return {
    type: error instanceof Error ? error.name : "Error",
    message: presentable(messageOf(error)),
    ...(brief === undefined ? {} : { brief: presentable(brief) }),
    ...(hint === undefined ? {} : { hint: presentable(hint) }),
    exitStatus: exitCodeOf(error),
    ...commandOf(error),
    ...(error instanceof PartialFailure ? { others: Math.max(0, error.messages.length - 1) } : {}),
  };
}

function commandOf(error: unknown): Pick<Failure, "command" | "stages"> {
  if (error instanceof PartialFailure) return commandOf(error.cause);
  if (!(error instanceof CommandError)) return {};
  const { command, host, status, fault } = error.failure;
  const stages = error instanceof TransferError ? { stages: stagesOf(error) } : {};
  return { command: { text: presentable(command), host, status, fault }, ...stages };
}

function stagesOf({ transfer }: TransferError): FailedStage[] {
  return transfer.stages.map((stage) => {
    const { role, host, status } = stage;
    return { role, host, ...(status === undefined ? {} : { status }), isCulprit: stage === transfer.culprit };
  });
}

function presentable(text: string): string {
  const safe = redactText(text);
  return safe.length > MAX_TEXT_LENGTH ? `${safe.slice(0, MAX_TEXT_LENGTH)}…` : safe;
}
