/**
 * The option tables, and how values of options and environment variables are read.
 *
 * The door of this folder: what the rest of the program may use of it.
 * @module
 */
export { boolean, makeTerminalTuning, namesToRemove } from "./environment.ts";
