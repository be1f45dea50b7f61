/**
 * How much a run may destroy, and what a person has said about it.
 * @module
 */
export * from "./limit.ts";
export * from "./permit.ts";
export * from "./remembered.ts";
export * from "./sparing.ts";
