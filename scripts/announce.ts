/**
 * Says on stderr what a script is doing, so that no long step is silent.
 * @module
 */

/** Prints one line that starts a step. */
export function announce(text: string): void {
  console.error(`==> ${text}`);
}

/** Awaits a long step; says every 15 seconds that it still runs, and at its end how long it took. */
export async function during<T>(text: string, step: (progress: (line: string) => void) => Promise<T>): Promise<T> {
  announce(text);
  const start = Date.now();
  const result = await withSignsOfLife(step);
  console.error(`    done in ${secondsSince(start)}`);
  return result;
}

/** Awaits a step that may take long; says every 15 seconds that it still runs, with the last line of its progress. */
export async function withSignsOfLife<T>(step: (progress: (line: string) => void) => Promise<T>): Promise<T> {
  const start = Date.now();
  let last = "";
  const timer = setInterval(
    () => console.error(`    ... ${secondsSince(start)} ${last.slice(0, 100)}`.trimEnd()),
    15_000,
  );
  try {
    return await step((line) => last = line.trim() === "" ? last : line.trim());
  } finally {
    clearInterval(timer);
  }
}

function secondsSince(start: number): string {
  return `${Math.round((Date.now() - start) / 1000)} s`;
}

/** Runs a script as a whole: when it fails, prints why, without a stack, and exits with 1. */
export async function orExplain(script: () => Promise<void>): Promise<void> {
  try {
    await script();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
