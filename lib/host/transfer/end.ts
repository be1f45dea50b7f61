/**
 * What both ways to run a pipeline share: what they are given, what they report, and how they read output.
 * @module
 */
import { Tail } from "../process/byte_tail.ts";
import { type ByteStream, eachChunk, OutputExcess, type ReadLimits } from "../process/output.ts";
import type { WatchedPipeline, WatchedStage } from "./pipeline_text.ts";
import type { Processes } from "../process/process.ts";
import type { HeldShell } from "../shells/live_shells.ts";
import { after, type Timer } from "../timers.ts";
import type { Culprit, StageOutcome, StageReports } from "./stage_reports.ts";

/** What is needed to run the commands of a pipeline. */
export interface Supervision {
  readonly watched: WatchedPipeline;
  readonly processes: Processes;
  /** A shell that runs the commands; absent if they need one of their own. */
  readonly shell?: HeldShell | undefined;
  /** The stream goes past us: an open stdin keeps it alive, see `pipeline_text.ts`. */
  readonly goesPastUs: boolean;
  readonly signal: AbortSignal | undefined;
  /** How long commands may live on that can no longer be of use. */
  readonly patienceMs?: number;
  /** See {@linkcode StageReports}. */
  readonly onStageEnd?: (stage: WatchedStage, status: number) => void;
  /** Where a meter of our own reports what it has counted. */
  readonly pvFile: string;
}

/** How a pipeline ended. */
export interface TransferEnd {
  readonly outcomes: readonly StageOutcome[];
  readonly culprit: Culprit | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** What was printed more than may be, so that all commands were ended: `more than 1048576 KiB`. */
  readonly excess: string | undefined;
}

/** The end of a pipeline of which everything was read. @param shellStatus see {@linkcode StageReports.culprit} */
export function endOf(reports: StageReports, output: OutputReading, shellStatus: number): TransferEnd {
  const culprit = reports.culprit(shellStatus);
  const { excess } = output;
  return { outcomes: reports.outcomes(), culprit, stdout: output.stdoutText(), stderr: reports.text(), excess };
}

/** How long output may still come after the last process: a daemon that a stage left behind may hold stderr open. */
const LINGER_MS = 1000;

/** The output of the commands, being read. */
export class OutputReading {
  readonly #readings: StreamReading[] = [];
  readonly #stdout = new Tail();
  readonly #limits: ReadLimits;
  /** Set when a stream held more than it may. */
  excess: string | undefined;
  /** What else ended the reading of a stream. */
  #failure: { readonly cause: unknown } | undefined;

  constructor(limits: ReadLimits) {
    this.#limits = limits;
  }

  /** Called when a stream is not read to its end, to end what would print on. */
  onStop: () => Promise<void> = () => Promise.resolve();
  /** Resolves when {@linkcode onStop} has done its work; at once if there is none. */
  stopped: Promise<void> = Promise.resolve();

  /** Collects the end of what the last command prints. */
  collectStdout(stream: ByteStream): void {
    this.#readings.push(this.#read(stream, (chunk) => this.#stdout.push(chunk)));
  }

  /** Reads stderr of all commands, or of the one with this number. */
  collectStderr(stream: ByteStream, reports: StageReports, command?: number): void {
    const reader = reports.reader(command);
    this.#readings.push(this.#read(stream, (chunk) => reader.feed(chunk), () => reader.end()));
  }

  /**
   * Waits for the end of all output, but not for ever: none of our processes is left to write any. Throws what ended
   * the reading of a stream, unless it held more than it may.
   */
  async finish(): Promise<void> {
    const timer = after(LINGER_MS, () => this.#readings.forEach((reading) => reading.cut()));
    await Promise.all(this.#readings.map((reading) => reading.done));
    timer.stop();
    if (this.#failure !== undefined) throw this.#failure.cause;
  }

  /** The end of stdout. */
  stdoutText(): string {
    return this.#stdout.text();
  }

  #read(stream: ByteStream, take: (chunk: Uint8Array) => void, end = (): void => {}): StreamReading {
    const cut = new AbortController();
    // Nobody waits for the reading before the commands have ended, and without a reader they may never.
    const done = eachChunk(stream, { ...this.#limits, cut: cut.signal }, take).then(end).catch((cause: unknown) => {
      if (this.excess !== undefined || this.#failure !== undefined) return;
      if (cause instanceof OutputExcess) this.excess = cause.message;
      else this.#failure = { cause };
      this.stopped = this.onStop();
    });
    return { done, cut: () => cut.abort() };
  }
}

/** How long a sender may live on after its receiver has failed. Usually it notices with its next write. */
const PATIENCE_MS = 10_000;

/** Calls `stop` some time after the pipeline has come to a dead end. What it returns ends the watch. */
export function watchForDeadEnd(
  reports: StageReports,
  supervision: Supervision,
  stop: () => Promise<void>,
): () => Promise<void> {
  let timer: Timer | undefined;
  let stopping: Promise<void> | undefined;
  reports.onReport = () => {
    if (!reports.isDeadEnd()) return;
    timer ??= after(supervision.patienceMs ?? PATIENCE_MS, () => void (stopping = stop()));
  };
  return async () => {
    timer?.stop();
    await stopping;
  };
}

/** Runs `work`; if the signal fires meanwhile, `stop` is called, and after both the signal's reason is thrown. */
export async function abortable<T>(
  signal: AbortSignal | undefined,
  stop: () => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  let stopping: Promise<void> | undefined;
  const onAbort = (): void => void (stopping ??= stop());
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    if (signal?.aborted) onAbort();
    const result = await work();
    await stopping;
    signal?.throwIfAborted();
    return result;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

interface StreamReading {
  /** Never rejects. */
  readonly done: Promise<void>;
  /** Stops to read: what was read until then counts. */
  cut(): void;
}
