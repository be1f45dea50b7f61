/**
 * Parsed arguments to frozen policies, every cross-option check included.
 * @module
 */
export { makeOutputPolicy, makeReportPolicy } from "./report.ts";
export { auxiliaryWords, doubtfulPeriods, type JobContext, makeJob } from "./settings.ts";
