/**
 * Processes that a test has started, found by a text in their environment. `grep` looks, since the runtime gives `/proc` for
 * all rights only; on systems without `/proc/PID/environ` it finds none.
 * @module
 */
import { processTable } from "./process_table.ts";

/** Ids of living processes that were started with a text in their environment, such as `NAME=the beginning of a value`. */
export async function processesWith(text: string): Promise<readonly number[]> {
  for (;;) {
    const args = ["-c", 'LC_ALL=C exec grep -laF -e "$1" /proc/[0-9]*/environ', "sh", text];
    const { stdout, stderr } = await new Deno.Command("sh", { args }).output();
    const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    const found = [...decode(stdout).matchAll(/^\/proc\/(\d+)\//gm)].map((match) => Number(match[1]));
    // One that has ended meanwhile may have started another one that was not listed yet.
    const hasChanged = /proc\/\d+\/environ: No such file/.test(decode(stderr));
    if (found.length > 0 || !hasChanged) return found;
  }
}

/** Waits until no such process is alive, but not for longer than that; says which are, by id and command. */
export async function leftProcessesWith(text: string, patienceMs = 10_000): Promise<readonly string[]> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const left = await processesWith(text);
    if (left.length === 0) return [];
    if (performance.now() > end) {
      return (await processTable()).filter(({ pid }) => left.includes(pid)).map(({ pid, command }) =>
        `${pid} ${command}`
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
