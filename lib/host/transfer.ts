/**
 * Runs a send/receive pipeline as one `sh -c` here: the bytes flow through kernel pipes, never through us.
 *
 * The log shows the plain text; what runs is the watched text of the same legs (`pipeline_text.ts`), so that a failure
 * is known by stage although a shell tells only the status of the last one. Connections are the business of whoever
 * calls. `transfer_streams.ts` does the same without a shell.
 * @module
 */
import type { Fault } from "../model/errors.ts";
import { type StageEnd, TransferError } from "../model/transfer_error.ts";
import type { Pipeline } from "../plan/pipeline.ts";
import type { Logger } from "../report/log.ts";
import { totalBytesOf } from "../report/pv_lines.ts";
import type { Cancel } from "../zfs/world.ts";
import type { ByteStream } from "./output.ts";
import { type PipelineWords, plainPipelineText, watchPipeline } from "./pipeline_text.ts";
import { type Child, type Processes, startFailureText } from "./process.ts";
import { PvFile } from "./pv_file.ts";
import { type Culprit, type StageOutcome, StageReports, Tail } from "./stage_reports.ts";

/** What all transfers of a run share. */
export interface TransferContext {
  readonly processes: Processes;
  readonly log: Logger;
  /** With `--quiet` the beginning of a stream is not marked in the pv file. */
  readonly quiet: boolean;
  /** Reads what stderr was about. */
  readonly diagnose: (stderr: string) => Fault;
  /** Told the pv file of each metered pipeline, before it runs, also if it is suppressed. */
  readonly onMeter?: (pvFile: string) => void;
}

/** One transfer. */
export interface TransferOptions extends Cancel {
  readonly words: PipelineWords;
  /** Log what would be run, and run nothing. */
  readonly suppress: boolean;
}

/** What is known about a transfer that succeeded. */
export interface TransferReport {
  /** From the `Executing` record to the end of the last process. 0 if suppressed. */
  readonly elapsedMs: number;
  /** What the meter counted; `undefined` without a meter. */
  readonly bytes: number | undefined;
}

/**
 * Runs the pipeline to its end. Throws {@linkcode TransferError} if any stage failed, even if `zfs receive` did not;
 * rejects with the signal's reason once all local processes are gone.
 */
export async function runTransfer(
  pipeline: Pipeline,
  options: TransferOptions,
  context: TransferContext,
): Promise<TransferReport> {
  options.signal?.throwIfAborted();
  const plain = plainPipelineText(pipeline, options.words);
  const pvFile = openMeter(pipeline, options, context);
  if (options.suppress) {
    context.log.log("DEBUG", "Would execute: ", plain);
    return { elapsedMs: 0, bytes: undefined };
  }
  await pvFile?.beginStream(context.quiet ? "unmarked" : "marked");
  context.log.log("DEBUG", "Executing: ", plain);
  const startedAt = performance.now();
  const end = await attend(pipeline, options, context);
  const elapsedMs = performance.now() - startedAt;
  const verdict = end.culprit === undefined ? "success" : "failure";
  context.log.log("TRACE", `Executed [${verdict}] [${Math.round(elapsedMs)}ms]: `, `sh -c ${plain}`);
  logOutput(end, context.log);
  if (end.culprit !== undefined) throw transferError(end, end.culprit, context);
  return { elapsedMs, bytes: await pvFile?.bytesOfStream(totalBytesOf) };
}

/** The pv file of a metered pipeline; tells the observer about it. */
export function openMeter(
  pipeline: Pipeline,
  options: TransferOptions,
  context: TransferContext,
): PvFile | undefined {
  const metered = pipeline.legs.some((leg) => leg.stages.some((stage) => stage.role === "meter"));
  if (!metered) return undefined;
  context.onMeter?.(options.words.pvFile);
  return new PvFile(options.words.pvFile);
}

/** How a pipeline ended. */
export interface TransferEnd {
  readonly outcomes: readonly StageOutcome[];
  readonly culprit: Culprit | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Raw output of a success; of a failure, stderr is a warning. */
export function logOutput(end: TransferEnd, log: Logger): void {
  if (end.stdout !== "") log.log("STDOUT", "", end.stdout);
  if (end.stderr === "") return;
  if (end.culprit === undefined) log.log("STDERR", "", end.stderr);
  else log.log("WARN", "", end.stderr.trimEnd());
}

/** The error for a failed stage. */
export function transferError(end: TransferEnd, culprit: Culprit, context: TransferContext): TransferError {
  const stages = end.outcomes.map(({ stage, status }): StageEnd => {
    return { role: stage.role, host: stage.host, command: stage.command, status };
  });
  const index = end.outcomes.findIndex(({ stage }) => stage.id === culprit.stage.id);
  const blamed: StageEnd = { ...stages[index]!, status: culprit.status };
  return new TransferError({
    culprit: blamed,
    culpritStderr: culprit.stderr,
    stages: stages.with(index, blamed),
    stderr: end.stderr,
    fault: context.diagnose(end.stderr),
  });
}

/** How long output may still come after the shell's end: a daemon that a stage left behind may hold stderr open. */
const LINGER_MS = 1000;

async function attend(pipeline: Pipeline, options: TransferOptions, context: TransferContext): Promise<TransferEnd> {
  const watched = watchPipeline(pipeline, options.words, randomWord);
  const reports = new StageReports(watched.stages);
  const reader = reports.reader();
  const stdout = new Tail();
  const argv = ["sh", "-c", watched.script];
  let child: Child;
  try {
    child = context.processes.start(argv, { stdout: "piped" });
  } catch (error) {
    reader.feed(new TextEncoder().encode(startFailureText(argv, error)));
    reader.end();
    return endOf(reports, 127, stdout);
  }
  const output = [
    readAll(child.stdout!, (chunk) => stdout.push(chunk)),
    readAll(child.stderr, (chunk) => reader.feed(chunk)),
  ];
  const status = await untilEnded(child, output, options.signal);
  reader.end();
  return endOf(reports, status, stdout);
}

function endOf(reports: StageReports, status: number, stdout: Tail): TransferEnd {
  const culprit = reports.culprit(status);
  return { outcomes: reports.outcomes(), culprit, stdout: stdout.text(), stderr: reports.text() };
}

/** Waits for the shell and its output; ends the whole group if `signal` fires. */
async function untilEnded(
  child: Child,
  output: readonly StreamReading[],
  signal: AbortSignal | undefined,
): Promise<number> {
  let termination: Promise<void> | undefined;
  const stop = (): void => void (termination ??= child.terminate());
  signal?.addEventListener("abort", stop, { once: true });
  try {
    if (signal?.aborted) stop();
    const status = await child.ended;
    const timer = setTimeout(() => output.forEach((reading) => reading.cut()), LINGER_MS);
    await Promise.all(output.map((reading) => reading.done));
    clearTimeout(timer);
    await termination;
    signal?.throwIfAborted();
    return status;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** A stream that is being read to its end. */
interface StreamReading {
  readonly done: Promise<void>;
  /** Stops to read: what was read until then counts. */
  cut(): void;
}

function readAll(stream: ByteStream, take: (chunk: Uint8Array) => void): StreamReading {
  const reader = stream.getReader();
  const read = async (): Promise<void> => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) take(next.value);
  };
  return { done: read(), cut: () => void reader.cancel().catch(() => {}) };
}

function randomWord(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
