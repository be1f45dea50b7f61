/**
 * Retention plans as options: what `--include-snapshot-plan` and `--delete-dst-snapshots-except-plan` stand for.
 *
 * A plan is a dictionary of organisation, target, period and amount. Each entry becomes a filter group.
 * Source: docs/spec/snapshots.md §3.6.
 * @module
 */
import { UsageError } from "../../model/errors.ts";
import { escapeRegex } from "../../model/regex/mod.ts";
import { parsePeriod, type PeriodUnit } from "../../model/text/mod.ts";
import type { Literal, LiteralDict } from "../literal/value.ts";
import { isDict } from "../literal/value.ts";
import { LiteralError, readLiteral } from "../literal/read.ts";
import { writeLiteral } from "../literal/text.ts";

/** One entry of a plan. */
export interface PlanEntry {
  readonly organisation: string;
  readonly target: string;
  readonly period: string;
  readonly amount: Literal;
}

const DURATION_UNITS: Readonly<Record<PeriodUnit, string>> = {
  yearly: "years",
  monthly: "months",
  weekly: "weeks",
  daily: "days",
  hourly: "hours",
  minutely: "minutes",
  secondly: "seconds",
  millisecondly: "milliseconds",
};

/** Options for a plan of what to select; an empty plan selects nothing. */
export function expandIncludePlan(text: string): string[] {
  const options = planFilters(text);
  return options.length > 0 ? options : ["--new-snapshot-filter-group", "--include-snapshot-regex=!.*"];
}

/** Options for a plan of what to retain; an empty plan is refused, since it would delete everything. */
export function expandExceptPlan(text: string): string[] {
  const options = planFilters(text);
  if (options.length > 0) return ["--delete-dst-snapshots-except", ...options];
  throw new UsageError(`Cowardly refusing to delete all snapshots on the destination as the plan is empty: ${text}`);
}

function planFilters(text: string): string[] {
  return planEntries(readPlan(text)).flatMap((entry) => entryFilters(entry));
}

function readPlan(text: string): Literal {
  try {
    return readLiteral(text);
  } catch (error) {
    if (!(error instanceof LiteralError)) throw error;
    throw new UsageError(`Invalid plan: ${error.message}: ${text}`, {
      cause: error,
      hint: "A plan looks like {'prod': {'onsite': {'hourly': 36, 'daily': 31}}}",
    });
  }
}

/** The entries of a plan in its order. Throws {@linkcode UsageError} if a level is no dictionary or a key no text. */
function planEntries(plan: Literal): PlanEntry[] {
  return entriesOf(plan).flatMap(([organisation, targets]) =>
    entriesOf(targets).flatMap(([target, periods]) =>
      entriesOf(periods).map(([period, amount]) => ({ organisation, target, period, amount }))
    )
  );
}

function entriesOf(level: Literal): [string, Literal][] {
  if (!isDict(level)) throw notADict(level);
  return [...level as LiteralDict].map(([key, value]) => {
    if (typeof key !== "string") throw notADict(key);
    return [key, value];
  });
}

function notADict(value: Literal): UsageError {
  return new UsageError(
    `A plan maps organisations to targets to periods to amounts, but this is none: ${writeLiteral(value)}`,
  );
}

function entryFilters(entry: PlanEntry): string[] {
  const { organisation, target, period, amount } = entry;
  if (typeof amount !== "bigint" || amount < 0n) {
    throw new UsageError(`Period amount must be a non-negative integer: ${writeLiteral(amount)}`);
  }
  const infix = target === "" ? "[1-9][0-9][0-9][0-9]" : escapeRegex(`${target}_`);
  const suffix = period === "" ? "" : escapeRegex(`_${period}`);
  return [
    "--new-snapshot-filter-group",
    `--include-snapshot-regex=${escapeRegex(`${organisation}_`)}${infix}.*${suffix}`,
    "--include-snapshot-times-and-ranks",
    timeRange(period, amount),
    `latest${amount}`,
  ];
}

function timeRange(period: string, amount: bigint): string {
  const known = parsePeriod(period);
  if (known === undefined || amount === 0n) return "notime";
  const count = BigInt(/^[0-9]*/.exec(period)![0] || "1"); // exact, however long
  return `${count * amount}${DURATION_UNITS[known.unit]}ago..anytime`;
}
