/**
 * The command line of `bzfs status`.
 *
 * Apart from the other folders of `cli/`, since runs do not need it and to load a module takes time.
 * @module
 */
export { parseStatusArgv, type StatusRequest } from "./arguments.ts";
