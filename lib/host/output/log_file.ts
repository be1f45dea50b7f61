/**
 * The log file as a sink.
 * @module
 */
import type { Sink } from "../../report/logger.ts";

/**
 * Appends records, unpadded, and status lines, which end in CR. The first time that `append` throws (the disk is full),
 * `onFailure` is called; later records are tried again.
 */
export function logFileSink(append: (text: string) => void, onFailure: (error: unknown) => void = () => {}): Sink {
  let hasFailed = false;
  const attempt = (text: string): void => {
    try {
      append(text);
    } catch (error) {
      if (hasFailed) return;
      hasFailed = true;
      onFailure(error);
    }
  };
  return { write: (text) => attempt(`${text}\n`), status: (line) => attempt(`${line}\r`) };
}
