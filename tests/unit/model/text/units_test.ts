import { RefusedError } from "../../../../lib/model/errors.ts";
import { formatFixed, formatFloat, roundHalfEven } from "../../../../lib/model/text/number_format.ts";
import { labelMs, parseDuration, parsePeriod, periodMs, tryParseDuration } from "../../../../lib/model/text/units.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../../../support/assert.ts";

Deno.test("parseDuration() reads whole numbers with a unit", () => {
  assertEquals(["7 days", "36hours", "0 secs", "5\tmins", "1 months"].map((text) => parseDuration(text)), [
    604_800_000,
    129_600_000,
    0,
    300_000,
    2_635_200_000,
  ]);
  assertEquals(
    ["", "7", "days", "1.5 days", "-1 days", "1 week", " 1 days"].map(tryParseDuration),
    new Array(7).fill(undefined),
  );
});

Deno.test("parseDuration() says where the text stands", () => {
  assertThrows(() => parseDuration("soon", "{'x': 1}"), RefusedError, "Invalid duration format: soon within {'x': 1}");
});

Deno.test("parsePeriod() knows periods from other words", () => {
  assertEquals(parsePeriod("10minutely"), { amount: 10, unit: "minutely" });
  assertEquals(["adhoc", "", "0hourly", "hourlyx", "Hourly"].map(parsePeriod), new Array(5).fill(undefined));
  assertEquals([periodMs(parsePeriod("2daily")), periodMs(undefined)], [172_800_000, 0]);
});

Deno.test("labelMs() looks behind the last underscore", () => {
  assertEquals(["p_t_2024_2hourly", "p_adhoc", "hourly"].map(labelMs), [7_200_000, 0, 0]);
});

Deno.test("numbers are rounded half to even on their binary value", () => {
  assertEquals([0.5, 1.5, 2.5, -0.5, 0.4, 1e300].map(roundHalfEven), [0, 2, 2, -0, 0, 1e300]);
  assertEquals([0.125, 0.375, 1.005, 9.995, 99.95, 100.5, 101.5].map(formatFloat), [
    "0.12",
    "0.38",
    "1",
    "9.99",
    "100",
    "100",
    "102",
  ]);
  assertEquals([formatFixed(0.25, 1), formatFixed(-0, 2), formatFixed(2 ** 60, 2)], [
    "0.2",
    "-0.00",
    `${2n ** 60n}.00`,
  ]);
});

Deno.test("parseDuration() shows how what was meant is written", () => {
  const cases = {
    "30d": "30 days",
    "30d ago": "30 days",
    "5h": "5 hours",
    "10 min": "10 minutes",
    "x": "30 days",
    "2 day": "2 days",
  };
  for (const [text, example] of Object.entries(cases)) {
    const error = assertThrows(() => parseDuration(text), RefusedError);
    assertStringIncludes(error.hint ?? "", `such as '${example}'`);
  }
});
