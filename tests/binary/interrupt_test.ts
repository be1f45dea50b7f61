/** What is left of a transfer after the executable has been ended. */
import { assert, assertEquals } from "@std/assert";
import { scene } from "../support/output_scene.ts";
import { isHelper, processTable } from "../support/process_table.ts";

const executable = `'${import.meta.dirname}/../../dist/bzfs' bzfs`;

/** Waits for a condition for up to ten seconds. */
async function isSoon(condition: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    if (await condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

/** A run in the middle of a transfer that receives for ever. */
interface Transfer {
  readonly run: Deno.ChildProcess;
  /** Members of the transfer that are alive. */
  members(): Promise<readonly number[]>;
}

async function duringTransfer(use: (transfer: Transfer) => Promise<void>): Promise<void> {
  await using it = await scene(executable);
  it.beforeZfs(`if [ "$1" = receive ]; then sleep 1000 & echo $$ $! > $D/members; wait; fi`);
  const [program = "", ...args] = it.inShell("exec $BZFS --quiet --retries=0 tank/src/a back/x");
  const run = new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
  const members = async (): Promise<readonly number[]> => {
    const written = await Deno.readTextFile(`${it.folder}/members`).catch(() => "");
    const pids = new Set(written.endsWith("\n") ? written.trim().split(" ").map(Number) : []);
    return (await processTable()).map(({ pid }) => pid).filter((pid) => pids.has(pid));
  };
  try {
    assert(await isSoon(async () => (await members()).length === 2));
    await use({ run, members });
  } finally {
    for (const pid of await members()) Deno.kill(pid, "SIGKILL");
    await run.status;
  }
}

Deno.test("dist/bzfs ends all of a transfer although no process can be started any more", () =>
  duringTransfer(async ({ run, members }) => {
    // Without files left to open, no pipe can be made, and so no program started.
    const limited = await new Deno.Command("prlimit", { args: ["--pid", String(run.pid), "--nofile=4:4"] }).output();
    assert(limited.success);
    run.kill("SIGTERM");
    assertEquals((await run.status).code, 241);
    assertEquals(await members(), []);
  }));

Deno.test("dist/bzfs leaves no shell for signals behind, not even if it is killed", () =>
  duringTransfer(async ({ run }) => {
    const shells = (await processTable()).filter(({ parent, command }) => parent === run.pid && isHelper(command));
    assertEquals(shells.length, 1);
    run.kill("SIGKILL");
    const isGone = async (): Promise<boolean> => !(await processTable()).some(({ pid }) => pid === shells[0]!.pid);
    assert(await isSoon(isGone));
  }));
