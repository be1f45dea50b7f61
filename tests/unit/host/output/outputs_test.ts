import { openEventLog } from "../../../../lib/host/output/event_log.ts";
import { openResultFile } from "../../../../lib/host/output/report_files.ts";
import { temporaryFile } from "../../../../lib/host/files/temporary_file.ts";
import { RefusedError } from "../../../../lib/model/errors.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { withTempFolder } from "../../../support/temp.ts";

function fail(error: unknown): never {
  throw error;
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
}

function modeOf(path: string): number {
  return (Deno.statSync(path).mode ?? 0) & 0o777;
}

const OPENERS: Readonly<Record<string, (path: string) => unknown>> = {
  "openResultFile()": (path) => openResultFile(path, "unique"),
  "openEventLog()": (path) => openEventLog(path, fail),
};

for (const [name, open] of Object.entries(OPENERS)) {
  Deno.test(`${name} refuses devices, links, folders and what is not there`, () =>
    withTempFolder((folder) => {
      Deno.writeTextFileSync(`${folder}/target`, "kept", { mode: 0o600 });
      Deno.symlinkSync(`${folder}/target`, `${folder}/link`);
      Deno.symlinkSync(`${folder}/nowhere`, `${folder}/dangling`);
      const hint = /Use - for standard output/;
      const paths = ["/dev/stdout", "/dev/fd/1", "/dev/null", "/proc/self/fd/1", "/tmp/../dev//full", "/dev/../proc/x"];
      for (const path of [...paths, `${folder}/link`, `${folder}/dangling`, folder, `${folder}/new/`, ""]) {
        const error = assertThrows(() => open(path), RefusedError);
        assert(hint.test(error.hint ?? ""), `${path}: ${error.message} ${error.hint}`);
      }
      assertThrows(() => open(`${folder}/missing/file`), RefusedError, "No such file");
      assertEquals(Deno.readTextFileSync(`${folder}/target`), "kept");
      assertEquals(names(folder), ["dangling", "link", "target"]);
    }));

  Deno.test(`${name} refuses a FIFO without waiting for its other end`, async () => {
    await withTempFolder(async (folder) => {
      await new Deno.Command("mkfifo", { args: [`${folder}/fifo`] }).output();
      assertThrows(() => open(`${folder}/fifo`), RefusedError, "not a regular file");
    });
  });
}

for (const [name, open] of Object.entries(OPENERS)) {
  Deno.test(`${name} refuses a file of another owner`, { ignore: Deno.uid() !== 0 }, () =>
    withTempFolder((folder) => {
      Deno.writeTextFileSync(`${folder}/other`, "kept", { mode: 0o600 });
      Deno.chownSync(`${folder}/other`, 12345, 12345);
      assertThrows(() => open(`${folder}/other`), RefusedError, "it is owned by uid 12345");
      Deno.symlinkSync("other", `${folder}/link`);
      assertThrows(() => open(`${folder}/link`), RefusedError, "it is a symbolic link");
    }));
}

Deno.test("openResultFile() replaces a file all at once and leaves nothing else behind", () =>
  withTempFolder((folder) => {
    const path = `${folder}/result.json`;
    const first = openResultFile(path, "a");
    assertEquals(names(folder), []);
    first.write("one\n");
    const held = Deno.openSync(path);
    openResultFile(path, "b").write("two\n");
    assertEquals(Deno.readTextFileSync(path), "two\n");
    const bytes = new Uint8Array(10);
    assertEquals(new TextDecoder().decode(bytes.subarray(0, held.readSync(bytes)!)), "one\n");
    held.close();
    assertEquals([modeOf(path), names(folder)], [0o600, ["result.json"]]);
  }));

Deno.test("openResultFile() keeps the old result if the new one cannot be written", () =>
  withTempFolder((folder) => {
    const path = `${folder}/result.json`;
    Deno.writeTextFileSync(path, "old", { mode: 0o600 });
    const result = openResultFile(path, "a");
    Deno.mkdirSync(`${folder}/.bzfs-result-a.tmp`);
    assertThrows(() => result.write("new"), Deno.errors.AlreadyExists);
    assertEquals(Deno.readTextFileSync(path), "old");
  }));

