/**
 * `--event-log`: one line of JSON for each event, appended while it happens. Several processes may append to one file.
 * @module
 */
import { createFile, lineAppender, openFile } from "../files/files.ts";
import { checkOutputPath, orRefuse, STANDARD_OUTPUT } from "./output_path.ts";
import { standStill } from "../process/patience.ts";
import { printTo } from "./print.ts";

const OPTION = "--event-log";

/** A file that lines are appended to. */
export interface EventLog {
  /** Appends a line, given without its line feed. Never throws. */
  append(line: string): void;
  close(): void;
}

/**
 * Opens an event log, `-` for standard output; makes the file if there is none. Throws `RefusedError`.
 *
 * @param onFailure called with the error of each line that cannot be written, for example because the disk is full
 */
export function openEventLog(path: string, onFailure: (error: unknown) => void): EventLog {
  if (path === STANDARD_OUTPUT) return eventLog((text) => printTo("out", text), onFailure, () => {});
  const target = checkOutputPath(OPTION, path);
  return orRefuse(OPTION, path, () => {
    makeIfMissing(target);
    const isTorn = endsInsideLine(target);
    const file = openFile(target, { kind: "private", access: "append" });
    return eventLog(lineAppender(file, isTorn), onFailure, () => file.close());
  });
}

function eventLog(write: (text: string) => void, onFailure: (error: unknown) => void, close: () => void): EventLog {
  return {
    append(line): void {
      try {
        write(`${line}\n`);
      } catch (error) {
        onFailure(error);
      }
    },
    close,
  };
}

function makeIfMissing(path: string): void {
  try {
    createFile(path).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/** How long a write of somebody else may stand still in the middle of a line. */
const MOMENT_MS = 20;

/**
 * True if the last writer was killed, or the disk was full, in the middle of a line. A file that still grows is
 * being written by somebody else, who will end the line.
 */
function endsInsideLine(path: string): boolean {
  using file = openFile(path, { kind: "private", access: "read" });
  const size = file.statSync().size;
  if (isWholeUpTo(size, file)) return false;
  standStill(MOMENT_MS);
  return file.statSync().size === size;
}

function isWholeUpTo(size: number, file: Deno.FsFile): boolean {
  if (size === 0) return true;
  file.seekSync(size - 1, Deno.SeekMode.Start);
  const last = new Uint8Array(1);
  file.readSync(last);
  return last[0] === LINE_FEED;
}

const LINE_FEED = 0x0a;
