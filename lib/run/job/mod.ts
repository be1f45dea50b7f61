/**
 * A job: its pairs, phases, rounds and limits.
 *
 * The door of this folder: what the rest of the program may use of it.
 * @module
 */
export type { Connection, JobEnvironment } from "./environment.ts";
export { type JobSummary, runJob } from "./job.ts";
export { TimeLimit } from "./time_limit.ts";
