/**
 * Limits on what a run destroys.
 * @module
 */
export * from "./guard.ts";
