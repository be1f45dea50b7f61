/**
 * What `bzfs status` looks at.
 * @module
 */
export { observeRoots } from "./observe.ts";
