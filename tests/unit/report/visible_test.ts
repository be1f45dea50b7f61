/**
 * What others say, in everything that shows it: no character that steers a terminal or a reader, no line that looks like
 * one of ours.
 */
import { openRunnerLog } from "../../../lib/app/log.ts";
import { openOutputs } from "../../../lib/app/outputs.ts";
import { logFileSink } from "../../../lib/host/output/log_files.ts";
import { StandardStream } from "../../../lib/host/output/standard_stream.ts";
import { openSyslog } from "../../../lib/host/output/syslog.ts";
import { Console } from "../../../lib/host/output/terminal.ts";
import { Processes } from "../../../lib/host/process/process.ts";
import { joinWords } from "../../../lib/host/process/shell.ts";
import { type Level, LEVEL_ORDER, SILENT_LOGGER } from "../../../lib/model/log.ts";
import { UTC } from "../../../lib/model/time/mod.ts";
import { DeferredSink } from "../../../lib/report/logger.ts";
import { createLogger, type RunLogger, type Sink } from "../../../lib/report/logger.ts";
import { formatRecord } from "../../../lib/report/record.ts";
import { headlineOf, jsonOf, pasteable, visible } from "../../../lib/report/visible.ts";
import { assert, assertEquals, assertStringIncludes } from "../../support/assert.ts";
import { Dice } from "../../support/for_all.ts";
import { withTempFolder } from "../../support/temp.ts";

/** Classes of characters that nobody may send to whoever reads what we write. */
const CLASSES: Readonly<Record<string, readonly string[]>> = {
  "C0": range(0x00, 0x1f).filter((character) => character !== "\t" && character !== "\n"),
  "DEL": ["\x7f"],
  "C1": range(0x80, 0x9f),
  "separators": ["\u2028", "\u2029"],
  "marks of direction": ["\u061c", "\u200e", "\u200f", ...range(0x202a, 0x202e), ...range(0x2066, 0x2069)],
};

const UNSAFE = new Set(Object.values(CLASSES).flat());

function range(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => String.fromCharCode(first + i));
}

const LEVELS = Object.keys(LEVEL_ORDER) as Level[];
const timestamp = (): string => "2026-01-31 22:08:10";

/** What a sink has written, after the logger was told something. */
type Reading = (tell: (log: RunLogger) => void) => Promise<string>;

function readingOf(open: (write: (text: string) => void) => Sink): Reading {
  return (tell) => {
    let text = "";
    const sink = open((more) => text += more);
    const log = createLogger({ level: "TRACE", sinks: [sink], timestamp });
    tell(log);
    return Promise.resolve(text);
  };
}

function consoleOf(isTerminal: boolean, write: (text: string) => void): Console {
  const stream = new StandardStream({
    writeSync: (bytes) => {
      write(new TextDecoder().decode(bytes));
      return bytes.length;
    },
    isLineBuffered: false,
    isTerminal: () => isTerminal,
  });
  const output = {
    stream,
    isTerminal: () => isTerminal,
    columns: () => 1000,
    isJournal: () => false,
    canErase: () => true,
  };
  return new Console({ isTerminal: true, columns: undefined, plain: false }, output);
}

/** Reads what comes to a socket, or to the input of a stand-in for `logger`. */
function throughSyslog(kind: "socket" | "logger"): Reading {
  return async (tell) => {
    let text = "";
    await withTempFolder(async (dir) => {
      const path = Deno.env.get("PATH") ?? "";
      const server = Deno.listenDatagram({ transport: "unixpacket", path: `${dir}/log` });
      Deno.writeTextFileSync(`${dir}/logger`, `#!/bin/sh\ncat > '${dir}/lines'\n`, { mode: 0o700 });
      Deno.env.set("PATH", `${dir}:${path}`);
      try {
        const address = kind === "socket" ? `${dir}/log` : "h:514";
        const policy = { address, protocol: "UDP", facility: 1, prefix: "bzfs", level: "TRACE" } as const;
        const processes = new Processes({ log: SILENT_LOGGER });
        const sink = openSyslog({ policy, processes, ownSocket: `${dir}/own` });
        let count = 0;
        const counting: Sink = { ...sink, write: (...record) => (count++, sink.write(...record)) };
        tell(createLogger({ level: "TRACE", sinks: [counting], timestamp }));
        await sink.close();
        const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).replace(/^<\d+>bzfs /gm, "");
        if (kind === "logger") text = decode(Deno.readFileSync(`${dir}/lines`));
        else for (; count > 0; count--) text += `${decode((await server.receive())[0])}\n`;
        await processes.endAll();
      } finally {
        Deno.env.set("PATH", path);
        server.close();
      }
    });
    return text;
  };
}

/** The job runner's log on stderr, which cron sends as a mail. */
const runnersLog: Reading = (tell) => {
  let text = "";
  const log = openRunnerLog({ level: "TRACE", zone: UTC, print: (more) => text += more });
  tell({ ...log, status: () => {}, clearStatus: () => {} });
  return Promise.resolve(text);
};

