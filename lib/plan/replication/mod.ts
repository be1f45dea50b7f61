/**
 * What to do about one dataset: lineage, steps, bookmarks, tokens, properties, pipeline.
 *
 * The door of this folder: what the rest of the program may use of it.
 * @module
 */
export * from "./bookmarks.ts";
export * from "./full_target.ts";
export * from "./pipeline.ts";
export * from "./properties.ts";
export * from "./receive_fault.ts";
export * from "./replication.ts";
export * from "./resume_token.ts";
export * from "./send_options.ts";
export * from "./send_steps.ts";
export * from "./transfers.ts";
