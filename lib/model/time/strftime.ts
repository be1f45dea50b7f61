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
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

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
  const time = civilOf(wall);
  const expand = (text: string): string =>
    text.replace(/%([-_0^]?)([A-Za-z%])/g, (whole, flag: string, directive: string) => {
      const composed = COMPOSED[directive];
      if (composed !== undefined) return applyFlag(expand(composed), flag);
      const field = calendarField(directive, time) ?? clockField(directive, time) ?? zoneField(directive, moment, wall);
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

function calendarField(directive: string, time: CivilTime): Field | undefined {
  const days = daysOf(time);
  const weekday = weekdayOf(days);
  const yearDay = days - daysOf({ year: time.year, month: 1, day: 1 });
  switch (directive) {
    case "a":
      return DAYS[weekday]!.slice(0, 3);
    case "A":
      return DAYS[weekday]!;
    case "b":
      return MONTHS[time.month - 1]!.slice(0, 3);
    case "B":
      return MONTHS[time.month - 1]!;
    case "C":
      return [Math.floor(time.year / 100), 2];
    case "d":
      return [time.day, 2];
    case "e":
      return [time.day, 2, " "];
    case "g":
      return [isoWeek(days).year % 100, 2];
    case "G":
      return [isoWeek(days).year, 0];
    case "j":
      return [yearDay + 1, 3];
    case "m":
      return [time.month, 2];
    case "u":
      return [weekday === 0 ? 7 : weekday, 1];
    case "U":
      return [Math.floor((yearDay + 7 - weekday) / 7), 2];
    case "V":
      return [isoWeek(days).week, 2];
    case "w":
      return [weekday, 1];
    case "W":
      return [Math.floor((yearDay + 7 - (weekday + 6) % 7) / 7), 2];
    case "y":
      return [time.year % 100, 2];
    case "Y":
      return [time.year, 0];
  }
  return undefined;
}

function clockField(directive: string, time: CivilTime): Field | undefined {
  const hour12 = time.hour % 12 === 0 ? 12 : time.hour % 12;
  switch (directive) {
    case "f":
      return `${time.microsecond}`.padStart(6, "0");
    case "H":
      return [time.hour, 2];
    case "I":
      return [hour12, 2];
    case "k":
      return [time.hour, 2, " "];
    case "l":
      return [hour12, 2, " "];
    case "M":
      return [time.minute, 2];
    case "n":
      return "\n";
    case "p":
      return time.hour < 12 ? "AM" : "PM";
    case "P":
      return time.hour < 12 ? "am" : "pm";
    case "S":
      return [time.second, 2];
    case "t":
      return "\t";
    case "%":
      return "%";
  }
  return undefined;
}

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
