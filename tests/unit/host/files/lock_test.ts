import { type JobLock, lockJob } from "../../../../lib/host/files/lock.ts";
import { BusyError } from "../../../../lib/model/errors.ts";
import { assert, assertEquals, assertRejects } from "../../../support/assert.ts";
import { withTempFolder } from "../../../support/temp.ts";

const LOCK_MODULE = new URL("../../../../lib/host/files/lock.ts", import.meta.url).href;

/** Another process that takes the lock, says so, and holds it until its stdin ends. */
function holder(folder: string, identity: string): Deno.ChildProcess {
  const code = `import { lockJob } from ${JSON.stringify(LOCK_MODULE)};
    const lock = await lockJob({ folder: Deno.args[0], identity: Deno.args[1], patienceMs: 10000 });
    console.log("held");
    for await (const _ of Deno.stdin.readable);
    lock.release();`;
  const args = ["eval", "--no-check", code, folder, identity];
  return new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped", stderr: "inherit" }).spawn();
}

async function saysHeld(child: Deno.ChildProcess): Promise<void> {
  const reader = child.stdout.getReader();
  assertEquals(new TextDecoder().decode((await reader.read()).value), "held\n");
  await reader.cancel();
}

Deno.test("lockJob() keeps others out, and the file is gone afterwards", () =>
  withTempFolder(async (folder) => {
    const options = { folder: `${folder}/.locks`, identity: "job" };
    const lock = await lockJob(options);
    assert(/bzfs-lockfile-[0-9a-f]{64}\.lock$/.test(lock.path));
    const error = await assertRejects(() => lockJob(options), BusyError, lock.path);
    assertEquals(error.exitCode, 4);
    assertEquals(
      error.message,
      `Exiting as same previous periodic job is still running without completion yet per ${lock.path}`,
    );
    (await lockJob({ ...options, identity: "other job" })).release();
    lock.release();
    lock.release();
    assertEquals([...Deno.readDirSync(options.folder)], []);
    (await lockJob(options)).release();
  }));

Deno.test("lockJob() sees another process, and takes over the moment it ends", () =>
  withTempFolder(async (folder) => {
    const options = { folder: `${folder}/.locks`, identity: "job" };
    const child = holder(options.folder, options.identity);
    await saysHeld(child);
    const error = await assertRejects(() => lockJob({ ...options, patienceMs: 100 }), BusyError);
    assertEquals(error.hint, `The lock is held by process ${child.pid}.`);
    const later = lockJob({ ...options, patienceMs: 10_000 });
    await child.stdin.close();
    await child.status;
    const lock = await later;
    assertEquals(Deno.readTextFileSync(lock.path), `${Deno.pid}\n`);
    lock.release();
    assertEquals([...Deno.readDirSync(options.folder)], []);
  }));

Deno.test("lockJob() takes a lock whose holder was killed", () =>
  withTempFolder(async (folder) => {
    const options = { folder: `${folder}/.locks`, identity: "job" };
    const child = holder(options.folder, options.identity);
    await saysHeld(child);
    child.kill("SIGKILL");
    await child.status;
    await child.stdin.close().catch(() => {});
    (await lockJob({ ...options, patienceMs: 5000 })).release();
  }));

Deno.test(
  "of many processes at once each gets the lock in turn, never two",
  { sanitizeOps: false },
  () =>
    withTempFolder(async (folder) => {
      const marker = `${folder}/marker`;
      const code = `import { lockJob } from ${JSON.stringify(LOCK_MODULE)};
      for (let i = 0; i < 20; i++) {
        const lock = await lockJob({ folder: Deno.args[0], identity: "job", patienceMs: 20000 });
        Deno.mkdirSync(Deno.args[1]);
        Deno.removeSync(Deno.args[1]);
        lock.release();
      }`;
      const args = ["eval", "--no-check", code, `${folder}/.locks`, marker];
      const children = [1, 2, 3, 4].map(() => new Deno.Command(Deno.execPath(), { args }).output());
      const outputs = await Promise.all(children);
      const errors = outputs.map((output) => new TextDecoder().decode(output.stderr)).join("");
      assertEquals([outputs.map((output) => output.code), errors], [[0, 0, 0, 0], ""]);
    }),
);

Deno.test("lockJob() looks again where the file is replaced between looking and opening, as by a run that ends and one that begins", () =>
  withTempFolder(async (folder) => {
    const options = { folder: `${folder}/.locks`, identity: "job" };
    const path = (await lockJob(options).then((lock) => [lock.path, lock.release()] as const))[0];
    Deno.writeTextFileSync(path, "1\n", { mode: 0o600 });
    const { openSync } = Deno;
    let replaced = 0;
    Deno.openSync = (...args): Deno.FsFile => {
      if (args[0] === path && replaced++ === 0) {
        Deno.writeTextFileSync(`${folder}/other`, "2\n", { mode: 0o600 });
        Deno.renameSync(`${folder}/other`, path);
      }
      return openSync(...args);
    };
    try {
      const lock = await lockJob(options);
      assertEquals([replaced, Deno.readTextFileSync(path)], [2, `${Deno.pid}\n`]);
      lock.release();
    } finally {
      Deno.openSync = openSync;
    }
  }));

Deno.test("one process may hold many locks", () =>
  withTempFolder(async (folder) => {
    const locks: JobLock[] = [];
    for (let i = 0; i < 10; i++) locks.push(await lockJob({ folder: `${folder}/.locks`, identity: `job ${i}` }));
    locks.forEach((lock) => lock.release());
    assertEquals([...Deno.readDirSync(`${folder}/.locks`)], []);
  }));
