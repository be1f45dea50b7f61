import { checkForwarded, parseJobrunnerArgv } from "../../../../lib/cli/jobrunner/arguments.ts";
import { RefusedError, UsageError } from "../../../../lib/model/errors.ts";
import { assertEquals, assertThrows } from "../../../support/assert.ts";
import { JOB_CONTEXT } from "../../../support/jobs.ts";

const REQUIRED = ["--job-id=j", "--root-dataset-pairs", "a", "b"];

function forwarded(...words: string[]): readonly string[] {
  const outcome = parseJobrunnerArgv([...words, ...REQUIRED], JOB_CONTEXT);
  return outcome.kind === "arguments" ? outcome.forwarded : [];
}

Deno.test("parseJobrunnerArgv() forwards what it does not know, in order", () => {
  assertEquals(forwarded("-r", "--exclude-dataset", "x", "y", "--replicate", "z"), [
    "-r",
    "--exclude-dataset",
    "x",
    "y",
    "z",
  ]);
});

Deno.test("parseJobrunnerArgv() refuses options that it manages itself", () => {
  const error = assertThrows(() => forwarded("--skip-replication"), UsageError);
  assertEquals(
    error.message,
    "argument --skip-replication: Security: Overriding protected argument '--skip-replication' is not allowed.",
  );
});

Deno.test("parseJobrunnerArgv() says how a job file is made fit to be read", () => {
  const read = (): never => {
    throw new RefusedError("it is no file", { hint: "chmod g-w 'f'" });
  };
  const error = assertThrows(() => parseJobrunnerArgv(["--config=f"], { ...JOB_CONTEXT, files: { read } }), UsageError);
  assertEquals([error.message, error.hint], ["Cannot read job file f: it is no file", "chmod g-w 'f'"]);
});

Deno.test("checkForwarded() finds misspelled options of either program", () => {
  checkForwarded(["-r", "--dryrun=send", "--exclude-dataset-regex", "x", "y"], JOB_CONTEXT);
  const hint = (word: string): string | undefined =>
    assertThrows(() => checkForwarded([word], JOB_CONTEXT), UsageError).hint;
  assertEquals(hint("--recursiv"), "Did you mean --recursive?");
  assertEquals(hint("--replicat"), "Did you mean --replicate?");
  assertThrows(() => checkForwarded(["stray"], JOB_CONTEXT), UsageError, "stray");
  assertThrows(() => checkForwarded(["--", "x"], JOB_CONTEXT), UsageError);
  assertThrows(() => checkForwarded(["--retries=x"], JOB_CONTEXT), UsageError, "--retries");
});
