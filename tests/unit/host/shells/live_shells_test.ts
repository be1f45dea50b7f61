/** Commands in shells that stay: the exact answer, or the way that they would have gone without one. */
import type { FrameWords } from "../../../../lib/host/shells/frame.ts";
import { LiveShells, type LiveShellsOptions, type Perform } from "../../../../lib/host/shells/live_shells.ts";
import { localRunner, localShells } from "../../../../lib/host/process/local_runner.ts";
import { Processes, type ProcessResult } from "../../../../lib/host/process/process.ts";
import { pause } from "../../../../lib/host/system.ts";
import { Cancelled, ExcessError, Retryable, TimeoutError } from "../../../../lib/model/errors.ts";
import { type Logger, SILENT_LOGGER } from "../../../../lib/model/log.ts";
import type { CommandResult, Runner, RunOptions } from "../../../../lib/zfs/world.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../../support/assert.ts";
import { type Answer, type FarShell, farShell, wholeAnswer } from "../../../support/far_shell.ts";
import { Dice } from "../../../support/for_all.ts";
import { processTable } from "../../../support/process_table.ts";
import { withTempFolder } from "../../../support/temp.ts";
import { within } from "../../../support/within.ts";

/** What a command ends with that ran by itself. */
const ALONE: ProcessResult = { started: true, status: 0, stdout: "alone", stderr: "" };

/** Shells that a test speaks for, one after the other, and a way to run commands in them. */
function far(
  answers: ((words: FrameWords, command: string) => Answer) | readonly ((words: FrameWords) => Answer)[],
  changes: Partial<LiveShellsOptions> = {},
): {
  readonly shells: LiveShells;
  readonly started: readonly FarShell[];
  readonly records: readonly string[];
  run(argv: readonly string[], options?: RunOptions): Promise<ProcessResult>;
} {
  const records: string[] = [];
  const log: Logger = { log: (level, _, text) => void records.push(`${level} ${text}`), isEnabled: () => true };
  const processes = new Processes({ log: SILENT_LOGGER, graceMs: 300, heldOpenMs: 50 });
  const started: FarShell[] = [];
  const start = (): FarShell["child"] => {
    const answer = typeof answers === "function" ? answers : answers[started.length]!;
    const shell = farShell(answer);
    started.push(shell);
    return shell.child;
  };
  const shells = new LiveShells({
    processes: { start, run: (argv, options) => processes.run(argv, options) },
    log,
    host: "nas",
    most: 2,
    proofMs: 100,
    open: () => Promise.resolve({ argv: ["ssh"], words: [], giveBack: () => {} }),
    ...changes,
  });
  const run = (argv: readonly string[], options: RunOptions = {}): Promise<ProcessResult> => {
    const perform: Perform = ({ words: _, ...way }) =>
      way.start === undefined
        ? Promise.resolve().then(() => (options.onLines?.(ALONE.stdout), ALONE))
        : processes.run(argv, { ...options, ...way });
    return within(5000, shells.run(argv, options, perform));
  };
  return { shells, started, records, run };
}

const OUTPUT = "a\n\x1eb\nc";

/** Both streams of an answer to anything. */
function frames(words: FrameWords, status = 3): readonly [out: string, err: string] {
  return wholeAnswer(words, status, OUTPUT, "oh\n");
}

const EXACT: ProcessResult = { started: true, status: 3, stdout: OUTPUT, stderr: "oh\n" };

Deno.test("whatever becomes of a shell in the middle of an answer, a query is answered, and a change is not made twice", async () => {
  const [out, err] = frames({ begin: "b".repeat(26), end: "e".repeat(26) });
  const proof = (words: FrameWords): Answer => {
    const [out, err] = wholeAnswer(words, 0, "");
    return { out: [out], err: [err] };
  };
  for (const stream of [0, 1]) {
    for (let at = 0; at < [out, err][stream]!.length; at++) {
      const dying = (words: FrameWords, command: string): Answer => {
        if (command === ":") return proof(words);
        const [out, err] = frames(words);
        return stream === 0
          ? { err: [err], out: [out.slice(0, at), { end: 255 }] }
          : { out: [out], err: [err.slice(0, at), { end: 255 }] };
      };
      const query = far(dying);
      assertEquals(await query.run(["zfs", "list"]), ALONE);
      const change = far(dying);
      const { status } = await change.run(["zfs", "destroy"], { isChange: true });
      assertEquals([status, change.started[0]!.commands], [255, [":", "zfs destroy"]]);
      const pieces: string[] = [];
      const listing = far(dying);
      const result = await listing.run(["zfs", "list"], { onLines: (piece) => void pieces.push(piece) });
      const text = pieces.join("");
      assert(result.status === 255 ? OUTPUT.startsWith(text) : text === "alone", `${stream} ${at} ${text}`);
      await Promise.all([query, change, listing].map(({ shells }) => shells.close()));
    }
  }
});

