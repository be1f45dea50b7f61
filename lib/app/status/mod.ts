/**
 * `bzfs status`, and what runs keep for it.
 * @module
 */
export { makeStateKeeper, type StateKeeper } from "./keeping.ts";
