/**
 * The state of what a job file expects, as data: what `bzfs status` says, and what runs leave behind for it.
 * @module
 */
export * from "./outcome.ts";
export type * from "./report.ts";
export * from "./run_state.ts";
