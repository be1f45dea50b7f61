/**
 * What to do about one dataset: lineage, steps, bookmarks, tokens, properties, pipeline.
 * @module
 */
export * from "./bookmarks.ts";
export { isConflictMessage, NOT_SET_ASIDE } from "./conflicts.ts";
export * from "./full_target.ts";
export * from "./guards.ts";
export * from "./pipeline.ts";
export * from "./properties.ts";
export * from "./receive_fault.ts";
export * from "./renames.ts";
export * from "./replication.ts";
export * from "./resume_token.ts";
export * from "./send_options.ts";
export * from "./send_steps.ts";
export * from "./set_aside.ts";
export * from "./transfers.ts";