Deno.test("an answer is exact, however its streams are cut and in whatever order they come", async () => {
  for (const isLate of [false, true]) {
    for (let at = 0; at < 74; at++) {
      const { run, shells, started } = far((words) => {
        const [out, err] = frames(words);
        if (isLate) setTimeout(() => started[0]!.say(out.slice(at)), 1);
        return {
          out: isLate ? [out.slice(0, at)] : [out.slice(0, at), out.slice(at)],
          err: [err.slice(0, at), err.slice(at)],
        };
      });
      assertEquals(await run(["zfs"]), EXACT);
      await shells.close();
    }
  }
});

Deno.test("a host has a shell once one has answered, and until one answers as none should", async () => {
  let isNoisy = false;
  const { run, shells } = far((words) => {
    const [out, err] = frames(words);
    return { out: isNoisy ? ["Welcome!\n", out] : [out], err: [err] };
  });
  assertEquals(shells.haveAnswered, false);
  await run(["zfs", "list"]);
  assertEquals(shells.haveAnswered, true);
  isNoisy = true;
  assertEquals(await run(["zfs", "list"]), ALONE);
  assertEquals(shells.haveAnswered, false);
  await shells.close();
  const guarded = far(() => ({ out: [], err: ["not allowed\n", { end: 1 }] }));
  assertEquals(await guarded.run(["zfs", "list"]), ALONE);
  assertEquals(guarded.shells.haveAnswered, false);
});

/** What a far side may be instead of a shell that answers, and what the log says then. */
const STRANGERS: Readonly<Record<string, readonly [(words: FrameWords) => Answer, says: RegExp]>> = {
  "noise on stdout": [
    (words) => ({ out: ["Welcome!\n", frames(words)[0]], err: [frames(words)[1]] }),
    /something else/,
  ],
  "noise on stderr": [
    (words) => ({ out: [frames(words)[0]], err: ["motd\n", frames(words)[1]] }),
    /something else.*: motd/,
  ],
  "noise behind": [
    (words) => ({ out: [`${frames(words)[0]}\n`], err: [frames(words)[1]] }),
    /half an answer|something else/,
  ],
  "another word": [
    (words) => ({ out: [frames({ ...words, begin: "x".repeat(26) })[0]], err: [frames(words)[1]] }),
    /something else/,
  ],
  "two statuses": [
    (words) => ({ out: [frames(words)[0]], err: [frames(words, 4)[1]] }),
    /half an answer|something else/,
  ],
  "the request": [(words) => ({ out: [`printf '\\036${words.begin}\\n'\n`], err: [] }), /something else/],
  "nothing": [() => ({ out: [], err: [] }), /does not answer/],
  "a guard that refuses": [() => ({ out: [], err: ["not allowed\n", { end: 1 }] }), /: it has ended: not allowed/],
  "an end": [() => ({ out: [{ end: 127 }], err: [] }), /: it has ended:$/],
};

for (const [what, [answer, says]] of Object.entries(STRANGERS)) {
  Deno.test(`where the far side is no shell, commands run by themselves: ${what}`, async () => {
    const { run, shells, started, records } = far(answer);
    assertEquals(await run(["zfs", "list"]), ALONE);
    assertEquals(await run(["zfs", "destroy"], { isChange: true }), ALONE);
    assertEquals([records.length, started.length], [1, 1]);
    assertMatch(records[0]!, /^DEBUG Commands on nas run without a live shell: /);
    assertMatch(records[0]!, says);
    assert(!started[0]!.commands.includes("zfs destroy"));
    await shells.close();
  });
}

Deno.test("a change is asked of no shell that has never answered", async () => {
  const { run, shells, started } = far(() => ({ out: [], err: [] }));
  assertEquals(await run(["zfs", "destroy"], { isChange: true }), ALONE);
  assertEquals(started[0]!.commands, [":"]);
  await shells.close();
});

