import { Progress, progressIntervals } from "../../../lib/report/progress.ts";
import { showsMotion, splitPvLines, totalBytesOf } from "../../../lib/report/pv_lines.ts";
import { assertEquals, assertStringIncludes } from "../../support/assert.ts";
import { Dice } from "../../support/for_all.ts";

const INTERVALS = { intervalNs: 1e9, windowNs: 30e9 };

Deno.test("Progress counts the same however reads cut a file", () => {
  // As pv writes it: CR while it runs, CR LF at the end of a stream.
  const file =
    "\nx: 1.00KiB 0:00:01\rx: 2.00KiB 0:00:02\rx: 3.00KiB 0:00:02\r\n\nx: 4.00KiB\r\n\nx: 5.00KiB\rx: 6.00KiB\r";
  assertEquals(totalBytesOf(file), 13 * 1024);
  for (let seed = 1; seed <= 100; seed++) {
    const dice = new Dice(seed);
    const progress = new Progress(INTERVALS, 0);
    for (let at = 0; at < file.length;) {
      const next = Math.min(file.length, at + dice.integer(1, 12));
      progress.read("a", file.slice(at, next), 1);
      at = next;
    }
    assertStringIncludes(progress.line(1e9, "now"), "now [I] zfs sent 13.00 KiB 0:00:01 [13.00 KiB/s] [13.00 KiB/s]");
  }
});

Deno.test("Progress takes the recent rate over the window, and starts anew after a reset", () => {
  const progress = new Progress({ intervalNs: 1e9, windowNs: 2e9 }, 0);
  progress.read("a", "x: 8.00KiB\r", 1);
  progress.line(1e9, "now");
  progress.line(2e9, "now");
  progress.line(3e9, "now");
  assertStringIncludes(progress.line(4e9, "now"), "[0.00 B/s] [2.00 KiB/s]");
  progress.reset(4e9);
  assertStringIncludes(progress.line(5e9, "now"), "zfs sent 0.00 B 0:00:01 [0.00 B/s] [0.00 B/s]");
});

Deno.test("progressIntervals() reads the options of pv and keeps within limits", () => {
  const seconds = (options: readonly string[]): readonly number[] => {
    const { intervalNs, windowNs } = progressIntervals(options);
    return [intervalNs / 1e9, windowNs / 1e9];
  };
  assertEquals(seconds([]), [1, 30]);
  assertEquals(seconds(["--interval=2", "-m", "5"]), [2, 5]);
  assertEquals(seconds(["-i", "0.01"]), [0.1, 30]);
  assertEquals(seconds(["-i60"]), [60, 60]);
  assertEquals(seconds(["--interval=x", "--average-rate-window", "99999"]), [1, 3600]);
});

Deno.test("splitPvLines() keeps every character", () => {
  const text = "a\rb\r\nc\n\nd";
  assertEquals(splitPvLines(text), ["a\r", "b\r\n", "c\n", "\n", "d"]);
});

Deno.test("showsMotion() sees motion in sizes and in the current rate, and nothing in other lines", () => {
  const still = "   x: 4.00 B 0:00:02 [0.00 B/s] [1009miB/s] [ <=>       ] \r";
  const cases: readonly (readonly [readonly string[], boolean | undefined])[] = [
    [[], undefined],
    [["", still], false],
    [[still, still], false],
    [[still, still.replace("4.00 B ", "4.00KiB ")], true],
    [[still, still.replace("4.00 B ", "4.01 B ")], true],
    [[still, still.replace("0.00 B/s", "9.00miB/s")], true],
    [[still, still.replace("0.00", "0,20")], true],
    [[still.replace("[1009miB/s] ", "").replace("0.00 B/s", "1.94 B/s"), still], false], // an average, or nobody knows
    [["x: 97656B 0:00:01 [0.00 B/s] [12.3KiB/s]\r", "x: 97657B 0:00:02 [0.00 B/s] [12.3KiB/s]\n"], true],
    [[still, "x: [1.00MiB/s]\r"], undefined],
    [["pv: write failed: Broken pipe\n"], undefined],
  ];
  for (const [lines, motion] of cases) assertEquals(showsMotion(lines), motion, lines.join("|"));
});
