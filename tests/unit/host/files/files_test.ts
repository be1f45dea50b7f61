import {
  createFile,
  openFile,
  privateFolder,
  PUBLIC_FILE_MODE,
  readPrivateFile,
  readTrustedFile,
  ReplacedError,
  replaceFile,
  replaceLink,
  writeText,
} from "../../../../lib/host/files/files.ts";
import { lockJob } from "../../../../lib/host/files/lock.ts";
import { logPaths, openLogFiles, pvPath } from "../../../../lib/host/output/log_files.ts";
import { RefusedError } from "../../../../lib/model/errors.ts";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "../../../support/assert.ts";
import { withTempFolder } from "../../../support/temp.ts";

const SECRET = "what an attacker wants us to destroy";

function mode(path: string): number {
  return Deno.lstatSync(path).mode! & 0o777;
}

/** What an attacker may plant where we want a file. */
const TRAPS: Readonly<Record<string, (victim: string, path: string) => void>> = {
  "a symlink to a file": (victim, path) => Deno.symlinkSync(victim, path),
  "a symlink to nothing": (victim, path) => Deno.symlinkSync(`${victim}.new`, path),
  "a FIFO": (_victim, path) => void new Deno.Command("mkfifo", { args: ["-m", "600", path] }).outputSync(),
  "a folder": (_victim, path) => Deno.mkdirSync(path),
};

const LOG = {
  logDir: undefined,
  filePrefix: "zrun_",
  fileInfix: "",
  fileSuffix: "",
  subdir: "daily",
  keepMs: Infinity,
} as const;

/** Ways to open: each gets a private folder and a path in it. */
const WAYS: Readonly<Record<string, (folder: string, path: string) => unknown>> = {
  "createFile()": (_folder, path) => createFile(path),
  "openFile() to read": (_folder, path) => openFile(path, { kind: "private", access: "read" }),
  "openFile() to write": (_folder, path) => openFile(path, { kind: "private", access: "write" }),
  "openFile() to append": (_folder, path) => openFile(path, { kind: "private", access: "append" }),
  "readTrustedFile()": (_folder, path) => readTrustedFile(path),
  "readPrivateFile()": (_folder, path) => readPrivateFile(path),
};

for (const [way, open] of Object.entries(WAYS)) {
  for (const [trap, plant] of Object.entries(TRAPS)) {
    Deno.test(`${way} does not touch ${trap}`, () =>
      withTempFolder((folder) => {
        const victim = `${folder}/victim`;
        Deno.writeTextFileSync(victim, SECRET, { mode: 0o600 });
        plant(victim, `${folder}/trap`);
        assertThrows(() => open(folder, `${folder}/trap`), Error);
        assertEquals(Deno.readTextFileSync(victim), SECRET);
        assertEquals([...Deno.readDirSync(folder)].length, 2);
      }));
  }
}

for (const [trap, plant] of Object.entries(TRAPS)) {
  Deno.test(`the lock does not touch ${trap}`, () =>
    withTempFolder(async (folder) => {
      const victim = `${folder}/victim`;
      Deno.writeTextFileSync(victim, SECRET, { mode: 0o600 });
      const options = { folder: `${folder}/.locks`, identity: "job" };
      const lock = await lockJob(options);
      lock.release();
      plant(victim, lock.path);
      await assertRejects(() => lockJob(options), RefusedError, "Cannot open");
      assertEquals(Deno.readTextFileSync(victim), SECRET);
    }));

  Deno.test(`log files do not touch ${trap}`, () =>
    withTempFolder((folder) => {
      const victim = `${folder}/victim`;
      Deno.writeTextFileSync(victim, SECRET, { mode: 0o600 });
      const options = { report: LOG, home: folder, timestamp: "2024-09-03_12:26:15", randomName: "aaaaaaaa" };
      openLogFiles(options).close();
      const { log } = logPaths({ ...options, randomName: "bbbbbbbb" });
      plant(victim, log);
      assertThrows(() => openLogFiles({ ...options, randomName: "bbbbbbbb" }), Deno.errors.AlreadyExists);
      assertEquals(Deno.readTextFileSync(victim), SECRET);
    }));
}

