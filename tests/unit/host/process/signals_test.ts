import { permissionFlags } from "../../../../scripts/permissions.ts";
import { readLines } from "../../../../lib/host/process/output.ts";
import { passOnStops } from "../../../../lib/host/process/signals.ts";
import { eachLine } from "../../../../lib/zfs/lines.ts";
import { assert, assertEquals } from "../../../support/assert.ts";

const FIXTURE = `${import.meta.dirname}/../fixtures/signals.ts`;

/**
 * What `deno compile` builds into the executable; run permission for the names that these tests need. Deno 2.9 wants
 * all of `--allow-sys` where the umask is changed, and has no name for less.
 */
const PERMISSIONS = permissionFlags.map((flag) => {
  if (flag.startsWith("--allow-run=")) return "--allow-run=sh,ssh,kill";
  return flag.startsWith("--allow-sys=") && !Deno.version.deno.startsWith("2.4.") ? "--allow-sys" : flag;
});

interface Trial {
  readonly lines: readonly string[];
  readonly status: number;
}

/** Runs `script` in the fixture, started through `starter`; calls `onLine` for each line it prints. */
async function attempt(
  script: string,
  onLine: (line: string, pid: number) => void,
  starter: readonly string[] = [],
): Promise<Trial> {
  const [program = "", ...args] = [...starter, Deno.execPath(), "run", ...PERMISSIONS, FIXTURE, script];
  const env = { LD_BZFS_TEST: "passed on" };
  const child = new Deno.Command(program, { args, env, stdin: "null", stdout: "piped", stderr: "null" }).spawn();
  const lines: string[] = [];
  const takeLine = (line: string): void => {
    lines.push(line);
    onLine(line, child.pid);
  };
  await readLines(child.stdout, eachLine(takeLine), { mostBytes: 65_536, longLines: "fail" });
  return { lines, status: (await child.status).code };
}

async function stateOf(pid: string | number): Promise<string> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] }).output();
  return new TextDecoder().decode(stdout).trim();
}

async function hasStateSoon(pid: string | number, state: RegExp): Promise<boolean> {
  for (let tries = 0; tries < 300; tries++) {
    if (state.test(await stateOf(pid))) return true;
  }
  return false;
}

for (const [signal, code] of [["SIGTERM", 241], ["SIGINT", 254], ["SIGHUP", 255], ["SIGQUIT", 253]] as const) {
  Deno.test(`${signal} ends the child and asks for exit status ${code}`, async () => {
    let child = "";
    const trial = await attempt("echo $$; exec sleep 100", (line, pid) => {
      child ||= line;
      if (line === child) Deno.kill(pid, signal);
    });
    assertEquals(trial, { lines: [child, `Interrupted by ${signal}`], status: code });
    assert(await hasStateSoon(child, /^Z?$/));
  });
}

Deno.test("a second Ctrl-C does not wait for the child", async () => {
  const script = "trap '' TERM; echo start; sleep 0.3; while :; do echo again; sleep 0.3; done";
  const trial = await attempt(script, (line, pid) => {
    if (line === "start" || line === "again") Deno.kill(pid, "SIGINT");
  });
  assertEquals([trial.lines.at(-1), trial.status], ["impatient", 9]);
});

Deno.test("nohup protects from SIGHUP", async () => {
  const trial = await attempt("echo start; sleep 0.2", (line, pid) => {
    if (line === "start") Deno.kill(pid, "SIGHUP");
  }, ["sh", "-c", `trap '' HUP; exec "$@"`, "sh"]);
  assertEquals(trial, { lines: ["start", "ended by itself"], status: 0 });
});

Deno.test("Ctrl-Z stops the child and us, and fg lets both go on", async () => {
  let checked: Promise<void> | undefined;
  const trial = await attempt("echo $$; exec sleep 0.5", (line, pid) => {
    if (!/^\d+$/.test(line)) return;
    Deno.kill(pid, "SIGTSTP");
    checked = (async () => {
      assert(await hasStateSoon(line, /^T/), "the child runs on");
      assert(await hasStateSoon(pid, /^T/), "we run on");
      Deno.kill(pid, "SIGCONT");
    })();
  });
  await checked;
  assertEquals([trial.lines.at(-1), trial.status], ["ended by itself", 0]);
});

Deno.test("passOnStops() lets the children go on where no program can stop us", async () => {
  const sent: string[] = [];
  const signalAll = (signal: string): Promise<void> => Promise.resolve(void sent.push(signal));
  const handlers = passOnStops({ signalAll });
  const path = Deno.env.get("PATH") ?? "";
  Deno.env.set("PATH", "/nonexistent");
  try {
    Deno.kill(Deno.pid, "SIGTSTP");
    for (let tries = 0; tries < 500 && !sent.includes("CONT"); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } finally {
    Deno.env.set("PATH", path);
    handlers.remove();
  }
  assertEquals(sent, ["STOP", "CONT"]);
});

Deno.test("variables for the loader reach children although they stop us from starting any", async () => {
  const trial = await attempt('echo "$LD_BZFS_TEST"', () => {});
  assertEquals(trial, { lines: ["passed on", "ended by itself"], status: 0 });
});
