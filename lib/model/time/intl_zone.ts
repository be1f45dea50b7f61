/**
 * Zones from the runtime's built-in data: the substitute where a system has no zone files.
 *
 * That data is frozen when the runtime is built and may lag behind the system's, so it comes last
 * (docs/spec/logging-progress.md D11). It has no abbreviations; the offset stands for them.
 * @module
 */
import { daysOf } from "./civil.ts";
import { formatOffset, type Transition, type Zone, type ZoneOffset } from "./zone.ts";

/** A step short enough that no zone changes its offset twice within it. */
const STEP = 86_400;

/** The zone of this name in the built-in data; `undefined` if it is not known there. */
export function builtInZone(name: string): Zone | undefined {
  const format = openFormat(name);
  if (format === undefined) return undefined;
  const offsetAt = (unixSeconds: number): ZoneOffset => {
    const seconds = readOffset(format, Math.floor(unixSeconds));
    return { seconds, abbreviation: formatOffset(seconds) };
  };
  return { name, offsetAt, transitionsBetween: (from, to) => findTransitions(offsetAt, from, to) };
}

function openFormat(name: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readOffset(format: Intl.DateTimeFormat, unixSeconds: number): number {
  const parts = new Map(format.formatToParts(unixSeconds * 1000).map(({ type, value }) => [type, value]));
  const field = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  const year = parts.get("era") === "BC" ? 1 - field("year") : field("year");
  const days = daysOf({ year, month: field("month"), day: field("day") });
  return days * 86_400 + field("hour") * 3600 + field("minute") * 60 + field("second") - unixSeconds;
}

function findTransitions(offsetAt: (at: number) => ZoneOffset, from: number, to: number): Transition[] {
  const result: Transition[] = [];
  let low = Math.floor(from) - 1;
  while (low < to - 1) {
    const high = Math.min(low + STEP, Math.ceil(to) - 1);
    const before = offsetAt(low);
    const after = offsetAt(high);
    if (before.seconds !== after.seconds) result.push({ at: bisect(offsetAt, low, high), before, after });
    low = high;
  }
  return result;
}

/** The first second in (low, high] that has the offset of `high`. */
function bisect(offsetAt: (at: number) => ZoneOffset, low: number, high: number): number {
  const { seconds } = offsetAt(high);
  let [a, b] = [low, high];
  while (b - a > 1) {
    const middle = Math.floor((a + b) / 2);
    if (offsetAt(middle).seconds === seconds) b = middle;
    else a = middle;
  }
  return b;
}
