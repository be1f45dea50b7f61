/**
 * Parsed arguments to frozen policies, every cross-option check included.
 *
 * The door of this folder: what the rest of the program may use of it.
 * @module
 */
export { doubtfulPeriods } from "./doubtful_periods.ts";
export { makeOutputPolicy, makeReportPolicy } from "./report.ts";
export { auxiliaryWords, type JobContext, makeJob } from "./settings.ts";
