/**
 * One run of `bzfs` for a program that embeds it.
 *
 * A run is what the executable does for the same words: it writes the log file, takes the lock of the job and changes
 * pools. Nothing is printed and the process is not ended; runs can go on at the same time.
 * @module
 */
import meta from "../../deno.json" with { type: "json" };
import { prepareEnvironment } from "../host/process/mod.ts";
import { systemClock, whoAmI } from "../host/system.ts";
import type { RunEvent } from "../report/events.ts";
import { RunFold, type RunResult } from "../report/result.ts";
import { runBzfs } from "./bzfs.ts";

/** What a run is told about its surroundings. */
export interface RunOptions {
  /** Ends the run with its reason; local processes of the run are ended first. */
  readonly signal?: AbortSignal;
  /** Told what happens, in order, while it happens. Must not throw. */
  readonly onEvent?: (event: RunEvent) => void;
  /** Takes each record of the log, without a line feed at its end, and what is printed for wrong words. */
  readonly log?: (text: string) => void;
}

/** How a run ended. */
export interface RunEnd {
  /** The exit status that the executable would end with. */
  readonly status: number;
  /** What was done; `undefined` if the words were wrong or asked for help. */
  readonly result: RunResult | undefined;
}

/**
 * Runs `bzfs` with these words, the first of which is not the program's name. Needs the permissions of the executable
 * and `--unstable-net`. Sets `PATH` and removes variables `LD_…` of this process, which children get back. Throws
 * `RefusedError` if the user of this process has no home folder.
 */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<RunEnd> {
  const { signal = new AbortController().signal, onEvent, log = () => {} } = options;
  const fold = new RunFold();
  const record = (event: RunEvent): void => {
    fold.add({ at: new Date(systemClock.now()).toISOString(), run: "embedded", ...event });
    onEvent?.(event);
  };
  const status = await runBzfs(argv, {
    name: "bzfs",
    version: meta.version,
    loaderVariables: prepareEnvironment(),
    identity: whoAmI(),
    signal,
    onProcesses: () => {},
    sink: { write: log },
    recorder: { record, isWanted: true },
    print: (_stream, text) => log(text.trimEnd()),
    tell: async (outcome) => {
      const { helpText, versionText } = await import("./texts.ts");
      const buildInfo = { version: meta.version, runtime: () => undefined };
      return outcome.kind === "help" ? helpText("bzfs", outcome.form) : versionText("bzfs", outcome.verbose, buildInfo);
    },
  });
  return { status, result: fold.document() };
}
