/**
 * What real ZFS printed, recorded by `tests/vm/conformance_test.ts`: the file's name begins with what it is about. That
 * real ZFS and the simulator print just this is part of the conformance suite.
 */
import { diagnose } from "../../lib/zfs/diagnosis.ts";
import { assertEquals } from "../support/assert.ts";
import { samplesOf, scenarios } from "./conformance.ts";

const samples = new URL("../samples/", import.meta.url);

for (const version of ["2.1", "2.3"] as const) {
  Deno.test(`diagnose() reads the recorded errors of OpenZFS ${version}`, () => {
    const folder = new URL(`zfs-${version}/`, samples);
    const files = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    const wanted = scenarios.flatMap((scenario) => samplesOf(scenario, version).map(({ file }) => file));
    assertEquals(files, wanted.toSorted());
    const read = files.map((name) => `${diagnose(Deno.readTextFileSync(new URL(name, folder))).fault}: ${name}`);
    assertEquals(read, files.map((name) => `${name.slice(0, name.indexOf("."))}: ${name}`));
  });
}
