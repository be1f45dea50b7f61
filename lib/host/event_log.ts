/**
 * `--event-log`: one line of JSON for each event, appended while it happens. Several processes may append to one file.
 * @module
 */
import { createFile, openFile, writeText } from "./files.ts";
import { checkOutputPath, orRefuse, STANDARD_OUTPUT } from "./output_path.ts";
import { printTo } from "./print.ts";

const OPTION = "--event-log";

/** Lines are written together if they come in the same turn of the event loop: a write each would be most of the cost. */
const MAX_PENDING = 256;

/** A file that lines are appended to. */
export interface EventLog {
  /** Appends a line, given without its line feed, before anything is awaited that takes time. */
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
  if (path === STANDARD_OUTPUT) return new Appender((text) => printTo("out", text), () => {}, onFailure);
  const target = checkOutputPath(OPTION, path);
  return orRefuse(OPTION, path, () => {
    makeIfMissing(target);
    let isTorn = endsInsideLine(target);
    const file = openFile(target, { kind: "private", access: "append" });
    const write = (text: string): void => {
      const whole = isTorn ? `\n${text}` : text;
      isTorn = true;
      writeText(file, whole);
      isTorn = false;
    };
    return new Appender(write, () => file.close(), onFailure);
  });
}

class Appender implements EventLog {
  readonly #write: (text: string) => void;
  readonly #close: () => void;
  readonly #onFailure: (error: unknown) => void;
  #pending: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(write: (text: string) => void, close: () => void, onFailure: (error: unknown) => void) {
    this.#write = write;
    this.#close = close;
    this.#onFailure = onFailure;
  }

  append(line: string): void {
    this.#pending.push(`${line}\n`);
    if (this.#pending.length >= MAX_PENDING) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), 0);
  }

  close(): void {
    this.flush();
    this.#close();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.length === 0) return;
    const text = this.#pending.join("");
    this.#pending = [];
    try {
      this.#write(text);
    } catch (error) {
      this.#onFailure(error);
    }
  }
}

function makeIfMissing(path: string): void {
  try {
    createFile(path).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/** True if whoever wrote last was killed, or the disk was full, in the middle of a line. */
function endsInsideLine(path: string): boolean {
  using file = openFile(path, { kind: "private", access: "read" });
  if (file.statSync().size === 0) return false;
  file.seekSync(-1, Deno.SeekMode.End);
  const last = new Uint8Array(1);
  file.readSync(last);
  return last[0] !== 0x0a;
}
