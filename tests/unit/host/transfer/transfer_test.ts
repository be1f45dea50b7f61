import {
  FirstChangeError,
  mayBeginWithChange,
  type PipelineOptions,
  runTransfer as runBriefOrNot,
  type TransferContext,
} from "../../../../lib/host/transfer/transfer.ts";
import { LiveShells, type ShellPlace } from "../../../../lib/host/shells/live_shells.ts";
import { localShells } from "../../../../lib/host/process/local_runner.ts";
import type { PipelineWords } from "../../../../lib/host/transfer/pipeline_text.ts";
import { Processes } from "../../../../lib/host/process/process.ts";
import { Cancelled, ExcessError, Retryable, TimeoutError } from "../../../../lib/model/errors.ts";
import { TransferError } from "../../../../lib/model/transfer_error.ts";
import type { Leg, Pipeline, Stage, StageRole } from "../../../../lib/model/pipeline.ts";
import type { Level, Logger } from "../../../../lib/model/log.ts";
import type { TransferReport } from "../../../../lib/zfs/world.ts";
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "../../../support/assert.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { processTable } from "../../../support/process_table.ts";
import { within } from "../../../support/within.ts";

interface Bench {
  readonly dir: string;
  readonly records: { level: Level; label: string; text: string }[];
  readonly context: TransferContext;
  readonly words: (remote?: { src?: boolean; dst?: boolean }) => PipelineWords;
}

/** Who joins the commands. */
type Joiner = TransferContext["joinedBy"] | "live shell";

/** All of these transfers are brief, which matters only where there are live shells. */
function runTransfer(p: Pipeline, options: PipelineOptions, context: TransferContext): Promise<TransferReport> {
  return runBriefOrNot(p, { ...options, isBrief: true }, context);
}

/** A folder with a stand-in for ssh, and everything that a transfer needs. */
async function bench(test: (bench: Bench) => Promise<void>, joiner: Joiner = "shell"): Promise<void> {
  const dir = await Deno.makeTempDir();
  const records: Bench["records"] = [];
  const log: Logger = {
    log: (level, label, text) => void records.push({ level, label, text }),
    isEnabled: () => true,
  };
  const processes = new Processes({ log, graceMs: 2000 });
  const shells = localShells({ processes, log });
  try {
    // Runs the last word by a login shell, as sshd does; the last but one names the host.
    await Deno.writeTextFile(`${dir}/ssh`, '#!/bin/sh\nfor last; do :; done\nexec ${LOGIN_SHELL:-sh} -c "$last"\n');
    await Deno.chmod(`${dir}/ssh`, 0o700);
    const context: TransferContext = {
      processes,
      log,
      joinedBy: joiner === "streams" ? "streams" : "shell",
      shells: joiner === "live shell" ? shells : undefined,
      quiet: false,
      diagnose: () => ({ fault: "unknown" }),
      unapplied: () => [],
    };
    const ssh = (host: string): readonly string[] => [`${dir}/ssh`, "-x", host];
    await test({
      dir,
      records,
      context,
      words: (remote = {}) => ({
        outer: { src: remote.src ? ssh("a@h1") : [], dst: remote.dst ? ssh("b@h2") : [] },
        nested: { src: ssh("a@h1"), dst: ssh("b@h2") },
        pvFile: `${dir}/run.pv`,
      }),
    });
  } finally {
    await shells.close();
    await processes.endAll();
    await Deno.remove(dir, { recursive: true });
  }
}

/** Registers a test for all ways to join the commands. */
function everyWay(name: string, test: (bench: Bench) => Promise<void>): void {
  for (const joiner of ["shell", "streams", "live shell"] as const) {
    Deno.test(`${name} (${joiner})`, () => bench(test, joiner));
  }
}

function sh(role: StageRole, script: string): Stage {
  return { role, argv: ["sh", "-c", script] };
}

function pipeline(src: readonly Stage[], middle: readonly Stage[], dst: readonly Stage[]): Pipeline {
  const legs: Leg[] = [{ host: "src", stages: src }, { host: "local", stages: middle }, { host: "dst", stages: dst }];
  return { via: "local", legs };
}

const MEGABYTE = "head -c 1000000 /dev/zero";

function failing(b: Bench, p: Pipeline, words: PipelineWords = b.words()): Promise<TransferError> {
  return assertRejects(() => runTransfer(p, { words, suppress: false }, b.context), TransferError);
}

for (const stream of ["stdout", "stderr"]) {
  everyWay(`a stage that prints without end on ${stream} is ended, and the error says what was run`, async (b) => {
    const endless = `echo $$ > ${b.dir}/pid; exec yes${stream === "stderr" ? " >&2" : ""}`;
    const p = pipeline([sh("send", MEGABYTE)], [], [sh("receive", endless)]);
    const processes = new Processes({ log: b.context.log, graceMs: 2000, listingBytes: 2 ** 20 });
    const options = { words: b.words({ dst: true }), suppress: false };
    const error = await assertRejects(() => runTransfer(p, options, { ...b.context, processes }), ExcessError);
    assertMatch(error.message, /^Command 'sh -c .* -x b@h2 .*' on localhost was ended, since it printed more /);
    assertStringIncludes(error.message, "more than 1 MiB (bzfs_max_listing_size).");
    assertEquals([error.exitCode, error.failure.stderr], [3, ""]);
    const pid = (await Deno.readTextFile(`${b.dir}/pid`)).trim();
    const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", pid] }).output();
    assertMatch(new TextDecoder().decode(stdout), /^(?:Z.*)?\s*$/);
    await processes.endAll();
  });
}

