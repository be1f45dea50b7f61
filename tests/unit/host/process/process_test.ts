import { isSettledWithin } from "../../../../lib/host/process/patience.ts";
import { readLines } from "../../../../lib/host/process/output.ts";
import { type Child, Processes } from "../../../../lib/host/process/process.ts";
import { helpersBelow } from "../../../support/process_table.ts";
import { Cancelled, ExcessError, TimeoutError } from "../../../../lib/model/errors.ts";
import type { Level, Logger } from "../../../../lib/model/log.ts";
import { SILENT_LOGGER } from "../../../../lib/model/log.ts";
import { eachLine } from "../../../../lib/zfs/lines.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../../../support/assert.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { within } from "../../../support/within.ts";
import { withTempFolder } from "../../../support/temp.ts";

const processes = new Processes({ log: SILENT_LOGGER, graceMs: 300 });

function sh(script: string, options = {}): ReturnType<Processes["run"]> {
  return processes.run(["sh", "-c", script], options);
}

/** State of a process as ps shows it, empty if there is none. */
async function stateOf(pid: number | string): Promise<string> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] }).output();
  return new TextDecoder().decode(stdout).trim();
}

async function isAlive(pid: string): Promise<boolean> {
  const state = await stateOf(pid);
  return state !== "" && !state.startsWith("Z");
}

/** Asks ps until the process is stopped; the kernel takes its time. */
async function isStoppedSoon(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 200; tries++) {
    if ((await stateOf(pid)).startsWith("T")) return true;
  }
  return false;
}

function recorder(): { readonly log: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const log: Logger = {
    log: (level: Level, label, text) => void lines.push(level + " " + label + text),
    isEnabled: () => true,
  };
  return { log, lines };
}

Deno.test("run() returns status, stdout and stderr", async () => {
  assertEquals(await sh("echo out; echo err >&2; exit 7"), {
    started: true,
    status: 7,
    stdout: "out\n",
    stderr: "err\n",
  });
});

Deno.test("run() gives an empty stdin", async () => {
  assertEquals(await sh("cat; echo end"), { started: true, status: 0, stdout: "end\n", stderr: "" });
});

Deno.test("run() reports −N for a child that signal N ended, and a shell's own 143 as it is", async () => {
  assertEquals((await sh("kill -s KILL $$")).status, -9);
  assertEquals((await sh("exit 143")).status, 143);
});

Deno.test("run() gives 127 and a text for a program that cannot be started", async () => {
  const missing = await processes.run(["bzfs-no-such-program", "x"]);
  assertEquals([missing.started, missing.status], [false, 127]);
  assertStringIncludes(missing.stderr, "bzfs-no-such-program: command not found");
  const long = await processes.run(["true", "x".repeat(200_000)]);
  assertEquals(long.status, 127);
  assertStringIncludes(long.stderr, "Argument list too long");
});

Deno.test("run() delivers lines as they are, also the last one without line feed", async () => {
  const lines: string[] = [];
  const result = await sh("printf 'a\\n\\nb c\\r\\nlast'", { onLines: eachLine((line) => void lines.push(line)) });
  assertEquals(lines, ["a", "", "b c\r", "last"]);
  assertEquals(result.stdout, "");
});

Deno.test("run() puts characters together that were split over two writes", async () => {
  const lines: string[] = [];
  const script = "printf '\\303'; sleep 0.1; printf '\\251\\360\\237'; sleep 0.1; printf '\\230\\200\\n\\377\\n'";
  await sh(script, { onLines: eachLine((line) => void lines.push(line)) });
  assertEquals(lines, ["é😀", "\ufffd"]);
});

Deno.test("run() keeps the end of a long stderr, whole characters only", async () => {
  const { stderr } = await sh("i=0; while [ $i -lt 20000 ]; do echo ééééééééé$i; i=$((i+1)); done >&2");
  assert(new TextEncoder().encode(stderr).length <= 65_536);
  assert(stderr.length > 30_000);
  assert(!stderr.includes("\ufffd"));
  assert(stderr.endsWith("ééééééééé19999\n"));
});

