import type { Level } from "../../../lib/model/log.ts";
import {
  journalText,
  parseSyslogAddress,
  syslogPriority,
  syslogWarning,
  withoutTime,
} from "../../../lib/report/syslog.ts";
import { assertEquals } from "../../support/assert.ts";

Deno.test("parseSyslogAddress() splits at the last colon, unless it is a path", () => {
  assertEquals(parseSyslogAddress("/dev/log"), { kind: "socket", path: "/dev/log" });
  assertEquals(parseSyslogAddress("/run/a:b"), { kind: "socket", path: "/run/a:b" });
  assertEquals(parseSyslogAddress("log.example.com:514"), { kind: "server", host: "log.example.com", port: "514" });
  assertEquals(parseSyslogAddress("fe80::1:514"), { kind: "server", host: "fe80::1", port: "514" });
});

Deno.test("syslogPriority() joins facility and severity", () => {
  const levels: readonly Level[] = ["CRITICAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "STDOUT", "STDERR"];
  assertEquals(levels.map((level) => syslogPriority(1, level)), [10, 11, 12, 14, 15, 12, 12, 12]);
  assertEquals(syslogPriority(7, "INFO"), 62);
});

Deno.test("syslogWarning() warns only if the log shows less than syslog wants", () => {
  assertEquals(syslogWarning("ERROR", "INFO"), undefined);
  assertEquals(syslogWarning("INFO", "INFO"), undefined);
  assertEquals(
    syslogWarning("DEBUG", "INFO"),
    "No messages with priority lower than INFO will be sent to syslog because syslog log level DEBUG is lower than " +
      "overall log level INFO.",
  );
});

Deno.test("journalText() puts the severity before each line, raw texts are informational", () => {
  const levels: readonly Level[] = [
    "CRITICAL",
    "ERROR",
    "URGENT",
    "WARN",
    "INFO",
    "STDOUT",
    "STDERR",
    "DEBUG",
    "TRACE",
  ];
  const expected = ["<2>x", "<3>x", "<4>x", "<4>x", "<6>x", "<6>x", "<6>x", "<7>x", "<7>x"];
  assertEquals(levels.map((level) => journalText("x", level)), expected);
  assertEquals(journalText("a\n    b", "ERROR"), "<3>a\n<3>    b");
});

Deno.test("withoutTime() takes away the time of a record, and nothing of raw texts", () => {
  assertEquals(withoutTime("2026-01-31 22:08:10 [I] a\n    2026-01-31 22:08:10 b"), "[I] a\n    2026-01-31 22:08:10 b");
  assertEquals(withoutTime("    2026-01-31 22:08:10 b"), "    2026-01-31 22:08:10 b");
});