everyWay("a defect in reading what stages print ends them, and is thrown when they have ended", async (b) => {
  const p = pipeline([sh("send", MEGABYTE)], [], [sh("receive", "exec yes >&2")]);
  const processes = new Processes({ log: b.context.log, graceMs: 2000 });
  const listing = {
    mostBytes: Infinity,
    onBytes: (): void => {
      throw new TypeError("a defect");
    },
  };
  Object.assign(processes, { listing });
  const options = { words: b.words(), suppress: false };
  await assertRejects(() => runTransfer(p, options, { ...b.context, processes }), TypeError, "a defect");
  await processes.endAll();
});

everyWay("runTransfer() tells which properties a receive that succeeded has not set", async (b) => {
  const p = pipeline([sh("send", MEGABYTE)], [], [sh("receive", "cat > /dev/null; echo not set >&2")]);
  const unapplied = (stderr: string) => stderr === "" ? [] : [{ name: "a", why: stderr }];
  const report = await runTransfer(p, { words: b.words(), suppress: false }, { ...b.context, unapplied });
  assertEquals(report.unapplied, [{ name: "a", why: "not set\n" }]);
});

everyWay("runTransfer() moves the bytes and logs the plain line, raw output and the time", async (b) => {
  const p = pipeline([sh("send", MEGABYTE)], [], [sh("receive", `cat > ${b.dir}/out; echo received; echo note >&2`)]);
  const report = await runTransfer(p, { words: b.words(), suppress: false }, b.context);
  assertEquals((await Deno.stat(`${b.dir}/out`)).size, 1_000_000);
  assert(report.elapsedMs > 0);
  assertEquals(report.bytes, undefined);
  assertEquals(b.records.map(({ level, text }) => ({ level, text })).filter(({ level }) => level !== "TRACE"), [
    {
      level: "DEBUG",
      text: `sh -c '${MEGABYTE}' | sh -c 'cat > ${b.dir}/out; echo received; echo note >&2'`,
    },
    { level: "STDOUT", text: "received\n" },
    { level: "STDERR", text: "note\n" },
  ]);
  assertEquals(b.records[0]!.label, "Executing: ");
});

everyWay("runTransfer() only tells what it would run when suppressed", async (b) => {
  const p = pipeline([sh("send", `touch ${b.dir}/ran`)], [], [sh("receive", "cat")]);
  await runTransfer(p, { words: b.words(), suppress: true }, b.context);
  assertEquals(b.records.map(({ level, label }) => `${level} ${label}`), ["DEBUG Would execute: "]);
  await assertRejects(() => Deno.stat(`${b.dir}/ran`), Deno.errors.NotFound);
});

const SHAPES = [
  { name: "local", remote: {} },
  { name: "push", remote: { dst: true } },
  { name: "pull", remote: { src: true } },
  { name: "pull-push", remote: { src: true, dst: true } },
] as const;

const ROLES = ["send", "compress", "buffer", "decompress", "receive"] as const;

for (const shape of SHAPES) {
  for (const at of ROLES.keys()) {
    everyWay(`runTransfer() blames the ${ROLES[at]} stage that fails (${shape.name})`, async (b) => {
      // Each stage would go on for ever if its neighbours did not end.
      const stages = ROLES.map((role, index) => {
        if (index === at) {
          return sh(role, `${role === "send" ? "" : "head -c 100000 > /dev/null; "}echo ${role} broke >&2; exit 7`);
        }
        return sh(role, role === "send" ? "cat /dev/zero" : role === "receive" ? "cat > /dev/null" : "cat");
      });
      const p = pipeline(stages.slice(0, 2), stages.slice(2, 3), stages.slice(3));
      const error = await failing(b, p, b.words(shape.remote));
      const { culprit } = error.transfer;
      assertEquals({ role: culprit.role, status: culprit.status }, { role: ROLES[at]!, status: 7 });
      const side = at < 2 ? "src" : at > 2 ? "dst" : undefined;
      const remote: { src?: boolean; dst?: boolean } = shape.remote;
      const host = side === "src" && remote.src ? "a@h1" : side === "dst" && remote.dst ? "b@h2" : "localhost";
      assertEquals(culprit.host, host);
      assertStringIncludes(error.message, `${ROLES[at]} broke`);
      assertStringIncludes(error.message, "returned non-zero exit status 7");
      assertStringIncludes(error.failure.stderr, `${ROLES[at]} broke\n`);
      assert(!error.failure.stderr.includes("bzfs-stage-"), error.failure.stderr);
      assertEquals(error.exitCode, 7);
      assert(b.records.some(({ level, text }) => level === "WARN" && text.includes(`${ROLES[at]} broke`)));
    });
  }
}

everyWay("runTransfer() fails if the sender failed although the receiver did not", async (b) => {
  for (const remote of [{}, { src: true }]) {
    const src = [sh("send", "printf x; echo lost >&2; exit 1"), sh("compress", "cat")];
    const error = await failing(b, pipeline(src, [], [sh("receive", "cat > /dev/null")]), b.words(remote));
    assertEquals(error.transfer.culprit.role, "send");
    assertEquals(error.transfer.culprit.status, 1);
    assertEquals(error.transfer.stages.at(-1)?.status, 0);
    assertEquals(error.exitCode, 3);
  }
});

