/**
 * The checks of `bzfs doctor`: what is asked of which host, and what its answers mean.
 * @module
 */
export { oldPartials, oldTemporaries } from "./datasets.ts";
export { CHECKS, examine, FIXES } from "./doctor.ts";
export * from "./tasks.ts";