const small = new Processes({ log: SILENT_LOGGER, graceMs: 300, listingBytes: 2 ** 20 });
const ENDLESS = [
  { what: "lines, collected", script: "yes", excess: "more than 64 KiB" },
  { what: "lines, collected, more of them allowed", script: "yes", answerBytes: 2 ** 18, excess: "more than 256 KiB" },
  { what: "too much, and then nothing", script: "head -c 100000 /dev/zero; sleep 1000", excess: "more than 64 KiB" },
  { what: "lines, one by one", script: "yes", listed: true, excess: "more than 1 MiB (bzfs_max_listing_size)" },
  { what: "one line", script: "tr '\\0' 1 < /dev/zero", listed: true, excess: "a line of more than 64 KiB" },
  { what: "messages", script: "yes >&2", listed: true, excess: "more than 1 MiB (bzfs_max_listing_size)" },
  { what: "messages without an answer", script: "yes >&2", excess: "more than 1 MiB (bzfs_max_listing_size)" },
];

for (const { what, script, listed = false, excess, ...limits } of ENDLESS) {
  Deno.test(`run() ends a group that prints without end: ${what}`, async () => {
    await withTempFolder(async (dir) => {
      const lines = eachLine(() => {});
      const argv = ["sh", "-c", `sleep 1000 & echo $! $$ > ${dir}/pids; ${script}`];
      const subject = { host: "h", command: "zfs" };
      const run = small.run(argv, { ...limits, subject, ...(listed ? { onLines: lines } : {}) });
      const { message } = await assertRejects(() => run, ExcessError);
      assertEquals(message, `Command 'zfs' on h was ended, since it printed ${excess}.`);
      const pids = (await Deno.readTextFile(`${dir}/pids`)).trim().split(" ");
      assertEquals(await Promise.all(pids.map(isAlive)), [false, false]);
    });
  });
}

Deno.test("run() takes a line of 64 KiB, and drops longer ones if that is asked for", async () => {
  const taken: number[] = [];
  const onLines = eachLine((line) => void taken.push(line.length));
  const script = "for n in 1 65536 65537 2 400000 3 65536; do head -c $n /dev/zero | tr '\\0' x; echo; done";
  const { status } = await sh(`${script}; head -c 70000 /dev/zero | tr '\\0' x`, {
    onLines,
    longLines: "drop",
  });
  assertEquals([status, taken], [0, [1, 65536, 2, 3, 65536]]);
  await assertRejects(
    () => sh(script, { onLines }),
    ExcessError,
    "on localhost was ended, since it printed a line of more than",
  );
});

Deno.test("run() delivers a million lines in seconds", async () => {
  let count = 0;
  let bytes = 0;
  const startedAt = performance.now();
  await sh("yes 12345678901234567890/tank/data/some/dataset@zrun_2024-01-01_hourly | head -n 1000000", {
    onLines: eachLine((line) => {
      count++;
      bytes += line.length;
    }),
  });
  assertEquals([count, bytes], [1_000_000, 66_000_000]);
  assert(performance.now() - startedAt < 10_000);
});

Deno.test("an abort ends the whole group and rejects with the signal's reason", async () => {
  const controller = new AbortController();
  const pids: string[] = [];
  const run = sh("sleep 1000 & echo $!; sleep 1001 & echo $!; echo $$; wait", {
    signal: controller.signal,
    onLines: eachLine((line) => {
      pids.push(line);
      if (pids.length === 3) controller.abort(new Cancelled("SIGTERM", 15));
    }),
  });
  await assertRejects(() => run, Cancelled, "SIGTERM");
  assertEquals(await Promise.all(pids.map(isAlive)), [false, false, false]);
});

Deno.test("an abort kills what ignores SIGTERM", async () => {
  const signal = AbortSignal.timeout(200);
  let pid = "";
  const run = sh("trap '' TERM; echo $$; while :; do sleep 0.05; done", {
    signal,
    onLines: eachLine((line) => void (pid = line)),
  });
  await assertRejects(() => run, DOMException);
  assertEquals(await isAlive(pid), false);
});

