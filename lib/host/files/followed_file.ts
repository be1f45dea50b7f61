/**
 * A private file that another process appends to while we read it.
 * @module
 */
import { every } from "../timers.ts";
import { ifThere, openFile } from "./files.ts";

/** The part of a file that was appended since the last look. */
export class FollowedFile {
  readonly #path: string;
  readonly #decoder = new TextDecoder();
  #file: Deno.FsFile | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Empty as long as there is no such file. */
  read(): string {
    this.#file ??= ifThere(() => openFile(this.#path, { kind: "private", access: "read" }));
    return this.#file === undefined ? "" : readRest(this.#file, this.#decoder);
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}

/** What is read at once. One for all: nobody waits while it is in use. */
const BYTES = new Uint8Array(65_536);

/** All from where the file stands to its end. */
export function readRest(file: Deno.FsFile, decoder = new TextDecoder()): string {
  let text = "";
  for (let count = file.readSync(BYTES); count !== null; count = file.readSync(BYTES)) {
    text += decoder.decode(BYTES.subarray(0, count), { stream: true });
  }
  return text;
}

/** How long a line may lie before it is handed over. */
const LOOK_MS = 500;

/** Lines of a file that are handed over as they come. */
export interface FollowedLines {
  /** Hands over what is left and ends. An unfinished last line is dropped. */
  stop(): void;
}

/** Hands over each line of a file that need not exist yet, without its line feed. */
export function followLines(path: string, onLine: (line: string) => void): FollowedLines {
  const file = new FollowedFile(path);
  let rest = "";
  const look = (): void => {
    const lines = (rest + file.read()).split("\n");
    rest = lines.pop()!;
    lines.forEach(onLine);
  };
  const timer = every(LOOK_MS, () => {
    try {
      look();
    } catch {
      // Nothing is lost: it is read the next time, and what is in the way then is reported by `stop`.
    }
  });
  return {
    stop(): void {
      timer.stop();
      look();
      file.close();
    },
  };
}
