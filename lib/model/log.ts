/**
 * The log as the rest of the program sees it: an interface, levels, and the shape of one record.
 *
 * There is no global logger: code that logs gets one as an argument. How records look and where they go is the sinks'
 * business. Levels and column alignment: docs/spec/logging-progress.md §2 and §3.
 * @module
 */

/**
 * Names of the levels, least severe first. `STDOUT` and `STDERR` are raw texts of child processes, `URGENT` is a warning
 * that `--quiet` does not silence.
 */
export type Level = "TRACE" | "DEBUG" | "INFO" | "STDOUT" | "STDERR" | "WARN" | "ERROR" | "URGENT" | "CRITICAL";

/** Numeric order of the levels. */
export const LEVEL_ORDER: Readonly<Record<Level, number>> = {
  TRACE: 5,
  DEBUG: 10,
  INFO: 20,
  STDOUT: 22,
  STDERR: 25,
  WARN: 30,
  ERROR: 40,
  URGENT: 40,
  CRITICAL: 50,
};

/** One record. */
export interface LogRecord {
  readonly level: Level;
  /** Constant beginning of the message, padded so that `text` starts in a fixed column; empty for none. */
  readonly label: string;
  readonly text: string;
}

/** Takes records; hands them to its sinks if their level passes. */
export interface Logger {
  /** Logs `text` behind the constant `label`; `label` may be empty. */
  log(level: Level, label: string, text: string): void;
  /** True if a record of this level would be written: asks before a costly text is made. */
  isEnabled(level: Level): boolean;
}

/** A logger that drops everything. */
export const SILENT_LOGGER: Logger = { log: () => {}, isEnabled: () => false };

/** The highest level that is not above a number of the reference's scale; numbers below all levels mean the lowest. */
export function levelOfNumber(number: number): Level {
  const levels = Object.entries(LEVEL_ORDER) as [Level, number][];
  return levels.findLast(([level, order]) => order <= number && level !== "URGENT")?.[0] ?? "TRACE";
}
