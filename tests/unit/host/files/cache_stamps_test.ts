/**
 * Cache stamps as the times of files, and what is no stamp of ours.
 */
import { fileCacheStamps } from "../../../../lib/host/files/cache_stamps.ts";
import { reportFolder } from "../../../../lib/host/output/report_files.ts";
import { assertEquals } from "../../../support/assert.ts";
import { withTempFolder } from "../../../support/temp.ts";

const NAME = "host/dataset/=";

Deno.test("fileCacheStamps() keeps stamps, the newer one of two, privately", () =>
  withTempFolder((folder) => {
    const stamps = fileCacheStamps(`${folder}/mods`);
    assertEquals(stamps.read(NAME), undefined);
    stamps.write(NAME, { changed: 100, created: 90 });
    assertEquals(stamps.read(NAME), { changed: 100, created: 90 });
    stamps.write(NAME, { changed: 99, created: 80 });
    assertEquals(stamps.read(NAME), { changed: 100, created: 90 });
    stamps.write(NAME, { changed: 100, created: 95 });
    stamps.write(NAME, { changed: 101, created: 95 });
    assertEquals(stamps.read(NAME), { changed: 101, created: 95 });
    assertEquals(Deno.statSync(`${folder}/mods/${NAME}`).mode! & 0o777, 0o600);
    assertEquals(Deno.statSync(`${folder}/mods/host/dataset`).mode! & 0o777, 0o700);
  }));

Deno.test("fileCacheStamps() forgets what lies directly in a folder", () =>
  withTempFolder((folder) => {
    const stamps = fileCacheStamps(`${folder}/mods`);
    for (const name of [NAME, "host/dataset/label", "host/dataset/==/deep"]) {
      stamps.write(name, { changed: 9, created: 9 });
    }
    stamps.forget("host/dataset");
    assertEquals(stamps.read(NAME), { changed: 0, created: 0 });
    assertEquals(stamps.read("host/dataset/label"), { changed: 0, created: 0 });
    assertEquals(stamps.read("host/dataset/==/deep"), { changed: 9, created: 9 });
    stamps.write(NAME, { changed: 5, created: 5 });
    assertEquals(stamps.read(NAME), { changed: 5, created: 5 });
    stamps.forget("host/none");
  }));

Deno.test("fileCacheStamps() neither believes nor touches what is not a stamped file of ours", () =>
  withTempFolder((folder) => {
    const root = `${folder}/mods`;
    const stamps = fileCacheStamps(root);
    Deno.mkdirSync(`${root}/host/dataset`, { recursive: true, mode: 0o700 });
    const target = `${folder}/target`;
    Deno.writeTextFileSync(target, "precious", { mode: 0o600 });
    Deno.utimeSync(target, 1.25, 2.5);
    Deno.symlinkSync(target, `${root}/${NAME}`);
    assertEquals(stamps.read(NAME), undefined);
    stamps.write(NAME, { changed: 100, created: 100 });
    stamps.forget("host/dataset");
    assertEquals(Deno.statSync(target).mtime!.getTime(), 2500);
    assertEquals(Deno.readTextFileSync(target), "precious");

    Deno.mkdirSync(`${root}/host/dataset/folder`);
    assertEquals(stamps.read("host/dataset/folder"), undefined);
    stamps.write("host/dataset/folder", { changed: 100, created: 100 });
    Deno.writeTextFileSync(`${root}/host/dataset/open`, "", { mode: 0o600 });
    Deno.chmodSync(`${root}/host/dataset/open`, 0o666);
    stamps.write("host/dataset/open", { changed: 100, created: 100 });
    assertEquals(stamps.read("host/dataset/open"), undefined, "times that are no whole seconds are none of ours");
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
