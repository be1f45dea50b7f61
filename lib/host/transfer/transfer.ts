/**
 * Runs a send/receive pipeline, and says which stage is to blame if it fails.
 *
 * The log shows the plain text; what runs is the watched form of the same legs (`pipeline_text.ts`), so that a failure
 * is known by stage although a shell reports only the status of the last one. Joined by a shell (`shell.ts`) or
 * by web streams (`streams.ts`). Connections are the business of the caller.
 * @module
 */
import {
  AppError,
  type Diagnosis,
  ExcessError,
  messageOf,
  RefusedError,
  Retryable,
  SSH_FAILURE,
  TimeoutError,
} from "../../model/errors.ts";
import { formatSpan } from "../../model/text/mod.ts";
import { type StageEnd, TransferError } from "../../model/transfer_error.ts";
import type { Pipeline } from "../../model/pipeline.ts";
import type { Logger } from "../../model/log.ts";
import { totalBytesOf } from "../../report/pv_lines.ts";
import type {
  Cancel,
  Clock,
  FirstChange,
  TransferOptions,
  TransferReport,
  UnappliedProperty,
} from "../../zfs/world.ts";
import { type PipelineWords, plainPipelineText, type WatchedStage, watchPipeline } from "./pipeline_text.ts";
import { type Processes, type Verdict, verdictOf } from "../process/process.ts";
import { PvFile } from "./pv_file.ts";
import type { Culprit } from "./stage_reports.ts";
import type { LiveShells } from "../shells/live_shells.ts";
import { StandstillLimit } from "../process/standstill.ts";
import { streamLook } from "./stream_watch.ts";
import { systemClock } from "../system.ts";
import type { TransferEnd } from "./end.ts";
import { superviseByShell } from "./shell.ts";
import { superviseByStreams } from "./streams.ts";

/** What all transfers of a run share. */
export interface TransferContext {
  readonly processes: Processes;
  readonly log: Logger;
  /** Who joins the commands: a shell, or we with web streams (docs/spec/replication.md §10.7). */
  readonly joinedBy: "shell" | "streams";
  /** With `--quiet` the beginning of a stream is not marked in the pv file. */
  readonly quiet: boolean;
  /** How long a sender may live on after its receiver has failed. */
  readonly patienceMs?: number;
  /** Reads what stderr was about. */
  readonly diagnose: (stderr: string) => Diagnosis;
  /** Reads which properties a receive that succeeded could not set. */
  readonly unapplied: (stderr: string) => readonly UnappliedProperty[];
  /** Shells of this host that stay: those run what is brief, if a shell joins the commands. */
  readonly shells?: Pick<LiveShells, "hold"> | undefined;
  /** How long a stream may stand still before it is ended; `Infinity` = for ever. Default: an hour. */
  readonly stallLimitMs?: number;
  readonly clock?: Clock;
  /** Called with the pv file of each metered pipeline, before it runs, also if it is suppressed. */
  readonly onMeter?: (pvFile: string) => void;
}

/** One transfer. */
export interface PipelineOptions extends Cancel, Pick<TransferOptions, "suppress" | "isBrief" | "arrival"> {
  readonly words: PipelineWords;
  /** What is done in the shell that runs `zfs send`, and before it; see {@linkcode mayBeginWithChange}. */
  readonly first?: Pick<FirstChange, "argv" | "shown" | "onMade"> | undefined;
}

/** Thrown if what was to be done first has failed: nothing was sent. */
export class FirstChangeError extends Error {
  override readonly name = "FirstChangeError";
}

/**
 * True if a change at the source may be made by the shell that runs `zfs send`: where one is at hand anyway, or is known to
 * be one. Only before a stream so small that a request of its own for the change is a considerable part of what it costs.
 *
 * @param source whether the source is here, or has a shell that answers as it should
 */
export function mayBeginWithChange(
  { via }: Pipeline,
  { isBrief = false, suppress }: Pick<TransferOptions, "isBrief" | "suppress">,
  { joinedBy, source }: Pick<TransferContext, "joinedBy"> & { readonly source: "has a shell" | "unknown" },
): boolean {
  return isBrief && !suppress && via === "local" && joinedBy === "shell" && source === "has a shell";
}

