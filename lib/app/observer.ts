/**
 * What programs have in common that look at hosts without a run: `bzfs status` and `bzfs doctor`.
 * @module
 */
import { Processes } from "../host/process/mod.ts";
import { systemClock } from "../host/system.ts";
import type { Job } from "../model/job.ts";
import { createLogger, type RunLogger } from "../report/logger.ts";
import type { Program } from "./bzfs.ts";
import { type Connector, connector } from "./connect.ts";

/** How long hosts may take to end after a defect, in milliseconds. */
export const STUCK_MS = 40_000;

/** A log on standard error: nothing, commands, or everything. */
export function observerLog(verbosity: number, { print }: Program): RunLogger {
  return createLogger({
    level: (["CRITICAL", "DEBUG"] as const)[verbosity] ?? "TRACE",
    sinks: verbosity === 0 ? [] : [{ write: (text) => print("err", `${text}\n`) }],
    timestamp: () => new Date(systemClock.now()).toISOString().slice(0, 19).replace("T", " "),
  });
}

/** Who looks. */
export interface Observer {
  readonly program: Program;
  readonly log: RunLogger;
  readonly signal: AbortSignal;
}

/** Reaches hosts as a job says; nothing can be transferred. The connector ends the processes, too. */
export async function observingConnector(
  job: Job,
  { program, log, signal }: Observer,
): Promise<{ readonly connect: Connector; readonly processes: Processes }> {
  const { identity, loaderVariables } = program;
  const processes = new Processes({
    log,
    loaderVariables,
    listingBytes: job.tuning.maxListingSize,
    queryLimitMs: job.patience.queryMs,
  });
  program.onProcesses(processes);
  return { connect: await connector({ job, log, processes, identity, signal }), processes };
}