everyWay("runTransfer() hands the status of a single remote command on", async (b) => {
  const p = pipeline([sh("send", "echo gone >&2; exit 2")], [], [sh("receive", "cat > /dev/null")]);
  const error = await failing(b, p, b.words({ src: true }));
  assertEquals({ ...error.transfer.culprit, command: "" }, { role: "send", host: "a@h1", command: "", status: 2 });
});

everyWay("runTransfer() tells a lost connection from a failed command", async (b) => {
  await Deno.writeTextFile(`${b.dir}/ssh`, "#!/bin/sh\necho 'ssh: connect to host h1: refused' >&2\nexit 255\n");
  for (const stages of [[sh("send", "cat")], [sh("send", "cat"), sh("compress", "cat")]]) {
    const p = pipeline(stages, [], [sh("receive", "cat > /dev/null")]);
    const error = await failing(b, p, b.words({ src: true }));
    assertEquals(error.transfer.culprit.role, "connect");
    assertEquals([error.failure.status, error.exitCode], [255, 3]);
    assertStringIncludes(error.message, "connect to host h1: refused");
    assertEquals(error.transfer.stages.find(({ role }) => role === "receive")?.status, 0);
  }
});

for (const joiner of ["shell", "live shell"] as const) {
  for (const src of [false, true]) {
    const where = `${src ? "elsewhere" : "here"}, ${joiner}`;
    const record = (b: Bench, script: string, fate = ""): Pick<PipelineOptions, "first"> & { made: () => string } => {
      let made = "";
      const onMade = (): void => void (made += "made");
      const argv = ["sh", "-c", `${script}; ${fate || `touch ${b.dir}/first`}`];
      return { first: { argv, shown: "the change", onMade }, made: () => made };
    };
    const executed = (b: Bench): readonly string[] =>
      b.records.filter(({ label }) => label === "Executing: ").map(({ text }) => text);
    const isThere = (path: string): Promise<boolean> => Deno.stat(path).then(() => true, () => false);

    Deno.test(`what is done first has been done when the stream begins, and is told also if that fails (${where})`, () =>
      bench(async (b) => {
        const words = b.words({ src });
        for (const end of ["exit 0", "exit 5"]) {
          const { first, made } = record(b, `rm -f ${b.dir}/first; sleep 0.1; echo note >&2`);
          const send = sh("send", `test -e ${b.dir}/first && printf x; ${end}`);
          const p = pipeline([send], [sh("buffer", "cat")], [sh("receive", `cat > ${b.dir}/out`)]);
          const outcome = await runTransfer(p, { words, suppress: false, first }, b.context).catch((error) => error);
          assertEquals([await Deno.readTextFile(`${b.dir}/out`), made()], ["x", "made"]);
          if (end === "exit 0") continue;
          assert(outcome instanceof TransferError);
          const stages = outcome.transfer.stages.filter(({ role }) => role !== "connect");
          assertEquals(stages.map(({ role, status }) => [role, status]), [["send", 5], ["buffer", 0], ["receive", 0]]);
          assertEquals(outcome.transfer.culprit.role, "send");
        }
        const [change, line, ...again] = executed(b);
        assertEquals([change, line!.includes("first")], ["the change", true]);
        assertEquals(again.length, 2, "each run tells both once");
        assertEquals(line!.includes("touch"), false, "the plain line has no part in it");
      }, joiner));

    Deno.test(`where what is done first fails or is killed, nothing is sent (${where})`, () =>
      bench(async (b) => {
        for (const fate of ["exit 3", "kill -s KILL $$", "kill -s KILL $PPID"]) {
          const { first, made } = record(b, "echo no >&2", fate);
          const p = pipeline([sh("send", `printf x; touch ${b.dir}/sent`)], [], [
            sh("receive", `cat > ${b.dir}/out; test -s ${b.dir}/out`),
          ]);
          const words = b.words({ src });
          const failing = runTransfer(p, { words, suppress: false, first }, b.context);
          const error = await assertRejects(() => within(20_000, failing), Error);
          if (fate !== "kill -s KILL $PPID") assert(error instanceof FirstChangeError, `${fate}: ${error}`);
          else assert(error instanceof FirstChangeError || error instanceof TransferError, `${fate}: ${error}`);
          assertEquals([await isThere(`${b.dir}/sent`), made()], [false, ""], fate);
          assertEquals(await Deno.readTextFile(`${b.dir}/out`), "");
          if (error instanceof FirstChangeError) assertEquals(executed(b), ["the change"], "nothing else was done");
          b.records.length = 0;
        }
      }, joiner));
  }
}

Deno.test("a change is made by the shell that sends only before a brief stream that passes here, and where there is one", () => {
  const here = { joinedBy: "shell", source: "has a shell" } as const;
  const brief = { isBrief: true, suppress: false };
  const p = pipeline([sh("send", "")], [], [sh("receive", "")]);
  assertEquals(mayBeginWithChange(p, brief, here), true);
  for (const via of ["src", "dst"] as const) assertEquals(mayBeginWithChange({ ...p, via }, brief, here), false);
  for (const options of [{ suppress: false }, { ...brief, isBrief: false }, { ...brief, suppress: true }]) {
    assertEquals(mayBeginWithChange(p, options, here), false);
  }
  assertEquals(mayBeginWithChange(p, brief, { ...here, joinedBy: "streams" }), false);
  assertEquals(mayBeginWithChange(p, brief, { ...here, source: "unknown" }), false);
});

