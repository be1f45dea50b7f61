/**
 * The error classes, the exit status that each one asks for, and their order of severity.
 *
 * An error carries its own verdict: exit status, whether a retry can help, and a hint for the user. Only `main.ts`
 * turns a verdict into an exit. Classes exist only where someone catches them or where the status differs.
 * @module
 */

/** What a failed `zfs` or `ssh` command was about, as `zfs/diagnosis.ts` reads it from stderr. */
export type Fault =
  | "gone"
  | "exists"
  | "busy"
  | "held"
  | "partial-receive-blocks"
  | "token-stale"
  /** An encrypted destination does not take embedded blocks; OpenZFS 2.1 may mean another feature of the stream. */
  | "embedded-blocks"
  | "has-clones"
  | "has-children"
  | "denied"
  | "read-only"
  | "unsupported"
  | "no-space"
  | "connection"
  | "unknown";

/** Why a snapshot cannot be destroyed: it has clones, or is held or busy. */
export type Block = "cloned" | "in-use";

/** What a failure says about partially received state of the destination (docs/spec/replication.md §7.4). */
export interface PartialReceiveFault {
  /** The partial state of the dataset that the command was about is in the way of everything else. */
  readonly blocks: boolean;
  /** Datasets whose partial state is named as what is in the way. */
  readonly blockers: readonly string[];
  /**
   * The sender says that the snapshot to be received, or its base, does not exist any more. It looks for them by
   * iterations, which end early without a word.
   */
  readonly gone?: "target" | "base";
  /** The stream was cut; what had arrived is kept. */
  readonly isSaved: boolean;
}

/** What stderr of a failed command says, as `zfs/diagnosis.ts` reads it. */
export interface Diagnosis {
  readonly fault: Fault;
  /**
   * Snapshots, by full name, that kept a `zfs destroy` of several snapshots from destroying any. ZFS may name only the
   * first of them.
   */
  readonly blocked?: ReadonlyMap<string, Block>;
  readonly partialReceive?: PartialReceiveFault;
}

/** Options common to all errors of the program. */
export interface AppErrorOptions {
  /** What the user can do about it: a full sentence. */
  readonly hint?: string | undefined;
  /** What it is called in a few words, where the message is long and was told before. */
  readonly brief?: string | undefined;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/** Base class of every error that the program expects. */
export class AppError extends Error {
  /** Name of the class. */
  override readonly name: string = "AppError";
  /** Exit status of the process if this error ends the run. See docs/spec/cli.md §3. */
  readonly exitCode: number = 3;
  /** What the user can do about it. */
  readonly hint: string | undefined;
  /** What it is called in a few words; absent where the message is short enough. */
  readonly brief: string | undefined;

  /** Makes an error with a message for the user. */
  constructor(message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
    this.brief = options.brief;
  }
}

/** The command line is wrong. Printed on stderr before any log exists; status 2. */
export class UsageError extends AppError {
  override readonly name = "UsageError";
  override readonly exitCode = 2;
}

/** Does what reads a part of the command line: what is wrong with that part is wrong with the command line. Throws {@linkcode UsageError}. */
export function asUsage<T>(act: () => T, about = ""): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof AppError) || error instanceof UsageError) throw error;
    throw new UsageError(about + messageOf(error), { cause: error, hint: error.hint });
  }
}

/** A rule of the program refuses to go on: the reference's `die(3)`. */
export class RefusedError extends AppError {
  /** Name of the class. */
  override readonly name: string = "RefusedError";
}

/**
 * The root of a side cannot be shown to be there any more: what was listed of it may be cut, and nothing follows from what
 * is missing. Ends the work on a pair, whatever `--skip-on-error` says.
 */
export class RootLostError extends RefusedError {
  override readonly name = "RootLostError";

  /** @param why what is said about it instead of that it is there */
  constructor(root: string, why: string) {
    super(`Cannot go on without ${root}, which was there: ${why}`, {
      hint:
        "Find out whether its pool was exported or has lost devices; nothing was deleted because of what it lacks now",
    });
  }
}

/**
 * Status of a run that did everything but what it has held back, or what concerns roots that are not there: nothing was lost,
 * and a person has to decide.
 */
export const HELD_BACK_STATUS = 5;

/** Everything was done but what is more than the limits on destruction, or what an applied plan holds and does not fit. */
export class HeldBackError extends AppError {
  override readonly name = "HeldBackError";
  override readonly exitCode = HELD_BACK_STATUS;

