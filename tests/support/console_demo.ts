/**
 * A program for the terminal test: shows a status line, and a record above it for each line that it reads.
 * @module
 */
import { Console } from "../../lib/host/output/terminal.ts";

const console = new Console({ isTerminal: undefined, columns: undefined, plain: false });
console.status("status 0 ".repeat(10));
console.write("ready");
let count = 0;
const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
for await (const text of lines) {
  if (text.startsWith("quit")) break;
  count++;
  console.write(`record ${count}`);
  console.status(`status ${count} `.repeat(10));
}
console.clearStatus();
console.write("goodbye");
