/**
 * Words to parsed arguments, for both programs.
 * @module
 */
export { type BzfsArguments, parseArgv, type ParseEnvironment, type ParseOutcome } from "./bzfs_arguments.ts";
export { type Command, commandOf, type ProgramName, programOf, selectCommand, tooManyWords } from "./command_words.ts";
