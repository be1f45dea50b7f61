/**
 * Runs commands on this host, without a shell.
 * @module
 */
import type { Logger } from "../report/log.ts";
import { maxCommandLineBytes } from "../zfs/batching.ts";
import type { Runner, RunOptions, RunResult } from "../zfs/world.ts";
import type { Processes } from "./process.ts";
import { joinWords } from "./shell.ts";

/** What a runner for this host needs. */
export interface LocalRunnerOptions {
  readonly processes: Processes;
  readonly log: Logger;
}

/** {@linkcode Runner} for this host. */
export function localRunner(options: LocalRunnerOptions): Runner {
  const { processes, log } = options;
  return {
    host: "localhost",
    maxCommandLineBytes: maxCommandLineBytes("Linux"),
    describe: joinWords,
    run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
      logCommand(log, options, joinWords(argv));
      return processes.run(argv, options);
    },
  };
}

/** Says which command is about to run, as it can be pasted into a shell here. */
export function logCommand(log: Logger, options: RunOptions, command: string): void {
  log.log(options.level ?? "TRACE", "Executing: ", command);
}
