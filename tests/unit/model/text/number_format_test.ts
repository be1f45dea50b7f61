import { counted, formatSpan } from "../../../../lib/model/text/number_format.ts";
import { assertEquals } from "../../../support/assert.ts";

Deno.test("formatSpan() shows the two largest units, and never more than has passed", () => {
  const [s, min, h, d] = [1000, 60_000, 3_600_000, 86_400_000];
  const cases: readonly (readonly [number, string])[] = [
    [-5, "0 s"],
    [0, "0 s"],
    [300, "300 ms"],
    [59 * s + 999, "59 s"],
    [10 * min, "10 min"],
    [61 * s, "1 min 1 s"],
    [3 * h + 12 * min + 59 * s, "3 h 12 min"],
    [3 * h + 59 * s, "3 h"],
    [d, "1 d"],
    [400 * d + 5 * h, "400 d 5 h"],
  ];
  for (const [ms, text] of cases) assertEquals(formatSpan(ms), text);
});

Deno.test("counted() knows one from many", () => {
  assertEquals([0, 1, 2].map((count) => counted(count, "dataset")), ["0 datasets", "1 dataset", "2 datasets"]);
});
