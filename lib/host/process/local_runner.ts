/**
 * Runs commands on this host, without a shell.
 * @module
 */
import { ExcessError, Retryable, StartError, TimeoutError } from "../../model/errors.ts";
import type { Logger } from "../../model/log.ts";
import { maxCommandLineBytes } from "../../zfs/batching.ts";
import type { Cancel, CommandResult, Runner, RunOptions } from "../../zfs/world.ts";
import type { Processes } from "./process.ts";
import { joinWords } from "./shell.ts";

/** {@linkcode Runner} for this host. */
export function localRunner({ processes, log }: { readonly processes: Processes; readonly log: Logger }): Runner {
  return {
    host: "localhost",
    maxCommandLineBytes: maxCommandLineBytes("Linux"),
    describe: joinWords,
    async run(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
      logCommand(log, options, joinWords(argv));
      return await processes.run(argv, options).catch((error) => retryUnlessAborted(error, options));
    },
  };
}

/** Says which command is about to run, as it can be pasted into a shell here. */
export function logCommand(log: Logger, options: RunOptions, command: string): void {
  log.log(options.level ?? "TRACE", "Executing: ", command);
}

/** Rethrows the failure of a command. One that had to be ended, or could not begin, is worth another attempt. */
export function retryUnlessAborted(error: unknown, { signal }: Cancel): never {
  const isWorthIt = [TimeoutError, ExcessError, StartError].some((kind) => error instanceof kind);
  if (signal?.aborted || !isWorthIt) throw error;
  throw new Retryable(error);
}
