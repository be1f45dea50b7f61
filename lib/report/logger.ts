/**
 * The logger of a run: a threshold, and the sinks that take what passes it.
 *
 * Sinks are values that `host/` makes: console, log file, syslog. A sink never throws: a log that cannot be written
 * must not end a run.
 * @module
 */
import { type Level, LEVEL_ORDER, type Logger, type LogRecord } from "../model/log.ts";
import { formatRecord } from "./record.ts";
import { headlineOf, visible } from "./visible.ts";

/** Where records go. */
export interface Sink {
  /** Records below it do not reach this sink; unless given, the level of the logger counts. */
  readonly level?: Level;
  /** Takes a record: as it looks, without a line feed at its end and without control characters, and as data. */
  write(text: string, record: LogRecord): void;
  /** Takes a status line that replaces the one before it; absent if the sink has no use for it. */
  readonly status?: (line: string) => void;
  /** Takes away the status line. */
  readonly clearStatus?: () => void;
}

/** What a logger is made of. */
export interface LoggerOptions {
  readonly level: Level;
  readonly sinks: readonly Sink[];
  /** The local time, as `2026-01-31 22:08:10`. */
  readonly timestamp: () => string;
}

/** A logger that also shows progress. */
export interface RunLogger extends Logger {
  /** Shows a status line until the next one. */
  status(line: string): void;
  /** Takes away the status line. */
  clearStatus(): void;
}

/**
 * A logger that hands each record to all sinks whose level it passes. Raw text that is empty is dropped. A status line
 * is shown if the level of the logger lets raw output pass.
 */
export function createLogger(options: LoggerOptions): RunLogger {
  const sinks = options.sinks.map((sink) => ({ sink, threshold: LEVEL_ORDER[sink.level ?? options.level] }));
  const lowest = Math.min(LEVEL_ORDER[options.level], ...sinks.map(({ threshold }) => threshold));
  const isEnabled = (level: Level): boolean => LEVEL_ORDER[level] >= lowest;
  return {
    isEnabled,
    log(level, label, text): void {
      if (!isEnabled(level)) return;
      const record = { level, label, text };
      const isRaw = level === "STDOUT" || level === "STDERR";
      if (isRaw && label + text === "") return;
      const line = formatRecord(record, isRaw ? "" : options.timestamp());
      for (const { sink, threshold } of sinks) if (LEVEL_ORDER[level] >= threshold) sink.write(line, record);
    },
    status(line): void {
      if (LEVEL_ORDER.STDOUT < LEVEL_ORDER[options.level]) return;
      for (const { sink } of sinks) sink.status?.(visible(line).replaceAll("\n", " "));
    },
    clearStatus(): void {
      for (const { sink } of sinks) sink.clearStatus?.();
    },
  };
}

/**
 * Holds back what another sink shall show until the line is known that must come first: for monitoring systems, which read
 * the first line of stdout (docs/spec/logging-progress.md §10). There are no status lines then.
 */
export class DeferredSink implements Sink {
  readonly #sink: Sink;
  #held: (readonly [string, LogRecord])[] | undefined = [];

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  write(text: string, record: LogRecord): void {
    if (this.#held === undefined) this.#sink.write(text, record);
    else this.#held.push([text, record]);
  }

  /**
   * Shows the line and then everything that was held back; later calls do nothing.
   *
   * @param numbers performance data for monitoring systems, which stand behind a vertical bar
   */
  release(line: string, numbers?: string): void {
    if (this.#held === undefined) return;
    const held = this.#held;
    this.#held = undefined;
    this.#sink.write(headlineOf(line) + (numbers === undefined ? "" : ` | ${numbers}`), {
      level: "STDOUT",
      label: "",
      text: line,
    });
    for (const [text, record] of held) this.#sink.write(text, record);
  }
}