Deno.test("a file replaced by a symlink between both looks is refused, its target unharmed", () =>
  withTempFolder(async (folder) => {
    const victim = `${folder}/victim`;
    const path = `${folder}/path`;
    Deno.writeTextFileSync(victim, SECRET, { mode: 0o600 });
    Deno.writeTextFileSync(path, "ours", { mode: 0o600 });
    const script = 'while :; do ln -sfn "$1" "$2"; printf ours > "$2.new"; mv -f "$2.new" "$2"; done';
    const racer = new Deno.Command("sh", { args: ["-c", `umask 077; ${script}`, "sh", victim, path] }).spawn();
    let refused = 0;
    const start = performance.now();
    for (let ran = 0; ran < 300 || (refused === 0 && ran < 10_000); ran = performance.now() - start) {
      try {
        const file = openFile(path, { kind: "private", access: "write" });
        file.truncateSync();
        file.close();
      } catch (error) {
        if (!(error instanceof RefusedError) && !(error instanceof Deno.errors.NotFound)) throw error;
        refused++;
      }
    }
    racer.kill("SIGKILL");
    await racer.status;
    assert(refused > 0);
    assertEquals(Deno.readTextFileSync(victim), SECRET);
  }));

/** Puts a new file in the place of the one that is about to be opened, the first so many times. */
function replacedWhileOpening<T>(path: string, times: number, act: () => T): T {
  const { openSync } = Deno;
  let left = times;
  Deno.openSync = (...args): Deno.FsFile => {
    if (args[0] === path && left-- > 0) {
      Deno.writeTextFileSync(`${path}.new`, `${left}`, { mode: 0o600 });
      Deno.renameSync(`${path}.new`, path);
    }
    return openSync(...args);
  };
  try {
    return act();
  } finally {
    Deno.openSync = openSync;
  }
}

Deno.test("readPrivateFile() and readTrustedFile() read a file that others replace, unless that never ends", () =>
  withTempFolder((folder) => {
    const path = `${folder}/file`;
    Deno.writeTextFileSync(path, "old", { mode: 0o600 });
    assertEquals(replacedWhileOpening(path, 3, () => readPrivateFile(path)), "0");
    assertEquals(replacedWhileOpening(path, 3, () => readTrustedFile(path)), new TextEncoder().encode("0"));
    assertThrows(() => replacedWhileOpening(path, Infinity, () => readPrivateFile(path)), ReplacedError);
  }));

Deno.test("createFile() and openFile() work as they should", () =>
  withTempFolder((folder) => {
    const path = `${folder}/file`;
    const created = createFile(path);
    writeText(created, "é\n".repeat(100_000));
    created.close();
    assertEquals(mode(path), 0o600);
    assertEquals(readPrivateFile(path), "é\n".repeat(100_000));
    const appended = openFile(path, { kind: "private", access: "append" });
    writeText(appended, "end");
    appended.close();
    assertEquals(readTrustedFile(path).length, 300_003);
    assertEquals(readPrivateFile(`${folder}/none`), undefined);
  }));

Deno.test("replaceFile() makes a file private, or as it is told whatever the umask, which stays as it was", () =>
  withTempFolder((folder) => {
    const path = `${folder}/file`;
    const former = Deno.umask(0o077);
    try {
      for (const [bits, ...given] of [[0o600], [0o644, PUBLIC_FILE_MODE], [0o600]] as const) {
        replaceFile(path, `${bits}`, `${path}.tmp`, ...given);
        assertEquals([mode(path), Deno.readTextFileSync(path), Deno.umask()], [bits, `${bits}`, 0o077]);
      }
      createFile(`${path}.tmp`).close();
      assertThrows(() => replaceFile(path, "", `${path}.tmp`, PUBLIC_FILE_MODE), Deno.errors.AlreadyExists);
      assertEquals(Deno.umask(), 0o077);
    } finally {
      Deno.umask(former);
    }
  }));

