/** What real ZFS printed, recorded by `tests/vm/conformance_test.ts`: the file's name begins with what it is about. */
import { faultOf } from "../../lib/zfs/diagnosis.ts";
import { assert, assertEquals } from "../support/assert.ts";

const samples = new URL("../samples/", import.meta.url);

for (const { name: version } of Deno.readDirSync(samples)) {
  Deno.test(`faultOf() reads the recorded errors of ${version}`, () => {
    const folder = new URL(`${version}/`, samples);
    const files = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert(files.length > 0);
    const read = files.map((name) => `${faultOf(Deno.readTextFileSync(new URL(name, folder)))}: ${name}`);
    assertEquals(read, files.map((name) => `${name.slice(0, name.indexOf("."))}: ${name}`));
  });
}
