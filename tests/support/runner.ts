/**
 * A runner whose commands answer as a test says, and that remembers what was run.
 * @module
 */
import type { CommandResult, Runner } from "../../lib/zfs/world.ts";

/** Answers a command; what is left out is empty, status 0. */
export type Answer = (argv: readonly string[]) => Partial<CommandResult>;

/** A {@linkcode Runner} with a memory. */
export interface ScriptedRunner extends Runner {
  readonly ran: readonly (readonly string[])[];
}

/** Makes a runner of an answer. */
export function scriptedRunner(answer: Answer, host = "localhost"): ScriptedRunner {
  const ran: (readonly string[])[] = [];
  return {
    host,
    ran,
    maxCommandLineBytes: 100_000,
    describe: (argv) => argv.join(" "),
    run(argv, options = {}): Promise<CommandResult> {
      ran.push(argv);
      const result = { status: 0, stdout: "", stderr: "", ...answer(argv) };
      if (options.onLines === undefined) return Promise.resolve(result);
      options.onLines(result.stdout);
      return Promise.resolve({ ...result, stdout: "" });
    },
  };
}
