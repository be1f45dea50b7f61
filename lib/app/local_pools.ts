/**
 * Which pools of this host are imported now. Source: docs/spec/jobrunner.md §6.
 * @module
 */
import { Processes } from "../host/process/mod.ts";
import { systemClock } from "../host/system.ts";
import { RefusedError } from "../model/errors.ts";
import type { Logger } from "../model/log.ts";
import { TimeLimit } from "../run/job/mod.ts";
import type { Program } from "./bzfs.ts";

/** What the question needs. */
export interface LocalPoolsOptions {
  readonly program: Program;
  readonly log: Logger;
  readonly timeoutSecs: number | undefined;
}

/** Those of the pools that exist; nobody is asked about none. Throws `RefusedError`, `TimeoutError`. */
export async function existingPools(
  pools: readonly string[],
  { program, log, timeoutSecs }: LocalPoolsOptions,
): Promise<ReadonlySet<string>> {
  if (pools.length === 0) return new Set();
  const processes = new Processes({ log, loaderVariables: program.loaderVariables });
  program.onProcesses(processes);
  using limit = new TimeLimit(timeoutSecs === undefined ? undefined : timeoutSecs * 1000, systemClock);
  const argv = ["zfs", "list", "-t", "filesystem,volume", "-Hp", "-o", "name", ...pools];
  const signal = AbortSignal.any([program.signal, limit.signal]);
  const { status, stdout, stderr } = await processes.run(argv, { signal });
  if (status !== 0 && status !== 1) {
    throw new RefusedError(
      `Unexpected error ${status} on checking for existing local dst pools: ${stderr.trimEnd()}`,
    );
  }
  return new Set(stdout.split("\n").filter((line) => line !== ""));
}
