/** Transcripts against the program from source; `tests/binary/transcripts_test.ts` runs them on the executable. */
import { transcripts } from "../support/transcript.ts";

for (const name of ["command_line", "replication", "verbs"]) {
  transcripts(Deno.readTextFileSync(new URL(`transcripts/${name}.txt`, import.meta.url)));
}