Deno.test("a change in a shell that was lost ends as one whose ssh was: with its words, or ours", async () => {
  for (const words of ["Connection closed by remote host\n", ""]) {
    const { run, shells, records } = far((frame, command) => {
      const [out, err] = wholeAnswer(frame, 0, "");
      return command === ":" ? { out: [out], err: [err] } : { out: [], err: [words, { end: 255 }] };
    });
    const { status, stderr } = await run(["zfs", "destroy"], { isChange: true });
    assertEquals([status, stderr], [
      255,
      words || "The shell for this command broke: it has ended\n",
    ]);
    assertEquals(records, []);
    await shells.close();
  }
});

Deno.test("shells that are lost before they answer are given up after three", async () => {
  const { run, shells, started, records } = far(() => ({ out: [], err: [{ end: 255 }] }));
  for (let times = 0; times < 5; times++) assertEquals(await run(["zfs"]), ALONE);
  assertEquals([started.length, records.length], [3, 1]);
  await shells.close();
});

Deno.test("a shell that has ended, or said something, while it was idle is replaced", async () => {
  const { run, shells, started, records } = far((words) => {
    const [out, err] = frames(words);
    return { out: [out], err: [err] };
  });
  const disturbances = [(shell: FarShell) => shell.end(255), (shell: FarShell) => shell.say("late\n"), () => {}];
  for (const [index, disturb] of disturbances.entries()) {
    assertEquals(await run(["zfs"], { isChange: true }), EXACT);
    disturb(started[index]!);
    await pause(5);
  }
  assertEquals([started.length, records], [3, []]);
  // Even if that has not been noticed yet when the next request is made.
  started[2]!.say("late\n");
  assertEquals(await run(["zfs"]), ALONE);
  await shells.close();
});

Deno.test("a shell that is late is waited for, and one request does not get the answer of another one", async () => {
  const held: (() => void)[] = [];
  const { run, shells, started } = far((words, command) => {
    const [out, err] = wholeAnswer(words, 0, `${command}\n`);
    held.push(() => started[0]!.say(out.slice(30)));
    return { out: [out.slice(0, 30)], err: [err] };
  });
  const first = run(["one"]);
  await pause(150); // longer than a shell that says nothing at all may take
  held[0]!();
  assertEquals((await first).stdout, "one\n");
  const second = run(["two"]);
  await pause(5);
  held[1]!();
  assertEquals([(await second).stdout, started.length], ["two\n", 1]);
  await shells.close();
});

Deno.test("where the server allows no further session, commands wait for the shells that there are", async () => {
  const refusal = "mux_client_request_session: session request failed: Session open refused by peer\r\n";
  let open = (): void => {};
  const busy = (words: FrameWords): Answer => {
    const [out, err] = frames(words);
    open = () => started[0]!.say(out.slice(30));
    return { out: [out.slice(0, 30)], err: [err] };
  };
  const { run, shells, started, records } = far([busy, () => ({ out: [], err: [refusal] })], {
    most: 4,
    proofMs: 3000,
  });
  const first = run(["one"]);
  await pause(5);
  assertEquals(await run(["two"]), ALONE);
  let isDone = false;
  const third = run(["three"]).then((result) => (isDone = true, result));
  await pause(250);
  assert(!isDone);
  open();
  assertEquals(await first, EXACT);
  await pause(150);
  open();
  assertEquals(await third, EXACT);
  assertEquals([records.length, started.length, started[0]!.commands], [1, 2, ["one", "three"]]);
  assertMatch(records[0]!, /^DEBUG No further live shell on nas: .*refused by peer$/);
  // Who needs a session for something else gets it.
  await shells.yieldSessions();
  assertEquals(await started[0]!.child.ended, 0);
  await shells.close();
});

Deno.test("a server that refuses even one session is asked three times for one", async () => {
  const { run, shells, started } = far(() => ({
    out: [],
    err: ["session request failed: Session open refused by peer\n"],
  }));
  for (let times = 0; times < 5; times++) assertEquals(await run(["zfs"]), ALONE);
  assertEquals(started.length, 3);
  await shells.close();
});

/** Runs commands on this host, with live shells and without. */
async function here(
  act: (live: Runner, alone: Runner, shells: LiveShells, processes: Processes) => Promise<void>,
): Promise<void> {
  const processes = new Processes({ log: SILENT_LOGGER, graceMs: 500, heldOpenMs: 300, listingBytes: 2 ** 22 });
  const parts = { processes, log: SILENT_LOGGER };
  const shells = localShells(parts);
  try {
    await act(localRunner({ ...parts, shells }), localRunner(parts), shells, processes);
  } finally {
    await shells.close();
    await processes.endAll();
  }
}

