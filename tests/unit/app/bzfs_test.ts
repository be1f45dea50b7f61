/**
 * One run from its words to its exit status, with programs of our own on the PATH.
 * @module
 */
import { type Program, RESUMES, runBzfs } from "../../../lib/app/bzfs.ts";
import { Cancelled } from "../../../lib/model/errors.ts";
import { whoAmI } from "../../../lib/host/system.ts";
import { assertEquals, assertMatch } from "../../support/assert.ts";
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

/** The status of a run with these words, where `zfs` is this script; its folder is in its first argument. */
async function statusWith(
  script: (folder: string) => string,
  words: readonly string[],
  variables: Readonly<Record<string, string>>,
  look: (folder: string) => void,
): Promise<number> {
  const path = Deno.env.get("PATH") ?? "";
  let status = -1;
  await withTempFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/zfs`, `#!/bin/sh\n${script(folder)}\n`, { mode: 0o700 });
    Deno.env.set("PATH", `${folder}:${path}`);
    try {
      const argv = [`--log-dir=${folder}/bzfs-logs`, "--quiet", "--retries=0", ...words];
      status = await runBzfs(argv, programOf(folder, new Map(Object.entries(variables))));
    } finally {
      Deno.env.set("PATH", path);
    }
    look(folder);
  });
  return status;
}

/** What `zfs` finds in its environment, of these variables, in a run with these words. */
async function seenByZfs(words: readonly string[], variables: Readonly<Record<string, string>>): Promise<string> {
  let seen = "";
  const names = Object.keys(variables).join("|");
  const script = (folder: string): string => `env | grep -E '^(${names})=' | sort > ${folder}/seen\nexit 1`;
  const status = await statusWith(script, [...words, "--", "a/b", "c/d"], variables, (folder) => {
    seen = Deno.readTextFileSync(`${folder}/seen`);
  });
  assertEquals(status, 3);
  return seen;
}

Deno.test("runBzfs() hands variables LD_… on to children", async () => {
  assertEquals(await seenByZfs([], { LD_BIND_NOW: "1" }), "LD_BIND_NOW=1\n");
});

Deno.test("runBzfs() keeps from children what --exclude-envvar-regex removes, variables LD_… too", async () => {
  assertEquals(await seenByZfs(["--exclude-envvar-regex", "LD_BIND.*"], { LD_BIND_NOW: "1" }), "");
});

Deno.test("runBzfs() takes no command that ends with status 5 for a missing root", async () => {
  const script = (): string => `case $1 in --version|version) echo zfs-2.3.1-1;; *) echo no >&2; exit 5;; esac`;
  const pairs = ["--", "a/b", "c/d", "a/e", "c/f"];
  assertEquals(await statusWith(script, pairs, {}, () => {}), 3);
  assertEquals(await statusWith(script, ["--missing-root=isolate", ...pairs], {}, () => {}), 3);
});

for (
  const [what, words, lines] of [["a replication", [], 1], ["a run without one", ["--skip-replication"], 0]] as const
) {
  Deno.test(`runBzfs() says of ${what} that was interrupted ${lines} times how it goes on`, async () => {
    await withTempFolder(async (folder) => {
      const signal = AbortSignal.abort(new Cancelled("SIGTERM", 15));
      const argv = [`--log-dir=${folder}/bzfs-logs`, ...words, "--", "a/b", "c/d"];
      let said = "";
      assertEquals(await runBzfs(argv, { ...programOf(folder, new Map()), signal }), 241);
      for (const day of Deno.readDirSync(`${folder}/bzfs-logs`)) {
        if (!day.name.startsWith("2")) continue;
        for (const { name } of Deno.readDirSync(`${folder}/bzfs-logs/${day.name}`)) {
          if (name.endsWith(".log")) said += Deno.readTextFileSync(`${folder}/bzfs-logs/${day.name}/${name}`);
        }
      }
      const told = said.split("\n").filter((line) => line.endsWith(`[W] ${RESUMES}`));
      assertEquals(told.length, lines, said);
      assertMatch(said, /Cause: Interrupted by SIGTERM/);
    });
  });
}
