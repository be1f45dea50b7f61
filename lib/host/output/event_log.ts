/**
 * `--event-log`: one line of JSON for each event, appended while it happens. Several processes may append to one file.
 * @module
 */
import { createFile, lineAppender, openFile } from "../files/files.ts";
import { checkOutputPath, orRefuse, STANDARD_OUTPUT } from "./output_path.ts";
import { standStill } from "../process/patience.ts";
import { printTo } from "./print.ts";
import { TurnWriter } from "./turn_writer.ts";

const OPTION = "--event-log";

/** A file that lines are appended to. */
export interface EventLog {
  /** Appends a line, given without its line feed, at the latest when the event loop has turned. */
  append(line: string): void;
  /** Writes what is still to be written. */
  flush(): void;
  /** The same, for the last time. */
  close(): void;
}

/**
 * Opens an event log, `-` for standard output; makes the file if there is none. Throws `RefusedError`.
 *
 * @param onFailure told what the system says when lines cannot be written, for example that the disk is full
 */
export function openEventLog(path: string, onFailure: (error: unknown) => void): EventLog {
  if (path === STANDARD_OUTPUT) {
    return new Lines(new TurnWriter((text) => printTo("out", text), onFailure), () => {});
  }
  const target = checkOutputPath(OPTION, path);
  return orRefuse(OPTION, path, () => {
    makeIfMissing(target);
    const isTorn = endsInsideLine(target);
    const file = openFile(target, { kind: "private", access: "append" });
    return new Lines(
      new TurnWriter(lineAppender(file, isTorn), onFailure),
      () => file.close(),
    );
  });
}

class Lines implements EventLog {
  readonly #writer: TurnWriter;
  readonly #close: () => void;

  constructor(writer: TurnWriter, close: () => void) {
    this.#writer = writer;
    this.#close = close;
  }

  append(line: string): void {
    this.#writer.append(`${line}\n`);
  }

  flush(): void {
    this.#writer.flush();
  }

  close(): void {
    this.flush();
    this.#close();
  }
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
 * True if whoever wrote last was killed, or the disk was full, in the middle of a line. A file that still grows is
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
