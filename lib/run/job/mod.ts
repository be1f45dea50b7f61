/**
 * A job: its pairs, phases, rounds and limits.
 * @module
 */
export type { Connection, JobEnvironment } from "./environment.ts";
export { type JobSummary, runJob } from "./job.ts";
export { optionsText } from "./options_text.ts";
export { TimeLimit } from "./time_limit.ts";
