import { PvFile } from "../../../lib/host/pv_file.ts";
import { assertEquals } from "../../support/assert.ts";
import { withTempFolder } from "../../support/temp.ts";

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

Deno.test("PvFile makes no failure of a file that was swept out: the stream has arrived", async () => {
  await withTempFolder((folder) => {
    const file = new PvFile(`${folder}/x.pv`);
    file.beginStream("marked");
    Deno.removeSync(`${folder}/x.pv`);
    file.append("22\r");
    assertEquals(file.textOfStream(), "");
  });
});
