/**
 * `--event-log`: one line of JSON for each event, appended while it happens. Several processes may append to one file.
 * @module
 */
import { createFile, openFile, writeText } from "./files.ts";
import { checkOutputPath, orRefuse, STANDARD_OUTPUT } from "./output_path.ts";
import { printTo } from "./print.ts";

const OPTION = "--event-log";

/** A file that lines are appended to. */
export interface EventLog {
  /** Appends a line, given without its line feed. Throws what the system says, for example that the disk is full. */
  append(line: string): void;
  close(): void;
}

/** Opens an event log, `-` for standard output; makes the file if there is none. Throws `RefusedError`. */
export function openEventLog(path: string): EventLog {
  if (path === STANDARD_OUTPUT) return { append: (line) => printTo("out", `${line}\n`), close: () => {} };
  const target = checkOutputPath(OPTION, path);
  return orRefuse(OPTION, path, () => {
    makeIfMissing(target);
    let isTorn = endsInsideLine(target);
    const file = openFile(target, { kind: "private", access: "append" });
    return {
      append(line): void {
        const text = `${isTorn ? "\n" : ""}${line}\n`;
        isTorn = true;
        writeText(file, text);
        isTorn = false;
      },
      close: () => file.close(),
    };
  });
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
