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
  const target = stream === "out" ? Deno.stdout : Deno.stderr;
  try {
    const rest = writePatiently(target, new TextEncoder().encode(text), PATIENCE_MS);
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
}

/**
 * Writes bytes. A stream that takes nothing, because somebody who shares it has made it non-blocking, is waited for as
 * long as patience lasts, anew whenever it has taken something. Returns what it did not take. Throws what the system says
 * of all other failures.
 */
export function writePatiently(target: ByteSink, bytes: Uint8Array, patienceMs: number): Uint8Array {
  for (let waitedMs = 0; bytes.length > 0;) {
    try {
      bytes = bytes.subarray(target.writeSync(bytes));
      waitedMs = 0;
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      if (waitedMs >= patienceMs) return bytes;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
      waitedMs += PAUSE_MS;
    }
  }
  return bytes;
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
