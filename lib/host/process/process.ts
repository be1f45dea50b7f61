/**
 * The only place that starts programs: each in a process group of its own, which ends as a whole.
 *
 * `detached: true` makes the child the leader of a group (and of a session); signals to it are left to
 * `group_signals.ts`, and joining several programs to a pipeline to `host/transfer/transfer.ts`, which stands on
 * {@linkcode Processes.start}.
 * @module
 */
import { ExcessError, messageOf, StartError, TimeoutError } from "../../model/errors.ts";
import { formatSpan } from "../../model/text/mod.ts";
import type { Level, Logger } from "../../model/log.ts";
import type { Clock, CommandResult, RunOptions } from "../../zfs/world.ts";
import { heapLimitBytes } from "../node.ts";
import { type ByteStream, OutputExcess, type ReadLimits, readLines, readTail, readText } from "./output.ts";
import { isSettledWithin } from "./patience.ts";
import { type GroupSignal, GroupSignals, signalLeader } from "./group_signals.ts";
import { exportText, joinWords } from "./shell.ts";
import { StandstillLimit } from "./standstill.ts";
import { pause, systemClock } from "../system.ts";
import { after, type Timer } from "../timers.ts";

/** How programs are started. */
export interface ProcessesOptions {
  readonly log: Logger;
  /** Level of the `Executed …` records (`bzfs_subprocess_run_loglevel`). */
  readonly traceLevel?: Level;
  /**
   * Variables that our own environment must not have (`LD_…`, see `host/system.ts`) but children shall get; a shell
   * puts them into their environment.
   */
  readonly loaderVariables?: ReadonlyMap<string, string>;
  /** How long a group may take to end after SIGTERM before it gets SIGKILL. */
  readonly graceMs?: number;
  /** Bytes that a program may print for a listing, or on stderr; 1 GiB or less unless given. */
  readonly listingBytes?: number | undefined;
  /** How long a query may print nothing before it is ended; `Infinity` = for ever. Default: 10 minutes. */
  readonly queryLimitMs?: number;
  /** How long others may hold the output of a program open after its end. Default: 4 s. */
  readonly heldOpenMs?: number;
  readonly clock?: Clock;
}

/** What a program does for us, for messages: the command as it is meant, and where it takes effect. */
export interface Subject {
  readonly host: string;
  readonly command: string;
}

/** Default of {@linkcode ProcessesOptions.listingBytes}, where there is memory for it. */
const LISTING_BYTES = 2 ** 30;

/** Share of the memory that the program may take which one listing may fill. */
const LISTING_SHARE = 1 / 4;

/** Bytes that a program may print if they are collected, unless its caller allows more. */
const ANSWER_BYTES = 65_536;

/** How one program is run to its end. */
export interface ProcessOptions extends Omit<RunOptions, "level"> {
  /** Default: the program's own words, on this host. */
  readonly subject?: Subject;
  /** For a program that leaves a daemon behind: how long to wait for the end of its output after its own end. */
  readonly lingerMs?: number;
  /** Starts it in another way than as a process of its own. */
  readonly start?: (() => Child) | undefined;
}

/** End of a program. */
export interface ProcessResult extends CommandResult {
  /** False if the program could not be started; stderr then says why. */
  readonly started: boolean;
}

/** How a program is started for others to supervise. */
export interface StartOptions {
  readonly stdin?: "null" | "piped";
  readonly stdout?: "null" | "piped";
  /** It has members and may run for long: what it takes to signal the group is made ready first. */
  readonly lasts?: boolean;
}

/** How a command ended, in the log. */
export type Verdict = "success" | "failure" | "timeout" | "cancel";

/** The verdict on a command whose run was ended by an error: that of an abort signal, or another one. */
export function verdictOf(error: unknown): Verdict {
  if (error instanceof StartError) return "failure";
  return error instanceof TimeoutError ? "timeout" : "cancel";
}