/** The shells that wait for commands, below this process. */
async function shellsBelow(): Promise<readonly number[]> {
  return (await processTable()).filter(({ parent, command }) => parent === Deno.pid && /^\S*sh$/.test(command))
    .map(({ pid }) => pid);
}

/** Commands with the same outcome in a shell and by themselves. */
const SAME: Readonly<Record<string, readonly string[]>> = {
  "no output": ["true"],
  "a status": ["sh", "-c", "exit 3"],
  "both streams": ["sh", "-c", "echo out; echo err >&2; exit 1"],
  "no line feed at the end": ["printf", "a\\nb"],
  "only line feeds": ["printf", "\\n\\n"],
  "separators and controls": ["printf", "\\036\\001\\036\\n\\036"],
  "words": [
    "printf",
    "%s|",
    "",
    " ",
    "it's",
    '"',
    "$HOME `id` $(id)",
    "a\nb\n",
    "\\",
    "-",
    "é 日本 🙂",
    "*",
    "~",
    "#",
    "!",
    "a=b",
  ],
  "stdin that is empty": ["sh", "-c", "cat; read -r line || echo end"],
  "descriptors that it does not know": ["sh", "-c", "exec 2>/dev/null; echo x >&3 || echo closed"],
  "a megabyte": ["sh", "-c", "yes 0123456789012345678901234567890123456789 | head -c 1500000"],
  "bytes that are no text": ["sh", "-c", "head -c 300000 /dev/zero | tr '\\0' '\\377'; printf '\\000\\001'"],
  "a program that asks, as sudo does": ["sh", "-c", "printf 'Password: ' >&2; read -r word || exit 1; echo \"$word\""],
  "a program that asks the terminal": ["sh", "-c", "read -r word 2>/dev/null </dev/tty || echo there is none"],
  "a program that is missing": ["sh", "-c", "bzfs-no-such-program 2>/dev/null"],
};

for (const [what, argv] of Object.entries(SAME)) {
  Deno.test(`a command does the same in a shell as by itself: ${what}`, () =>
    here(async (live, alone) => {
      for (const isChange of [false, true]) {
        const options = { isChange, answerBytes: 2 ** 21 };
        assertEquals(await within(20_000, live.run(argv, options)), await alone.run(argv, options));
        const lines = async (runner: Runner): Promise<readonly [CommandResult, string]> => {
          let text = "";
          const result = await runner.run(argv, {
            ...options,
            longLines: "drop",
            onLines: (piece) => void (text += piece),
          });
          return [result, text];
        };
        assertEquals(await lines(live), await lines(alone));
      }
      assertEquals((await shellsBelow()).length, 1);
    }));
}

/** Shells that a far host may have under the name `sh`. */
const DIALECTS: readonly (readonly string[])[] = [
  ["bash"],
  ["bash", "--posix"],
  ["busybox", "sh"],
  ["mksh"],
  ["zsh", "--emulate", "sh"],
];

for (const dialect of DIALECTS) {
  Deno.test(`commands do the same in any POSIX shell: ${dialect.join(" ")}`, async () => {
    const records: string[] = [];
    const log: Logger = { log: (level, _, text) => void records.push(`${level} ${text}`), isEnabled: () => false };
    const processes = new Processes({ log, graceMs: 500, heldOpenMs: 300 });
    const place = { argv: dialect, words: [], giveBack: () => {} };
    const shells = new LiveShells({ processes, log, host: "nas", most: 1, open: () => Promise.resolve(place) });
    const run = (argv: readonly string[], options: RunOptions = {}): Promise<ProcessResult> =>
      within(20_000, shells.run(argv, options, ({ words: _, ...way }) => processes.run(argv, { ...options, ...way })));
    for (const argv of Object.values(SAME)) {
      const options = { answerBytes: 2 ** 21 };
      assertEquals(await run(argv, options), await processes.run(argv, options));
    }
    assertEquals((await run(["sh", "-c", "kill -9 $$"])).status, 137);
    assertEquals(records, []);
    assert((await run(["sh", "-c", "echo $PPID"])).stdout !== `${Deno.pid}\n`);
    const held = await run(["sh", "-c", "sleep 60 & echo $!"], { isChange: true });
    assertEquals([held.status, records.length], [0, 1]);
    Deno.kill(Number(held.stdout));
    await shells.close();
    await processes.endAll();
  });
}

