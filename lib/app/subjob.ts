/**
 * One subjob of the job runner: a run of `bzfs` in this process, or in one of its own.
 *
 * Source: docs/spec/jobrunner.md §7.1 and §7.2.
 * @module
 */
import type { JobrunnerArguments, SubjobCommand } from "../cli/jobrunner/mod.ts";
import { followLines, temporaryFile } from "../host/files/mod.ts";
import { spawnSelf } from "../host/process/mod.ts";
import { adviceOf, AppError, exitCodeOf, HELD_BACK_STATUS } from "../model/errors.ts";
import { roundHalfEven } from "../model/text/mod.ts";
import type { FleetEvent, Recorder, RunEvent, Stamped } from "../report/events.ts";
import type { Logger } from "../model/log.ts";
import type { FleetRunOptions } from "../run/fleet.ts";
import { type Program, runRequest } from "./bzfs.ts";
import type { Outputs } from "./outputs.ts";

/** What performing subjobs needs. */
export interface PerformerOptions {
  readonly program: Program;
  readonly log: Logger;
  readonly outputs: Outputs<FleetEvent>;
  /** Subjobs that lack roots are put in here. */
  readonly rootless: Set<string>;
}

/** True for the end of a pair whose root is not there, and that kept nothing else from its work. */
function lacksRoot(event: RunEvent): boolean {
  return event.event === "pair-ended" && event.error?.exitStatus === HELD_BACK_STATUS;
}

/** Performs subjobs the way that the options ask for. */
export function performer(
  args: JobrunnerArguments,
  options: PerformerOptions,
): FleetRunOptions<SubjobCommand>["perform"] {
  const timeoutSecs = args.number("--worker-timeout-seconds");
  const timeoutMs = timeoutSecs === undefined ? undefined : roundHalfEven(1000 * timeoutSecs);
  const { program, log, outputs, rootless } = options;
  if (args.flag("--spawn-process-per-job")) {
    return ({ name, words: [, ...words] }, { signal }) =>
      alone(() => runElsewhere(name, words, { ...options, timeoutMs, signal }), log);
  }
  return async ({ name, read }, { signal }) => {
    const { isWanted } = outputs;
    const record = (event: RunEvent): void => {
      if (lacksRoot(event)) rootless.add(name);
      outputs.record({ subjob: name, ...event });
    };
    const recorder: Recorder = { record, isWanted };
    return await alone(
      () => runRequest(() => read(timeoutMs), { ...program, name: "bzfs", signal, recorder }),
      log,
    );
  };
}

/** The exit status of a run; whatever it throws is a failure of this subjob alone. */
async function alone(run: () => Promise<number>, log: Logger): Promise<number> {
  try {
    return await run();
  } catch (error) {
    log.log("ERROR", "", error instanceof AppError ? adviceOf(error) : (error as Error)?.stack ?? String(error));
    return exitCodeOf(error);
  }
}

/** A run of `bzfs` in a process of its own, whose events become known while it runs. */
async function runElsewhere(
  subjob: string,
  words: readonly string[],
  { program, log, outputs, rootless, timeoutMs, signal }: PerformerOptions & {
    readonly timeoutMs: number | undefined;
    readonly signal: AbortSignal;
  },
): Promise<number> {
  const { loaderVariables } = program;
  const outputTo = program.logsToStderr ? "stderr" : "stdout";
  const options = { signal, timeoutMs, loaderVariables, log, outputTo } as const;
  const mayLackRoots = words.includes("--missing-root=isolate");
  if (!outputs.isWanted && !mayLackRoots) return await spawnSelf(words, options);
  using file = temporaryFile();
  const following = followLines(file.path, (line) => {
    const stamped = readEvent(line);
    if (stamped === undefined) return;
    const { at, run: _run, ...event } = stamped;
    if (lacksRoot(event)) rootless.add(subjob);
    outputs.recordAt(at, { subjob, ...event });
  });
  try {
    return await spawnSelf([`--event-log=${file.path}`, ...words], options);
  } finally {
    following.stop();
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
