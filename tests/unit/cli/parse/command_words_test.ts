import { commandOf, selectCommand, VERB_WORDS } from "../../../../lib/cli/parse/command_words.ts";
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
  assertEquals(selectCommand("bzfs", ["help", "jobrunner"]), {
    kind: "usage",
    program: "bzfs_jobrunner",
    form: "long",
  });
  assertEquals(selectCommand("bzfs", ["help", "runbook", "pool", "full"]), {
    kind: "help",
    program: "bzfs",
    topic: "runbook",
    section: "pool full",
  });
  assertEquals(selectCommand("bzfs", ["example"]), { kind: "example", name: undefined });
  assertEquals(selectCommand("bzfs", ["example", "home"]), { kind: "example", name: "home" });
  assertEquals(selectCommand("bzfs", ["man", "jobrunner"]), { kind: "man", page: "bzfs_jobrunner" });
  assertEquals(selectCommand("bzfs_jobrunner", ["man"]), { kind: "man", page: "bzfs_jobrunner" });
  assertEquals(selectCommand("bzfs", ["man", "job-file"]), { kind: "man", page: "job-file" });
  assertEquals(selectCommand("bzfs", ["man", "bzfs-job-file"]), { kind: "man", page: "job-file" });
  assertEquals(selectCommand("bzfs", ["completion", "fish"]), { kind: "completion", shell: "fish" });
});

Deno.test("selectCommand() takes a word that is a program of its own", () => {
  for (const verb of VERB_WORDS) {
    const program = `bzfs-${verb}` as const;
    assertEquals(selectCommand("bzfs", [verb, "--x"]), { kind: "run", program, argv: ["--x"] });
    assertEquals(selectCommand("bzfs_jobrunner", [verb]), { kind: "run", program, argv: [] });
    assertEquals(selectCommand("bzfs", [verb, "-h"]), { kind: "usage", program, form: "short" });
    assertEquals(selectCommand("bzfs", [verb, "--version"]), { kind: "version", program, verbose: false });
    assertEquals(selectCommand("bzfs", ["help", verb, "config"]), { kind: "help", program, topic: "config" });
    assertEquals(selectCommand("bzfs", ["man", verb]), { kind: "man", page: verb });
    assertEquals(selectCommand("bzfs", ["man", program]), { kind: "man", page: verb });
    assertEquals(selectCommand("bzfs", ["--", verb, "backup"]), {
      kind: "run",
      program: "bzfs",
      argv: ["--", verb, "backup"],
    });
    assertEquals(commandOf(program), `bzfs ${verb}`);
  }
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
  assertEquals(page.hint, "Use: bzfs man [bzfs|bzfs_jobrunner|job-file|status|doctor]");
  const twoPools = assertThrows(() => selectCommand("bzfs", ["man", "man", "backup"]), UsageError);
  assertStringIncludes(twoPools.hint ?? "", "after --");
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
