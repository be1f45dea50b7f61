/** Where the executable writes its logs, and where it refuses to. */
import { assertEquals, assertMatch } from "@std/assert";
import { capture } from "../../scripts/process.ts";
import { withTempFolder } from "../support/temp.ts";

const executable = `${import.meta.dirname}/../../dist/bzfs`;

Deno.test("dist/bzfs refuses a --log-dir below a folder that others may rename, and says which", () =>
  withTempFolder(async (folder) => {
    await Deno.mkdir(`${folder}/open`);
    await Deno.chmod(`${folder}/open`, 0o777);
    await Deno.mkdir(`${folder}/open/mine`, { mode: 0o700 });
    const words = [executable, `--log-dir=${folder}/open/mine/bzfs-logs`, "t/a", "t/b"];
    const { code, stdout, stderr } = await capture(words);
    assertEquals({ code, stdout }, { code: 3, stdout: "" }, stderr);
    assertMatch(
      stderr,
      /^\S+ \S+ \[E\] ERROR: \[bzfs\] Log init: '\S+\/open' has permissions 777 aka rwxrwxrwx: .*chmod o-w '\S+\/open'\n$/,
    );
    assertEquals([...Deno.readDirSync(`${folder}/open/mine`)], []);
    await Deno.chmod(`${folder}/open`, 0o1777);
    assertMatch((await capture(words)).stdout, /Log file was: /);
  }));