/** A running program, leader of its group. */
export interface Child {
  readonly pid: number;
  /** Only with `stdin: "piped"`. */
  readonly stdin: WritableStream<Uint8Array<ArrayBufferLike>> | undefined;
  /** Only with `stdout: "piped"`. */
  readonly stdout: ByteStream | undefined;
  readonly stderr: ByteStream;
  /** Exit status, −N if ended by signal N. Does not wait for the output to be read. */
  readonly ended: Promise<number>;
  /** SIGTERM to the group, SIGKILL after a while; resolves once the leader is gone. */
  terminate(): Promise<void>;
  /** SIGKILL to the leader alone: what it has started lives on. */
  abandon(): void;
}

const DEFAULTS: Omit<Required<ProcessesOptions>, "listingBytes" | "log"> = {
  traceLevel: "TRACE",
  loaderVariables: new Map(),
  graceMs: 5000,
  queryLimitMs: 600_000,
  heldOpenMs: 4000,
  clock: systemClock,
};

/** Starts programs and knows those that are running. One for the whole process. */
export class Processes {
  readonly #options: Omit<Required<ProcessesOptions>, "listingBytes">;
  readonly #running = new Set<Child>();
  readonly #signals = new GroupSignals();
  /** What is read of a listing, or of messages on stderr, before a program is ended. */
  readonly listing: ReadLimits;

  constructor(options: ProcessesOptions) {
    this.#options = { ...DEFAULTS, ...options };
    const mostBytes = options.listingBytes ?? Math.min(LISTING_BYTES, Math.floor(LISTING_SHARE * heapLimitBytes()));
    this.listing = { mostBytes, setBy: "bzfs_max_listing_size" };
  }

  /**
   * Runs a program to its end, stdin empty. Rejects only with the signal's reason, with `TimeoutError` for a query that is
   * silent for too long or whose output has no end, and with `ExcessError` if it prints more than it may; once the whole
   * group is gone, or cannot be ended. Rejects with `StartError` where this host lacks what it takes to start a program.
   */
  async run(argv: readonly string[], options: ProcessOptions = {}): Promise<ProcessResult> {
    options.signal?.throwIfAborted();
    const startedAt = performance.now();
    let verdict: Verdict = "failure";
    try {
      const result = await this.#supervise(argv, options);
      if (result.status === 0) verdict = "success";
      return result;
    } catch (error) {
      verdict = verdictOf(error);
      throw error;
    } finally {
      this.tellEnd(verdict, performance.now() - startedAt, () => argv.join(" "));
    }
  }

