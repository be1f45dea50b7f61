/** The transcripts of `tests/cli` against the compiled executable. */
import { transcripts } from "../support/transcript.ts";

const executable = new URL("../../dist/bzfs", import.meta.url).pathname;

for (const name of ["command_line", "replication", "verbs"]) {
  transcripts(Deno.readTextFileSync(new URL(`../cli/transcripts/${name}.txt`, import.meta.url)), executable);
}
