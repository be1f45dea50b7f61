/**
 * Dates and times in ISO 8601 notation, as far as Python's `fromisoformat` takes them.
 *
 * Dates with or without dashes, week dates, any separator before the time, fractions behind a point or a comma, `Z` or
 * an offset down to seconds. Source: docs/spec/snapshots.md §3.3.
 * @module
 */
import { daysInMonth, daysOf, MICROS, weekdayOf } from "./civil.ts";
import { instantOf, type Zone } from "./zone.ts";

const DATE = String.raw`(\d{4})(?:-(\d\d)-(\d\d)|(\d\d)(\d\d)|-W(\d\d)(?:-(\d))?|W(\d\d)(\d)?)`;
const CLOCK = String.raw`(\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d+))?)?|(\d\d)(?:(\d\d)(?:[.,](\d+))?)?)?`;
const OFFSET = String.raw`\s?(?:(Z)|([+-])(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?)?)`;
const DATE_TIME = new RegExp(`^${DATE}(?:[^](?:${CLOCK})(?:${OFFSET})?)?$`, "u");

/** Unix seconds (towards zero) of an ISO 8601 text, in `zone` unless it names an offset; `undefined` if it is none. */
export function parseIsoTime(text: string, zone: Zone): number | undefined {
  const m = DATE_TIME.exec(text);
  if (m === null) return undefined;
  const days = readDate(m);
  const micros = readClock(m);
  const offset = readOffset(m);
  if (days === undefined || micros === undefined || offset === "invalid") return undefined;
  const wall = BigInt(days) * MICROS.day + micros;
  const instant = offset === undefined ? instantOf(zone, wall) : wall - BigInt(offset) * MICROS.second;
  return Number(instant / MICROS.second);
}

function readDate(m: RegExpExecArray): number | undefined {
  const year = Number(m[1]);
  if (year < 1) return undefined;
  const week = m[6] ?? m[8];
  if (week !== undefined) return readWeek(year, Number(week), Number(m[7] ?? m[9] ?? 1));
  const month = Number(m[2] ?? m[4]);
  const day = Number(m[3] ?? m[5]);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  return daysOf({ year, month, day });
}

/** Days since 1970 of a week date; week 1 holds the year's first Thursday, day 1 is Monday. */
function readWeek(year: number, week: number, day: number): number | undefined {
  const start = firstMonday(year);
  const weeks = (firstMonday(year + 1) - start) / 7;
  if (week < 1 || week > weeks || day < 1 || day > 7) return undefined;
  return start + (week - 1) * 7 + day - 1;
}

function firstMonday(year: number): number {
  const fourth = daysOf({ year, month: 1, day: 4 });
  return fourth - ((weekdayOf(fourth) + 6) % 7);
}

function readClock(m: RegExpExecArray): bigint | undefined {
  const hour = Number(m[10] ?? 0);
  const minute = Number(m[11] ?? m[14] ?? 0);
  const second = Number(m[12] ?? m[15] ?? 0);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const fraction = (m[13] ?? m[16] ?? "").slice(0, 6).padEnd(6, "0");
  return BigInt(hour * 3600 + minute * 60 + second) * MICROS.second + BigInt(fraction);
}

/** Seconds east of UTC; `undefined` if the text names none. */
function readOffset(m: RegExpExecArray): number | "invalid" | undefined {
  if (m[17] !== undefined) return 0;
  if (m[18] === undefined) return undefined;
  const size = Number(m[19]) * 3600 + Number(m[20] ?? 0) * 60 + Number(m[21] ?? 0);
  if (size >= 86_400) return "invalid";
  return m[18] === "-" ? -size : size;
}
