/**
 * Surroundings in which the runtime by itself cannot work: variables for which it refuses to start any program, no PATH
 * to find programs on, a parent that ignores the ends of children.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { capture } from "../../scripts/process.ts";
import { withTempFolder } from "../support/temp.ts";

const executable = new URL("../../dist/bzfs", import.meta.url).pathname;

for (const name of ["LD_BZFS_TEST", "ld_bzfs_test", "DYLD_BZFS_TEST"]) {
  Deno.test(`dist/bzfs starts programs although ${name} is set, and hands it on`, () =>
    withTempFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/zfs`, `#!/bin/sh\necho "$${name}" >> ${folder}/seen\n`, { mode: 0o755 });
      const env = { [name]: "it's $1", PATH: `${folder}:${Deno.env.get("PATH")}` };
      await capture([executable, `--log-dir=${folder}/bzfs-logs`, "tank/a", "tank/b"], { env });
      assertEquals((await Deno.readTextFile(`${folder}/seen`)).split("\n")[0], "it's $1");
    }));
}

/** Words for `env` that lead to a PATH without any folder. */
const paths: Readonly<Record<string, readonly string[]>> = {
  "no PATH": [],
  "an empty PATH": ["PATH="],
  "a PATH of folders that do not exist": ["PATH=/nonexistent:/nor/this"],
  "a PATH that is not UTF-8": ["PATH=/nonexistent\\377"],
};

for (const [name, words] of Object.entries(paths)) {
  Deno.test(`dist/bzfs uses the usual folders where there is ${name}`, () =>
    withTempFolder(async (folder) => {
      // Words of an environment that are not UTF-8 can only be made by a shell.
      const script = `exec /usr/bin/env -i "$(printf '${words[0] ?? "A=B"}')" "$@"`;
      const run = (...more: readonly string[]): ReturnType<typeof capture> =>
        capture(["sh", "-c", script, "sh", executable, ...more]);
      const version = await run("--version");
      assertEquals([version.code, version.stderr], [0, ""]);
      assertMatch(version.stdout, /^bzfs-\d/);
      const { code, stdout, stderr } = await run(
        `--log-dir=${folder}/bzfs-logs`,
        "127.0.0.1:t/a",
        "t/b",
        "--ssh-src-port=1",
        "--retries=0",
      );
      assert(code !== 0 && stderr === "", stderr);
      assert(stdout.includes("Cannot ssh into remote host via"), stdout); // both sh and ssh were found
      assert(!stdout.includes("Failed to find sh"), stdout);
    }));
}

Deno.test("dist/bzfs waits for its children also where its parent ignores SIGCHLD", () =>
  withTempFolder(async (folder) => {
    const script = `#!/bin/sh\ngrep SigIgn /proc/self/status >> ${folder}/seen\nexit 7\n`;
    await Deno.writeTextFile(`${folder}/zfs`, script, { mode: 0o755 });
    const env = { PATH: `${folder}:${Deno.env.get("PATH")}` };
    const words = [executable, `--log-dir=${folder}/bzfs-logs`, "tank/a", "tank/b"];
    const { code, stdout } = await capture(["env", "--ignore-signal=CHLD", ...words], { env });
    assertEquals(code, 3);
    assert(!stdout.includes("os error"), stdout);
    assert(stdout.includes("zfs CLI is not available"), stdout);
    const [, mask = ""] = (await Deno.readTextFile(`${folder}/seen`)).trim().split(/\s+/);
    assertEquals(BigInt(`0x${mask}`) >> 16n & 1n, 0n, "children ignore SIGCHLD");
  }));
