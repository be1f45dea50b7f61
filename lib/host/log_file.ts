/**
 * The log file as a sink.
 * @module
 */
import type { Sink } from "../report/logger.ts";

/**
 * Appends records, unpadded, and status lines, which end in CR. If `append` throws (the disk is full), `onFailure` is
 * told once; later records are tried again.
 */
export function logFileSink(append: (text: string) => void, onFailure: (error: unknown) => void = () => {}): Sink {
  let hasFailed = false;
  const tryToAppend = (text: string): void => {
    try {
      append(text);
    } catch (error) {
      if (hasFailed) return;
      hasFailed = true;
      onFailure(error);
    }
  };
  return { write: (text) => tryToAppend(`${text}\n`), status: (line) => tryToAppend(`${line}\r`) };
}
