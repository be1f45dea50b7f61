/**
 * Processes: spawning, groups, signals, quoting, the environment.
 * @module
 */
export { catchDefects, unlessStuck } from "./defects.ts";
export { absolutePath, prepareEnvironment, readEnvironment, removeVariables } from "./environment.ts";
export { fileLimit, type FileShare } from "./file_limit.ts";
export type { GroupSignal } from "./group_signals.ts";
export { localRunner, localShells } from "./local_runner.ts";
export { Processes } from "./process.ts";
export { executablePath, spawnSelf } from "./self.ts";
export { joinWords, quoteInsideDoubleQuotes, quoteWord } from "./shell.ts";
export { acceptChildStatus, catchInterrupts, passOnStops } from "./signals.ts";
