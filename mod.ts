/**
 * bzfs for programs that embed it: run it, follow what happens, and use its pure plan of a replication.
 *
 * ```ts
 * import { run } from "@bzfs/bzfs";
 *
 * const { status, result } = await run(["--dryrun=send", "-r", "tank/src", "backup/dst"], {
 *   onEvent: (event) => console.log(event.event),
 *   log: (text) => console.error(text),
 * });
 * console.log(status, result?.totals.snapshotsSent);
 * ```
 *
 * Where things are in the code is told in `docs/architecture.md`.
 * @module
 */
export { run, type RunEnd, type RunOptions } from "./lib/app/library.ts";
export {
  type Decision,
  type Observation,
  type PlanPolicy,
  planReplication,
  type ReplicationPlan,
  type Resolution,
  type StepLimits,
} from "./lib/plan/replication/mod.ts";
export type { IncrementalStep, Transfer } from "./lib/model/action.ts";
export type { Dataset } from "./lib/model/dataset.ts";
export type { FleetAction } from "./lib/model/fleet.ts";
export { AppError, type AppErrorOptions, ConflictError, RefusedError } from "./lib/model/errors.ts";
export type { ForcePolicy } from "./lib/model/job.ts";
export type { Bookmark, Guid, Snapshot, Version, VersionBase } from "./lib/model/snapshot.ts";
export type * from "./lib/report/events.ts";
export type { DatasetOutcome, DatasetResult, DetailOf } from "./lib/report/dataset_result.ts";
export type { FailedCommand, FailedStage, Failure } from "./lib/report/failure.ts";
export type { PairResult, RunResult } from "./lib/report/result.ts";
export type { Totals } from "./lib/report/totals.ts";