  constructor(
    message = "Some deletions are held back",
    hint = "If they are right, allow them once with --allow-deletions and the names of their datasets",
  ) {
    super(message, { hint });
  }
}

/** The root of a pair, or its pool, does not exist. In results it is a refusal as any other. */
export class MissingRootError extends RefusedError {
  override readonly exitCode: number;
  /** Side on which it is missing. */
  readonly side: "src" | "dst";

  /** @param isIsolated other pairs go on, and the run ends with a status that says so */
  constructor(message: string, side: "src" | "dst", options: AppErrorOptions & { readonly isIsolated?: boolean } = {}) {
    super(message, options);
    this.side = side;
    this.exitCode = options.isIsolated === true ? HELD_BACK_STATUS : 3;
  }

  /** The same, isolated from other pairs. */
  isolated(): MissingRootError {
    const hint = this.hint === undefined ? {} : { hint: this.hint };
    return new MissingRootError(this.message, this.side, { ...hint, cause: this, isIsolated: true });
  }
}

/** Source and destination histories contradict each other and no force option allows to resolve it. */
export class ConflictError extends RefusedError {
  /** Name of the class. */
  override readonly name = "ConflictError";
}

/** A program that is needed is not there. */
export class MissingToolError extends RefusedError {
  override readonly name = "MissingToolError";
}

/** The end of a child process, as data. */
export interface CommandFailure extends Diagnosis {
  /** Words of the command, without ssh prefix, or the text given to `sh -c`. */
  readonly command: string;
  /** Where it ran: a host name, or `localhost`. */
  readonly host: string;
  /** Exit status; −N for a child ended by signal N. */
  readonly status: number;
  /** The end of what it wrote to stderr. */
  readonly stderr: string;
}

/** An external command ended with a status other than 0. */
export class CommandError extends AppError {
  override readonly name: string = "CommandError";
  override readonly exitCode: number;
  /** The facts. */
  readonly failure: CommandFailure;

  constructor(failure: CommandFailure, options: AppErrorOptions = {}) {
    const { command, host, status, stderr } = failure;
    super(`Command '${command}' returned non-zero exit status ${status}. (on ${host})${endOfStderr(stderr)}`, options);
    this.failure = failure;
    this.exitCode = isLostConnection(failure) ? 3 : exitCodeOfChild(failure.status);
  }
}

/** Lines of stderr that a message quotes at most. */
const QUOTED_LINES = 5;

/** The last lines of stderr, for the end of a message; empty if there are none. */
export function endOfStderr(stderr: string, most = QUOTED_LINES): string {
  const lines = stderr.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  return lines.length === 0 ? "" : `: ${lines.slice(-most).join(" / ")}`;
}

/** Where a command ran that did not need ssh. */
const THIS_HOST = "localhost";

/** What ssh ends with if there is no connection, or none any more. */
export const SSH_FAILURE = 255;

/** True if not the command has failed but the way to its host. */
function isLostConnection({ fault, host, status }: CommandFailure): boolean {
  return fault === "connection" || (status === SSH_FAILURE && host !== THIS_HOST);
}

/** What ssh said last, if the error means that there is no way to a host; otherwise empty. */
export function reasonOfSsh(error: unknown): string {
  if (!(error instanceof CommandError) || !isLostConnection(error.failure)) return "";
  return endOfStderr(error.failure.stderr, 1).replace(/^: /, "");
}

/** A command printed more than anybody reads, and was ended for that. Status 3. */
export class ExcessError extends CommandError {
  override readonly name = "ExcessError";
  override readonly exitCode = 3;

  /** @param excess what it printed: `more than 64 KiB` */
  constructor({ command, host }: Pick<CommandFailure, "command" | "host">, excess: string) {
    super({ command, host, status: -15, stderr: "", fault: "unknown" });
    this.message = `Command '${command}' on ${host} was ended, since it printed ${excess}.`;
  }
}

/** A time limit was exceeded. */
export class TimeoutError extends AppError {
  override readonly name = "TimeoutError";
}

/** A program could not be started: this host lacks processes, memory or open files, which there may be again later. */
export class StartError extends AppError {
  override readonly name = "StartError";
}

/** Status of a run that has found another process at work on the same job. */
export const BUSY_STATUS = 4;

/** Another process works on the same job. */
export class BusyError extends AppError {
  override readonly name = "BusyError";
  override readonly exitCode = BUSY_STATUS;
}