for (
  const [bits, why] of [[0o620, "620 aka rw--w----"], [0o602, "602 aka rw-----w-"], [
    0o700,
    "700 aka rwx------",
  ]] as const
) {
  Deno.test(`readTrustedFile() refuses permissions ${why}`, () =>
    withTempFolder((folder) => {
      Deno.writeTextFileSync(`${folder}/file`, "x");
      Deno.chmodSync(`${folder}/file`, bits);
      assertThrows(() => readTrustedFile(`${folder}/file`), RefusedError, why);
    }));
}

Deno.test("readTrustedFile() takes a file that others may read, openFile() private does not", () =>
  withTempFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "x");
    Deno.chmodSync(`${folder}/file`, 0o644);
    assertEquals(new TextDecoder().decode(readTrustedFile(`${folder}/file`)), "x");
    assertThrows(() => openFile(`${folder}/file`, { kind: "private", access: "read" }), RefusedError, "644");
  }));

Deno.test("openFile() says what is wrong with a link", () =>
  withTempFolder((folder) => {
    Deno.symlinkSync("/etc/hostname", `${folder}/link`);
    assertThrows(() => readTrustedFile(`${folder}/link`), RefusedError, "link': it is a symbolic link");
  }));

Deno.test("files of another owner are refused", { ignore: Deno.uid() !== 0 }, () =>
  withTempFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "x", { mode: 0o600 });
    Deno.chownSync(`${folder}/file`, 12345, 12345);
    assertThrows(() => readTrustedFile(`${folder}/file`), RefusedError, "is owned by uid 12345, not by root or uid 0");
    Deno.mkdirSync(`${folder}/dir`, { mode: 0o700 });
    Deno.chownSync(`${folder}/dir`, 12345, 12345);
    assertThrows(() => privateFolder(`${folder}/dir`), RefusedError, "dir' is owned by uid 12345, not 0");
  }));

Deno.test("privateFolder() makes it, takes it again, and refuses any other", () =>
  withTempFolder((folder) => {
    for (const path of ["a", "a/b", "a/b"]) privateFolder(`${folder}/${path}`);
    assertEquals([mode(`${folder}/a`), mode(`${folder}/a/b`)], [0o700, 0o700]);
    Deno.chmodSync(`${folder}/a`, 0o755);
    assertThrows(
      () => privateFolder(`${folder}/a`),
      RefusedError,
      "a' has permissions 755 aka rwxr-xr-x, not 700 aka rwx------",
    );
    Deno.symlinkSync("a/b", `${folder}/link`);
    assertThrows(() => privateFolder(`${folder}/link`), RefusedError, "is a symbolic link");
    Deno.symlinkSync("nowhere", `${folder}/dangling`);
    assertThrows(() => privateFolder(`${folder}/dangling`), RefusedError, "is a symbolic link");
    Deno.writeTextFileSync(`${folder}/file`, "");
    assertThrows(() => privateFolder(`${folder}/file`), RefusedError, "is not a folder");
  }));

Deno.test("replaceLink() leaves nothing behind", () =>
  withTempFolder((folder) => {
    replaceLink("one", `${folder}/link`, "x");
    replaceLink("two", `${folder}/link`, "x");
    assertEquals(Deno.readLinkSync(`${folder}/link`), "two");
    Deno.mkdirSync(`${folder}/dir`);
    assertThrows(() => replaceLink("three", `${folder}/dir`, "x"), Error);
    assertEquals([...Deno.readDirSync(folder)].map((entry) => entry.name).sort(), ["dir", "link"]);
  }));

