/**
 * Words to parsed arguments, for both programs.
 *
 * The door of this folder: what the rest of the program may use of it.
 * @module
 */
export { type BzfsArguments, parseArgv, type ParseEnvironment, type ParseOutcome } from "./bzfs_arguments.ts";
export { type Command, type ProgramName, selectCommand } from "./command_words.ts";
