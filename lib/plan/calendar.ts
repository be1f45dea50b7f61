/**
 * Calendar arithmetic: the next boundary of a period on a wall clock.
 *
 * All of it happens on the wall clock (`model/time/civil.ts`), as if there were no offsets, so that "daily" means every
 * day of the calendar even where days have 23 or 25 hours. Days clamp to the length of a month, also in between.
 * Source: docs/spec/snapshots.md §1.8.
 * @module
 */
import { civilOf, type CivilTime, daysInMonth, floorMod, MICROS, midnightOf, wallOf } from "../model/time/mod.ts";
import type { Period } from "../model/text/mod.ts";
import type { CalendarAnchors } from "../model/job.ts";

/**
 * The smallest boundary of the period at or after a wall clock.
 *
 * @param wall microseconds, as in `model/time/civil.ts`
 * @param period amount 0 has a boundary everywhere
 * @param anchors where in its cycle each unit begins
 */
export function roundUp(wall: bigint, period: Period, anchors: CalendarAnchors): bigint {
  if (period.amount === 0) return wall;
  switch (period.unit) {
    case "yearly":
      return roundUpYears(wall, period.amount, anchors.yearly);
    case "monthly":
      return roundUpMonths(wall, period.amount, anchors.monthly);
    case "weekly":
    case "daily":
    case "hourly":
    case "minutely":
    case "secondly":
    case "millisecondly":
      return roundUpEven(wall, cycleOf(wall, period.unit, anchors), period.amount);
  }
}

type EvenUnit = Exclude<Period["unit"], "yearly" | "monthly">;

/** A unit of fixed length. */
interface Cycle {
  readonly anchor: bigint;
  /** What the anchor moves back by if it lies ahead. */
  readonly back: bigint;
  readonly length: bigint;
}

function cycle(anchor: bigint, length: bigint, back = length): Cycle {
  return { anchor, back, length };
}

function cycleOf(wall: bigint, unit: EvenUnit, anchors: CalendarAnchors): Cycle {
  const midnight = midnightOf(wall);
  switch (unit) {
    case "millisecondly":
      return cycle(midnight + BigInt(anchors.millisecondly.microsecond), MICROS.millisecond);
    case "secondly":
      return cycle(midnight + BigInt(anchors.secondly.millisecond) * MICROS.millisecond, MICROS.second);
    case "minutely":
      return cycle(midnight + timeOfDay(anchors.minutely), MICROS.minute);
    case "hourly":
      return cycle(midnight + timeOfDay(anchors.hourly), MICROS.hour, MICROS.day);
    case "daily":
      return cycle(midnight + timeOfDay(anchors.daily), MICROS.day);
    case "weekly": {
      const weekday = Number(floorMod(midnight / MICROS.day + 4n, 7n));
      const back = BigInt((weekday - anchors.weekly.weekday + 7) % 7);
      return cycle(midnight + timeOfDay(anchors.weekly) - back * MICROS.day, 7n * MICROS.day);
    }
  }
}

function timeOfDay(
  { hour = 0, minute = 0, second }: { readonly hour?: number; readonly minute?: number; readonly second: number },
): bigint {
  return BigInt(hour) * MICROS.hour + BigInt(minute) * MICROS.minute + BigInt(second) * MICROS.second;
}

function roundUpEven(wall: bigint, cycle: Cycle, amount: number): bigint {
  const anchor = cycle.anchor > wall ? cycle.anchor - cycle.back : cycle.anchor;
  const length = cycle.length * BigInt(amount);
  const rest = floorMod(wall - anchor, length);
  return rest === 0n ? wall : wall + length - rest;
}

function roundUpMonths(wall: bigint, amount: number, at: CalendarAnchors["monthly"]): bigint {
  const now = civilOf(wall);
  let anchor = anchorOf(now.year, at);
  if (wallOf(anchor) > wall) anchor = addMonths(anchor, -amount);
  const months = (now.year - anchor.year) * 12 + now.month - anchor.month;
  const boundary = addMonths(anchor, amount * Math.floor(months / amount));
  return wallOf(wallOf(boundary) < wall ? addMonths(boundary, amount) : boundary);
}

function roundUpYears(wall: bigint, amount: number, at: CalendarAnchors["yearly"]): bigint {
  const { year } = civilOf(wall);
  const anchor = anchorOf(year - ((((year - at.year) % amount) + amount) % amount), at);
  if (wallOf(anchor) >= wall) return wallOf(anchor);
  return wallOf(clamped({ ...anchor, year: anchor.year + amount }));
}

function anchorOf(year: number, at: CalendarAnchors["monthly"]): CivilTime {
  const { month, monthday, hour, minute, second } = at;
  return clamped({ year, month, day: monthday, hour, minute, second, microsecond: 0 });
}

function addMonths(time: CivilTime, months: number): CivilTime {
  const total = time.year * 12 + time.month - 1 + months;
  return clamped({ ...time, year: Math.floor(total / 12), month: (((total % 12) + 12) % 12) + 1 });
}

/** The same with a day that its month has. */
function clamped(time: CivilTime): CivilTime {
  return { ...time, day: Math.min(time.day, daysInMonth(time.year, time.month)) };
}