Deno.test("random words reach a command as they are", () =>
  here(async (live) => {
    const dice = new Dice(3);
    for (let round = 0; round < 30; round++) {
      const characters = [..."ab'\"\\$`*? \t\r\n;&|()<>{}[]!#~=%é\u{1f642}\x1e\x7f"];
      const words = dice.times(20, () => dice.times(dice.integer(0, 9), () => dice.pick(characters)).join(""));
      assertEquals((await live.run(["printf", "%s\\0", ...words])).stdout, words.join("\0") + "\0");
    }
  }));

Deno.test("a program that is missing has status 127", () =>
  here(async (live) => {
    const { status, stderr } = await live.run(["bzfs-no-such-program"]);
    assertEquals(status, 127);
    assertMatch(stderr, /bzfs-no-such-program.*not found/);
  }));

Deno.test("a command that a signal ends has the status of a child of ours", () =>
  here(async (live) => {
    assertEquals((await live.run(["sh", "-c", "kill -9 $$"])).status, -9);
    assertEquals((await live.run(["sh", "-c", "exit 200"])).status, 200);
  }));

Deno.test("lines are handed over as they are printed", () =>
  here(async (live) => {
    const startedAt = performance.now();
    let firstMs = 0;
    await live.run(["sh", "-c", "echo one; sleep 1; echo two"], {
      onLines: () => void (firstMs ||= performance.now() - startedAt),
    });
    assert(firstMs < 900, `${firstMs} ms`);
  }));

Deno.test("a thousand commands leave nothing behind", () =>
  here(async (live) => {
    const files = (): number => [...Deno.readDirSync("/proc/self/fd")].length;
    await live.run(["true"]);
    const [before, shells] = [files(), await shellsBelow()];
    for (let times = 0; times < 1000; times++) await live.run([":", `${times}`]);
    assertEquals(await shellsBelow(), shells);
    assertEquals(files(), before);
    assertEquals((await processTable()).filter(({ parent }) => parent === shells[0]), []);
  }));

Deno.test("commands at once have shells of their own, and the environment of this process", () =>
  here(async (live, alone) => {
    const argv = ["sh", "-c", "echo $PPID; sleep 0.2"];
    const results = await Promise.all(Array.from({ length: 12 }, () => live.run(argv)));
    const parents = results.map(({ stdout }) => Number(stdout));
    const shells = await shellsBelow();
    assertEquals(shells.length, 8);
    // Those for which there is no shell are children of this process.
    assertEquals(parents.filter((pid) => pid === Deno.pid).length, 4);
    const variables = async (runner: Runner): Promise<string> =>
      (await runner.run(["env"])).stdout.split("\n").filter((line) => !/^(?:_|PWD|OLDPWD|SHLVL)=/.test(line)).sort()
        .join("\n");
    assertEquals(await variables(live), await variables(alone));
  }));

/** What ends a command, its shell with it, and nothing else. */
const ENDED: Readonly<
  Record<string, readonly [script: string, options: RunOptions, isAborted: boolean]>
> = {
  "an abort": ["echo x; sleep 1000", {}, true],
  "an abort of a change": ["echo x; sleep 1000", { isChange: true }, true],
  "output without end": ["yes", {}, false],
  "messages without end": ["yes >&2", {}, false],
  "a line without end": ["tr '\\0' x < /dev/zero", { onLines: () => {} }, false],
};

for (const [what, [script, options, isAborted]] of Object.entries(ENDED)) {
  Deno.test(`what ends a command ends its shell, and no other: ${what}`, () =>
    withTempFolder((folder) =>
      here(async (live) => {
        const other = live.run(["sh", "-c", "sleep 2; echo done"]);
        await pause(300);
        const controller = new AbortController();
        const argv = ["sh", "-c", `sleep 1000 & echo $! $$ $PPID > ${folder}/pids; ${script}`];
        const run = live.run(argv, { ...options, signal: controller.signal });
        if (isAborted) setTimeout(() => controller.abort(new Cancelled("SIGTERM", 15)), 500);
        const error = await assertRejects(() => within(10_000, run), Error);
        assert(isAborted ? error instanceof Cancelled : error.cause instanceof ExcessError);
        const pids = (await Deno.readTextFile(`${folder}/pids`)).trim().split(" ").map(Number);
        const living = (await processTable()).filter(({ pid }) => pids.includes(pid));
        assertEquals(living, []);
        assertEquals((await other).stdout, "done\n");
        assertEquals((await live.run(["echo", "again"])).stdout, "again\n");
      })
    ));
}