Deno.test("openResultFile() takes a name of 255 bytes", () =>
  withTempFolder((folder) => {
    const path = `${folder}/${"é".repeat(127)}`;
    openResultFile(path, "a").write("x");
    assertEquals(Deno.readTextFileSync(path), "x");
  }));

Deno.test("openEventLog() appends to a private file, beside others", () =>
  withTempFolder((folder) => {
    const path = `${folder}/events`;
    const [a, b] = [openEventLog(path, fail), openEventLog(path, fail)];
    a.append("1");
    b.append("2");
    a.append("3");
    a.close();
    b.close();
    assertEquals([Deno.readTextFileSync(path), modeOf(path)], ["1\n2\n3\n", 0o600]);
  }));

Deno.test("openEventLog() tears no line where several processes append at once", () =>
  withTempFolder(async (folder) => {
    const path = `${folder}/events`;
    const module = new URL("../../../../lib/host/output/event_log.ts", import.meta.url).href;
    const code = `import { openEventLog } from ${JSON.stringify(module)};
      const events = openEventLog(Deno.args[0], (error) => { throw error; });
      while (Date.now() < Number(Deno.args[2])); // all begin together
      for (let i = 0; i < 3000; i++) {
        events.append(JSON.stringify({ who: Deno.args[1], i, text: "x".repeat(i % 700) }));
      }
      events.close();`;
    const start = String(Date.now() + 2000);
    const children = ["a", "b", "c"].map((who) =>
      new Deno.Command(Deno.execPath(), { args: ["eval", "--no-check", code, path, who, start] }).output()
    );
    for (const { code, stderr } of await Promise.all(children)) assertEquals(code, 0, new TextDecoder().decode(stderr));
    const lines = Deno.readTextFileSync(path).trimEnd().split("\n").map((line) => JSON.parse(line));
    for (const who of ["a", "b", "c"]) {
      assertEquals(lines.filter((line) => line.who === who).map(({ i }) => i), [...Array(3000).keys()]);
    }
    const turns = lines.filter((line, index) => line.who !== lines[index - 1]?.who).length;
    assert(turns > 3, "the processes did not append at once");
  }));

Deno.test("openEventLog() begins a new line behind one that was cut off", () =>
  withTempFolder((folder) => {
    const path = `${folder}/events`;
    Deno.writeTextFileSync(path, '{"event":"ru', { mode: 0o600 });
    const events = openEventLog(path, fail);
    events.append("1");
    events.append("2");
    events.close();
    assertEquals(Deno.readTextFileSync(path), '{"event":"ru\n1\n2\n');
  }));

Deno.test("openEventLog() takes a file that somebody is writing to for whole", () =>
  withTempFolder((folder) => {
    const path = `${folder}/events`;
    Deno.writeTextFileSync(path, "one\ntw", { mode: 0o600 });
    const { wait } = Atomics;
    let waited = 0;
    Atomics.wait = (() => {
      waited++;
      Deno.writeTextFileSync(path, "o\n", { append: true });
      return "timed-out";
    }) as typeof Atomics.wait;
    try {
      const events = openEventLog(path, fail);
      events.append("three");
      events.close();
    } finally {
      Atomics.wait = wait;
    }
    assertEquals([waited, Deno.readTextFileSync(path)], [1, "one\ntwo\nthree\n"]);
  }));

Deno.test("openEventLog() refuses a file that others may read", () =>
  withTempFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/events`, "");
    Deno.chmodSync(`${folder}/events`, 0o644);
    assertThrows(
      () => openEventLog(`${folder}/events`, fail),
      RefusedError,
      `--event-log: Cannot open '${folder}/events': it has permissions 644`,
    );
  }));

Deno.test("temporaryFile() is private and goes away", () => {
  let path: string;
  {
    using file = temporaryFile();
    path = file.path;
    assertEquals(file.read(), "");
    assertEquals(modeOf(path.replace(/\/[^/]*$/, "")), 0o700);
    const events = openEventLog(path, fail);
    events.append("x");
    events.close();
    assertEquals(file.read(), "x\n");
  }
  assertThrows(() => Deno.statSync(path), Deno.errors.NotFound);
});
