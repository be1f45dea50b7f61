/**
 * `strftime` with English names, as Python has it on Linux.
 *
 * Directives take the flags `-`, `_`, `0` and `^` of the C library, but no widths. Anything else stays as it is
 * written. Source: docs/spec/snapshots.md §1.3.
 * @module
 */
import { civilOf, type CivilTime, daysOf, floorDiv, MICROS, weekdayOf } from "./civil.ts";
import { formatOffset, instantOf, wallClockOf, type Zone } from "./zone.ts";

/** A moment to print. */
export interface Moment {
  /** Microseconds since 1970 UTC. */
  readonly instant: bigint;
  /** Where the clock hangs. */
  readonly zone: Zone;
  /** False for the system's zone: `%z` and `%Z` are then empty. */
  readonly namesZone: boolean;
  /** The system's zone: `%s` takes the wall clock for one of this zone. */
  readonly localZone: Zone;
}

/** A value: digits with a least width and what fills it, or a text. */
type Field = readonly [value: number, width: number, fill?: "0" | " "] | string;

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;
const MONTHS = "January February March April May June July August September October November December".split(" ");

/** Directives that stand for others. */
const COMPOSED: Readonly<Record<string, string>> = {
  c: "%a %b %e %H:%M:%S %Y",
  D: "%m/%d/%y",
  F: "%Y-%m-%d",
  h: "%b",
  r: "%I:%M:%S %p",
  R: "%H:%M",
  T: "%H:%M:%S",
  v: "%e-%b-%Y",
  x: "%m/%d/%y",
  X: "%H:%M:%S",
};

/** Prints a moment in a format. */
export function strftime(moment: Moment, format: string): string {
  const wall = wallClockOf(moment.zone, moment.instant);
  const time = partsOf(wall);
  const expand = (text: string): string =>
    text.replace(/%([-_0^]?)([A-Za-z%])/g, (whole, flag: string, directive: string) => {
      const composed = COMPOSED[directive];
      if (composed !== undefined) return applyFlag(expand(composed), flag);
      const field = FIELDS[directive]?.(time) ?? zoneField(directive, moment, wall);
      return field === undefined ? whole : applyFlag(field, flag);
    });
  return expand(format);
}

function applyFlag(field: Field, flag: string): string {
  if (typeof field === "string") return flag === "^" ? field.toUpperCase() : field;
  const [value, width, fill = "0"] = field;
  if (flag === "-") return `${value}`;
  return `${value}`.padStart(width, flag === "_" ? " " : flag === "0" ? "0" : fill);
}

/** A wall clock with all that directives need. */
interface Parts extends CivilTime {
  readonly hour12: number;
  /** 0 = Sunday. */
  readonly weekday: number;
  /** 0 = the first of January. */
  readonly yearDay: number;
  /** Days since 1970-01-01. */
  readonly days: number;
}

function partsOf(wall: bigint): Parts {
  const time = civilOf(wall);
  const days = daysOf(time);
  const yearDay = days - daysOf({ year: time.year, month: 1, day: 1 });
  return { ...time, hour12: time.hour % 12 === 0 ? 12 : time.hour % 12, weekday: weekdayOf(days), yearDay, days };
}

/** What directives print that are not about zones. */
const FIELDS: Readonly<Record<string, (time: Parts) => Field>> = {
  a: ({ weekday }) => DAYS[weekday]!.slice(0, 3),
  A: ({ weekday }) => DAYS[weekday]!,
  b: ({ month }) => MONTHS[month - 1]!.slice(0, 3),
  B: ({ month }) => MONTHS[month - 1]!,
  C: ({ year }) => [Math.floor(year / 100), 2],
  d: ({ day }) => [day, 2],
  e: ({ day }) => [day, 2, " "],
  f: ({ microsecond }) => `${microsecond}`.padStart(6, "0"),
  g: ({ days }) => [isoWeek(days).year % 100, 2],
  G: ({ days }) => [isoWeek(days).year, 0],
  H: ({ hour }) => [hour, 2],
  I: ({ hour12 }) => [hour12, 2],
  j: ({ yearDay }) => [yearDay + 1, 3],
  k: ({ hour }) => [hour, 2, " "],
  l: ({ hour12 }) => [hour12, 2, " "],
  m: ({ month }) => [month, 2],
  M: ({ minute }) => [minute, 2],
  n: () => "\n",
  p: ({ hour }) => hour < 12 ? "AM" : "PM",
  P: ({ hour }) => hour < 12 ? "am" : "pm",
  S: ({ second }) => [second, 2],
  t: () => "\t",
  u: ({ weekday }) => [weekday === 0 ? 7 : weekday, 1],
  U: ({ yearDay, weekday }) => [Math.floor((yearDay + 7 - weekday) / 7), 2],
  V: ({ days }) => [isoWeek(days).week, 2],
  w: ({ weekday }) => [weekday, 1],
  W: ({ yearDay, weekday }) => [Math.floor((yearDay + 7 - (weekday + 6) % 7) / 7), 2],
  y: ({ year }) => [year % 100, 2],
  Y: ({ year }) => [year, 0],
  "%": () => "%",
};

function zoneField(directive: string, moment: Moment, wall: bigint): Field | undefined {
  if (directive === "s") return `${unixSecondsOfClock(moment, wall)}`;
  if (directive !== "z" && directive !== "Z") return undefined;
  if (!moment.namesZone) return "";
  const offset = moment.zone.offsetAt(Number(floorDiv(moment.instant, MICROS.second)));
  return directive === "Z" ? offset.abbreviation : formatOffset(offset.seconds).replaceAll(":", "");
}

/** How far away the C library looks for summer or standard time when the two disagree, in seconds. */
const SEASON_SEARCH = 536_454_000 / 2;

/**
 * What the C library's `mktime` makes of the wall clock: the system's zone reads it, and if that has no summer time
 * when `zone` has it, or the other way round, the clock is read with the nearest offset of the other season.
 */
function unixSecondsOfClock({ instant, zone, namesZone, localZone }: Moment, wall: bigint): number {
  const seconds = Number(floorDiv(instantOf(localZone, wall), MICROS.second));
  const season = namesZone ? zone.offsetAt(Number(floorDiv(instant, MICROS.second))).isSummer : undefined;
  const own = localZone.offsetAt(seconds);
  if (season === undefined || own.isSummer === season) return seconds;
  const offsets = localZone.transitionsBetween(seconds - SEASON_SEARCH, seconds + SEASON_SEARCH)
    .flatMap(({ at, before, after }) => [before, after].map((offset) => ({ offset, distance: Math.abs(at - seconds) })))
    .filter(({ offset }) => offset.isSummer === season)
    .sort((a, b) => a.distance - b.distance);
  return seconds + own.seconds - (offsets[0]?.offset ?? own).seconds;
}

/** Year and week of a day in ISO 8601: weeks begin on Monday and belong to the year of their Thursday. */
function isoWeek(days: number): { readonly year: number; readonly week: number } {
  const thursday = days - ((weekdayOf(days) + 6) % 7) + 3;
  const { year } = civilOf(BigInt(thursday) * MICROS.day);
  return { year, week: Math.floor((thursday - daysOf({ year, month: 1, day: 1 })) / 7) + 1 };
}
