import { PvFile } from "../../../../lib/host/transfer/pv_file.ts";
import { RefusedError } from "../../../../lib/model/errors.ts";
import { assertEquals, assertThrows } from "../../../support/assert.ts";
import { withTempFolder } from "../../../support/temp.ts";

Deno.test("PvFile tells what was appended since the beginning of the stream", async () => {
  await withTempFolder((folder) => {
    const file = new PvFile(`${folder}/x.pv`);
    file.beginStream("marked");
    file.append("1\r");
    file.beginStream("marked");
    file.append("22\r");
    assertEquals(file.textOfStream(), "22\r");
  });
});

Deno.test("PvFile tells what is new, each part once", async () => {
  await withTempFolder((folder) => {
    const file = new PvFile(`${folder}/x.pv`);
    file.beginStream("marked");
    file.append("1\r");
    file.beginStream("marked");
    assertEquals(file.newText(), "");
    file.append("22\r");
    file.append("3");
    assertEquals([file.newText(), file.newText()], ["22\r3", ""]);
    file.append("3\r");
    assertEquals([file.newText(), file.textOfStream()], ["3\r", "22\r33\r"]);
  });
});

Deno.test("PvFile makes no failure of a file that was swept out: the stream has arrived", async () => {
  await withTempFolder((folder) => {
    const file = new PvFile(`${folder}/x.pv`);
    file.beginStream("marked");
    Deno.removeSync(`${folder}/x.pv`);
    file.append("22\r");
    assertEquals(file.textOfStream(), "");
  });
});

Deno.test("PvFile touches no file that is not ours alone", async () => {
  await withTempFolder((folder) => {
    const path = `${folder}/x.pv`;
    const victim = `${folder}/victim`;
    Deno.writeTextFileSync(victim, "kept", { mode: 0o600 });
    const file = new PvFile(path);
    Deno.symlinkSync(victim, path);
    assertThrows(() => file.beginStream("marked"), RefusedError, "is a symbolic link");
    file.append("22\r");
    assertEquals([Deno.readTextFileSync(victim), file.textOfStream()], ["kept", ""]);
    Deno.removeSync(path);
    Deno.writeTextFileSync(path, "theirs\r", { mode: 0o644 });
    assertThrows(() => file.beginStream("marked"), RefusedError, "has permissions 644");
    file.append("22\r");
    assertEquals([Deno.readTextFileSync(path), file.textOfStream()], ["theirs\r", ""]);
  });
});