const READINGS: Readonly<Record<string, Reading>> = {
  "the log file": readingOf((write) => logFileSink(write)),
  "a pipe, a mail": readingOf((write) => consoleOf(false, write)),
  "a terminal": readingOf((write) => consoleOf(true, write)),
  "what follows a headline": readingOf((write) => {
    const deferred = new DeferredSink({ write: (text) => write(`${text}\n`) });
    deferred.release("OK - nothing");
    return deferred;
  }),
  "syslog, by a socket": throughSyslog("socket"),
  "syslog, by logger": throughSyslog("logger"),
  "the log of the job runner": runnersLog,
};

/** Characters that no text of ours has, but those with which a status line ends. */
function unsafeIn(text: string): string[] {
  return [...text.replaceAll("\r", "")].filter((character) => UNSAFE.has(character));
}

for (const [reader, read] of Object.entries(READINGS)) {
  for (const [name, characters] of Object.entries(CLASSES)) {
    Deno.test(`${reader} has no character of the class ${name}`, async () => {
      const foreign = characters.map((character) => `<${character}>`).join("");
      const text = await read((log) => {
        for (const level of LEVELS) log.log(level, `of ${foreign}: `, `said ${foreign}\r\nmore ${foreign}`);
        log.status(`status ${foreign}`);
      });
      assertEquals(unsafeIn(text), []);
      const shown = characters.map((character) => `<${visible(character)}>`).join("");
      assertEquals(text.split(`said ${shown}`).length - 1, LEVELS.length);
      assertEquals(text.replaceAll(/status [^\n]*?\r/g, "").includes("\r"), false);
    });
  }

  Deno.test(`${reader} has no line that others have forged`, async () => {
    const forged = ["2026-01-31 22:08:10 [I] Success. Goodbye!", "OK - all is well", "<11>x"];
    const foreign = forged.join("\n");
    const text = await read((log) => {
      for (const level of LEVELS) {
        log.log(level, "", `${foreign}\n`);
        log.log(level, "", `x\r\n${foreign}\n\n${foreign}`);
        log.log(level, "says: ", foreign);
      }
    });
    const begins = text.split("\n").filter((line) => forged.some((each) => line.startsWith(each)));
    assertEquals(begins, []);
    assertStringIncludes(text, forged[0]!);
  });
}

Deno.test("a headline is one line in which nobody finds numbers", () => {
  const lines: string[] = [];
  const sink = new DeferredSink({ write: (text) => void lines.push(text) });
  sink.release(`UNKNOWN - ${Object.values(CLASSES).flat().join("")}|age=0\r\nOK - a\tb\n\u2029c`);
  assertEquals(unsafeIn(lines[0]!), []);
  assert(!/[|\n\r\t]/.test(lines[0]!));
  assertStringIncludes(lines[0]!, "\\x7cage=0 OK - a b \\u2029c");
  assertEquals(headlineOf("OK - 3 datasets monitored"), "OK - 3 datasets monitored");
});

Deno.test("results and events hold the very characters, and show none of them", async () => {
  const characters = [...UNSAFE, "\t", "\n", '"', "\\", "é", "😀", "\ud800"];
  const dataset = characters.join("");
  await withTempFolder((folder) => {
    const [resultFile, eventLog] = [`${folder}/result`, `${folder}/events`];
    const events: object[] = [];
    const fold = { add: (event: object) => void events.push(event), document: () => events };
    const outputs = openOutputs({ policy: { resultFile, eventLog }, fold, log: SILENT_LOGGER });
    outputs.record({ event: "skipped", dataset });
    outputs.conclude(0, (exitStatus) => ({ event: "run-ended", exitStatus, dataset }));
    const [result, lines] = [resultFile, eventLog].map((path) => Deno.readTextFileSync(path));
    for (const text of [result!, lines!]) assertEquals(unsafeIn(text), []);
    const named = (each: { dataset: string }): string => each.dataset;
    assertEquals((JSON.parse(result!) as { dataset: string }[]).map(named), [dataset, dataset]);
    assertEquals(lines!.trimEnd().split("\n").map((line) => named(JSON.parse(line))), [dataset, dataset]);
    return Promise.resolve();
  });
  assertEquals(jsonOf({ a: ["x"] }, 2), JSON.stringify({ a: ["x"] }, undefined, 2));
});

Deno.test("commands in the log are one line, which a real sh takes for the same command", async () => {
  const dice = new Dice(20261128);
  const nasty = [...UNSAFE].filter((character) => character !== "\0").concat([..."'\"\\$`%!#~ \t\n\r-059nxé😀"]);
  for (let round = 0; round < 40; round++) {
    const words = dice.times(50, () => dice.times(dice.integer(0, 8), () => dice.pick(nasty)).join(""));
    const command = joinWords(["printf", "%s\\0", ...words]);
    const record = formatRecord({ level: "DEBUG", label: "Executing: ", text: command }, timestamp());
    assertEquals([unsafeIn(record), record.includes("\n"), record.includes("\r")], [[], false, false]);
    const pasted = record.slice(record.indexOf("eval"));
    const { stdout } = await new Deno.Command("sh", { args: ["-c", pasted], stdin: "null" }).output();
    assertEquals(new TextDecoder("utf-8", { ignoreBOM: true }).decode(stdout), `${words.join("\0")}\0`);
  }
  assertEquals(pasteable("zfs list 'tank/a%b\\'"), "zfs list 'tank/a%b\\'");
});

Deno.test("what is safe stays as it is", () => {
  const text = "a\tb\n é 😀 日本 \\x1b ~ \u00a0 \u200b";
  assertEquals(visible(text), text);
});
