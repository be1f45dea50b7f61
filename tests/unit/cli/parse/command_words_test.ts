import { selectCommand } from "../../../../lib/cli/parse/command_words.ts";
import { UsageError } from "../../../../lib/model/errors.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../../../support/assert.ts";

Deno.test("selectCommand() goes by the name of the executable", () => {
  assertEquals(selectCommand("/usr/bin/bzfs", ["a", "b"]), { kind: "run", program: "bzfs", argv: ["a", "b"] });
  assertEquals(selectCommand("./bzfs_jobrunner", ["--x"]), { kind: "run", program: "bzfs_jobrunner", argv: ["--x"] });
});

Deno.test("selectCommand() takes a first word as command", () => {
  assertEquals(selectCommand("bzfs", ["jobrunner", "--x"]), { kind: "run", program: "bzfs_jobrunner", argv: ["--x"] });
  assertEquals(selectCommand("bzfs_jobrunner", ["bzfs", "help"]), { kind: "run", program: "bzfs", argv: ["help"] });
  assertEquals(selectCommand("bzfs", ["help"]), { kind: "help", program: "bzfs", topic: undefined });
  assertEquals(selectCommand("bzfs", ["help", "jobrunner", "workers"]), {
    kind: "help",
    program: "bzfs_jobrunner",
    topic: "workers",
  });
  assertEquals(selectCommand("bzfs", ["man", "jobrunner"]), { kind: "man", page: "bzfs_jobrunner" });
  assertEquals(selectCommand("bzfs_jobrunner", ["man"]), { kind: "man", page: "bzfs_jobrunner" });
  assertEquals(selectCommand("bzfs", ["man", "job-file"]), { kind: "man", page: "job-file" });
  assertEquals(selectCommand("bzfs", ["man", "bzfs-job-file"]), { kind: "man", page: "job-file" });
  assertEquals(selectCommand("bzfs", ["completion", "fish"]), { kind: "completion", shell: "fish" });
});

Deno.test("selectCommand() leaves pools with such names alone behind other words", () => {
  assertEquals(selectCommand("bzfs", ["-r", "--", "help", "backup"]).kind, "run");
  assertEquals(selectCommand("bzfs", ["--", "man", "backup"]).kind, "run");
});

Deno.test("selectCommand() refuses a command that is used wrongly", () => {
  const error = assertThrows(() => selectCommand("bzfs", ["completion", "bsh"]), UsageError);
  assertEquals(error.hint, "Did you mean bash?");
  assertThrows(() => selectCommand("bzfs", ["completion"]), UsageError);
  const page = assertThrows(() => selectCommand("bzfs", ["man", "zpool"]), UsageError);
  assertEquals(page.hint, "Use: bzfs man [bzfs|bzfs_jobrunner|job-file]");
  const twoPools = assertThrows(() => selectCommand("bzfs", ["man", "man", "backup"]), UsageError);
  assertStringIncludes(twoPools.hint ?? "", "behind --");
});

Deno.test("selectCommand() needs no run for what a first word asks", () => {
  const program = "bzfs";
  assertEquals(selectCommand("bzfs", ["--version"]), { kind: "version", program, verbose: false });
  assertEquals(selectCommand("bzfs", ["bzfs", "--version", "--x", "-vv"]), { kind: "version", program, verbose: true });
  assertEquals(selectCommand("bzfs", ["-h", "a"]), { kind: "usage", program, form: "short" });
  assertEquals(selectCommand("bzfs", ["jobrunner", "--help"]), {
    kind: "usage",
    program: "bzfs_jobrunner",
    form: "long",
  });
  // What stands before them counts, so they are read with the rest.
  assertEquals(selectCommand("bzfs", ["-x", "--version"]), { kind: "run", program, argv: ["-x", "--version"] });
});
