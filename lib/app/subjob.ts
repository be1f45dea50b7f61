/**
 * One subjob of the job runner: a run of `bzfs` in this process, or in one of its own.
 *
 * Source: spec/jobrunner.md §7.1 and §7.2.
 * @module
 */
import type { JobrunnerArguments } from "../cli/jobrunner_arguments.ts";
import { FollowedFile } from "../host/followed_file.ts";
import { spawnSelf } from "../host/self.ts";
import { temporaryFile } from "../host/temporary_file.ts";
import { adviceOf, AppError, exitCodeOf } from "../model/errors.ts";
import { roundHalfEven } from "../model/number_format.ts";
import type { FleetEvent, Recorder, RunEvent, Stamped } from "../report/events.ts";
import type { Logger } from "../report/log.ts";
import type { FleetRunOptions } from "../run/fleet.ts";
import { type Program, runBzfs } from "./bzfs.ts";
import type { Outputs } from "./outputs.ts";

/** What performing subjobs needs. */
export interface PerformerOptions {
  readonly program: Program;
  readonly log: Logger;
  readonly outputs: Outputs<FleetEvent>;
}

/** Performs subjobs the way that the options ask for. */
export function performer(args: JobrunnerArguments, options: PerformerOptions): FleetRunOptions["perform"] {
  const timeoutSecs = args.number("--worker-timeout-seconds");
  const timeoutMs = timeoutSecs === undefined ? undefined : roundHalfEven(1000 * timeoutSecs);
  const { program, log, outputs } = options;
  if (args.flag("--spawn-process-per-job")) {
    return ({ name, words: [, ...words] }, { signal }) => runElsewhere(name, words, { ...options, timeoutMs, signal });
  }
  return async ({ name, words: [, ...words] }, { signal }) => {
    const limited = timeoutMs === undefined ? words : [`--timeout=${timeoutMs}milliseconds`, ...words];
    const recorder: Recorder = { record: (event) => outputs.record({ subjob: name, ...event }) };
    return await runHere(limited, { ...program, name: "bzfs", signal, recorder }, log);
  };
}

/** A run of `bzfs` in this process; whatever it throws is a failure of this subjob alone. */
async function runHere(words: readonly string[], program: Program, log: Logger): Promise<number> {
  try {
    return await runBzfs(words, program);
  } catch (error) {
    log.log("ERROR", "", error instanceof AppError ? adviceOf(error) : (error as Error)?.stack ?? String(error));
    return exitCodeOf(error);
  }
}

/** A run of `bzfs` in a process of its own, whose events are fetched while it runs. */
async function runElsewhere(
  subjob: string,
  words: readonly string[],
  { program, log, outputs, timeoutMs, signal }: PerformerOptions & {
    readonly timeoutMs: number | undefined;
    readonly signal: AbortSignal;
  },
): Promise<number> {
  const { loaderVariables } = program;
  const outputTo = program.logsToStderr ? "stderr" : "stdout";
  const options = { signal, timeoutMs, loaderVariables, log, outputTo } as const;
  if (!outputs.isWanted) return await spawnSelf(words, options);
  using file = temporaryFile();
  using events = new SubjobEvents(file.path, subjob, outputs);
  const timer = setInterval(() => events.tryToFetch(), FETCH_MS);
  try {
    return await spawnSelf([`--event-log=${file.path}`, ...words], options);
  } finally {
    clearInterval(timer);
    events.fetch();
  }
}

/** How long the events of a process may lie before they are fetched. */
const FETCH_MS = 500;

/** The events of a subjob, from the file to which its process appends them. */
class SubjobEvents {
  readonly #file: FollowedFile;
  readonly #subjob: string;
  readonly #outputs: Outputs<FleetEvent>;
  #rest = "";

  constructor(path: string, subjob: string, outputs: Outputs<FleetEvent>) {
    this.#file = new FollowedFile(path);
    this.#subjob = subjob;
    this.#outputs = outputs;
  }

  /** Passes on what has come. */
  fetch(): void {
    const lines = (this.#rest + this.#file.read()).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) {
      const stamped = readEvent(line);
      if (stamped === undefined) continue;
      const { at, run: _run, ...event } = stamped;
      this.#outputs.recordAt(at, { subjob: this.#subjob, ...event });
    }
  }

  /** The same, for now: what is in the way will be told by the last {@linkcode fetch}. */
  tryToFetch(): void {
    try {
      this.fetch();
    } catch {
      // Nothing is lost: it is read the next time.
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** A line that our own executable has written; `undefined` for one that was cut off when it was killed. */
function readEvent(line: string): Stamped<RunEvent> | undefined {
  try {
    return line === "" ? undefined : JSON.parse(line) as Stamped<RunEvent>;
  } catch {
    return undefined;
  }
}
