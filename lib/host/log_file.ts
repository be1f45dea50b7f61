/**
 * The log file as a sink.
 * @module
 */
import type { Sink } from "../report/logger.ts";

/**
 * Appends records, unpadded, and status lines, which end in CR. If that fails (the disk is full), `onFailure` is told
 * once; later records are tried again.
 */
export function logFileSink(file: Deno.FsFile, onFailure: (error: unknown) => void = () => {}): Sink {
  const encoder = new TextEncoder();
  let hasFailed = false;
  const append = (text: string): void => {
    try {
      let bytes = encoder.encode(text);
      while (bytes.length > 0) bytes = bytes.subarray(file.writeSync(bytes));
    } catch (error) {
      if (hasFailed) return;
      hasFailed = true;
      onFailure(error);
    }
  };
  return { write: (text) => append(`${text}\n`), status: (line) => append(`${line}\r`) };
}
