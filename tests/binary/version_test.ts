/** `--version` tells what there is to tell, and nothing of a run is made ready for it. */
import { assertEquals, assertMatch } from "@std/assert";
import { capture } from "../../scripts/process.ts";
import { withTempFolder } from "../support/temp.ts";

const executable = new URL("../../dist/bzfs", import.meta.url).pathname;

Deno.test("dist/bzfs --version starts no program", () =>
  withTempFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/sh`, `#!/bin/sh\n: > ${folder}/ran\n`, { mode: 0o755 });
    const run = (...words: readonly string[]): ReturnType<typeof capture> =>
      capture([executable, ...words], { env: { PATH: folder } });
    const plain = await run("--version");
    assertMatch(plain.stdout, /^bzfs-\d+\.\d+\.\d+, by .*\n$/);
    assertEquals((await run("--version", "-v")).stdout.split("\n")[0], plain.stdout.trimEnd());
    assertEquals((await run("-r", "--version")).stdout, plain.stdout);
    assertEquals((await run("jobrunner", "--version")).stdout, plain.stdout.replace("bzfs", "bzfs_jobrunner"));
    await Deno.remove(`${folder}/ran`); // by the one that was read with the rest
    await run("--version");
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["sh"]);
  }));
