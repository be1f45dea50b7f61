/**
 * bzfs: creates, replicates, prunes, compares and monitors ZFS snapshots across machines.
 *
 * Map of the code, from pure to effectful:
 *
 * - `lib/model/`: nouns without effects: datasets, versions, locations, units, errors, the retry loop.
 * - `lib/plan/`: decisions as pure functions over observed state: what to select, send, keep, delete.
 * - `lib/zfs/`: the door to ZFS: interfaces (`world.ts`), what to say (`dialect.ts`), what errors mean
 * (`diagnosis.ts`).
 * - `lib/host/`: the only folder that talks to the runtime: processes, ssh, files, signals, terminal.
 * - `lib/run/`: orchestration: observes, asks `plan` what to do, performs it, never decides by itself.
 * - `lib/report/`: log records and progress as text.
 * - `lib/cli/`: words in, a frozen job out; help, man page and completion out of the same table.
 * - `main.ts`: puts it all together, once.
 *
 * The rule for a verb is in `lib/plan/`, the act of the same name in `lib/run/`. This module is the door for programs
 * that embed the engine.
 * @module
 */
export type { Job } from "./lib/model/job.ts";
export type { JobEnvironment } from "./lib/run/job/mod.ts";
export { type JobSummary, runJob } from "./lib/run/job/mod.ts";
export { AppError, exitCodeOf } from "./lib/model/errors.ts";
export type { Runner, World, Zfs } from "./lib/zfs/world.ts";
