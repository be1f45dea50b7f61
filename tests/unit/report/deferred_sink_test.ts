import { DeferredSink } from "../../../lib/report/logger.ts";
import type { LogRecord } from "../../../lib/model/log.ts";
import { assertEquals } from "../../support/assert.ts";

Deno.test("DeferredSink shows the promised line first, once, and then everything in order", () => {
  const shown: string[] = [];
  const sink = new DeferredSink({ write: (text) => void shown.push(text) });
  const record: LogRecord = { level: "ERROR", label: "", text: "" };
  sink.write("first", record);
  sink.write("second", record);
  assertEquals(shown, []);
  sink.release("OK - all is well");
  sink.write("third", record);
  sink.release("too late");
  assertEquals(shown, ["OK - all is well", "first", "second", "third"]);
});
