import { MICROS } from "../../../lib/model/time/civil.ts";
import { parsePosixZone } from "../../../lib/model/time/posix_zone.ts";
import { parsePeriod, type Period } from "../../../lib/model/text/units.ts";
import { UTC, wallClockOf, type Zone } from "../../../lib/model/time/zone.ts";
import { type Calendar, formatMoment, judgeDue, nextWakeUp } from "../../../lib/plan/schedule.ts";
import { anchorsOf } from "../../support/anchors.ts";
import { assert, assertEquals } from "../../support/assert.ts";

const VIENNA = parsePosixZone("CET-1CEST,M3.5.0,M10.5.0/3", "Europe/Vienna")!;
const LORD_HOWE = parsePosixZone("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "Australia/Lord_Howe")!;

function calendar(zone: Zone, anchors: Record<string, number> = {}): Calendar {
  return { zone, namesZone: true, anchors: anchorsOf(anchors) };
}

function instant(text: string): bigint {
  return BigInt(Date.parse(text)) * 1000n;
}

function isDue(period: string, newest: string, now: string, where: Calendar): boolean {
  const question = { period: parsePeriod(period)!, newest: Date.parse(newest) / 1000, now: instant(now) };
  return judgeDue(question, where).isDue;
}

// The hour from 02:00 to 03:00 is repeated in Vienna on 2025-10-26: 00:00Z to 01:00Z, and again 01:00Z to 02:00Z.
Deno.test("judgeDue() serves every period of real time in a repeated hour", () => {
  const vienna = calendar(VIENNA);
  const cases: readonly (readonly [string, string, string, boolean])[] = [
    ["hourly", "2025-10-26T00:00:05Z", "2025-10-26T00:59:59Z", false],
    ["hourly", "2025-10-26T00:00:05Z", "2025-10-26T01:00:00Z", true],
    ["hourly", "2025-10-26T01:00:05Z", "2025-10-26T01:59:59Z", false],
    ["hourly", "2025-10-26T01:00:05Z", "2025-10-26T02:00:00Z", true],
    ["minutely", "2025-10-26T00:59:10Z", "2025-10-26T01:00:00Z", true],
    ["minutely", "2025-10-26T00:59:10Z", "2025-10-26T00:59:59Z", false],
    ["2hourly", "2025-10-26T00:00:05Z", "2025-10-26T01:30:00Z", false],
    ["daily", "2025-10-26T00:30:05Z", "2025-10-26T01:30:05Z", false],
  ];
  for (const [period, newest, now, expected] of cases) {
    assertEquals(isDue(period, newest, now, vienna), expected, `${period} ${newest} ${now}`);
  }
});

Deno.test("judgeDue() does not repeat a day whose boundary lies in the repeated hour", () => {
  const where = calendar(VIENNA, { daily_hour: 2, daily_minute: 30 });
  assertEquals(isDue("daily", "2025-10-25T00:30:05Z", "2025-10-26T00:30:00Z", where), true);
  assertEquals(isDue("daily", "2025-10-26T00:30:05Z", "2025-10-26T01:30:00Z", where), false);
  assertEquals(isDue("daily", "2025-10-26T00:30:05Z", "2025-10-27T01:30:00Z", where), true);
});

Deno.test("judgeDue() does not miss a day whose boundary lies in the skipped hour", () => {
  const where = calendar(VIENNA, { daily_hour: 2, daily_minute: 30 });
  assertEquals(isDue("daily", "2025-03-29T01:30:05Z", "2025-03-30T00:59:59Z", where), false);
  assertEquals(isDue("daily", "2025-03-29T01:30:05Z", "2025-03-30T01:00:00Z", where), true);
});

Deno.test("judgeDue() creates at once where there is no snapshot", () => {
  assertEquals(
    judgeDue({ period: { amount: 1, unit: "yearly" }, newest: 0, now: instant("1971-01-01T00:00:00Z") }, calendar(UTC))
      .isDue,
    true,
  );
});

Deno.test("nextWakeUp() finds the first instant at which a period may be due", () => {
  const vienna = calendar(VIENNA, { daily_hour: 2, daily_minute: 30 });
  const next = (now: string, ...periods: string[]): string | undefined => {
    const found = nextWakeUp(periods.map(parsePeriod), instant(now), vienna);
    return found === undefined ? undefined : new Date(Number(found / 1000n)).toISOString();
  };
  assertEquals(next("2025-05-05T10:10:00Z", "hourly", "daily"), "2025-05-05T11:00:00.000Z");
  assertEquals(next("2025-10-26T00:10:00Z", "hourly"), "2025-10-26T01:00:00.000Z");
  assertEquals(next("2025-10-26T01:10:00Z", "hourly"), "2025-10-26T02:00:00.000Z");
  assertEquals(next("2025-03-29T22:00:00Z", "daily"), "2025-03-30T01:00:00.000Z");
  assertEquals(next("2025-10-26T00:10:00Z", "daily"), "2025-10-26T00:30:00.000Z");
  assertEquals(next("2025-05-05T10:00:00Z", "adhoc"), undefined);
});

Deno.test("formatMoment() prints the offset of named zones only", () => {
  const wall = wallClockOf(VIENNA, instant("2025-05-05T10:00:00Z")) + 1n;
  assertEquals(formatMoment(wall, calendar(VIENNA)), "2025-05-05 12:00:00.000001+02:00");
  assertEquals(formatMoment(wall, { ...calendar(VIENNA), namesZone: false }), "2025-05-05 12:00:00.000001");
});

/** Creates snapshots when they are due, looking every minute; returns the instants in seconds. */
function simulate(period: Period, where: Calendar, span: { readonly from: string; readonly days: number }): number[] {
  const created: number[] = [];
  const start = Date.parse(span.from) / 1000;
  for (let now = start; now < start + span.days * 86_400; now += 60) {
    const question = { period, newest: created.at(-1) ?? now - 1, now: BigInt(now) * MICROS.second };
    if (judgeDue(question, where).isDue) created.push(now);
  }
  return created;
}

/** Zone and the days around each change of its offset in 2025 and 2026. */
const CHANGES: readonly (readonly [Zone, readonly string[]])[] = [
  [VIENNA, ["2025-03-28T00:00Z", "2025-10-24T00:00Z", "2026-03-27T00:00Z", "2026-10-23T00:00Z"]],
  [LORD_HOWE, ["2025-04-03T00:00Z", "2025-10-02T00:00Z", "2026-04-02T00:00Z", "2026-10-01T00:00Z"]],
];

Deno.test("judgeDue() leaves neither holes nor duplicates around changes of the offset", () => {
  for (const [zone, weeks] of CHANGES) {
    for (const from of weeks) {
      for (const hour of [0, 2]) {
        const where = calendar(zone, { daily_hour: hour, daily_minute: 15 });
        const hours = simulate({ amount: 1, unit: "hourly" }, where, { from, days: 5 });
        const gaps = hours.slice(1).map((at, i) => at - hours[i]!);
        assert(gaps.every((gap) => gap >= 1800 && gap <= 5400), `${zone.name} ${from}: ${gaps}`);
        assertEquals(zone === VIENNA && gaps.some((gap) => gap !== 3600), false, `${zone.name} ${from}: ${gaps}`);
        const days = simulate({ amount: 1, unit: "daily" }, where, { from, days: 5 });
        const dates = days.map((at) => wallClockOf(zone, BigInt(at) * MICROS.second) / MICROS.day);
        assertEquals(dates.map((date) => date - dates[0]!), dates.map((_, i) => BigInt(i)), `${zone.name} ${from}`);
        assert(days.length >= 4, `${zone.name} ${from}: ${days.length} days`);
      }
    }
  }
});