everyWay("runTransfer() says what could not be found", async (b) => {
  const p = pipeline([{ role: "send", argv: ["no-such-program-of-ours"] }], [], [sh("receive", "cat > /dev/null")]);
  const error = await failing(b, p);
  assertEquals(error.transfer.culprit.status, 127);
  assertStringIncludes(error.message, "not found");
});

everyWay("runTransfer() past us blames the stage at its host", async (b) => {
  for (const via of ["src", "dst"] as const) {
    for (const nested of [via === "src" ? "dst" : "src", undefined] as const) {
      for (const at of ["send", "receive"] as const) {
        const say = (role: string): string => role === at ? `echo ${role} broke >&2; exit 5` : "cat > /dev/null";
        const legs: Leg[] = [
          { host: "src", stages: [sh("send", at === "send" ? say("send") : "cat /dev/zero"), sh("compress", "cat")] },
          { host: "dst", stages: [sh("decompress", "cat"), sh("receive", say("receive"))] },
        ];
        const p: Pipeline = nested === undefined ? { via, legs } : { via, nested, legs };
        const error = await failing(b, p, b.words({ src: true, dst: true }));
        assertEquals({ role: error.transfer.culprit.role, status: error.transfer.culprit.status }, {
          role: at,
          status: 5,
        });
        const side = at === "send" ? "src" : "dst";
        const host = nested === side ? side : via;
        assertEquals(error.transfer.culprit.host, host === "src" ? "a@h1" : "b@h2");
      }
    }
  }
});

everyWay("runTransfer() survives endless and binary stderr, and keeps its end", async (b) => {
  const chatter = "head -c 5000000 /dev/urandom >&2";
  const p = pipeline([sh("send", `${chatter}; echo the end >&2; exit 9`)], [], [sh("receive", "cat > /dev/null")]);
  const error = await failing(b, p, b.words({ src: true }));
  assertEquals(error.transfer.culprit.role, "send");
  assert(error.failure.stderr.endsWith("the end\n"));
  assert(error.failure.stderr.length <= 65536);
});

