/**
 * Prints plain texts, for everything that is not a run: help, version, usage errors.
 * @module
 */
import { STANDARD_ERROR_STREAM, STANDARD_OUTPUT_STREAM } from "./standard_stream.ts";

/** Columns of help where nobody knows the width of the terminal. */
const DEFAULT_COLUMNS = 100;

/** How long a reader may take nothing of a text that is printed once. */
const PATIENCE_MS = 60_000;

/** Prints a text that ends in a line feed. A reader that has gone away is no failure. */
export function printTo(stream: "out" | "err", text: string): void {
  try {
    (stream === "out" ? STANDARD_OUTPUT_STREAM : STANDARD_ERROR_STREAM).printPatiently(text, PATIENCE_MS);
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

/** True if help may use bold letters. */
export function isHelpOnTerminal(): boolean {
  return Deno.stdout.isTerminal() && Deno.env.get("TERM") !== "dumb";
}

/** Text of a file that lies in the executable, or beside the sources. */
export function readOwnText(location: URL): string {
  return Deno.readTextFileSync(location);
}

/** What the executable was made with, as the build wrote it down; `undefined` when it runs from source. */
export function buildRecord(location: URL): string | undefined {
  if (!Deno.build.standalone) return undefined;
  const { runtime, deno, target } = JSON.parse(Deno.readTextFileSync(location)) as Record<string, string>;
  return `${runtime} runtime of Deno ${deno} for ${target}`;
}