Deno.test("an abort does not wait for a daemon that left the group and holds the pipe open", async () => {
  const controller = new AbortController();
  const startedAt = performance.now();
  let pid = "";
  const run = sh("setsid sleep 30 & echo $!; wait", {
    signal: controller.signal,
    onLines: eachLine((line) => {
      pid = line;
      setTimeout(() => controller.abort(new Cancelled("SIGINT", 2)), 100);
    }),
  });
  await assertRejects(() => run, Cancelled);
  assert(performance.now() - startedAt < 5000);
  await new Deno.Command("kill", { args: [pid] }).output();
});

Deno.test("run() with lingerMs returns although a daemon holds stderr open", async () => {
  const startedAt = performance.now();
  const result = await sh("setsid sleep 5 & echo started >&2", { lingerMs: 100 });
  assertEquals(result, { started: true, status: 0, stdout: "", stderr: "started\n" });
  assert(performance.now() - startedAt < 3000);
});

Deno.test("run() starts nothing once the signal is aborted", async () => {
  const reason = new Cancelled("SIGHUP", 1);
  const error = await assertRejects(
    () => sh("echo x > /nonexistent", { signal: AbortSignal.abort(reason) }),
    Cancelled,
  );
  assert(error === reason);
});

Deno.test("endAll() ends what is still running", async () => {
  const own = new Processes({ log: SILENT_LOGGER });
  const runs = [own.run(["sleep", "1000"]), own.run(["sleep", "1001"])];
  await own.endAll();
  assertEquals((await Promise.all(runs)).map((result) => result.status), [-15, -15]);
});

/** Runs `use` while no program can be found. */
async function withoutPrograms(use: () => Promise<unknown>): Promise<void> {
  const path = Deno.env.get("PATH") ?? "";
  Deno.env.set("PATH", "/nonexistent");
  try {
    await use();
  } finally {
    Deno.env.set("PATH", path);
  }
}

/** A leader with two members, and their process ids. */
async function family(own: Processes): Promise<{ readonly child: Child; readonly pids: readonly string[] }> {
  const script = "sleep 1000 & echo $!; sleep 1001 & echo $!; wait";
  const child = own.start(["sh", "-c", script], { stdout: "piped", lasts: true });
  const pids: string[] = [];
  const said = Promise.withResolvers<void>();
  const read = readLines(child.stdout!, (piece) => {
    pids.push(...piece.trim().split("\n"));
    if (pids.length === 2) said.resolve();
  }, { mostBytes: 65_536, longLines: "fail" });
  void Promise.all([read, child.stderr.cancel()]);
  await said.promise;
  return { child, pids: [...pids, String(child.pid)] };
}

Deno.test("a group that lasts is ended as a whole although no process can be started any more", async () => {
  const own = new Processes({ log: SILENT_LOGGER, graceMs: 300 });
  const [one, other] = [await family(own), await family(own)];
  await withoutPrograms(async () => {
    await own.signalAll("STOP");
    await one.child.terminate();
  });
  assertEquals(await Promise.all(one.pids.map(isAlive)), [false, false, false]);
  for (const pid of other.pids) assert(await isStoppedSoon(Number(pid)));
  await withoutPrograms(() => own.endAll());
  assertEquals(await Promise.all(other.pids.map(isAlive)), [false, false, false]);
});

Deno.test("a shell for signals that does not answer is given up for another one", async () => {
  const own = new Processes({ log: SILENT_LOGGER, graceMs: 300 });
  const { child, pids } = await family(own);
  const shells = await helpersBelow(Deno.pid);
  assertEquals(shells.length, 1);
  Deno.kill(shells[0]!, "SIGSTOP");
  await child.terminate();
  assertEquals(await Promise.all(pids.map(isAlive)), [false, false, false]);
  assertEquals(await helpersBelow(Deno.pid), []);
  await own.endAll();
});

Deno.test("the shell for signals ignores what ends us, and is gone after endAll()", async () => {
  const own = new Processes({ log: SILENT_LOGGER, graceMs: 300 });
  const { pids } = await family(own);
  const [shell] = await helpersBelow(Deno.pid);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const) Deno.kill(shell!, signal);
  await withoutPrograms(() => own.endAll());
  assertEquals(await Promise.all(pids.map(isAlive)), [false, false, false]);
  assertEquals(await helpersBelow(Deno.pid), []);
});