everyWay("runTransfer() ends all local processes on abort and rejects with the reason", async (b) => {
  const mark = `sleep 987.${Deno.pid}${Math.trunc(Math.random() * 1e6)}`;
  const src = [sh("send", `cat /dev/zero & ${mark}`), sh("compress", "cat")];
  const p = pipeline(src, [sh("buffer", `trap '' TERM; cat`)], [sh("receive", "cat > /dev/null")]);
  for (const remote of [{}, { src: true, dst: true }]) {
    const controller = new AbortController();
    const running = runTransfer(p, { words: b.words(remote), suppress: false, signal: controller.signal }, b.context);
    const outcome = running.then(() => "done", (error) => error);
    while (await countProcesses(mark) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const reason = new Error("stop");
    controller.abort(reason);
    assertEquals(await outcome, reason);
    assertEquals(await countProcesses(mark), 0);
  }
});

everyWay("runTransfer() ends a sender that does not notice the end of its receiver", async (b) => {
  const mark = `sleep 876.${Deno.pid}`;
  const src = [sh("send", `${mark} & while :; do echo chatter; done >&2`), sh("compress", "cat")];
  const p = pipeline(src, [], [sh("receive", "echo no space >&2; exit 3")]);
  const context = { ...b.context, patienceMs: 100 };
  const run = (): Promise<unknown> => runTransfer(p, { words: b.words(), suppress: false }, context);
  const error = await assertRejects(run, TransferError);
  assertEquals({ ...error.transfer.culprit, command: "" }, {
    role: "receive",
    host: "localhost",
    command: "",
    status: 3,
  });
  assertEquals(await countProcesses(mark), 0);
});

everyWay(
  "runTransfer() moves bytes between commands under sudo, ends both on abort, and blames the right one",
  async (b) => {
    await Deno.writeTextFile(`${b.dir}/sudo`, '#!/bin/sh\ntrap "" TERM\nexec setsid --wait sh -c "$3"\n', {
      mode: 0o755,
    });
    const elevated = (role: StageRole, script: string): Stage => {
      return { role, argv: [`${b.dir}/sudo`, "-n", "zfs", script] };
    };
    const between = (send: string, receive: string): Pipeline =>
      pipeline([elevated("send", send)], [], [elevated("receive", receive)]);
    await runTransfer(between(MEGABYTE, `cat > ${b.dir}/out`), { words: b.words(), suppress: false }, b.context);
    assertEquals((await Deno.stat(`${b.dir}/out`)).size, 1_000_000);
    for (const at of ["send", "receive"] as const) {
      const send = at === "send" ? "printf x; exit 5" : "cat /dev/zero";
      const error = await failing(b, between(send, at === "send" ? "cat > /dev/null; exit 6" : "head -c 9; exit 5"));
      assertEquals([error.transfer.culprit.role, error.transfer.culprit.status], [at, 5]);
    }
    const mark = `: ${crypto.randomUUID()}`;
    const controller = new AbortController();
    const endless = between(`${mark}; cat /dev/zero`, `${mark}; cat > /dev/null`);
    const options = { words: b.words(), suppress: false, signal: controller.signal };
    const outcome = runTransfer(endless, options, b.context).catch((error) => error);
    while (await countProcesses(`sh -c ${mark}`) < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    controller.abort("stop");
    assertEquals(await outcome, "stop");
    for (let tries = 0; await countProcesses(mark) > 0; tries++) {
      assert(tries < 100, "they live on");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  },
);

Deno.test("brief transfers share a shell, others have one of their own", () =>
  bench(async (b) => {
    const joiner = 'cat > /dev/null; tr "\\0" " " < /proc/$PPID/cmdline; test ! -e /proc/$PPID/fd/9 || echo 9';
    const p = pipeline([sh("send", "printf x")], [], [sh("receive", joiner)]);
    for (const isBrief of [true, true, false]) {
      await runBriefOrNot(p, { words: b.words(), suppress: false, isBrief }, b.context);
    }
    const said = b.records.filter(({ level }) => level === "STDOUT").map(({ text }) => text);
    const [shell, ...others] = (await shellsBelow()).map(({ command }) => command);
    assertEquals(others, []);
    assertEquals(said.slice(0, 2), [`${shell} 9\n`, `${shell} 9\n`]);
    assertMatch(said[2]!, /^\S*sh -c \{ sh -c .* $/);
  }, "live shell"));

for (const dialect of [["dash"], ["bash"], ["busybox", "sh"], ["mksh"], ["zsh"]]) {
  Deno.test(`a brief transfer runs in any POSIX shell: ${dialect.join(" ")}`, () =>
    bench(async (b) => {
      const { processes, log } = b.context;
      const open = (): Promise<ShellPlace> => Promise.resolve({ argv: dialect, words: [], giveBack: () => {} });
      const shells = new LiveShells({ processes, log, host: "here", most: 1, open });
      const context = { ...b.context, shells };
      const run = (script: string): Promise<unknown> => {
        const p = pipeline([sh("send", "printf x")], [sh("buffer", "cat")], [sh("receive", script)]);
        return within(10_000, runTransfer(p, { words: b.words(), suppress: false }, context));
      };
      await run(`cat > ${b.dir}/out`);
      const error = await assertRejects(() => run("cat > /dev/null; exit 7"), TransferError);
      assertEquals([error.transfer.culprit.role, error.transfer.culprit.status], ["receive", 7]);
      await run(`cat >> ${b.dir}/out`);
      assertEquals(await Deno.readTextFile(`${b.dir}/out`), "xx");
      assert(!b.records.some(({ text }) => text.includes("without a live shell")));
      await shells.close();
    }));
}

Deno.test("an interrupt of a brief transfer ends its shell and all that it runs, and the next one has another shell", () =>
  bench(async (b) => {
    const mark = `sleep 98.${Deno.pid}`;
    const run = (script: string, signal?: AbortSignal): Promise<unknown> => {
      const p = pipeline([sh("send", script)], [], [
        sh("receive", "cat > /dev/null; test ! -e /proc/$PPID/fd/9 || echo 9"),
      ]);
      return runTransfer(p, { words: b.words(), suppress: false, ...(signal && { signal }) }, b.context);
    };
    const said = (): number => b.records.filter(({ level, text }) => level === "STDOUT" && text === "9\n").length;
    await run("printf x");
    const [first] = await shellsBelow();
    const abort = new AbortController();
    const outcome = run(mark, abort.signal).catch((error: unknown) => error);
    while (await countProcesses(mark) === 0) await new Promise((wake) => setTimeout(wake, 5));
    abort.abort("stop");
    assertEquals(await within(10_000, outcome), "stop");
    assertEquals([await countProcesses(mark), (await shellsBelow()).length, said()], [0, 0, 1]);
    await run("printf x");
    const [second, ...others] = await shellsBelow();
    assertEquals([second!.pid === first!.pid, others.length, said()], [false, 0, 2]);
  }, "live shell"));

for (const [what, sign] of [["the shell alone", 1], ["all of its group", -1]] as const) {
  Deno.test(`a brief transfer is what its stages say, whoever is killed, and the next one has another shell: ${what}`, () =>
    bench(async (b) => {
      const waits = `touch ${b.dir}/waits; until test -e ${b.dir}/go; do sleep 0.01; done`;
      const p = pipeline([sh("send", `${waits}; printf x`)], [], [sh("receive", `cat > ${b.dir}/out`)]);
      const run = (): Promise<unknown> => runTransfer(p, { words: b.words(), suppress: false }, b.context);
      const outcome = run().catch((error: unknown) => error);
      while (!await Deno.stat(`${b.dir}/waits`).catch(() => undefined)) {
        await new Promise((wake) => setTimeout(wake, 5));
      }
      const [first] = await shellsBelow();
      assert(first !== undefined);
      Deno.kill(sign * first.pid, "SIGKILL");
      if (sign > 0) assert(!await isOver(outcome));
      await Deno.writeTextFile(`${b.dir}/go`, "");
      const end = await within(10_000, outcome);
      if (sign > 0) assertMatch(JSON.stringify(end), /^{"elapsedMs":/);
      else assert(end instanceof TransferError && end.transfer.culprit.status === 255);
      assertEquals(await countProcesses(b.dir), 0);
      await run();
      assertEquals(await Deno.readTextFile(`${b.dir}/out`), "x");
      assert(!(await shellsBelow()).some(({ pid }) => pid === first.pid));
    }, "live shell"));
}

/** Live shells of this process. */
async function shellsBelow(): ReturnType<typeof processTable> {
  return (await processTable()).filter(({ parent, command }) => parent === Deno.pid && /^\S*sh$/.test(command));
}

everyWay("runTransfer() does not wait for what a stage leaves behind", async (b) => {
  const p = pipeline([sh("send", "sleep 6 > /dev/null & printf x")], [], [sh("receive", `cat > ${b.dir}/out`)]);
  const { elapsedMs } = await runTransfer(p, { words: b.words(), suppress: false }, b.context);
  assert(elapsedMs < 5500);
});

Deno.test("runTransfer() appends what pv tells to its file, after an empty line, for us alone", () =>
  bench(async (b) => {
    const meter: Stage = { role: "meter", argv: ["sh", "-c", 'echo "x: 1.00MiB $LC_ALL" >&2; cat'] };
    const p = pipeline([sh("send", "printf x"), meter], [], [sh("receive", "cat > /dev/null")]);
    const meters: string[] = [];
    const context: TransferContext = { ...b.context, onMeter: (file) => void meters.push(file) };
    for (let i = 0; i < 2; i++) {
      const report = await runTransfer(p, { words: b.words(), suppress: false }, context);
      assertEquals(report.bytes, 1048576);
    }
    assertEquals(await Deno.readTextFile(`${b.dir}/run.pv`), "\nx: 1.00MiB C\n\nx: 1.00MiB C\n");
    assertEquals((await Deno.stat(`${b.dir}/run.pv`)).mode! & 0o777, 0o600);
    assertEquals(meters, [`${b.dir}/run.pv`, `${b.dir}/run.pv`]);
    assertStringIncludes(b.records[0]!.text, `2>> ${b.dir}/run.pv | `);
  }));

everyWay("runTransfer() logs the end of a pipeline like that of any command, also of one that is cut", async (b) => {
  const processes = new Processes({ log: b.context.log, traceLevel: "INFO", graceMs: 2000 });
  const context = { ...b.context, processes };
  const reason = new TimeoutError("late");
  const run = async (script: string, signal?: AbortSignal): Promise<void> => {
    const p = pipeline([sh("send", script)], [], [sh("receive", "cat > /dev/null")]);
    await runTransfer(p, { words: b.words(), suppress: false, ...(signal && { signal }) }, context).catch(() => {});
  };
  await run("echo x");
  await run("exit 1");
  await run("sleep 20", AbortSignal.timeout(100));
  const abort = new AbortController();
  setTimeout(() => abort.abort(reason), 100);
  await run("sleep 20", abort.signal);
  await processes.endAll();
  // A live shell is asked whether it is one, which is a command of its own.
  const ends = b.records.filter(({ label, text }) => label.startsWith("Executed ") && text !== "sh");
  assertEquals(ends.map(({ level, label }) => `${level} ${label.replace(/\d+ms/, "Nms")}`), [
    "INFO Executed [success] [Nms]: ",
    "INFO Executed [failure] [Nms]: ",
    "INFO Executed [cancel] [Nms]: ",
    "INFO Executed [timeout] [Nms]: ",
  ]);
  assertStringIncludes(ends[3]!.text, "sh -c sh -c 'sleep 20' | ");
});

Deno.test("runTransfer() tells no bytes if a meter told none that can be read, and the transfer stands", () =>
  bench(async (b) => {
    for (const tells of ["", "1234", "x: [1.00MiB/s]", "x: 1.00MiB/s", "x: 0.00 B"]) {
      const meter: Stage = { role: "meter", argv: ["sh", "-c", `echo '${tells}' >&2; cat`] };
      const p = pipeline([sh("send", "printf x"), meter], [], [sh("receive", "cat > /dev/null")]);
      assertEquals((await runTransfer(p, { words: b.words(), suppress: false }, b.context)).bytes, undefined, tells);
    }
  }));

Deno.test("runTransfer() by streams counts without pv, and tells it as pv does", () =>
  bench(async (b) => {
    const meter: Stage = { role: "meter", argv: ["pv", "--interval=0.1", "--force", "--name=  1MB", "--size=1000000"] };
    const seen = `until grep -q 500000B ${b.dir}/run.pv; do sleep 0.02; done`;
    const slowly = sh("send", `head -c 500000 /dev/zero; ${seen}; head -c 500000 /dev/zero`);
    const p = pipeline([slowly, meter], [], [sh("receive", `cat > ${b.dir}/out`)]);
    const report = await runTransfer(p, { words: b.words(), suppress: false }, b.context);
    assertEquals(report.bytes, 1_000_000);
    const lines = (await Deno.readTextFile(`${b.dir}/run.pv`)).split(/(?<=[\r\n])/);
    assertEquals(lines[0], "\n");
    const half = lines.find((line) => line.includes("500000B"))!;
    assertMatch(
      half,
      /^1MB: 500000B \d:\d\d:\d\d \[.*\/s\] \[.*\/s\] \[=+> +\] 50% ETA \d:\d\d:\d\d ETA \d\d:\d\d:\d\d\r$/,
    );
    assertMatch(lines.at(-1)!, /^1MB: 1000000B .* \[=+>\] 100%\n$/);
  }, "streams"));

Deno.test("runTransfer() by streams counts once although the runtime calls the meter's timer when it was cleared", () =>
  bench(async (b) => {
    const { setInterval, clearInterval } = globalThis;
    let isDue = (): void => {};
    Object.assign(globalThis, {
      setInterval: (act: () => void, ms?: number) => setInterval(isDue = act, ms),
      clearInterval: (timer?: Parameters<typeof clearInterval>[0]) => {
        clearInterval(timer);
        queueMicrotask(isDue);
      },
    });
    try {
      const meter: Stage = { role: "meter", argv: ["pv", "--interval=1", "--force", "--name=x"] };
      const p = pipeline([sh("send", MEGABYTE), meter], [], [sh("receive", `cat > ${b.dir}/out`)]);
      assertEquals((await runTransfer(p, { words: b.words(), suppress: false }, b.context)).bytes, 1_000_000);
    } finally {
      Object.assign(globalThis, { setInterval, clearInterval });
    }
    assertMatch(await Deno.readTextFile(`${b.dir}/run.pv`), /^\n(?:x: .*\r)*x: 1000000B .*\n$/);
  }, "streams"));

Deno.test("runTransfer() by streams keeps to a rate, smoothly", () =>
  bench(async (b) => {
    const meter: Stage = { role: "meter", argv: ["pv", "--rate-limit=1m", "--interval=0.1", "--force", "--name=x"] };
    const p = pipeline([sh("send", MEGABYTE), meter], [], [sh("receive", `cat > ${b.dir}/out`)]);
    const { elapsedMs } = await runTransfer(p, { words: b.words(), suppress: false }, b.context);
    assert(elapsedMs > 800, `only ${elapsedMs} ms for a second's worth`);
    const lines = (await Deno.readTextFile(`${b.dir}/run.pv`)).matchAll(/: (\d+)B/g);
    const jumps = [...lines].map((match) => Number(match[1])).filter((bytes) => bytes > 0 && bytes < 1_000_000);
    assert(jumps.length >= 3, `only ${jumps.length} steps on the way`);
  }, "streams"));

Deno.test("runTransfer() works with every shell at the other end", async (t) => {
  for (const shell of ["dash", "bash", "busybox", "mksh", "zsh"]) {
    await t.step({
      name: shell,
      fn: () =>
        bench(async (b) => {
          await hasFarShell(b, shell === "busybox" ? "busybox sh" : shell);
          const src = [sh("send", "cat /dev/zero"), sh("compress", "head -c 9; echo 'it'\\''s $HOME' >&2; exit 4")];
          const error = await failing(b, pipeline(src, [], [sh("receive", "cat > /dev/null")]), b.words({ src: true }));
          assertEquals({ ...error.transfer.culprit, command: "" }, {
            role: "compress",
            host: "a@h1",
            command: "",
            status: 4,
          });
          const good = pipeline([sh("send", MEGABYTE), sh("compress", "cat")], [], [
            sh("receive", `wc -c > ${b.dir}/n`),
          ]);
          await runTransfer(good, { words: b.words({ src: true }), suppress: false }, b.context);
          assertEquals((await Deno.readTextFile(`${b.dir}/n`)).trim(), "1000000");
        }),
    });
  }
});

for (const shell of ["dash", "bash", "busybox sh", "mksh", "zsh"]) {
  Deno.test(`a far shell whose reports are kept from us ends with the status of its last stage: ${shell}`, () =>
    bench(async (b) => {
      await hasFarShell(b, shell, "2> /dev/null");
      for (const [script, status] of [["cat; exit 7", 7], ["cat; kill -s KILL $$", 137]] as const) {
        const src = [sh("send", "printf x"), sh("compress", script)];
        const error = await failing(b, pipeline(src, [], [sh("receive", "cat > /dev/null")]), b.words({ src: true }));
        assertEquals([error.transfer.culprit.role, error.transfer.culprit.status], ["connect", status]);
      }
    }));
}

/** Lets this program be the login shell, and the `sh`, of all hosts. */
async function hasFarShell(b: Bench, program: string, redirection = ""): Promise<void> {
  await Deno.mkdir(`${b.dir}/bin`);
  await Deno.writeTextFile(`${b.dir}/bin/sh`, `#!/bin/sh\nexec ${program} "$@"\n`, { mode: 0o700 });
  const login = `PATH=${b.dir}/bin:$PATH\nexport PATH\nexec ${program} -c "$last" ${redirection}`;
  await Deno.writeTextFile(`${b.dir}/ssh`, `#!/bin/sh\nfor last; do :; done\n${login}\n`);
}

async function countProcesses(mark: string): Promise<number> {
  const { stdout } = await new Deno.Command("ps", { args: ["-Ao", "stat,args"] }).output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  return lines.filter((line) => line.includes(mark) && !line.startsWith("Z")).length;
}

const HOUR_MS = 3_600_000;

/** A stream of 100000 bytes that then stands still until the file `go` is there. */
function halting(b: Bench, meter: readonly Stage[]): Pipeline {
  const wait = `touch ${b.dir}/waits; until test -e ${b.dir}/go; do sleep 0.05; done`;
  return pipeline([sh("send", `head -c 100000 /dev/zero; ${wait}`), ...meter], [], [sh("receive", "cat > /dev/null")]);
}

/** Begins such a transfer; time passes as the test says. */
async function beginHalting(
  b: Bench,
  { meter, ...options }: { meter: readonly Stage[]; signal?: AbortSignal; arrival?: () => Promise<string | undefined> },
): Promise<{ readonly clock: ManualClock; readonly outcome: Promise<unknown> }> {
  const clock = new ManualClock();
  const context = { ...b.context, clock };
  const run = runTransfer(halting(b, meter), { words: b.words({ dst: true }), suppress: false, ...options }, context);
  const outcome = run.catch((error) => error);
  while (!await Deno.stat(`${b.dir}/waits`).catch(() => undefined)) await new Promise((wake) => setTimeout(wake, 5));
  return { clock, outcome };
}

/** A meter that prints nothing by itself before the end of a test; the option is for our own one. */
const METER: Stage = { role: "meter", argv: ["sh", "-c", "cat", "--interval=3600"] };

/** Time in which the meter tells the same again and again, as far as a test says what is the same. */
async function passMetered(
  b: Bench,
  clock: ManualClock,
  hours: number,
  line: (minute: number) => string,
): Promise<void> {
  for (let minute = 0; minute < 60 * hours; minute += 2) {
    await Deno.writeTextFile(`${b.dir}/run.pv`, `${line(minute)}\r`, { append: true, mode: 0o600 });
    await clock.pass(120_000);
  }
}

const STILL = "x: 97.7KiB 0:00:01 [0.00 B/s] [12.3KiB/s] [=> ]";

everyWay("runTransfer() ends a stream whose meter stands still for an hour, to be tried again", async (b) => {
  const { clock, outcome } = await beginHalting(b, { meter: [METER] });
  await passMetered(b, clock, 0.9, () => STILL);
  assert(!await isOver(outcome));
  await passMetered(b, clock, 0.3, () => STILL);
  const error = await within(10_000, outcome);
  assert(error instanceof Retryable && error.cause instanceof TimeoutError);
  const [, tail] = /^The stream from 'sh -c .*' on localhost to 'sh -c .*' on b@h2 (.*)$/.exec(error.message) ?? [];
  assertEquals(tail, "stood still for 1 h, so it was ended");
  assertEquals(await countProcesses(b.dir), 0);
});

everyWay("runTransfer() lets a stream go on that moves, however slowly, and one of which nobody knows", async (b) => {
  const slowly = (minute: number): string => minute % 56 === 0 ? STILL.replace("[0.00 B/s]", "[3.00 B/s]") : STILL;
  const meters: readonly ((clock: ManualClock) => Promise<void>)[] = [
    (clock) => passMetered(b, clock, 5, (minute) => STILL.replace("97.7", `${98 + Math.floor(minute / 56)}.7`)),
    (clock) => passMetered(b, clock, 5, slowly),
    (clock) => passMetered(b, clock, 5, () => "a line of another kind"),
    (clock) => clock.pass(5 * HOUR_MS), // as on a full disk
  ];
  for (const passTime of meters) {
    const { clock, outcome } = await beginHalting(b, { meter: [METER] });
    await passTime(clock);
    await Deno.writeTextFile(`${b.dir}/go`, "");
    assertMatch(JSON.stringify(await within(10_000, outcome)), /^{"elapsedMs":/);
    for (const name of ["go", "waits", "run.pv"]) await Deno.remove(`${b.dir}/${name}`);
  }
});

everyWay("runTransfer() asks the destination where there is no meter, or where the meter stands still", async (b) => {
  for (const meter of [[], [METER]]) {
    let asked = 0;
    let token: string | undefined = "1-a";
    const arrival = (): Promise<string | undefined> => Promise.resolve(asked++ < 0 ? "" : token);
    const { clock, outcome } = await beginHalting(b, { meter, arrival });
    assertEquals(asked, 0);
    for (let hour = 0; hour < 5; hour++) {
      await passMetered(b, clock, 0.9, () => STILL);
      assert(!await isOver(outcome));
      token = hour % 2 === 0 ? undefined : `1-${hour}`;
    }
    await passMetered(b, clock, 1.2, () => STILL);
    assert(await within(10_000, outcome) instanceof Retryable);
    await Deno.remove(`${b.dir}/waits`);
  }
});

everyWay("runTransfer() asks nobody while the meter moves, and watches nothing that cannot be seen", async (b) => {
  let asked = 0;
  const arrival = (): Promise<string> => Promise.resolve(`${asked++}`);
  const moving = await beginHalting(b, { meter: [METER], arrival });
  await passMetered(b, moving.clock, 5, (minute) => STILL.replace("97.7", `${minute}`));
  assertEquals(asked, 0);
  await Deno.writeTextFile(`${b.dir}/go`, "");
  await within(10_000, moving.outcome);
  for (const name of ["go", "waits"]) await Deno.remove(`${b.dir}/${name}`);
  const unseen = await beginHalting(b, { meter: [] });
  await unseen.clock.pass(1000 * HOUR_MS);
  assert(!await isOver(unseen.outcome));
  await Deno.writeTextFile(`${b.dir}/go`, "");
  await within(10_000, unseen.outcome);
});

everyWay("runTransfer() takes an abort for an abort, also of a stream that stands still", async (b) => {
  const controller = new AbortController();
  const { clock, outcome } = await beginHalting(b, { meter: [METER], signal: controller.signal });
  const reason = new Cancelled("SIGTERM", 15);
  controller.abort(reason);
  await passMetered(b, clock, 2, () => STILL);
  assertEquals(await within(10_000, outcome), reason);
});

async function isOver(outcome: Promise<unknown>): Promise<boolean> {
  return await Promise.race([outcome.then(() => true), new Promise<false>((done) => setTimeout(done, 5, false))]);
}

Deno.test("runTransfer() tells what pv says when it fails, although its stderr is the pv file", () =>
  bench(async (b) => {
    const script = 'printf "1.0MiB\\r" >&2; echo "pv: -L: no rate $((6 * 7))" >&2; exit 64';
    const meter: Stage = { role: "meter", argv: ["sh", "-c", script] };
    const p = pipeline([sh("send", "printf x"), meter], [], [sh("receive", "cat > /dev/null")]);
    const error = await assertRejects(
      () => runTransfer(p, { words: b.words(), suppress: false }, b.context),
      TransferError,
    );
    assertStringIncludes(error.message, "stage meter on localhost");
    assertStringIncludes(error.message, "pv: -L: no rate 42");
  }));
