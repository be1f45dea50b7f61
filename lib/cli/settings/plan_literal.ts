/**
 * Dictionaries of organisation, target and period, as the options for creating and monitoring take them.
 *
 * Unlike the retention plans of `cli/options/plan_options.ts`, faults are found after the log was opened: status 3.
 * @module
 */
import { RefusedError } from "../../model/errors.ts";
import { compareNames, DAY_MS, parsePeriod, type Period, periodMs } from "../../model/text/mod.ts";
import type { LabelPolicy } from "../../model/job.ts";
import { type PeriodEntry, periodsOf, readPeriodTable } from "../../model/period_table.ts";
import { isDict, type Literal, writeLiteral } from "../literal/text.ts";
import { quoted } from "../literal/forms.ts";
import { type Notation, readNotation } from "../literal/read.ts";

/** A label and what the plan says about it. */
export interface LabelEntry {
  readonly label: LabelPolicy;
  readonly value: Literal;
}

/** An option that is a plan, and what such a plan looks like. */
export interface PlanOption {
  readonly name: string;
  readonly form: string;
}

/** Reads the entries of a plan in its order. Throws {@linkcode RefusedError} that names the option. */
export function readLabelPlan(plan: Notation, option: PlanOption): LabelEntry[] {
  const notALiteral = (problem: string, cause: unknown): RefusedError =>
    new RefusedError(`${option.name}: ${problem}`, { cause, hint: quoted(option.form) });
  const table = readPeriodTable(
    readNotation(plan, notALiteral),
    {
      entriesOf: (level) => dictEntries(level, option),
      valueOf: (entry): LabelEntry => ({ label: makeLabel(entry), value: entry.value }),
    },
  );
  return periodsOf(table).map(({ value }) => value);
}

/** Entries of a dictionary whose keys are texts. */
export function dictEntries(value: Literal, { name, form: hint }: PlanOption): [string, Literal][] {
  if (!isDict(value)) {
    throw new RefusedError(`${name}: expected a dictionary, but got ${writeLiteral(value)}`, { hint });
  }
  return [...value].map(([key, item]) => {
    if (typeof key !== "string") {
      throw new RefusedError(`${name}: a key must be a text: ${writeLiteral(key)}`, { hint });
    }
    return [key, item];
  });
}

function makeLabel({ organisation, target, period }: PeriodEntry<unknown>): LabelPolicy {
  return {
    prefix: `${organisation}_`,
    infix: target === "" ? "" : `${target}_`,
    suffix: period === "" ? "" : `_${period}`,
    period: readPeriod(period),
  };
}

const LONGEST_PERIOD_MS = 10_000 * 365 * DAY_MS;

/**
 * A known period; `undefined` for any other text. Throws {@linkcode RefusedError} for one that no calendar can hold.
 */
export function readPeriod(text: string): Period | undefined {
  const period = parsePeriod(text);
  if (periodMs(period) <= LONGEST_PERIOD_MS) return period;
  throw new RefusedError(`Invalid period: ${text}`, { hint: "The longest period is 10000yearly." });
}

/** Orders suffixes by duration, then text, the longest first. */
export function compareSuffixes(a: LabelPolicy, b: LabelPolicy): number {
  return periodMs(b.period) - periodMs(a.period) || compareNames(b.suffix, a.suffix);
}

/** Throws unless multiples of the period divide a day, or a year for months (docs/spec/snapshots.md §1.4). */
export function checkDivides(suffix: string, option: string): void {
  const period = readPeriod(suffix.replace(/^_/, ""));
  if (period === undefined) return;
  const inDay = /(?:hourly|minutely|secondly)$/.test(period.unit);
  if (inDay && DAY_MS % periodMs(period) !== 0) throw notADivisor(option, "86400 seconds without remainder", suffix);
  if (period.unit === "monthly" && 12 % period.amount !== 0) throw notADivisor(option, "12 months", suffix);
}

function notADivisor(option: string, of: string, suffix: string): RefusedError {
  const hint = "So that snapshots will be created at the same times every day or year.";
  const text = `Invalid ${option}: Period duration should be a divisor of ${of}: ${suffix.replace(/^_/, "")}`;
  return new RefusedError(text, { hint });
}
