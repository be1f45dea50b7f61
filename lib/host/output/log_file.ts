/**
 * The log file as a sink.
 * @module
 */
import type { Sink } from "../../report/logger.ts";
import { TurnWriter } from "./turn_writer.ts";

/**
 * Appends records, unpadded, and status lines, which end in CR; those of one turn of the event loop together. If
 * `append` throws (the disk is full), `onFailure` is told once; later records are tried again.
 */
export function logFileSink(append: (text: string) => void, onFailure: (error: unknown) => void = () => {}): Sink {
  let hasFailed = false;
  const writer = new TurnWriter(append, (error) => {
    if (hasFailed) return;
    hasFailed = true;
    onFailure(error);
  });
  return {
    write: (text) => writer.append(`${text}\n`),
    status: (line) => writer.append(`${line}\r`),
    flush: () => writer.flush(),
  };
}
