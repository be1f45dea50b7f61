/**
 * Prints plain texts, for everything that is not a run: help, version, usage errors.
 * @module
 */

/** Columns of help where nobody knows the width of the terminal. */
const DEFAULT_COLUMNS = 100;

/** How long a reader may take nothing of a text that is not told again. */
const PATIENCE_MS = 60_000;

/** Prints a text that ends in a line feed. A reader that has gone away is no failure. */
export function printTo(stream: "out" | "err", text: string): void {
  try {
    const rest = writePatiently(STANDARD_STREAMS[stream], new TextEncoder().encode(text), PATIENCE_MS);
    if (rest.length > 0) throw new Deno.errors.WouldBlock(`std${stream} takes nothing`);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** How long to wait before a stream that takes nothing is tried again. */
const PAUSE_MS = 5;

/** What bytes are written to. */
export interface ByteSink {
  /** Writes some of the bytes and tells how many. */
  writeSync(bytes: Uint8Array): number;
  /**
   * True for a sink of the runtime's that keeps the beginning of a line until it may write it: when it then throws
   * `WouldBlock`, it has taken what it was given, unless that ended in a line feed.
   */
  readonly isLineBuffered: boolean;
}

/** Standard output and standard error of this process, as the runtime keeps them. */
export const STANDARD_STREAMS = {
  out: { writeSync: (bytes) => Deno.stdout.writeSync(bytes), isLineBuffered: true },
  err: { writeSync: (bytes) => Deno.stderr.writeSync(bytes), isLineBuffered: false },
} as const satisfies Readonly<Record<string, ByteSink>>;

/** A pipe takes so many bytes as a whole or not at all (PIPE_BUF of Linux). */
const MOST_AT_ONCE = 4096;

/** So much of a line the runtime keeps for certain: its buffer (`LineWriter` of Rust) holds twice as much. */
const KEPT_AT_ONCE = 512;

/**
 * Writes bytes. A stream that takes nothing, because somebody who shares it has made it non-blocking, is waited for as
 * long as patience lasts, anew whenever it has taken something. Returns what it did not take. Throws what the system says
 * of all other failures.
 *
 * Whole lines go in pieces that a pipe takes completely or not at all: of anything else nobody knows, after a failure,
 * how much was written, and to try again would print it twice.
 */
export function writePatiently(target: ByteSink, bytes: Uint8Array, patienceMs: number): Uint8Array {
  let at = 0;
  // What the runtime keeps, of earlier texts too, is written by the next write, even an empty one.
  let isKept = target.isLineBuffered;
  for (let waitedMs = 0; at < bytes.length || isKept;) {
    const piece = isKept ? bytes.subarray(0, 0) : nextPiece(bytes, at);
    try {
      at += target.writeSync(piece);
      isKept = false;
      waitedMs = 0;
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      if (target.isLineBuffered && !isKept && piece.at(-1) !== LINE_FEED) {
        at += piece.length;
        isKept = true;
      }
      if (waitedMs >= patienceMs) return bytes.subarray(at);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
      waitedMs += PAUSE_MS;
    }
  }
  return bytes.subarray(at);
}

const LINE_FEED = 0x0a;

/** Whole lines as far as they fit, otherwise a part of a line. */
function nextPiece(bytes: Uint8Array, at: number): Uint8Array {
  const most = bytes.subarray(at, at + MOST_AT_ONCE);
  const lines = most.lastIndexOf(LINE_FEED) + 1;
  return lines > 0 ? most.subarray(0, lines) : most.subarray(0, KEPT_AT_ONCE);
}

/** Width to which help is wrapped. */
export function helpColumns(): number {
  try {
    return Deno.consoleSize().columns || DEFAULT_COLUMNS;
  } catch {
    return DEFAULT_COLUMNS;
  }
}

/** What the executable was made with, as the build wrote it down; `undefined` when it runs from source. */
export function buildRecord(location: URL): string | undefined {
  if (!Deno.build.standalone) return undefined;
  const { runtime, deno, target } = JSON.parse(Deno.readTextFileSync(location)) as Record<string, string>;
  return `${runtime} runtime of Deno ${deno} for ${target}`;
}
