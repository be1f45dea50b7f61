/**
 * The proleptic Gregorian calendar, without any time zone.
 *
 * A wall clock is a `bigint`: microseconds since 1970-01-01 00:00:00 as if there were no offsets. Durations are added
 * to it and clocks are compared by it, which is how calendar periods are defined (docs/spec/snapshots.md §1.8).
 * @module
 */

/** Microseconds of one second, millisecond, minute, hour and day. */
export const MICROS = {
  millisecond: 1000n,
  second: 1_000_000n,
  minute: 60_000_000n,
  hour: 3_600_000_000n,
  day: 86_400_000_000n,
} as const;

/** A date. */
export interface CivilDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
}

/** A wall clock, taken apart. */
export interface CivilTime extends CivilDate {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
}

/** Days from 1970-01-01 to a date. */
export function daysOf({ year, month, day }: CivilDate): number {
  // Years begin in March here, so that the leap day is the last one.
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The date that lies so many days after 1970-01-01. */
export function dateOf(days: number): CivilDate {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}

/** True for leap years. */
export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Number of days of a month (1 to 12). */
export function daysInMonth(year: number, month: number): number {
  return month === 2 ? (isLeapYear(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Day of the week of a day since 1970-01-01: 0 = Sunday. */
export function weekdayOf(days: number): number {
  return (((days + 4) % 7) + 7) % 7;
}

/** Takes a wall clock apart. */
export function civilOf(wall: bigint): CivilTime {
  const days = floorDiv(wall, MICROS.day);
  const rest = Number(wall - days * MICROS.day);
  const seconds = Math.floor(rest / 1e6);
  return {
    ...dateOf(Number(days)),
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    microsecond: rest % 1e6,
  };
}

/** Puts a wall clock together. */
export function wallOf(civil: CivilTime): bigint {
  const seconds = daysOf(civil) * 86_400 + civil.hour * 3600 + civil.minute * 60 + civil.second;
  return BigInt(seconds) * MICROS.second + BigInt(civil.microsecond);
}

/** Midnight of the wall clock's day. */
export function midnightOf(wall: bigint): bigint {
  return floorDiv(wall, MICROS.day) * MICROS.day;
}

/** Division that rounds towards minus infinity. */
export function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

/** Remainder that is never negative, for positive `b`. */
export function floorMod(a: bigint, b: bigint): bigint {
  return a - floorDiv(a, b) * b;
}

/** `2024-11-06 08:30:05`, with `.000001` behind it unless the microseconds are zero. */
export function formatWall(wall: bigint): string {
  const c = civilOf(wall);
  const digits = (n: number, width: number): string => `${n}`.padStart(width, "0");
  const date = `${digits(c.year, 4)}-${digits(c.month, 2)}-${digits(c.day, 2)}`;
  const time = `${digits(c.hour, 2)}:${digits(c.minute, 2)}:${digits(c.second, 2)}`;
  return `${date} ${time}${c.microsecond === 0 ? "" : `.${digits(c.microsecond, 6)}`}`;
}
