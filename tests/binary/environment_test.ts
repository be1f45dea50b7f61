/** Variables for which the runtime refuses to start any program: the executable works, and its children get them. */
import { assertEquals } from "@std/assert";
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
