/**
 * The command line of `bzfs doctor`.
 * @module
 */
export * from "./arguments.ts";
