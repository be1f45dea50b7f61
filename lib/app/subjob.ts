/**
 * One subjob of the job runner: a run of `bzfs` in this process, or in one of its own.
 *
 * Source: spec/jobrunner.md §7.1 and §7.2.
 * @module
 */
import type { JobrunnerArguments } from "../cli/jobrunner_arguments.ts";
import { spawnSelf } from "../host/self.ts";
import { adviceOf, AppError, exitCodeOf } from "../model/errors.ts";
import { roundHalfEven } from "../model/number_format.ts";
import type { Logger } from "../report/log.ts";
import type { FleetRunOptions } from "../run/fleet.ts";
import { type Program, runBzfs } from "./bzfs.ts";

/** What performing subjobs needs. */
export interface PerformerOptions {
  readonly program: Program;
  readonly log: Logger;
}

/** Performs subjobs the way that the options ask for. */
export function performer(args: JobrunnerArguments, { program, log }: PerformerOptions): FleetRunOptions["perform"] {
  const timeoutSecs = args.number("--worker-timeout-seconds");
  const timeoutMs = timeoutSecs === undefined ? undefined : roundHalfEven(1000 * timeoutSecs);
  const spawn = args.flag("--spawn-process-per-job");
  return async ({ words: [, ...words] }, { signal }) => {
    if (spawn) return await spawnSelf(words, { signal, timeoutMs, loaderVariables: program.loaderVariables, log });
    const limited = timeoutMs === undefined ? words : [`--timeout=${timeoutMs}milliseconds`, ...words];
    return await runHere(limited, { program: { ...program, name: "bzfs", signal }, log });
  };
}

/** A run of `bzfs` in this process; whatever it throws is a failure of this subjob alone. */
async function runHere(words: readonly string[], { program, log }: PerformerOptions): Promise<number> {
  try {
    return await runBzfs(words, program);
  } catch (error) {
    log.log("ERROR", "", error instanceof AppError ? adviceOf(error) : (error as Error)?.stack ?? String(error));
    return exitCodeOf(error);
  }
}
