import { parseArgv } from "../../../../lib/cli/parse/bzfs_arguments.ts";
import { readNumber } from "../../../../lib/cli/options/numbers.ts";
import { editDistance, nearest } from "../../../../lib/model/text/nearest.ts";
import { UsageError } from "../../../../lib/model/errors.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../../../support/assert.ts";
import { JOB_CONTEXT, jobOf, parsedArguments } from "../../../support/jobs.ts";
import { withFiles } from "../../../support/safe_files.ts";

function usageError(...words: string[]): UsageError {
  return assertThrows(() => parseArgv(words, JOB_CONTEXT), UsageError);
}

Deno.test("parseArgv() keeps the order of filters across different options", () => {
  const { snapshotFilters } = jobOf([
    "--include-snapshot-regex",
    "a",
    "b",
    "--include-snapshot-times-and-ranks",
    "notime",
    "latest 3",
    "--exclude-snapshot-regex=c",
    "--new-snapshot-filter-group",
    "--include-snapshot-regex",
    "d",
    "--",
    "p/a",
    "q/b",
  ]);
  assertEquals(snapshotFilters.map((group) => group.map((filter) => filter.kind)), [
    ["include-regex", "times-and-ranks", "exclude-regex"],
    ["include-regex"],
  ]);
});

Deno.test("parseArgv() takes the nearest option for a misspelled one", () => {
  assertEquals(usageError("--recursiv", "a", "b").hint, "Did you mean --recursive?");
  assertEquals(usageError("--dryrunn=recv", "a", "b").hint, "Did you mean --dryrun=recv?");
  assertEquals(usageError("--skip-on-eror=fail", "a", "b").hint, "Did you mean --skip-on-error=fail?");
  assertEquals(usageError("--xyzzy", "a", "b").hint, "See --help for all options.");
});

Deno.test("parseArgv() says how a local dataset with a colon is written", () => {
  const error = usageError("-:tank/a:b", "q/b");
  assertStringIncludes(error.message, "unrecognized arguments: -:tank/a:b");
  assertStringIncludes(error.hint ?? "", "--");
});

Deno.test("parseArgv() says how a value with a dash is written", () => {
  const error = usageError("--zfs-recv-program-opts", "-u", "a", "b");
  assertEquals(error.message, "argument --zfs-recv-program-opts: expected one argument");
  assertStringIncludes(error.hint ?? "", "--zfs-recv-program-opts=-u");
});

Deno.test("parseArgv() takes a long option for no value that somebody forgot to attach", () => {
  assertEquals(usageError("a", "b", "--exclude-dataset", "--retries=3").hint, undefined);
  assertEquals(usageError("a", "b", "--exclude-dataset", "--recursive").hint, undefined);
  assertStringIncludes(usageError("a", "b", "--zfs-send-program-opts", "-v").hint!, "--zfs-send-program-opts=-v");
  assertStringIncludes(usageError("a", "b", "--zfs-send-program-opts", "--raw").hint!, "--zfs-send-program-opts=--raw");
});

Deno.test("parseArgv() says that an optional value has taken a dataset", () => {
  const error = usageError("--dryrun", "a", "b");
  assertEquals(error.message, "argument --dryrun/-n: invalid choice: 'a' (choose from 'recv', 'send')");
  assertStringIncludes(error.hint ?? "", "--dryrun=send");
});

Deno.test("parseArgv() states ranges as the reference does", () => {
  assertEquals(usageError("a", "b", "--threads=0").message, "argument --threads: valid range: [1, 1600]");
  assertEquals(usageError("a", "b", "--retries", "-1").message, "argument --retries: valid range: [0, +infinity)");
  assertEquals(usageError("a", "b", "--retries=x").message, "argument --retries: invalid int value: 'x'");
});

Deno.test("parseArgv() prints odd operands as the reference does", () => {
  assertEquals(
    usageError("a", "--recursive", "b").message,
    "root_dataset_pairs: Each SRC_DATASET must have a corresponding DST_DATASET: ['a']",
  );
});