Deno.test("openLogFiles() makes private files and links, and sweeps out old links", () =>
  withTempFolder((folder) => {
    const options = { report: LOG, home: folder, timestamp: "2024-09-03_12:26:15", randomName: "aaaaaaaa" };
    const first = openLogFiles(options);
    first.append("line 1\n");
    first.append("line 2\n");
    first.close();
    assertEquals(Deno.readTextFileSync(first.log), "line 1\nline 2\n");
    assertEquals(mode(first.log), 0o600);
    assertEquals(Deno.realPathSync(`${first.parent}/current/current.log`), Deno.realPathSync(first.log));
    for (const path of [first.parent, first.folder, first.cache, `${first.parent}/.current`]) {
      assertEquals(mode(path), 0o700);
    }
    const young = openLogFiles({ ...options, randomName: "bbbbbbbb" });
    young.close();
    Deno.utimeSync(`${first.parent}/.current/${first.stem}`, new Date(0), new Date(0));
    const last = openLogFiles({ ...options, randomName: "cccccccc" });
    last.close();
    const left = [...Deno.readDirSync(`${first.parent}/.current`)].map((entry) => entry.name).sort();
    assertEquals(left, [young.stem, last.stem]);
    assertEquals(Deno.readLinkSync(`${first.parent}/current`), `.current/${last.stem}`);
    assertEquals(Deno.readTextFileSync(first.log), "line 1\nline 2\n");
  }));

Deno.test("openLogFiles() does not mind what other runs do to the links at the same time", () =>
  withTempFolder((folder) => {
    const options = { report: LOG, home: folder, timestamp: "2024-09-03_12:26:15" };
    const first = openLogFiles({ ...options, randomName: "aaaaaaaa" });
    first.close();
    const { symlinkSync, removeSync } = Deno;
    const race = (randomName: string, act: (path: string) => void): void => {
      let raced = 0;
      Deno.symlinkSync = (...args): void => {
        if (raced++ === 1) act(String(args[1]).replace(/\/[^/]*$/, ""));
        symlinkSync(...args);
      };
      try {
        openLogFiles({ ...options, randomName }).close();
      } finally {
        Deno.symlinkSync = symlinkSync;
      }
      assert(raced >= 2);
    };
    race("bbbbbbbb", (own) => removeSync(own, { recursive: true }));
    Deno.utimeSync(`${first.parent}/.current/${first.stem}`, new Date(0), new Date(0));
    let swept = 0;
    Deno.removeSync = (): void => {
      swept++;
      throw Object.assign(new Error("Directory not empty"), { code: "ENOTEMPTY" });
    };
    try {
      openLogFiles({ ...options, randomName: "dddddddd" }).close();
    } finally {
      Deno.removeSync = removeSync;
    }
    assertEquals(swept, 1);
    assertMatch(Deno.readLinkSync(`${first.parent}/current`), /dddddddd$/);
  }));

Deno.test("openLogFiles() sweeps by the clock of the file system, not by ours", () =>
  withTempFolder((folder) => {
    const options = { report: LOG, home: folder, timestamp: "2024-09-03_12:26:15" };
    const other = openLogFiles({ ...options, randomName: "aaaaaaaa" });
    other.close();
    const { now } = Date;
    Date.now = (): number => now() + 60_000;
    try {
      openLogFiles({ ...options, randomName: "bbbbbbbb" }).close();
    } finally {
      Date.now = now;
    }
    assert(Deno.statSync(`${other.parent}/.current/${other.stem}`).isDirectory);
  }));

Deno.test("openLogFiles() refuses each of its folders that others can enter, or that is a link", () =>
  withTempFolder((folder) => {
    const options = { report: LOG, home: folder, timestamp: "2024-09-03_12:26:15", randomName: "aaaaaaaa" };
    const first = openLogFiles(options);
    first.close();
    let names = 0;
    const open = (): void => openLogFiles({ ...options, randomName: `bbbbbbb${names++}` }).close();
    for (const path of [first.parent, first.folder, first.cache, `${first.parent}/.current`]) {
      Deno.chmodSync(path, 0o750);
      assertThrows(open, RefusedError, `'${path}' has permissions 750`);
      Deno.chmodSync(path, 0o700);
      Deno.renameSync(path, `${path}.real`);
      Deno.symlinkSync(`${path}.real`, path);
      assertThrows(open, RefusedError, `'${path}' is a symbolic link`);
      Deno.removeSync(path);
      Deno.renameSync(`${path}.real`, path);
    }
    open();
  }));