for (const daemon of ["sleep 60", "setsid sleep 60"]) {
  const argv = ["sh", "-c", `${daemon} & echo $!`];
  Deno.test(`a query whose output is held open is no answer: ${daemon}`, () =>
    here(async (live) => {
      let pid = NaN;
      const error = await assertRejects(
        () => live.run(argv, { onLines: (line) => void (pid = Number(line)) }),
        Retryable,
      );
      assert(error.cause instanceof TimeoutError);
      const isInGroup = daemon.startsWith("sleep");
      assertEquals((await processTable()).some((row) => row.pid === pid), !isInGroup);
      if (!isInGroup) Deno.kill(pid);
      // From now on each command is a process of ours.
      assertEquals((await live.run(["sh", "-c", "echo $PPID"])).stdout, `${Deno.pid}\n`);
    }));

  Deno.test(`a change whose output is held open is done, and what it left behind lives on: ${daemon}`, () =>
    here(async (live, _, shells, processes) => {
      const { status, stdout } = await live.run(argv, { isChange: true });
      await shells.close();
      await processes.endAll();
      const pid = Number(stdout);
      assertEquals([status, (await processTable()).some((row) => row.pid === pid)], [0, true]);
      Deno.kill(pid);
    }));
}

for (const [who, victim] of [["itself", "$(ps -o ppid= -p $PPID)"], ["what runs the command", "$PPID"]]) {
  Deno.test(`a shell that somebody kills is replaced, a query asked again, and a change has failed: ${who}`, () =>
    here(async (live) => {
      const script = `case "$(ps -o args= -p $PPID)" in *sh) kill -9 ${victim};; *) echo alone;; esac; exit 5`;
      const result = await within(10_000, live.run(["sh", "-c", script]));
      assertEquals(result, { started: true, status: 5, stdout: "alone\n", stderr: "" } as CommandResult);
      await here(async (live) => {
        const { status } = await within(10_000, live.run(["sh", "-c", script], { isChange: true }));
        assertEquals(status, 255);
      });
    }));
}

Deno.test("queries that are asked together have the answers of queries by themselves, where all of them have one", () =>
  here(async (live, alone) => {
    const argvs = [["echo", "one"], ["sh", "-c", "exit 4"], ["printf", "%s", "it's two"], ["cat"]];
    assertEquals(await within(20_000, live.runTogether!(argvs)), {
      stdouts: ["one", undefined, "it's two", ""],
      stderr: "",
    });
    const noise = { stdouts: ["one", ""], stderr: "x\n" };
    assertEquals(await live.runTogether!([["echo", "one"], ["sh", "-c", "echo x >&2"]]), noise);
    assertEquals(await live.runTogether!([["echo", "x".repeat(200_000)]]), undefined);
    assertEquals(await alone.runTogether!(argvs), undefined);
    const noisy = live.runTogether!([["yes"], ["true"]]);
    assertMatch((await assertRejects(() => within(20_000, noisy), Retryable)).message, /more than 128 KiB/);
    assertEquals(await live.runTogether!(argvs.slice(0, 1)), { stdouts: ["one"], stderr: "" });
  }));

Deno.test("queries that are asked together have no answer whatever becomes of their shell in the middle of it", async () => {
  const argvs = [["zfs", "send", "-n", "1"], ["zfs", "send", "-n", "2"]];
  const printed = (command: string): string => {
    const [word] = /w*[a-z0-9_]{26}/.exec(command)!;
    return `size\t1\n\n${word} 0\nsize\t2\n\n${word} 0\n`;
  };
  const ask = async (answer: (words: FrameWords, command: string) => Answer): Promise<unknown> => {
    const { shells } = far(answer);
    const processes = new Processes({ log: SILENT_LOGGER, graceMs: 300, heldOpenMs: 50 });
    return await within(5000, shells.runTogether(argvs, {}, (way) => processes.run(argvs[0]!, way)))
      .finally(() => shells.close());
  };
  const whole = (words: FrameWords, command: string): readonly [string, string] =>
    wholeAnswer(words, 0, printed(command));
  assertEquals(await ask((words, command) => ({ out: [whole(words, command)[0]], err: [whole(words, command)[1]] })), {
    stdouts: ["size\t1", "size\t2"],
    stderr: "",
  });
  const length = whole({ begin: "b".repeat(26), end: "e".repeat(26) }, "w".repeat(26))[0].length;
  for (let at = 0; at < length; at++) {
    const cut = await ask((words, command) => {
      const [out, err] = whole(words, command);
      return { err: [err], out: [out.slice(0, at), { end: 255 }] };
    });
    assertEquals(cut, undefined, `${at}`);
  }
});
