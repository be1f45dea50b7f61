/**
 * One run from its words to its exit status, with programs of our own on the PATH.
 * @module
 */
import { type Program, runBzfs } from "../../../lib/app/bzfs.ts";
import { whoAmI } from "../../../lib/host/system.ts";
import { assertEquals } from "../../support/assert.ts";
import { withTempFolder } from "../../support/temp.ts";

function programOf(home: string, loaderVariables: ReadonlyMap<string, string>): Program {
  return {
    name: "bzfs",
    version: "0.1.0",
    loaderVariables,
    identity: { ...whoAmI(), home },
    signal: new AbortController().signal,
    onProcesses: () => {},
    print: () => {},
    tell: () => Promise.resolve(""),
  };
}

/** What `zfs` finds in its environment, of these variables, in a run with these words. */
async function seenByZfs(words: readonly string[], variables: Readonly<Record<string, string>>): Promise<string> {
  const path = Deno.env.get("PATH") ?? "";
  let seen = "";
  await withTempFolder(async (folder) => {
    const script = `#!/bin/sh\nenv | grep -E '^(${
      Object.keys(variables).join("|")
    })=' | sort > ${folder}/seen\nexit 1\n`;
    Deno.writeTextFileSync(`${folder}/zfs`, script, { mode: 0o700 });
    Deno.env.set("PATH", `${folder}:${path}`);
    try {
      const argv = [`--log-dir=${folder}/bzfs-logs`, "--quiet", "--retries=0", ...words, "--", "a/b", "c/d"];
      assertEquals(await runBzfs(argv, programOf(folder, new Map(Object.entries(variables)))), 3);
    } finally {
      Deno.env.set("PATH", path);
    }
    seen = Deno.readTextFileSync(`${folder}/seen`);
  });
  return seen;
}

Deno.test("runBzfs() hands variables LD_… on to children", async () => {
  assertEquals(await seenByZfs([], { LD_BIND_NOW: "1" }), "LD_BIND_NOW=1\n");
});

Deno.test("runBzfs() keeps from children what --exclude-envvar-regex removes, variables LD_… too", async () => {
  assertEquals(await seenByZfs(["--exclude-envvar-regex", "LD_BIND.*"], { LD_BIND_NOW: "1" }), "");
});
