/**
 * How much a run may destroy.
 * @module
 */
export * from "./permit.ts";
