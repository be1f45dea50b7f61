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

Deno.test("files of cron and systemd that name the job file are found", () =>
  withTempFolder((folder) => {
    const root = `${folder}/`;
    assertEquals(schedulesNaming("/etc/bzfs/fleet.yaml", root), undefined);
    for (const name of ["etc/cron.d", "etc/systemd/system"]) Deno.mkdirSync(root + name, { recursive: true });
    Deno.writeTextFileSync(`${root}etc/cron.d/other`, "* * * * * root true\n");
    assertEquals(schedulesNaming("/etc/bzfs/fleet.yaml", root), []);
    Deno.writeTextFileSync(
      `${root}etc/systemd/system/b.service`,
      "ExecStart=bzfs jobrunner --config=/etc/bzfs/fleet.yaml\n",
    );
    Deno.writeTextFileSync(`${root}etc/crontab`, "* * * * * root bzfs jobrunner --config /etc/bzfs/fleet.yaml\n");
    assertEquals(schedulesNaming("/etc/bzfs/fleet.yaml", root), [
      `${root}etc/crontab`,
      `${root}etc/systemd/system/b.service`,
    ]);
  }));

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