  /** Logs that a command has come to its end: for those who supervise what they have started. */
  tellEnd(verdict: Verdict, elapsedMs: number, text: () => string): void {
    if (!this.#options.log.isEnabled(this.#options.traceLevel)) return;
    this.#options.log.log(this.#options.traceLevel, `Executed [${verdict}] [${Math.round(elapsedMs)}ms]: `, text());
  }

  /**
   * Starts a program and returns at once. The caller reads its output to the end and handles abort signals;
   * {@linkcode endAll} ends it too. Throws if it cannot be started: {@linkcode startFailureText} says why.
   */
  start(argv: readonly string[], options: StartOptions = {}): Child {
    if (options.lasts) this.prepareSignals();
    const child = this.#startChild(this.#withLoaderVariables(argv), options);
    this.#running.add(child);
    const forget = (): void => void this.#running.delete(child);
    child.ended.then(forget, forget);
    return child;
  }

  /** Makes ready what it takes to signal a group that runs for long. */
  prepareSignals(): void {
    this.#signals.prepare();
  }

  /** Sends a signal to all groups that are running. */
  async signalAll(signal: GroupSignal): Promise<void> {
    await Promise.all([...this.#running].map((child) => this.#signals.send(child.pid, [signal])));
  }

  /** Which of these processes exist; all of them if that is unknown. */
  async living(pids: readonly number[]): Promise<ReadonlySet<number>> {
    if (pids.length === 0) return new Set();
    const script = 'for pid; do if kill -s 0 "$pid" 2>/dev/null; then echo "$pid"; fi; done';
    const result = await this.run(["sh", "-c", script, "sh", ...pids.map(String)]).catch((error) => {
      if (!(error instanceof StartError)) throw error;
      return undefined;
    });
    return new Set(result?.status === 0 ? result.stdout.split("\n").filter((line) => line !== "").map(Number) : pids);
  }

  /** Ends all that is running and waits for it: the last act before an exit. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#running].map((child) => child.terminate()));
    await this.#signals.close();
  }

  async #supervise(argv: readonly string[], options: ProcessOptions): Promise<ProcessResult> {
    let child: Child;
    try {
      child = options.start?.() ?? this.start(argv, { stdout: "piped" });
    } catch (error) {
      const shortage = shortageOf(error, subjectOf(argv, options));
      if (shortage !== undefined) throw shortage;
      return { started: false, status: 127, stdout: "", stderr: startFailureText(argv, error) };
    }
    const { isChange = false, lingerMs } = options;
    let bytes = 0;
    using silence = new StandstillLimit({
      limitMs: isChange ? Infinity : this.#options.queryLimitMs,
      clock: this.#options.clock,
      look: () => bytes,
      reason: () =>
        this.#tooLate(
          argv,
          options,
          `has printed nothing for ${formatSpan(this.#options.queryLimitMs)}, so it was ended`,
        ),
    });
    const signal = AbortSignal.any([silence.signal, ...(options.signal === undefined ? [] : [options.signal])]);
    // A daemon that left the group, or the master of an ssh, may hold the pipes open: not waited for after an abort.
    const cut = new DelayedAbort();
    const givenUp = Promise.withResolvers<number>();
    const stop = (): void =>
      void child.terminate().then(() => {
        cut.abortAfter(0);
        givenUp.resolve(-9); // the leader may hang in the kernel
      });
    signal.addEventListener("abort", stop, { once: true });
    try {
      if (signal.aborted) stop();
      const output = this.#readOutput(child, options, { cut: cut.signal, onBytes: (count) => void (bytes += count) });
      // Nobody reads on: without an end it would print for ever.
      output.catch(stop);
      const status = await Promise.race([child.ended, givenUp.promise]);
      cut.abortAfter(lingerMs ?? this.#options.heldOpenMs);
      const [stdout, stderr] = await output.catch(async (error: unknown) => {
        await child.terminate();
        throw error instanceof OutputExcess ? new ExcessError(subjectOf(argv, options), error.message) : error;
      });
      if (signal.aborted) await child.terminate();
      signal.throwIfAborted();
      if (cut.signal.aborted && lingerMs === undefined && !isChange) {
        await child.terminate();
        throw this.#tooLate(
          argv,
          options,
          "has ended, but another process holds its output open, so part of it may be missing",
        );
      }
      return { started: true, status, stdout, stderr };
    } finally {
      cut.forget();
      signal.removeEventListener("abort", stop);
    }
  }

  #startChild(argv: readonly string[], options: StartOptions): Child {
    const [program = "", ...args] = argv;
    const { stdin = "null", stdout = "null" } = options;
    const process = new Deno.Command(program, { args, stdin, stdout, stderr: "piped", detached: true }).spawn();
    // Deno reports 128 + N for a child that was ended by signal N; a shell's own 143 has no signal.
    const ended = process.status.then(({ code, signal }) => signal === null ? code : 128 - code);
    let termination: Promise<void> | undefined;
    return {
      pid: process.pid,
      stdin: stdin === "piped" ? process.stdin : undefined,
      stdout: stdout === "piped" ? process.stdout : undefined,
      stderr: process.stderr,
      ended,
      terminate: () => termination ??= this.#endGroup(process, ended),
      abandon: () => signalLeader(process, "SIGKILL"),
    };
  }

  async #endGroup(process: Deno.ChildProcess, ended: Promise<number>): Promise<void> {
    const send = (...signals: readonly (GroupSignal | "0")[]): Promise<boolean> =>
      this.#signals.send(process.pid, signals);
    if (!await send("TERM", "CONT")) signalLeader(process, "SIGTERM");
    if (await isSettledWithin(ended, this.#options.graceMs)) {
      for (let waited = 0; waited < FOLLOWERS_MS && await send("0"); waited += 50) await pause(50);
    }
    if (!await send("KILL")) signalLeader(process, "SIGKILL");
    // One that runs as another user, or hangs in the kernel, cannot be ended by us: we do not wait for it for ever.
    if (!await isSettledWithin(ended, this.#options.graceMs)) process.unref();
  }

  #tooLate(argv: readonly string[], options: ProcessOptions, what: string): TimeoutError {
    const { host, command } = subjectOf(argv, options);
    return new TimeoutError(`Command '${command}' on ${host} ${what}`);
  }

  #readOutput(
    { stdout, stderr }: Child,
    { onLines, longLines = "fail", answerBytes }: ProcessOptions,
    watch: Pick<ReadLimits, "cut" | "onBytes">,
  ): Promise<[stdout: string, stderr: string]> {
    const listing = { ...this.listing, ...watch };
    const fixed = answerBytes === undefined ? undefined : { mostBytes: answerBytes, ...watch };
    const collect = async (stream: ByteStream): Promise<string> => {
      if (onLines === undefined) return await readText(stream, fixed ?? { mostBytes: ANSWER_BYTES, ...watch });
      await readLines(stream, onLines, { ...fixed ?? listing, longLines });
      return "";
    };
    return Promise.all([stdout === undefined ? "" : collect(stdout), readTail(stderr, listing)]);
  }

  #withLoaderVariables(argv: readonly string[]): readonly string[] {
    if (this.#options.loaderVariables.size === 0) return argv;
    return ["sh", "-c", `${exportText(this.#options.loaderVariables)}exec "$@"`, "sh", ...argv];
  }
}

/** What this host may lack for a while, by the system's code of the error, and what to do about it. */
const LACKS: Readonly<Record<string, string>> = {
  EMFILE: "Raise the limit of open files of this process (ulimit -n, LimitNOFILE= of a unit), or lower --threads.",
  ENFILE: "This host has no files left to open: see fs.file-max.",
  EAGAIN: "Raise the limit of processes (ulimit -u, TasksMax= of a unit), or lower --threads.",
  ENOMEM: "This host has too little memory.",
};

/** The error for a program that cannot be started for now; `undefined` if it was something else. */
function shortageOf(error: unknown, { host, command }: Subject): StartError | undefined {
  const hint = LACKS[(error as { readonly code?: string }).code ?? ""];
  if (hint === undefined) return undefined;
  const text = `Command '${command}' on ${host} cannot be started: ${messageOf(error)}`;
  return new StartError(text, { cause: error, hint });
}

/** What stands in the place of stderr for a program that could not be started. */
export function startFailureText(argv: readonly string[], error: unknown): string {
  const program = argv[0] ?? "";
  if (error instanceof Deno.errors.NotFound && !error.message.includes("cwd")) {
    return `${program}: command not found on PATH of this host\n`;
  }
  return `${program}: ${messageOf(error)}\n`;
}

/** How long other members of a group may live on after the leader's end before they are killed. */
const FOLLOWERS_MS = 500;

/** Parts of a delay: while this process does not come to read its pipes, at most one of them passes. */
const DELAY_PARTS = 10;

/** An abort signal that fires some time after the first request, unless it is forgotten. */
class DelayedAbort {
  readonly #controller = new AbortController();
  #timer: Timer | undefined;
  #requested = false;
  #forgotten = false;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abortAfter(milliseconds: number): void {
    if (milliseconds === 0) return this.#controller.abort();
    if (!this.#requested) this.#wait(milliseconds / DELAY_PARTS, DELAY_PARTS);
    this.#requested = true;
  }

  forget(): void {
    this.#forgotten = true;
    this.#timer?.stop();
  }

  #wait(partMs: number, parts: number): void {
    if (this.#forgotten) return;
    if (parts === 0) return this.#controller.abort();
    this.#timer = after(partMs, () => this.#wait(partMs, parts - 1));
  }
}

/** Characters of a command that a message shows: scripts are long. */
const MOST_SHOWN = 300;

function subjectOf(argv: readonly string[], { subject }: ProcessOptions): Subject {
  if (subject !== undefined) return subject;
  const command = joinWords(argv);
  return { host: "localhost", command: command.length > MOST_SHOWN ? `${command.slice(0, MOST_SHOWN)}…` : command };
}
