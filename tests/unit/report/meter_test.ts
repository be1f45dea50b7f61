import { meterLine, parseRate, readMeterOptions } from "../../../lib/report/meter.ts";
import { parsePvLine } from "../../../lib/report/pv_lines.ts";
import { assertEquals } from "../../support/assert.ts";

const OPTIONS = readMeterOptions(["pv", "--bytes", "--interval=2", "--force", "--name=   4.66GiB", "--size=5000"]);

Deno.test("readMeterOptions() reads the words of pv", () => {
  assertEquals(OPTIONS, { name: "   4.66GiB", size: 5000, rateLimit: undefined, intervalMs: 2000 });
  assertEquals(readMeterOptions(["pv", "-L", "3k", "--rate-limit=10m"]).rateLimit, 10 * 1024 ** 2);
  assertEquals(readMeterOptions(["pv", "-L", "3k"]).rateLimit, 3072);
  assertEquals(readMeterOptions(["pv"]).size, undefined);
});

Deno.test("parseRate() knows the units of pv", () => {
  assertEquals(["10", "1.5k", "2M", "1g", "1T", "1KiB", "x", "", "0"].map(parseRate), [
    ...[10, 1536, 2097152, 1024 ** 3, 1024 ** 4, 1024],
    ...[undefined, undefined, undefined],
  ]);
});

Deno.test("meterLine() is read back exactly", () => {
  const reading = { bytes: 1234, elapsedNs: 2e9, recent: { bytes: 1000, elapsedNs: 1e9 } };
  const line = meterLine(OPTIONS, reading, (inSecs) => `in ${inSecs}`);
  assertEquals(
    line,
    "4.66GiB: 1234B 0:00:02 [1000.00 B/s] [617.00 B/s] [=======>                       ] 24% ETA 0:00:06 ETA in 6",
  );
  assertEquals(parsePvLine(line), {
    bytes: 1234,
    remainingSecs: 6,
    tail: "[=======>                       ] 24% ETA 0:00:06 ETA in 6",
  });
});

Deno.test("meterLine() says nothing of an end that nobody knows", () => {
  const reading = { bytes: 0, elapsedNs: 1e9, recent: { bytes: 0, elapsedNs: 1e9 } };
  assertEquals(
    meterLine({ ...OPTIONS, size: undefined }, reading, () => ""),
    "4.66GiB: 0B 0:00:01 [0.00 B/s] [0.00 B/s]",
  );
  const late = meterLine({ ...OPTIONS, size: 1e12 }, { ...reading, bytes: 1e6 }, () => "later");
  assertEquals(parsePvLine(late).remainingSecs, 999_999);
});
