import { MICROS, wallOf } from "../../../../lib/model/time/civil.ts";
import { builtInZone } from "../../../../lib/model/time/intl_zone.ts";
import { parseIsoTime } from "../../../../lib/model/time/iso_time.ts";
import { parsePosixZone } from "../../../../lib/model/time/posix_zone.ts";
import { fixedZone, formatOffset, instantsOf, UTC, wallClockOf, type Zone } from "../../../../lib/model/time/zone.ts";
import { assertEquals } from "../../../support/assert.ts";
import { forAll } from "../../../support/for_all.ts";

const VIENNA = parsePosixZone("CET-1CEST,M3.5.0,M10.5.0/3")!;
const LORD_HOWE = parsePosixZone("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0")!;
const DUBLIN = parsePosixZone("IST-1GMT0,M10.5.0,M3.5.0/1")!;

function wall(text: string): bigint {
  return BigInt(Date.parse(`${text}Z`)) * 1000n;
}

function utc(instant: bigint): string {
  return new Date(Number(instant / 1000n)).toISOString().slice(0, 19);
}

/** zone, wall clock, kind, earlier and later instant in UTC. */
const CLOCKS: readonly (readonly [Zone, string, string, string, string])[] = [
  [VIENNA, "2025-01-15T12:00:00", "unique", "2025-01-15T11:00:00", "2025-01-15T11:00:00"],
  [VIENNA, "2025-07-15T12:00:00", "unique", "2025-07-15T10:00:00", "2025-07-15T10:00:00"],
  [VIENNA, "2025-03-30T01:59:59", "unique", "2025-03-30T00:59:59", "2025-03-30T00:59:59"],
  [VIENNA, "2025-03-30T02:30:00", "gap", "2025-03-30T01:30:00", "2025-03-30T00:30:00"],
  [VIENNA, "2025-03-30T03:00:00", "unique", "2025-03-30T01:00:00", "2025-03-30T01:00:00"],
  [VIENNA, "2025-10-26T02:30:00", "fold", "2025-10-26T00:30:00", "2025-10-26T01:30:00"],
  [VIENNA, "2025-10-26T03:00:00", "unique", "2025-10-26T02:00:00", "2025-10-26T02:00:00"],
  [LORD_HOWE, "2025-04-06T01:45:00", "fold", "2025-04-05T14:45:00", "2025-04-05T15:15:00"],
  [LORD_HOWE, "2025-10-05T02:15:00", "gap", "2025-10-04T15:45:00", "2025-10-04T15:15:00"],
  [DUBLIN, "2025-01-15T12:00:00", "unique", "2025-01-15T12:00:00", "2025-01-15T12:00:00"],
  [DUBLIN, "2025-10-26T01:30:00", "fold", "2025-10-26T00:30:00", "2025-10-26T01:30:00"],
];

Deno.test("instantsOf() finds folds and gaps", () => {
  for (const [zone, clock, kind, earlier, later] of CLOCKS) {
    const found = instantsOf(zone, wall(clock));
    assertEquals([found.kind, utc(found.earlier), utc(found.later)], [kind, earlier, later], `${zone.name} ${clock}`);
  }
});

Deno.test("instantsOf() inverts wallClockOf() in every zone", async () => {
  await forAll((dice) => ({
    zone: dice.pick([VIENNA, LORD_HOWE, DUBLIN, UTC]),
    instant: BigInt(dice.integer(0, 4_000_000_000)) * MICROS.second,
  }), ({ zone, instant }) => {
    const { earlier, later } = instantsOf(zone, wallClockOf(zone, instant));
    assertEquals(earlier === instant || later === instant, true, `${zone.name} ${utc(instant)}`);
  }, { runs: 2000 });
});

Deno.test("parsePosixZone() knows all forms of rules", () => {
  const day = (text: string, at: string): number => parsePosixZone(text)!.offsetAt(Date.parse(`${at}Z`) / 1000).seconds;
  assertEquals(day("UTC0", "2025-01-01T00:00"), 0);
  assertEquals(day("<+0545>-5:45", "2025-01-01T00:00"), 20_700);
  assertEquals(day("EST5EDT", "2025-03-09T06:59"), -18_000);
  assertEquals(day("EST5EDT", "2025-03-09T07:00"), -14_400);
  assertEquals(day("EST5EDT", "2025-11-02T06:00"), -18_000);
  assertEquals(day("AAA3BBB,J60/0,300/0", "2024-03-01T03:00"), -7200);
  assertEquals(day("AAA3BBB,J60/0,300/0", "2024-03-01T02:59"), -10_800);
  assertEquals(day("XXX3EDT4,0/0,J365/23", "2025-12-31T23:30"), -14_400);
  assertEquals(day("XXX3EDT4,0/0,J365/23", "2026-01-01T00:30"), -14_400);
  assertEquals(day("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2025-03-30T01:00"), -3600);
});

Deno.test("parsePosixZone() refuses what is no rule", () => {
  const wrong = ["", "CE", "CET", "CET-1CEST,M3.5.0", "CET25", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0"];
  for (const text of [...wrong, "CET-1CEST,J0,J366", "CET-1,M3.5.0,M10.5.0", "Europe/Vienna", "<+01-1", "X-1"]) {
    assertEquals(parsePosixZone(text), undefined, text);
  }
});

Deno.test("builtInZone() agrees with the rules of its zone", () => {
  const zone = builtInZone("Europe/Vienna")!;
  for (const [, clock, kind, earlier, later] of CLOCKS.filter(([{ name }]) => name === VIENNA.name)) {
    const found = instantsOf(zone, wall(clock));
    assertEquals([found.kind, utc(found.earlier), utc(found.later)], [kind, earlier, later], clock);
  }
  assertEquals(builtInZone("Europe/Nowhere"), undefined);
});

Deno.test("formatOffset() prints seconds only where there are any", () => {
  assertEquals([0, 3600, -16_200, 20_725].map(formatOffset), ["+00:00", "+01:00", "-04:30", "+05:45:25"]);
});

Deno.test("parseIsoTime() reads week dates and refuses weeks that a year lacks", () => {
  assertEquals(parseIsoTime("2020-W53-7", UTC), Date.UTC(2021, 0, 3) / 1000);
  assertEquals(parseIsoTime("2021-W53-1", UTC), undefined);
  assertEquals(parseIsoTime("2024-02-30", UTC), undefined);
  assertEquals(parseIsoTime("2024-01-01T00:00:00+24:00", UTC), undefined);
  assertEquals(parseIsoTime("2024-01-01T00:00", fixedZone("x", 3600)), Date.UTC(2023, 11, 31, 23) / 1000);
});

Deno.test("wallOf() counts from 1970 in both directions", () => {
  const time = { month: 1, day: 1, hour: 0, minute: 0, second: 0, microsecond: 0 };
  assertEquals(wallOf({ ...time, year: 1970 }), 0n);
  assertEquals(wallOf({ ...time, year: 1 }), BigInt(Date.parse("0001-01-01T00:00:00Z")) * 1000n);
  assertEquals(wallOf({ ...time, year: 9999 }), BigInt(Date.parse("9999-01-01T00:00:00Z")) * 1000n);
});
