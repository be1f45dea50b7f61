/**
 * Runs commands on this host: each as a process of ours, or as one of a live shell's, which is smaller to fork.
 * @module
 */
import { ExcessError, Retryable, StartError, TimeoutError } from "../../model/errors.ts";
import type { Logger } from "../../model/log.ts";
import { maxCommandLineBytes } from "../../zfs/batching.ts";
import type { Cancel, CommandResult, Runner, RunOptions, TogetherResult } from "../../zfs/world.ts";
import { LiveShells, type Perform } from "../shells/live_shells.ts";
import type { Processes } from "./process.ts";
import { joinWords } from "./shell.ts";

/** What a local runner is made of. */
export interface LocalRunnerOptions {
  readonly processes: Processes;
  readonly log: Logger;
  /** Where commands run; none if each is a process of ours. */
  readonly shells?: LiveShells;
}

/** {@linkcode Runner} for this host. */
export function localRunner({ processes, log, shells }: LocalRunnerOptions): Runner {
  return {
    host: "localhost",
    maxCommandLineBytes: maxCommandLineBytes("Linux"),
    describe: joinWords,
    async run(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
      logCommand(log, options, joinWords(argv));
      const perform: Perform = (way) =>
        processes.run(argv, { ...options, ...way }).catch((error) => retryUnlessAborted(error, options));
      return await (shells === undefined ? perform({}) : shells.run(argv, options, perform));
    },
    async runTogether(argvs, options = {}): Promise<TogetherResult | undefined> {
      return await shells?.runTogether(argvs, options, (way) => {
        for (const argv of argvs) logCommand(log, options, joinWords(argv));
        return processes.run(argvs[0]!, { ...options, answerBytes: togetherBytes(argvs), ...way })
          .catch((error) => retryUnlessAborted(error, options));
      });
    },
  };
}

/** Shells of this host at once. More commands than that have processes of ours. */
const MOST_SHELLS = 8;

/** Live shells of this host. The status of what was ended by a signal is that of a child of ours. */
export function localShells({ processes, log }: Omit<LocalRunnerOptions, "shells">): LiveShells {
  return new LiveShells({
    processes,
    log,
    host: "localhost",
    most: MOST_SHELLS,
    statusOf: (status) => status > 128 && status <= 192 ? 128 - status : status,
    open: () => Promise.resolve({ argv: ["sh"], words: [], giveBack: () => {} }),
  });
}

/** Bytes that queries may print which are asked together. */
export function togetherBytes(argvs: readonly unknown[]): number {
  return 65_536 * argvs.length;
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