Deno.test("signalAll() stops groups and lets them go on", async () => {
  const own = new Processes({ log: SILENT_LOGGER });
  const child = own.start(["sleep", "0.3"]);
  await own.signalAll("STOP");
  assert(await isStoppedSoon(child.pid));
  await own.signalAll("CONT");
  await child.stderr.cancel();
  assertEquals(await child.ended, 0);
});

Deno.test("living() tells which processes exist", async () => {
  const child = processes.start(["sleep", "100"]);
  assertEquals([...await processes.living([2 ** 22 + 1, child.pid, Deno.pid])], [child.pid, Deno.pid]);
  await child.stderr.cancel();
  await child.terminate();
  assertEquals([...await processes.living([child.pid])], []);
});

Deno.test("start() gives a piped stdin", async () => {
  const child = processes.start(["cat"], { stdin: "piped", stdout: "piped" });
  const writer = child.stdin!.getWriter();
  await writer.write(new TextEncoder().encode("bytes"));
  await writer.close();
  assertEquals(await new Response(child.stdout).text(), "bytes");
  await child.stderr.cancel();
  assertEquals(await child.ended, 0);
});

Deno.test("loader variables reach the child only", async () => {
  const own = new Processes({ log: SILENT_LOGGER, loaderVariables: new Map([["LD_BZFS_TEST", "it's $1"]]) });
  assertEquals((await own.run(["sh", "-c", 'printf %s "$LD_BZFS_TEST$1"', "sh", "a b"])).stdout, "it's $1a b");
  assertEquals((await own.run(["bzfs-no-such-program"])).status, 127);
});

Deno.test("each program is traced with its end and its time", async () => {
  const { log, lines } = recorder();
  const own = new Processes({ log, graceMs: 100 });
  await own.run(["true"]);
  await own.run(["sh", "-c", "exit 3"]);
  await own.run(["sleep", "9"], { signal: abortSoon(new TimeoutError("late")) }).catch(() => {});
  await own.run(["sleep", "9"], { signal: abortSoon(new Cancelled("SIGTERM", 15)) }).catch(() => {});
  assertEquals(lines.map((line) => line.replace(/\d+ms/, "Nms")), [
    "TRACE Executed [success] [Nms]: true",
    "TRACE Executed [failure] [Nms]: sh -c exit 3",
    "TRACE Executed [timeout] [Nms]: sleep 9",
    "TRACE Executed [cancel] [Nms]: sleep 9",
  ]);
});

function abortSoon(reason: unknown): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 50);
  return controller.signal;
}

Deno.test("isSettledWithin() also waits for longer than a timer can", async () => {
  const soon = new Promise((resolve) => setTimeout(resolve, 50));
  assert(await isSettledWithin(soon, 30 * 24 * 3600 * 1000));
  const late = new Promise((resolve) => setTimeout(resolve, 200));
  assert(!await isSettledWithin(late, 20));
  await late;
});

const MINUTE_MS = 60_000;

/** A child that says when it lives, and whatever it reads from a pipe afterwards; the end of the pipe is its end. */
async function talker(
  clock: ManualClock,
  options: Parameters<Processes["run"]>[1],
): Promise<{ readonly run: ReturnType<Processes["run"]>; say(text: string): Promise<void>; end(): void }> {
  const folder = await Deno.makeTempDir();
  await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
  const own = new Processes({ log: SILENT_LOGGER, graceMs: 300, clock });
  let heard = Promise.withResolvers<void>();
  const run = own.run(["sh", "-c", `echo hello; exec cat ${folder}/pipe`], {
    ...options,
    onLines: () => heard.resolve(),
  });
  run.catch(() => {}); // looked at later
  await heard.promise;
  const pipe = await Deno.open(`${folder}/pipe`, { write: true });
  await Deno.remove(folder, { recursive: true });
  return {
    run,
    say: async (text) => {
      heard = Promise.withResolvers();
      await pipe.write(new TextEncoder().encode(text));
      await heard.promise;
    },
    end: () => pipe.close(),
  };
}

