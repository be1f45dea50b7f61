/**
 * Parsed arguments to frozen policies, every cross-option check included.
 * @module
 */
export { makeAppliedPlan } from "./plan_files.ts";
export { makeOutputPolicy, makeReportPolicy } from "./report.ts";
export { auxiliaryWords, doubtfulPeriods, type JobContext, makeJob } from "./settings.ts";
