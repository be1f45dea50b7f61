/** Small files that are kept between runs: whole, private, and nothing where that cannot be. */
import { lookAtState, stateFiles } from "../../../../lib/host/files/state_files.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { withTempFolder } from "../../../support/temp.ts";

let serial = 0;
const unique = (): string => `u${++serial}`;

function entriesOf(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();
}

Deno.test("stateFiles() keeps a text, privately, and leaves nothing else", () =>
  withTempFolder((folder) => {
    const files = stateFiles(`${folder}/a/plans`, unique);
    assertEquals(files.read("x.json"), undefined);
    assertEquals(files.write("x.json", "one"), true);
    assertEquals(files.write("x.json", "two: é"), true);
    assertEquals(files.read("x.json"), "two: é");
    assertEquals(entriesOf(`${folder}/a/plans`), ["x.json"]);
    assertEquals(Deno.statSync(`${folder}/a/plans`).mode! & 0o777, 0o700);
    assertEquals(Deno.statSync(`${folder}/a/plans/x.json`).mode! & 0o777, 0o600);
  }));

Deno.test("stateFiles() does not believe what others can have written", () =>
  withTempFolder((folder) => {
    const plans = `${folder}/plans`;
    const files = stateFiles(plans, unique);
    files.write("x", "ours");
    Deno.chmodSync(`${plans}/x`, 0o604);
    assertEquals(files.read("x"), undefined);
    Deno.writeTextFileSync(`${folder}/target`, "precious", { mode: 0o600 });
    Deno.symlinkSync(`${folder}/target`, `${plans}/link`);
    assertEquals(files.read("link"), undefined);
    assertEquals(files.write("link", "ours"), true, "the link goes, not what it leads to");
    assertEquals([files.read("link"), Deno.readTextFileSync(`${folder}/target`)], ["ours", "precious"]);
    if (Deno.uid() === 0) {
      files.write("theirs", "x");
      Deno.chownSync(`${plans}/theirs`, 12345, 12345);
      assertEquals(files.read("theirs"), undefined);
    }
  }));

Deno.test("stateFiles() keeps nothing where it cannot, and leaves what was there", () =>
  withTempFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "");
    assertEquals(stateFiles(`${folder}/file/plans`, unique).write("x", "y"), false);
    const plans = `${folder}/plans`;
    const files = stateFiles(plans, unique);
    files.write("x", "whole");
    Deno.mkdirSync(`${plans}/folder`);
    assertEquals([files.write("folder", "y"), files.read("folder")], [false, undefined]);
    assertEquals(entriesOf(plans), ["folder", "x"]);
    Deno.chmodSync(plans, 0o777);
    assertEquals([files.write("x", "more"), files.read("x")], [false, "whole"]);
    Deno.chmodSync(plans, 0o700);
    Deno.writeTextFileSync(`${plans}/.same.tmp`, "of somebody else");
    assertEquals(stateFiles(plans, () => "same").write("x", "more"), false, "its temporary file is taken");
    assertEquals(files.read("x"), "whole");
    assertEquals(Deno.readTextFileSync(`${plans}/.same.tmp`), "of somebody else");
  }));

Deno.test("stateFiles() of two writers leave one whole text", () =>
  withTempFolder((folder) => {
    const [one, two] = [stateFiles(folder, unique), stateFiles(folder, unique)];
    Deno.chmodSync(folder, 0o700);
    for (let round = 0; round < 20; round++) {
      const texts = [`a${round}`.repeat(5000), `b${round}`.repeat(3000)];
      one.write("x", texts[0]!);
      two.write("x", texts[1]!);
      assertEquals(one.read("x"), texts[1]);
    }
    assertEquals(entriesOf(folder), ["x"]);
  }));

Deno.test("lookAtState() tells when a file was written, and takes none without end", () =>
  withTempFolder((folder) => {
    assert(stateFiles(`${folder}/state`, unique).write("x", "text"));
    Deno.utimeSync(`${folder}/state/x`, 1000, 1000);
    assertEquals(lookAtState(`${folder}/state`, "x"), { kind: "text", text: "text", writtenAtMs: 1_000_000 });
    Deno.truncateSync(`${folder}/state/x`, (16 << 20) + 1);
    assertEquals(lookAtState(`${folder}/state`, "x").kind, "unusable");
    assertEquals(lookAtState(`${folder}/state`, "y"), { kind: "absent" });
  }));