Deno.test("run() ends a query that is silent for ten minutes, and says which one on which host", async () => {
  const clock = new ManualClock();
  const subject = { host: "nas", command: "zfs list tank" };
  const child = await talker(clock, { subject });
  await clock.pass(11 * MINUTE_MS);
  const error = await assertRejects(() => within(5000, child.run), TimeoutError);
  assertEquals(error.message, "Command 'zfs list tank' on nas has printed nothing for 10 min, so it was ended");
  child.end();
});

Deno.test("run() lets a query go on for as long as it says something", async () => {
  const clock = new ManualClock();
  const child = await talker(clock, {});
  for (let times = 0; times < 5; times++) {
    await clock.pass(9 * MINUTE_MS);
    await child.say("still here\n");
  }
  child.end();
  assertEquals((await child.run).status, 0);
});

Deno.test("run() lets a change be silent", async () => {
  const clock = new ManualClock();
  const child = await talker(clock, { isChange: true });
  await clock.pass(10_000 * MINUTE_MS);
  child.end();
  assertEquals((await child.run).status, 0);
});

Deno.test("run() waits five seconds at most for those who hold the output open: a change is done, a query has failed", async () => {
  const own = new Processes({ log: SILENT_LOGGER });
  const daemon = (script: string, options = {}): ReturnType<Processes["run"]> => own.run(["sh", "-c", script], options);
  const startedAt = performance.now();
  const [changed, ...failures] = await within(
    20_000,
    Promise.all([
      daemon("setsid sleep 60 & echo $!", { isChange: true }),
      assertRejects(() => daemon("echo part; sleep 61 &"), TimeoutError),
      assertRejects(() => daemon("echo part; exec 2>&-; (trap '' TERM; sleep 62; sleep 62) &"), TimeoutError),
      assertRejects(() => daemon("echo part; exec >&-; sleep 63 &"), TimeoutError),
    ]),
  );
  const elapsedMs = performance.now() - startedAt;
  assertEquals([changed.status, /^\d+\n$/.test(changed.stdout)], [0, true]);
  await new Deno.Command("kill", { args: [changed.stdout.trim()] }).output();
  for (const { message } of failures) assertStringIncludes(message, "on localhost has ended, but another process");
  assert(elapsedMs >= 3900 && elapsedMs < 5500, `${elapsedMs} ms`);
  const { stdout } = await new Deno.Command("ps", { args: ["-Ao", "args"] }).output();
  assertEquals(/^sleep 6[123]$/m.exec(new TextDecoder().decode(stdout)), null);
});

Deno.test("run() gives up on a program that hangs in the kernel", async () => {
  const { Command } = Deno;
  const output = (): ReadableStream => new ReadableStream({ type: "bytes" });
  class Unkillable extends Command {
    override spawn(): Deno.ChildProcess {
      const never = new Promise<Deno.CommandStatus>(() => {});
      const rest = { kill: () => {}, unref: () => {}, ref: () => {} };
      return { pid: 2 ** 22 + 1, status: never, stdout: output(), stderr: output(), ...rest } as Deno.ChildProcess;
    }
  }
  const choose = function (program: string, options: Deno.CommandOptions): Deno.Command {
    return program === "hangs" ? new Unkillable("true") : new Command(program, options);
  };
  Deno.Command = choose as unknown as typeof Deno.Command;
  try {
    const clock = new ManualClock();
    const own = new Processes({ log: SILENT_LOGGER, graceMs: 50, clock });
    const run = own.run(["hangs"]);
    run.catch(() => {});
    await clock.pass(11 * MINUTE_MS);
    await assertRejects(() => within(5000, run), TimeoutError, "has printed nothing");
    const controller = new AbortController();
    const other = own.run(["hangs"], { signal: controller.signal });
    controller.abort(new Cancelled("SIGTERM", 15));
    await assertRejects(() => within(5000, other), Cancelled);
  } finally {
    Deno.Command = Command;
  }
});