Deno.test("parseArgv() stops at help and version", () => {
  assertEquals(parseArgv(["a", "b", "-h", "--bogus"], JOB_CONTEXT), { kind: "help", form: "short" });
  assertEquals(parseArgv(["--help"], JOB_CONTEXT), { kind: "help", form: "long" });
  assertEquals(parseArgv(["--version"], JOB_CONTEXT), { kind: "version", verbose: false });
  assertEquals(parseArgv(["--version", "-v"], JOB_CONTEXT), { kind: "version", verbose: true });
});

Deno.test("parseArgv() names the first byte of an argument file that is not UTF-8", () => {
  const read = (): Uint8Array => new Uint8Array([0x61, 0xc3, 0xa4, 0x0a, 0xff, 0x62]);
  const error = assertThrows(
    () => parseArgv(["+x/bzfs_argument_file"], { ...JOB_CONTEXT, files: { read } }),
    UsageError,
  );
  assertStringIncludes(error.message, "at byte 4");
});

Deno.test("parseArgv() names the line of an argument file that is no pair", () => {
  const read = (): Uint8Array => new TextEncoder().encode("# comment\na\tb\nc\n");
  const error = assertThrows(() => parseArgv(["+bzfs_argument_file"], { ...JOB_CONTEXT, files: { read } }), UsageError);
  assertStringIncludes(error.message, "Line 2");
});

Deno.test("parseArgv() refuses a NUL in an argument file, unless it is in a comment", () => {
  const parse = (text: string): unknown => {
    const read = (): Uint8Array => new TextEncoder().encode(text);
    return parseArgv(["+bzfs_argument_file"], { ...JOB_CONTEXT, files: { read } });
  };
  const error = assertThrows(() => parse("a\tb\na\0\tb\n"), UsageError);
  assertEquals(
    error.message,
    "Line 1 holds a NUL, which no word of a command can, in argument file: bzfs_argument_file",
  );
  parse("#\0\na\tb\n");
});

Deno.test("withFiles() of the tests keeps argument files that are writable by others out", () => {
  withFiles({ bzfs_argument_file: { text: "a\tb\n", mode: "666" } }, ["+$DIR/bzfs_argument_file"], (words) => {
    assertThrows(() => parseArgv(words, JOB_CONTEXT), UsageError);
  });
});

Deno.test("ParsedArguments gives defaults, last values and accumulated values", () => {
  const parsed = parsedArguments(
    ["a", "b", "--retries=1", "--retries=5", "--preserve-properties", "x", "--preserve-properties", "y", "z", "-vv"],
  );
  assertEquals(parsed.number("--retries"), 5);
  assertEquals(parsed.list("--preserve-properties"), ["y", "z"]);
  assertEquals(parsed.count("--verbose"), 2);
  assertEquals(parsed.amount("--threads"), { amount: 100, percent: true });
  assertEquals(parsed.text("--r2r"), "off");
  assertEquals(parsed.text("--dryrun"), undefined);
});

Deno.test("readNumber() reads what Python reads", () => {
  assertEquals([" 3 ", "+4", "1_0", "1e2", ".5", "5.", "-inf"].map(readNumber), [3, 4, 10, 100, 0.5, 5, -Infinity]);
  assertEquals(["", "0x1", "1__0", "_1", "1e", "."].map(readNumber), Array(6).fill(undefined));
});

Deno.test("editDistance() counts insertions, deletions, replacements and swaps", () => {
  assertEquals([
    editDistance("abc", "abc"),
    editDistance("abc", "acb"),
    editDistance("", "ab"),
    editDistance("kitten", "sitting"),
  ], [
    0,
    1,
    2,
    3,
  ]);
});

Deno.test("nearest() does not guess wildly", () => {
  assertEquals(nearest("--x", ["--recursive"]), undefined);
  assertEquals(nearest("--recurs", ["--recursive", "--retries"]), "--recursive");
});

Deno.test("parseArgv() names the option that took the datasets, and what stands for the other place", () => {
  const hintOf = (...argv: string[]): string => assertThrows(() => parseArgv(argv, JOB_CONTEXT), UsageError).hint ?? "";
  assertStringIncludes(hintOf("--exclude-dataset", "tmp", "tank/a", "backup/x"), "--exclude-dataset takes all words");
  assertEquals(hintOf("--recursive"), "");
  assertEquals(hintOf("--include-snapshot-regex", "a/.*", "b"), "");
  assertStringIncludes(hintOf("backup/x", "--skip-replication"), "dummy backup/x");
});
