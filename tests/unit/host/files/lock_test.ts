import {
  type JobLock,
  type JobLockOptions,
  lockHolder,
  lockJob,
  lookAtLocks,
} from "../../../../lib/host/files/lock.ts";
import type { ProcessResult } from "../../../../lib/host/process/process.ts";
import { systemClock } from "../../../../lib/host/system.ts";
import { adviceOf, BusyError, OverdueError } from "../../../../lib/model/errors.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../../support/assert.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
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

/** Runs a test, and waits at its end for all waits for a lock, those that were given up included; the test may count them. */
async function settlingLocks(test: (waits: readonly Promise<void>[]) => Promise<void>): Promise<void> {
  const waits: Promise<void>[] = [];
  const { lock } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.lock = function (exclusive): Promise<void> {
    const wait = lock.call(this, exclusive);
    waits.push(wait);
    return wait;
  };
  try {
    await test(waits);
  } finally {
    Deno.FsFile.prototype.lock = lock;
    await Promise.allSettled(waits);
  }
}

/** The file names us and the present time, for people to read. */
function assertOurs(path: string): void {
  const [, pid, since = ""] = /^(\d+) since (\S+Z)\n$/.exec(Deno.readTextFileSync(path)) ?? [];
  assertEquals(pid, `${Deno.pid}`);
  assert(Math.abs(Date.parse(since) - Date.now()) < 60_000, since);
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
    assertMatch(error.hint!, new RegExp(`^It is at work since [0-9]+ m?s, process ${child.pid}\\.$`));
    const later = lockJob({ ...options, patienceMs: 10_000 });
    await child.stdin.close();
    await child.status;
    const lock = await later;
    assertOurs(lock.path);
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
      assertEquals(replaced, 2);
      assertOurs(path);
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

const HOUR_MS = 3_600_000;

/** What `ps` prints of the process that a lock file names; `undefined` = there is no such process. */
type Ps = (pid: string) => string | undefined;

/** What is said of a lock that another process holds, whose file was changed so long ago and says this. */
async function saidOf(
  held: { readonly path: string; readonly options: JobLockOptions; readonly writtenMs: number },
  { text, ps }: { readonly text: string; readonly ps: Ps },
): Promise<string> {
  Deno.writeTextFileSync(held.path, text);
  Deno.utimeSync(held.path, held.writtenMs / 1000, held.writtenMs / 1000);
  const result = { started: true, status: 0, stderr: "" };
  const run = (argv: readonly string[]): Promise<ProcessResult> => {
    const stdout = ps(argv.at(-1)!);
    return Promise.resolve({ ...result, status: stdout === undefined ? 1 : 0, stdout: stdout ?? "" });
  };
  const living = (pids: readonly number[]): Promise<ReadonlySet<number>> =>
    Promise.resolve(new Set(pids.filter((pid) => ps(`${pid}`) !== undefined)));
  const error = await assertRejects(
    () => lockJob({ ...held.options, patienceMs: 20, processes: { run, living } }),
    Error,
  );
  return `${(error as BusyError).exitCode} ${adviceOf(error).replace(/^.* per \S+ ?/, "")}`;
}

Deno.test("lockJob() says since when another process holds the lock, and believes of its file only what is proved", () =>
  withTempFolder((folder) =>
    settlingLocks(async () => {
      const child = holder(`${folder}/.locks`, "job");
      await saysHeld(child);
      const path = `${folder}/.locks/${[...Deno.readDirSync(`${folder}/.locks`)][0]!.name}`;
      const nowMs = Date.now();
      const clock = new ManualClock(nowMs);
      // The waiting itself takes real time.
      const options = { folder: `${folder}/.locks`, identity: "job", clock };
      const writtenMs = nowMs - 3 * HOUR_MS - 12 * 60_000 - 5000;
      const old: Ps = (pid) => pid === "4711" ? "  90000\n" : undefined;
      const held = { path, options, writtenMs };
      const said = (text: string, ps = old, changes: Partial<typeof held> = {}): Promise<string> =>
        saidOf({ ...held, ...changes }, { text, ps });

      assertEquals(
        await said("4711 since 2026-01-31T10:00:00.000Z\n"),
        "4 (It is at work since 3 h 12 min, process 4711)",
      );
      assertEquals(await said("4711\n"), "4 (It is at work since 3 h 12 min, process 4711)");
      // Cut, forged, or of a process that is gone: the time is that of the file itself.
      const unknown = [
        "",
        "4712 since 2026-01-31T10:00:00.000Z\n",
        "-4711\n",
        "0\n",
        "4711e3\n",
        "99999999999\n",
        "\xff\0",
        "\n4711",
      ];
      for (const text of unknown) {
        assertEquals(await said(text), "4 (It is at work since 3 h 12 min)", JSON.stringify(text));
      }
      // A clock that jumped: no process holds a lock for longer than it lives.
      const young: Ps = (pid) => pid === "4711" ? "100" : undefined;
      assertEquals(await said("4711\n", young), "4 (It is at work since 1 min 41 s, process 4711)");
      const future = { writtenMs: nowMs + HOUR_MS };
      assertEquals(await said("4711\n", young, future), "4 (It is at work since 1 min 41 s, process 4711)");
      assertEquals(await said("4712\n", young, future), "4 ");
      for (const odd of ["", "x", "-5", "ELAPSED\n 100\n"]) {
        assertEquals(await said("4711\n", () => odd), "4 (It is at work since 3 h 12 min, process 4711)");
      }

      const within = { options: { ...options, busyLimitMs: 4 * HOUR_MS } };
      assertEquals(await said("4711\n", old, within), "4 (It is at work since 3 h 12 min, process 4711)");
      const beyond = { options: { ...options, busyLimitMs: 3 * HOUR_MS } };
      const advice = "(See in its log whether it hangs, and end it then; or raise --busy-limit)";
      assertEquals(await said("4711\n", old, beyond), `3 ${advice}`);
      assertEquals(await said("4711\n", young, beyond), "4 (It is at work since 1 min 41 s, process 4711)");
      assertEquals(await said("4712\n", young, { ...beyond, ...future }), "4 ");
      // By the system's own clock and ps.
      Deno.writeTextFileSync(path, `${child.pid}\n`);
      const error = await assertRejects(
        () => lockJob({ ...beyond.options, clock: systemClock, patienceMs: 20, busyLimitMs: 0 }),
        OverdueError,
      );
      assertMatch(
        error.message,
        /^The same job has been at work for longer than 0 s, since [0-9]+ m?s, process [0-9]+, per \/\S+\.lock$/,
      );
      await child.stdin.close();
      await child.status;
    })
  ));

Deno.test("lockJob() says the same of a run in this process, and asks no file about it", () =>
  withTempFolder(async (folder) => {
    const clock = new ManualClock(Date.now());
    const options = { folder: `${folder}/.locks`, identity: "job", clock, busyLimitMs: 4 * HOUR_MS };
    const lock = await lockJob(options);
    Deno.utimeSync(lock.path, 1, 1);
    clock.jump(3 * HOUR_MS + 12 * 60_000);
    const busy = await assertRejects(() => lockJob(options), BusyError);
    assertEquals(busy.hint, `It is at work since 3 h 12 min, process ${Deno.pid}.`);
    clock.jump(HOUR_MS);
    const overdue = await assertRejects(() => lockJob(options), OverdueError);
    assertEquals(
      overdue.message,
      `The same job has been at work for longer than 4 h, since 4 h 12 min, process ${Deno.pid}, per ${lock.path}`,
    );
    lock.release();
    (await lockJob(options)).release();
  }));

Deno.test("lockHolder() believes the lock, not a file that names a process which lives", () =>
  settlingLocks(() =>
    withTempFolder(async (folder) => {
      const options = { folder, identity: "job" };
      const child = holder(folder, "job");
      await saysHeld(child);
      // However often it is asked, the lock is not in the way of the next run.
      for (let look = 0; look < 3; look++) assertEquals((await lockHolder(options))?.pid, child.pid);
      const [name = ""] = [...Deno.readDirSync(folder)].map((entry) => entry.name);
      await child.stdin.close();
      assertEquals((await child.status).code, 0);
      await new Promise((resolve) => setTimeout(resolve, 50));
      assertEquals(await lockHolder(options), undefined);
      Deno.writeTextFileSync(`${folder}/${name}`, `${Deno.pid} since ${new Date().toISOString()}\n`, { mode: 0o600 });
      assertEquals(await lockHolder(options), undefined);
      (await lockJob({ ...options, patienceMs: 1000 })).release();
    })
  ));

Deno.test("lookAtLocks() waits once for a lock that is held, however often it is asked, and removes what nobody holds", () =>
  settlingLocks((waits) =>
    withTempFolder(async (folder) => {
      const child = holder(folder, "job");
      await saysHeld(child);
      const [name = ""] = [...Deno.readDirSync(folder)].map((entry) => entry.name);
      const path = `${folder}/${name}`;
      try {
        for (const removes of [true, false, true]) {
          assertEquals(await lookAtLocks(folder, { removes }), [{ path, isHeld: true }]);
        }
        assertEquals((await lockHolder({ folder, identity: "job" }))?.pid, child.pid);
        assertEquals(waits.length, 1);
      } finally {
        child.kill("SIGKILL");
        await child.status;
        await child.stdin.close().catch(() => {});
      }
      await waits[0];
      assertEquals(await lookAtLocks(folder, { removes: false }), [{ path, isHeld: false }]);
      assertEquals(await lookAtLocks(folder, { removes: true }), [{ path, isHeld: false }]);
      assertEquals([...Deno.readDirSync(folder)], []);
    })
  ));
