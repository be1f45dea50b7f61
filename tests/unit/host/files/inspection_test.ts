import {
  inspectFile,
  inspectFolders,
  publicKeysIn,
  roomAt,
  schedulesNaming,
} from "../../../../lib/host/files/inspection.ts";
import { lookAtLocks } from "../../../../lib/host/files/lock.ts";
import { assert, assertEquals, assertStringIncludes } from "../../../support/assert.ts";
import { withTempFolder } from "../../../support/temp.ts";

Deno.test("folders that are ours alone are fine, absent ones too; others say what is wrong with them", () =>
  withTempFolder((folder) => {
    Deno.mkdirSync(`${folder}/ours`, { mode: 0o700 });
    Deno.mkdirSync(`${folder}/open`);
    Deno.chmodSync(`${folder}/open`, 0o755);
    Deno.symlinkSync(`${folder}/ours`, `${folder}/link`);
    const paths = ["ours", "open", "link", "absent"].map((name) => `${folder}/${name}`);
    const found = inspectFolders(paths);
    assertEquals(found.map(({ problem, isOnlyMode }) => [problem !== undefined, isOnlyMode]), [
      [false, false],
      [true, true],
      [true, false],
    ]);
    assertStringIncludes(found[1]!.problem!, "755");
    assertEquals(paths.slice(3).map((path) => Deno.statSync(folder).isDirectory && inspectFolders([path])), [[]]);
  }));

Deno.test("a file that others may write says so", () =>
  withTempFolder((folder) => {
    const path = `${folder}/fleet.yaml`;
    Deno.writeTextFileSync(path, "");
    Deno.chmodSync(path, 0o644);
    assertEquals(inspectFile(path), { path, problem: undefined, isOnlyMode: false });
    Deno.chmodSync(path, 0o664);
    const { problem = "", isOnlyMode } = inspectFile(path);
    assertEquals(isOnlyMode, true);
    assertStringIncludes(problem, "664");
  }));

const JOB_FILE = "/etc/bzfs/fleet.yaml";
const CRON_LINE = `* * * * * root bzfs jobrunner --config=${JOB_FILE} --replicate\n`;
const SERVICE = `[Service]\nExecStart=bzfs jobrunner \\\n  --config=${JOB_FILE}\n`;

/** Files below the root, and those of them that start the job file. */
const SCHEDULES: Readonly<Record<string, readonly [Readonly<Record<string, string>>, readonly string[]]>> = {
  "another job": [{ "etc/cron.d/other": "* * * * * root true\n" }, []],
  "a line of /etc/crontab": [
    { "etc/crontab": CRON_LINE, "etc/cron.d/x": "" },
    ["etc/crontab"],
  ],
  "a line of a user's table, with the path as a word, quoted, or in front of a bracket": [
    {
      "var/spool/cron/crontabs/root": `* * * * * x=$(bzfs jobrunner --config ${JOB_FILE})\n`,
      "var/spool/cron/b.c": `* * * * * bzfs jobrunner --config '${JOB_FILE}'`,
    },
    ["var/spool/cron/b.c", "var/spool/cron/crontabs/root"],
  ],
  "a comment": [{ "etc/cron.d/bzfs": `  # ${CRON_LINE}` }, []],
  "files with longer names": [
    { "etc/cron.d/bzfs": CRON_LINE.replace(".yaml", ".yaml.old"), "etc/cron.d/c": CRON_LINE.replace("/etc", "/x/etc") },
    [],
  ],
  "a file that cron ignores": [{ "etc/cron.d/bzfs.off": CRON_LINE }, []],
  "a service without a timer": [{ "etc/systemd/system/b.service": SERVICE }, []],
  "a service whose timer is not enabled": [
    { "etc/systemd/system/b.service": SERVICE, "etc/systemd/system/b.timer": "[Timer]\n" },
    [],
  ],
  "a service whose timer is enabled": [
    { "etc/systemd/system/b.service": SERVICE, "etc/systemd/system/timers.target.wants/b.timer": "[Timer]\n" },
    ["etc/systemd/system/b.service"],
  ],
  "a service that a timer of another name starts": [
    {
      "etc/systemd/system/b.service": SERVICE,
      "etc/systemd/system/c.timer": "[Timer]\nUnit=b.service\n",
      "etc/systemd/system/timers.target.wants/c.timer": "",
    },
    ["etc/systemd/system/b.service"],
  ],
  "a service that is enabled itself": [
    { "etc/systemd/system/b.service": SERVICE, "etc/systemd/system/multi-user.target.wants/b.service": "" },
    ["etc/systemd/system/b.service"],
  ],
};

for (const [what, [files, found]] of Object.entries(SCHEDULES)) {
  Deno.test(`what starts the job file: ${what}`, () =>
    withTempFolder((folder) => {
      const root = `${folder}/`;
      assertEquals(schedulesNaming(JOB_FILE, root), undefined);
      for (const [name, text] of Object.entries(files)) {
        Deno.mkdirSync(root + name.slice(0, name.lastIndexOf("/")), { recursive: true });
        Deno.writeTextFileSync(root + name, text);
      }
      assertEquals(schedulesNaming(JOB_FILE, root), found.map((name) => root + name));
    }));
}

Deno.test("the room of a folder that is not there yet is that of the one above", () =>
  withTempFolder((folder) => {
    const room = roomAt(`${folder}/not/yet`)!;
    assert(room.size > 0n && room.available <= room.size);
    assertEquals(room.size, roomAt(folder)!.size);
  }));

Deno.test("public keys are those with the usual names", () =>
  withTempFolder((folder) => {
    assertEquals(publicKeysIn(folder), []);
    Deno.mkdirSync(`${folder}/.ssh`);
    for (const name of ["id_rsa.pub", "id_ed25519.pub", "id_rsa", "known_hosts", "id_$(x).pub"]) {
      Deno.writeTextFileSync(`${folder}/.ssh/${name}`, "");
    }
    assertEquals(publicKeysIn(folder), [`${folder}/.ssh/id_ed25519.pub`, `${folder}/.ssh/id_rsa.pub`]);
  }));

Deno.test("locks that are held are told from files of killed runs, and only those are removed", () =>
  withTempFolder(async (folder) => {
    const path = (digit: string): string => `${folder}/bzfs-lockfile-${digit.repeat(64)}.lock`;
    for (const digit of ["a", "b"]) Deno.writeTextFileSync(path(digit), "1 since then\n", { mode: 0o600 });
    Deno.writeTextFileSync(`${folder}/other`, "");
    // A lock that this process holds by another open file counts as that of another process.
    using held = Deno.openSync(path("a"), { write: true });
    held.lockSync(true);
    const states = async (removes: boolean): Promise<unknown> =>
      (await lookAtLocks(folder, { removes })).map(({ path: at, isHeld }) => [at, isHeld]).toSorted();
    assertEquals(await states(false), [[path("a"), true], [path("b"), false]]);
    assertEquals(Deno.statSync(path("b")).isFile, true);
    assertEquals(await states(true), [[path("a"), true], [path("b"), false]]);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).toSorted().length, 2);
    held.unlockSync();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }));
