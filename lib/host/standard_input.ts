/**
 * Standard input, for the one thing that may come from it: a list of hosts.
 * @module
 */

/** All of standard input as text; `undefined` if it is a terminal. */
export function readStandardInput(): string | undefined {
  if (Deno.stdin.isTerminal()) return undefined;
  const chunks: Uint8Array[] = [];
  const chunk = new Uint8Array(65_536);
  for (let count = Deno.stdin.readSync(chunk); count !== null; count = Deno.stdin.readSync(chunk)) {
    chunks.push(chunk.slice(0, count));
  }
  const decoder = new TextDecoder();
  return chunks.map((bytes) => decoder.decode(bytes, { stream: true })).join("") + decoder.decode();
}
