/**
 * Words that somebody may take for a period, though the calendar does not know them.
 * @module
 */
import { parsePeriod, PERIOD_UNITS } from "../../model/text/mod.ts";
import { nearest } from "../../model/text/mod.ts";

/** Words of other programs and of everyday English, and the period that is meant. */
const MEANT: ReadonlyMap<string, string> = new Map(Object.entries({
  frequent: "15minutely",
  frequently: "15minutely",
  nightly: "daily",
  biweekly: "2weekly",
  fortnightly: "2weekly",
  bimonthly: "2monthly",
  quarterly: "3monthly",
  semiannually: "6monthly",
  annually: "yearly",
  ...Object.fromEntries(
    ["second", "minute", "hour", "week", "month", "year"].flatMap((
      unit,
    ) => [[unit, `${unit}ly`], [`${unit}s`, `${unit}ly`]]),
  ),
  secs: "secondly",
  mins: "minutely",
  day: "daily",
  days: "daily",
}));

/** The period that a word may be meant for; `undefined` for a period, and for a word that is far from all of them. */
export function likelyPeriod(word: string): string | undefined {
  if (parsePeriod(word) !== undefined) return undefined;
  const [, amount = "", name = ""] = /^0*(\d*)[ _-]*(.*)$/s.exec(word.trim().toLowerCase()) ?? [];
  const period = MEANT.get(name) ?? nearest(name, PERIOD_UNITS);
  return period === undefined || /^\d/.test(period) ? period : `${amount}${period}`;
}