/** Another process works on the same job, and has done so for too long. */
export class OverdueError extends AppError {
  override readonly name = "OverdueError";
}

/** Monitoring found something. Status 1 for a warning, 2 for a critical finding. */
export class AlertError extends AppError {
  override readonly name = "AlertError";
  override readonly exitCode: number;

  constructor(message: string, severity: "warning" | "critical") {
    super(message);
    this.exitCode = severity === "warning" ? 1 : 2;
  }
}

/** The run was interrupted by a signal. */
export class Cancelled extends AppError {
  override readonly name = "Cancelled";
  override readonly exitCode: number;
  /** Name of the OS signal, such as `SIGTERM`. */
  readonly signal: string;

  constructor(signal: string, number: number) {
    super(`Interrupted by ${signal}`);
    this.signal = signal;
    this.exitCode = -number & 0xff;
  }
}

/** Something failed where nobody waits for it. A defect: not an error that the program expects. */
export class UnawaitedFailure extends Error {
  override readonly name = "UnawaitedFailure";

  constructor(cause: unknown) {
    super(`Failed where nobody waits for it: ${messageOf(cause)}`, { cause });
    if (cause instanceof Error && cause.stack !== undefined) this.stack = `${this.name}: ${cause.stack}`;
  }
}

/**
 * Says that the attempt failed in a way that a fresh look at the world may cure. Thrown inside a retry loop, which
 * throws `cause` when it gives up (docs/spec/replication.md §11).
 */
export class Retryable extends Error {
  override readonly name = "Retryable";
  /** What is retried, for the log; empty for generic failures. */
  readonly display: string;
  /** The first retry is made at once, without back-off. */
  readonly immediatelyOnce: boolean;

  constructor(cause: unknown, options: { readonly display?: string; readonly immediatelyOnce?: boolean } = {}) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.display = options.display ?? "";
    this.immediatelyOnce = options.immediatelyOnce ?? false;
  }
}

/** Several failures were tolerated; the first one decides about the exit status (docs/spec/cli.md §3). */
export class PartialFailure extends AppError {
  override readonly name = "PartialFailure";
  override readonly exitCode: number;
  /** Messages of the tolerated failures, oldest first. */
  readonly messages: readonly string[];

  constructor(first: unknown, messages: readonly string[]) {
    super(messageOf(first), { cause: first, brief: first instanceof AppError ? first.brief : undefined });
    this.messages = messages;
    this.exitCode = exitCodeOf(first);
  }
}

/**
 * Exit status for the end of a child: 1 to 5 have meanings of our own and become 3; a signal's −N becomes (−N) & 0xFF.
 * A lost connection is no end of a child: it is status 3, whatever ssh ends with.
 * Source: docs/spec/cli.md §3.
 */
export function exitCodeOfChild(status: number): number {
  if (status >= 1 && status <= HELD_BACK_STATUS) return 3;
  return status & 0xff;
}

/** Exit status of the process if `error` ends the run; a defect of this program counts as 3. */
export function exitCodeOf(error: unknown): number {
  return error instanceof AppError ? error.exitCode : 3;
}

/** True for the failure of a run that is only about missing roots, which kept nothing else from its work. */
export function isIsolatedRoot(error: unknown): boolean {
  const first = error instanceof PartialFailure ? error.cause : error;
  return first instanceof MissingRootError && first.exitCode === HELD_BACK_STATUS;
}

/**
 * True for failures that `--skip-on-error` may tolerate (docs/spec/replication.md §12.3); a defect of this program is
 * none.
 */
export function isTolerable(error: unknown): boolean {
  return error instanceof AppError && !(error instanceof UsageError) && !(error instanceof Cancelled);
}

/** The first line that says to a user what went wrong, without a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What went wrong, in few words: for where the whole message was told before, and for tables. */
export function briefOf(error: unknown): string {
  return (error instanceof AppError ? error.brief : undefined) ?? messageOf(error);
}

/** What went wrong and what to do about it, in one line, which begins with what ssh said if there is no way to a host. */
export function adviceOf(error: unknown): string {
  const hint = error instanceof AppError ? error.hint : undefined;
  const message = messageOf(error);
  const reason = reasonOfSsh(error);
  const text = message.includes(reason) ? message : `${reason.replace(/\.$/, "")}. ${message}`;
  return hint === undefined ? text : `${text} (${hint.replace(/\.$/, "")})`;
}
