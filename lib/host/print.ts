/**
 * Prints plain texts, for everything that is not a run: help, version, usage errors.
 * @module
 */

/** Columns of help where nobody knows the width of the terminal. */
const DEFAULT_COLUMNS = 100;

/** Prints a text that ends in a line feed. A reader that has gone away is no failure. */
export function printTo(stream: "out" | "err", text: string): void {
  const target = stream === "out" ? Deno.stdout : Deno.stderr;
  try {
    for (let bytes = new TextEncoder().encode(text); bytes.length > 0;) {
      bytes = bytes.subarray(target.writeSync(bytes));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
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
