/**
 * POSIX `TZ` texts such as `CET-1CEST,M3.5.0,M10.5.0/3`, as a zone; also the last line of zone files.
 *
 * Includes the extension of RFC 8536: times of day from -167 to 167 hours. A text without rules gets those of the
 * United States, as in the C library. Source: docs/spec/snapshots.md §1.10.
 * @module
 */
import { dateOf, daysInMonth, daysOf, isLeapYear, weekdayOf } from "./civil.ts";
import { type Transition, type Zone, type ZoneOffset } from "./zone.ts";

/** When a rule takes effect within a year. */
interface YearlyMoment {
  /** Days since 1970 of the moment's date. */
  readonly dayIn: (year: number) => number;
  /** Seconds after that day's midnight, by the clock that is in force before. */
  readonly time: number;
}

const NAME = "(?:([A-Za-z]{3,})|<([A-Za-z0-9+-]{3,})>)";
const TIME = String.raw`([+-]?)(\d{1,3})(?::(\d{1,2})(?::(\d{1,2}))?)?`;
const ZONE = new RegExp(`^${NAME}${TIME}(?:${NAME}(?:${TIME})?)?(?:,([^,]+),([^,]+))?$`);
const MOMENT = new RegExp(String.raw`^(?:J(\d{1,3})|(\d{1,3})|M(\d{1,2})\.(\d)\.(\d))(?:/${TIME})?$`);

/** The zone that a POSIX text describes; `undefined` if it is none. */
export function parsePosixZone(text: string, name: string = text): Zone | undefined {
  const m = ZONE.exec(text);
  if (m === null) return undefined;
  const standardEast = seconds(m, 3, 24);
  if (standardEast === undefined) return undefined;
  const standard: ZoneOffset = { abbreviation: m[1] ?? m[2]!, seconds: 0 - standardEast, isSummer: false };
  const summerName = m[7] ?? m[8];
  if (summerName === undefined) {
    return m[13] === undefined ? { name, offsetAt: () => standard, transitionsBetween: () => [] } : undefined;
  }
  const summerEast = m[10] === undefined ? standardEast - 3600 : seconds(m, 9, 24);
  const start = parseMoment(m[13] ?? "M3.2.0");
  const end = parseMoment(m[14] ?? "M11.1.0");
  if (summerEast === undefined || start === undefined || end === undefined) return undefined;
  const summer = { abbreviation: summerName, seconds: 0 - summerEast, isSummer: true };
  return ruleZone(name, standard, summer, { start, end });
}

function ruleZone(
  name: string,
  standard: ZoneOffset,
  summer: ZoneOffset,
  rule: { readonly start: YearlyMoment; readonly end: YearlyMoment },
): Zone {
  const ofYears = (first: number, last: number): Transition[] => {
    const result: Transition[] = [];
    for (let year = first; year <= last; year++) {
      result.push({ at: momentAt(rule.start, year, standard), before: standard, after: summer });
      result.push({ at: momentAt(rule.end, year, summer), before: summer, after: standard });
    }
    // At one instant the end of a year's summer time comes before the start of the next one's: summer all year.
    return result.map((t, index) => ({ t, year: index >> 1 }))
      .sort((a, b) => a.t.at - b.t.at || a.year - b.year).map(({ t }) => t);
  };
  return {
    name,
    offsetAt(unixSeconds): ZoneOffset {
      const year = yearOf(unixSeconds);
      const transitions = ofYears(year - 1, year + 1);
      return transitions.findLast(({ at }) => at <= unixSeconds)?.after ?? transitions[0]!.before;
    },
    transitionsBetween(from, to): readonly Transition[] {
      return ofYears(yearOf(from) - 1, yearOf(to) + 1).filter(({ at }) => from <= at && at < to);
    },
  };
}

function yearOf(unixSeconds: number): number {
  return dateOf(Math.floor(unixSeconds / 86_400)).year;
}

function momentAt(moment: YearlyMoment, year: number, before: ZoneOffset): number {
  return moment.dayIn(year) * 86_400 + moment.time - before.seconds;
}

/** Seconds of the four groups sign, hours, minutes, seconds that begin at `index`; `undefined` if out of range. */
function seconds(match: RegExpExecArray, index: number, mostHours: number): number | undefined {
  const [hours, minutes, rest] = [1, 2, 3].map((i) => Number(match[index + i] ?? 0)) as [number, number, number];
  if (hours > mostHours || minutes > 59 || rest > 59) return undefined;
  const size = hours * 3600 + minutes * 60 + rest;
  return match[index] === "-" ? 0 - size : size;
}

function parseMoment(text: string): YearlyMoment | undefined {
  const m = MOMENT.exec(text);
  if (m === null) return undefined;
  const time = m[7] === undefined ? 2 * 3600 : seconds(m, 6, 167);
  if (time === undefined) return undefined;
  if (m[1] !== undefined) {
    const day = Number(m[1]);
    if (day < 1 || day > 365) return undefined;
    return { time, dayIn: (year) => newYear(year) + day - 1 + (isLeapYear(year) && day >= 60 ? 1 : 0) };
  }
  if (m[2] !== undefined) {
    const day = Number(m[2]);
    return day > 365 ? undefined : { time, dayIn: (year) => newYear(year) + day };
  }
  const [month, week, weekday] = [Number(m[3]), Number(m[4]), Number(m[5])];
  if (month < 1 || month > 12 || week < 1 || week > 5 || weekday > 6) return undefined;
  return { time, dayIn: (year) => nthWeekday(year, month, { week, weekday }) };
}

function newYear(year: number): number {
  return daysOf({ year, month: 1, day: 1 });
}

/** The n-th such weekday of a month; the last one for week 5. */
function nthWeekday(year: number, month: number, rule: { readonly week: number; readonly weekday: number }): number {
  const first = daysOf({ year, month, day: 1 });
  const day = 1 + ((rule.weekday - weekdayOf(first) + 7) % 7) + (rule.week - 1) * 7;
  return first + (day > daysInMonth(year, month) ? day - 7 : day) - 1;
}
