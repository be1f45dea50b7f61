/**
 * Python's regular expressions as functions.
 *
 * The door of this folder: what the rest of the program may use of it.
 * @module
 */
export { compileRegex, compileRegexes, escapeRegex, literalsIn, matchesAny, type Pattern } from "./regex.ts";
