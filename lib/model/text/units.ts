/**
 * Durations and periods as users write them.
 *
 * Calendar arithmetic with periods is `plan/`'s business; the lengths here are for thresholds and sorting only.
 * Sources: docs/spec/cli.md §10, docs/spec/snapshots.md §1.1 and §2.
 * @module
 */
import { RefusedError } from "../errors.ts";

/** Units of periods, longest first. */
export const PERIOD_UNITS = [
  "yearly",
  "monthly",
  "weekly",
  "daily",
  "hourly",
  "minutely",
  "secondly",
  "millisecondly",
] as const;

/** A unit of periods. */
export type PeriodUnit = typeof PERIOD_UNITS[number];

/** A period such as `10minutely`: `amount` times `unit`. */
export interface Period {
  /** At least 1. */
  readonly amount: number;
  readonly unit: PeriodUnit;
}

/** Milliseconds of one day. */
export const DAY_MS = 86_400_000;

const UNIT_MS: Readonly<Record<PeriodUnit, number>> = {
  yearly: 365 * DAY_MS,
  monthly: 30.5 * DAY_MS,
  weekly: 7 * DAY_MS,
  daily: DAY_MS,
  hourly: 3_600_000,
  minutely: 60_000,
  secondly: 1000,
  millisecondly: 1,
};

const DURATION_UNIT_MS: Readonly<Record<string, number>> = {
  milliseconds: 1,
  millis: 1,
  seconds: 1000,
  secs: 1000,
  minutes: 60_000,
  mins: 60_000,
  hours: 3_600_000,
  days: DAY_MS,
  weeks: 7 * DAY_MS,
  months: 30.5 * DAY_MS,
  years: 365 * DAY_MS,
};

const DURATION = /^([0-9]+)\s*(milliseconds|millis|seconds|secs|minutes|mins|hours|days|weeks|months|years)$/;
const PERIOD = new RegExp(`^([1-9][0-9]*)?(${PERIOD_UNITS.join("|")})$`);

/** Milliseconds of a duration such as `7 days`; `undefined` if it is none. */
export function tryParseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  return match === null ? undefined : Number(match[1]) * DURATION_UNIT_MS[match[2]!]!;
}

/**
 * Milliseconds of a duration such as `7 days`.
 *
 * @param context where it stands, for the message: appended as ` within <context>`
 * @throws {RefusedError} `Invalid duration format: …`
 */
export function parseDuration(text: string, context = ""): number {
  const ms = tryParseDuration(text);
  if (ms !== undefined) return ms;
  const place = context === "" ? "" : ` within ${context}`;
  throw new RefusedError(`Invalid duration format: ${text || "<empty>"}${place}`, { hint: durationHint(text) });
}

/** What the first letters of units stand for. */
const UNIT_LETTERS: Readonly<Record<string, string>> = {
  ms: "milliseconds",
  s: "seconds",
  sec: "seconds",
  m: "minutes",
  min: "minutes",
  h: "hours",
  d: "days",
  w: "weeks",
  mon: "months",
  y: "years",
};

function durationHint(text: string): string {
  const [, amount = "", word = ""] = /^\s*([0-9]+)\s*([a-z]*)/i.exec(text) ?? [];
  const lower = word.toLowerCase();
  const unit = UNIT_LETTERS[lower] ??
    Object.keys(DURATION_UNIT_MS).find((name) => lower !== "" && name.startsWith(lower));
  const example = amount === "" || unit === undefined ? "30 days" : `${amount} ${unit}`;
  return `A duration is a whole number and a unit, such as '${example}'. Units: milliseconds, seconds, minutes, hours, days, ` +
    "weeks, months, years";
}

/** Milliseconds of a duration that is a limit: a duration of 0 is none, `Infinity`. Throws like {@linkcode parseDuration}. */
export function parseLimit(text: string, context: string): number {
  return parseDuration(text, context) || Infinity;
}

/** A known period such as `daily` or `10minutely`; `undefined` for any other text, such as `adhoc`. */
export function parsePeriod(text: string): Period | undefined {
  const match = PERIOD.exec(text);
  if (match === null) return undefined;
  return { amount: match[1] === undefined ? 1 : Number(match[1]), unit: match[2] as PeriodUnit };
}

/** Nominal milliseconds of a period; 0 if there is none. A month counts 30.5 days, a year 365. */
export function periodMs(period: Period | undefined): number {
  return period === undefined ? 0 : period.amount * UNIT_MS[period.unit];
}

/** Nominal milliseconds of the period that a snapshot's name ends with, behind its last `_`; 0 if there is none. */
export function labelMs(name: string): number {
  const underscore = name.lastIndexOf("_");
  return underscore < 0 ? 0 : periodMs(parsePeriod(name.slice(underscore + 1)));
}
