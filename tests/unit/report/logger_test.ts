import type { LogRecord } from "../../../lib/model/log.ts";
import { createLogger, type Sink } from "../../../lib/report/logger.ts";
import { assert, assertEquals } from "../../support/assert.ts";

function collector(): { readonly sink: Sink; readonly lines: string[]; readonly records: LogRecord[] } {
  const lines: string[] = [];
  const records: LogRecord[] = [];
  const sink: Sink = {
    write: (text, record) => {
      lines.push(text);
      records.push(record);
    },
    status: (line) => void lines.push(`status ${line}`),
    clearStatus: () => void lines.push("cleared"),
  };
  return { sink, lines, records };
}

Deno.test("createLogger() hands records that pass the threshold to every sink", () => {
  const [a, b] = [collector(), collector()];
  const log = createLogger({ level: "INFO", sinks: [a.sink, b.sink], timestamp: () => "2026-01-31 22:08:10" });
  log.log("DEBUG", "Executing: ", "zfs list");
  log.log("INFO", "CLI arguments: ", "bzfs a b");
  log.log("STDERR", "", "warning: x \n\n");
  log.log("STDOUT", "", "");
  log.status("zfs sent");
  log.clearStatus();
  assertEquals(a.lines, [
    "2026-01-31 22:08:10 [I] CLI arguments:                bzfs a b",
    "    warning: x",
    "status zfs sent",
    "cleared",
  ]);
  assertEquals(b.lines, a.lines);
  assertEquals(a.records[0], { level: "INFO", label: "CLI arguments: ", text: "bzfs a b" });
  assertEquals([log.isEnabled("DEBUG"), log.isEnabled("INFO")], [false, true]);
});

Deno.test("createLogger() shows no status line above the level of raw output", () => {
  const { sink, lines } = collector();
  createLogger({ level: "ERROR", sinks: [sink], timestamp: () => "" }).status("zfs sent");
  assertEquals(lines, []);
});

Deno.test("createLogger() hands a sink with a level of its own what passes that, and tells that somebody wants it", () => {
  const [file, shown] = [collector(), collector()];
  const sinks = [{ ...file.sink, level: "INFO" } as const, shown.sink];
  const log = createLogger({ level: "ERROR", sinks, timestamp: () => "" });
  for (const level of ["DEBUG", "INFO", "STDERR", "ERROR"] as const) log.log(level, "", level);
  log.status("zfs sent");
  assertEquals(file.records.map(({ level }) => level), ["INFO", "STDERR", "ERROR"]);
  assertEquals(shown.records.map(({ level }) => level), ["ERROR"]);
  assertEquals([log.isEnabled("DEBUG"), log.isEnabled("INFO")], [false, true]);
  assert(![...file.lines, ...shown.lines].includes("status zfs sent"));
});