/** Default of {@linkcode TransferContext.stallLimitMs}. */
const STALL_LIMIT_MS = 3_600_000;

/**
 * Runs the pipeline to its end. Throws {@linkcode TransferError} if any stage failed, even if `zfs receive` did not,
 * {@linkcode FirstChangeError} if that is what was to be done first,
 * `ExcessError` if the stages print too much, `Retryable` if the stream stood still for too long; rejects with the
 * signal's reason. In each case all local processes are gone.
 */
export async function runTransfer(
  pipeline: Pipeline,
  options: PipelineOptions,
  context: TransferContext,
): Promise<TransferReport> {
  options.signal?.throwIfAborted();
  const plain = plainPipelineText(pipeline, options.words);
  const pvFile = openMeter(pipeline, options, context);
  if (options.suppress) {
    context.log.log("DEBUG", "Would execute: ", plain);
    return { elapsedMs: 0, bytes: undefined };
  }
  beginMeter(pvFile, context);
  const { log } = context;
  let isTold = false;
  const tell = (): void => {
    if (!isTold) log.log("DEBUG", "Executing: ", plain);
    isTold = true;
  };
  if (options.first === undefined) tell();
  else log.log("DEBUG", "Executing: ", options.first.shown);
  let startedAt = performance.now();
  const onStageEnd = ({ role }: WatchedStage, status: number): void => {
    if (role !== "first" || status !== 0) return;
    startedAt = performance.now();
    tell(); // not before: where the change has failed, nothing is sent
    options.first!.onMade();
  };
  const tellEnd = (verdict: Verdict): void =>
    context.processes.tellEnd(verdict, performance.now() - startedAt, () => `sh -c ${plain}`);
  using stall = watchStream(pipeline, pvFile, options, context);
  const signal = AbortSignal.any([stall.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const end = await supervise(pipeline, { ...options, signal }, context, onStageEnd).catch((error: unknown) => {
    tellEnd(verdictOf(error));
    const isStalled = stall.signal.aborted && !options.signal?.aborted;
    throw isStalled ? new Retryable(error, { display: "zfs send/receive" }) : error;
  });
  const elapsedMs = performance.now() - startedAt;
  tellEnd(end.culprit === undefined && end.excess === undefined ? "success" : "failure");
  if (end.excess !== undefined) throw new ExcessError({ command: plain, host: "localhost" }, end.excess);
  if (end.culprit?.stage.role === "first") throw new FirstChangeError();
  tell();
  logOutput(end, context.log);
  if (end.culprit !== undefined) throw transferError(end, end.culprit, context, pvFile);
  const unapplied = context.unapplied(end.stderr);
  return { elapsedMs, bytes: pvFile && bytesOfStream(pvFile), ...(unapplied.length === 0 ? {} : { unapplied }) };
}

async function supervise(
  pipeline: Pipeline,
  { words, signal, first, isBrief = false }: PipelineOptions,
  { joinedBy, processes, shells, patienceMs }: TransferContext,
  onStageEnd: (stage: WatchedStage, status: number) => void,
): Promise<TransferEnd> {
  const goesPastUs = pipeline.via !== "local";
  const shell = isBrief && joinedBy === "shell" && !goesPastUs ? await shells?.hold({ signal }) : undefined;
  const supervision = {
    watched: watchPipeline(pipeline, words, randomWord, first?.argv),
    onStageEnd,
    processes,
    shell,
    goesPastUs,
    signal,
    pvFile: words.pvFile,
    ...(patienceMs === undefined ? {} : { patienceMs }),
  };
  if (joinedBy === "streams") return await superviseByStreams(supervision);
  return await superviseByShell(supervision).finally(() => shell?.giveBack());
}

/** Watches what can be watched: a stream without a meter and without a token may stand still for ever. */
function watchStream(
  pipeline: Pipeline,
  pvFile: PvFile | undefined,
  { words, arrival }: PipelineOptions,
  { stallLimitMs = STALL_LIMIT_MS, clock = systemClock }: TransferContext,
): StandstillLimit {
  return new StandstillLimit({
    limitMs: pvFile === undefined && arrival === undefined ? Infinity : stallLimitMs,
    clock,
    look: streamLook({ pvFile, arrival }),
    reason: () => {
      const { stages } = watchPipeline(pipeline, words, randomWord);
      const [send, receive] = (["send", "receive"] as const).map((role) => stages.find((stage) => stage.role === role));
      const text = [send, receive].map((stage) => `'${stage?.command}' on ${stage?.host}`).join(" to ");
      return new TimeoutError(`The stream from ${text} stood still for ${formatSpan(stallLimitMs)}, so it was ended`);
    },
  });
}

/**
 * `undefined` if the meter said nothing that can be read: no stream is empty, so nobody knows then. What was received
 * is there all the same.
 */
function bytesOfStream(pvFile: PvFile): number | undefined {
  return unlessUnreadable(() => totalBytesOf(pvFile.textOfStream())) || undefined;
}

function unlessUnreadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** Throws `RefusedError` if the log folder has gone away: other datasets will say the same, and the run says why. */
function beginMeter(pvFile: PvFile | undefined, { quiet }: TransferContext): void {
  try {
    pvFile?.beginStream(quiet ? "unmarked" : "marked");
  } catch (cause) {
    if (cause instanceof RefusedError) throw cause;
    throw new RefusedError(`Cannot write the pv file: ${messageOf(cause)}`, {
      cause,
      hint: "Keep the log folder until the run has ended",
    });
  }
}

/** The pv file of a metered pipeline; calls the observer with it. */
function openMeter(
  pipeline: Pipeline,
  options: PipelineOptions,
  context: TransferContext,
): PvFile | undefined {
  const metered = pipeline.legs.some((leg) => leg.stages.some((stage) => stage.role === "meter"));
  if (!metered) return undefined;
  context.onMeter?.(options.words.pvFile);
  return new PvFile(options.words.pvFile);
}

/** Raw output of a success; of a failure, stderr is a warning. */
function logOutput(end: TransferEnd, log: Logger): void {
  if (end.stdout !== "") log.log("STDOUT", "", end.stdout);
  if (end.stderr === "") return;
  if (end.culprit === undefined) log.log("STDERR", "", end.stderr);
  else log.log("WARN", "", end.stderr.trimEnd());
}

/** The error for a failed stage. */
function transferError(
  end: TransferEnd,
  culprit: Culprit,
  context: TransferContext,
  pvFile: PvFile | undefined,
): TransferError {
  const outcomes = end.outcomes.filter(({ stage }) => stage.role !== "first"); // which has succeeded
  const stages = outcomes.map(({ stage, status }): StageEnd => {
    return { role: stage.role, host: stage.host, command: stage.command, status };
  });
  const index = outcomes.findIndex(({ stage }) => stage.id === culprit.stage.id);
  const blamed: StageEnd = { ...stages[index]!, status: culprit.status };
  return new TransferError({
    culprit: blamed,
    culpritStderr: (blamed.role === "meter" ? complaintsOfMeter(pvFile) : "") || culprit.stderr,
    stages: stages.with(index, blamed),
    stderr: end.stderr,
    ...context.diagnose(end.stderr),
    ...(isLostConnection(blamed) ? { fault: "connection" as const } : {}),
  });
}

/** What pv says beside its progress: its stderr is the pv file. */
function complaintsOfMeter(pvFile: PvFile | undefined): string {
  const lines = unlessUnreadable(() => pvFile?.textOfStream())?.split(/[\r\n]+/) ?? [];
  return lines.filter((line) => /^\S*pv: ./.test(line)).join("\n");
}

/** True for the end of an ssh that could not connect, or whose connection broke. */
function isLostConnection({ role, status }: StageEnd): boolean {
  return role === "connect" && status === SSH_FAILURE;
}

function randomWord(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