Deno.test("pvPath() numbers the workers", () => {
  const paths = logPaths({ report: LOG, home: "/h", timestamp: "2024-09-03_12:26:15", randomName: "aaaaaaaa" });
  assertEquals(pvPath(paths, 0), "/h/bzfs-logs/2024-09-03/zrun_2024-09-03_12:26:15-aaaaaaaa.pv");
  assertMatch(pvPath(paths, 12), /aaaaaaaa\.pv_0012$/);
});

Deno.test("readTrustedFile() says which permissions are to be taken away", () =>
  withTempFolder((folder) => {
    const path = `${folder}/f`;
    Deno.writeTextFileSync(path, "x");
    const hint = (permissions: number): string | undefined => {
      Deno.chmodSync(path, permissions);
      return assertThrows(() => readTrustedFile(path), RefusedError, "must be at most").hint;
    };
    assertEquals(hint(0o664), `If nobody else has changed it: chmod g-w '${path}'`);
    assertEquals(hint(0o777), `If nobody else has changed it: chmod g-w,o-w,a-x '${path}'`);
    Deno.chmodSync(path, 0o644);
    assertEquals(readTrustedFile(path).length, 1);
  }));

Deno.test("openLogFiles() removes whole folders of ours that are older than is asked for, and nothing else", () =>
  withTempFolder((folder) => {
    const parent = `${folder}/bzfs-logs`;
    let count = 0;
    const open = (keepMs: number): void => {
      const report = { ...LOG, logDir: parent, keepMs };
      openLogFiles({ report, home: folder, timestamp: "2026-03-31_12:00:00", randomName: `${keepMs}${count++}` })
        .close();
    };
    open(Infinity);
    const old = [
      "2026-02-27",
      "2026-02-28",
      "2026-02-28_23",
      "2026-01-01_00:10",
      "2026-03-30",
      "notes",
      "2026-02-01",
    ];
    const tooOld = new Date(Date.now() - 40 * 86_400_000);
    for (const name of old) {
      Deno.mkdirSync(`${parent}/${name}`, { mode: 0o700 });
      Deno.writeTextFileSync(`${parent}/${name}/x.log`, "x");
      if (name !== "2026-02-01") Deno.utimeSync(`${parent}/${name}/x.log`, tooOld, tooOld);
    }
    Deno.symlinkSync("notes", `${parent}/2026-01-02`);
    Deno.writeTextFileSync(`${parent}/2026-01-03`, "a file");
    const left = (): string[] =>
      [...Deno.readDirSync(parent)].map(({ name }) => name).filter((name) => /^[2n]/.test(name)).sort();
    const before = left();
    open(Infinity);
    assertEquals(left(), before);
    open(30 * 86_400_000);
    // 02-01 was written to a moment ago, by a daemon that still runs.
    assertEquals(left(), ["2026-01-02", "2026-01-03", "2026-02-01", "2026-03-30", "2026-03-31", "notes"]);
  }));

Deno.test("readTrustedFile() says which permissions are to be taken away", () =>
  withTempFolder((folder) => {
    const path = `${folder}/f`;
    Deno.writeTextFileSync(path, "x");
    const hint = (permissions: number): string | undefined => {
      Deno.chmodSync(path, permissions);
      return assertThrows(() => readTrustedFile(path), RefusedError, "must be at most").hint;
    };
    assertEquals(hint(0o664), `If nobody else has changed it: chmod g-w '${path}'`);
    assertEquals(hint(0o777), `If nobody else has changed it: chmod g-w,o-w,a-x '${path}'`);
    Deno.chmodSync(path, 0o644);
    assertEquals(readTrustedFile(path).length, 1);
  }));
