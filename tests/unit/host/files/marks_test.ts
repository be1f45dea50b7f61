/**
 * Marks as the times of files, and what is no mark of ours.
 */
import { fileMarks } from "../../../../lib/host/files/marks.ts";
import { reportFolder } from "../../../../lib/host/output/report_files.ts";
import { assertEquals } from "../../../support/assert.ts";
import { withTempFolder } from "../../../support/temp.ts";

const NAME = "host/dataset/=";

Deno.test("fileMarks() keeps marks, the newer one of two, privately", () =>
  withTempFolder((folder) => {
    const marks = fileMarks(`${folder}/mods`);
    assertEquals(marks.read(NAME), undefined);
    marks.write(NAME, { changed: 100, created: 90 });
    assertEquals(marks.read(NAME), { changed: 100, created: 90 });
    marks.write(NAME, { changed: 99, created: 80 });
    assertEquals(marks.read(NAME), { changed: 100, created: 90 });
    marks.write(NAME, { changed: 100, created: 95 });
    marks.write(NAME, { changed: 101, created: 95 });
    assertEquals(marks.read(NAME), { changed: 101, created: 95 });
    assertEquals(Deno.statSync(`${folder}/mods/${NAME}`).mode! & 0o777, 0o600);
    assertEquals(Deno.statSync(`${folder}/mods/host/dataset`).mode! & 0o777, 0o700);
  }));

Deno.test("fileMarks() forgets what lies directly in a folder", () =>
  withTempFolder((folder) => {
    const marks = fileMarks(`${folder}/mods`);
    for (const name of [NAME, "host/dataset/label", "host/dataset/==/deep"]) {
      marks.write(name, { changed: 9, created: 9 });
    }
    marks.forget("host/dataset");
    assertEquals(marks.read(NAME), { changed: 0, created: 0 });
    assertEquals(marks.read("host/dataset/label"), { changed: 0, created: 0 });
    assertEquals(marks.read("host/dataset/==/deep"), { changed: 9, created: 9 });
    marks.write(NAME, { changed: 5, created: 5 });
    assertEquals(marks.read(NAME), { changed: 5, created: 5 });
    marks.forget("host/none");
  }));

Deno.test("fileMarks() neither believes nor touches what is not a marked file of ours", () =>
  withTempFolder((folder) => {
    const root = `${folder}/mods`;
    const marks = fileMarks(root);
    Deno.mkdirSync(`${root}/host/dataset`, { recursive: true, mode: 0o700 });
    const target = `${folder}/target`;
    Deno.writeTextFileSync(target, "precious", { mode: 0o600 });
    Deno.utimeSync(target, 1.25, 2.5);
    Deno.symlinkSync(target, `${root}/${NAME}`);
    assertEquals(marks.read(NAME), undefined);
    marks.write(NAME, { changed: 100, created: 100 });
    marks.forget("host/dataset");
    assertEquals(Deno.statSync(target).mtime!.getTime(), 2500);
    assertEquals(Deno.readTextFileSync(target), "precious");

    Deno.mkdirSync(`${root}/host/dataset/folder`);
    assertEquals(marks.read("host/dataset/folder"), undefined);
    marks.write("host/dataset/folder", { changed: 100, created: 100 });
    Deno.writeTextFileSync(`${root}/host/dataset/open`, "", { mode: 0o600 });
    Deno.chmodSync(`${root}/host/dataset/open`, 0o666);
    marks.write("host/dataset/open", { changed: 100, created: 100 });
    assertEquals(marks.read("host/dataset/open"), undefined, "times that are no whole seconds are none of ours");
  }));

Deno.test("reportFolder() gives a file its name when it is complete, and leaves none that is not", () =>
  withTempFolder((folder) => {
    const reports = reportFolder(`${folder}/run.cmp`);
    const file = reports.open("a~b%c.tsv");
    file.append("one\n");
    file.append("two\n");
    assertEquals([...Deno.readDirSync(`${folder}/run.cmp`)].map(({ name }) => name), ["a~b%c.tsv.tmp"]);
    file.finish();
    file.discard();
    const other = reports.open("other.tsv");
    other.append("half");
    other.discard();
    assertEquals([...Deno.readDirSync(`${folder}/run.cmp`)].map(({ name }) => name), ["a~b%c.tsv"]);
    assertEquals(Deno.readTextFileSync(file.path), "one\ntwo\n");
  }));
