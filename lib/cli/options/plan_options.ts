/**
 * Retention plans as options: what `--include-snapshot-plan` and `--delete-dst-snapshots-except-plan` stand for.
 *
 * A plan is a dictionary of organisation, target, period and amount. Each entry becomes a filter group; the options
 * that would make the same group are for the log. Source: docs/spec/snapshots.md §3.6.
 * @module
 */
import { UsageError } from "../../model/errors.ts";
import type { SnapshotFilter, SnapshotFilterGroup } from "../../model/snapshot_filter.ts";
import { type PeriodEntry, periodsOf, readPeriodTable } from "../../model/period_table.ts";
import { escapeRegex } from "../../model/regex/regex.ts";
import { parsePeriod, type Period, periodMs, type PeriodUnit } from "../../model/text/mod.ts";
import { ownNameRegex } from "../../plan/limits/mod.ts";
import { isDict, type Literal, writeLiteral } from "../literal/text.ts";
import { AMOUNTS_FORM, quoted } from "../literal/forms.ts";
import { type Notation, notationText, readNotation } from "../literal/read.ts";

/** What one plan option stands for. */
export interface PlanFilters {
  /** `include`: an empty plan selects nothing. `except`: what is selected is retained. */
  readonly kind: "include" | "except";
  /** The entries of the plan in its order, with amounts that are not negative. */
  readonly entries: readonly PeriodEntry<bigint>[];
}

/** Reads a plan. Throws {@linkcode UsageError}, also for an empty `except`, which would delete everything. */
export function readPlanFilters(kind: PlanFilters["kind"], plan: Notation): PlanFilters {
  const entries = periodsOf(readPeriodTable(readNotation(plan, notALiteral), { entriesOf, valueOf: amountOf }));
  if (entries.length > 0 || kind === "include") return { kind, entries };
  throw new UsageError(
    `Cowardly refusing to delete all snapshots on the destination as the plan is empty: ${notationText(plan)}`,
  );
}

function notALiteral(problem: string, cause: unknown): UsageError {
  return new UsageError(`Invalid plan: ${problem}`, { cause, hint: quoted(AMOUNTS_FORM) });
}

function entriesOf(level: Literal): [string, Literal][] {
  if (!isDict(level)) throw notADict(level);
  return [...level].map(([key, value]) => {
    if (typeof key !== "string") throw notADict(key);
    return [key, value];
  });
}

function notADict(value: Literal): UsageError {
  return new UsageError(
    `A plan maps organisations to targets to periods to amounts, but this is none: ${writeLiteral(value)}`,
    { hint: AMOUNTS_FORM },
  );
}

function amountOf({ value }: PeriodEntry<Literal>): bigint {
  if (typeof value === "bigint" && value >= 0n) return value;
  throw new UsageError(`Period amount must be a non-negative integer: ${writeLiteral(value)}`, { hint: AMOUNTS_FORM });
}

/** The filter groups of a plan, none of which is empty. */
export function planGroups({ kind, entries }: PlanFilters): SnapshotFilterGroup[] {
  if (entries.length === 0 && kind === "include") return [[{ kind: "include-regex", regexes: [NOTHING] }]];
  return entries.map((entry) => [{ kind: "include-regex", regexes: [regexOf(entry)] }, timesAndRanks(entry)]);
}

/** Matches no name. */
const NOTHING = "!.*";

function regexOf({ organisation, target, period }: PeriodEntry<bigint>): string {
  const suffix = period === "" ? "" : escapeRegex(`_${period}`);
  return `${ownNameRegex({ organisation, target })}${suffix}`;
}

/** Newer than `amount` periods, or among the newest `amount`. */
function timesAndRanks({ period, value: amount }: PeriodEntry<bigint>): SnapshotFilter {
  const age = ageOf(period, amount);
  const agoMs = age === undefined ? undefined : Number(age.count) * periodMs({ amount: 1, unit: age.unit });
  const latest = (amount: number) => ({ kind: "latest", amount, percent: false }) as const;
  return {
    kind: "times-and-ranks",
    times: agoMs === undefined ? { from: { unix: 0 }, to: { unix: 0 } } : { from: { agoMs }, to: "infinity" },
    ranks: amount === 0n ? [] : [{ from: latest(0), to: latest(Number(amount)) }],
  };
}

/** What an entry covers; `undefined` for words that are no period, and for amount 0. Exact, however long. */
function ageOf(period: string, amount: bigint): { readonly count: bigint; readonly unit: Period["unit"] } | undefined {
  const known = parsePeriod(period);
  if (known === undefined || amount === 0n) return undefined;
  return { count: BigInt(/^[0-9]*/.exec(period)![0] || "1") * amount, unit: known.unit };
}

/** The unit of a duration that is as long as a unit of periods. */
function durationUnit(unit: PeriodUnit): string {
  return unit === "daily" ? "days" : unit.replace(/ly$/, "s");
}

/** The options that a plan stands for, as the log names them. */
export function planWords({ kind, entries }: PlanFilters): string[] {
  const groups = entries.flatMap((entry) => {
    const age = ageOf(entry.period, entry.value);
    return [
      "--new-snapshot-filter-group",
      `--include-snapshot-regex=${regexOf(entry)}`,
      "--include-snapshot-times-and-ranks",
      age === undefined ? "notime" : `${age.count}${durationUnit(age.unit)}ago..anytime`,
      `latest${entry.value}`,
    ];
  });
  if (kind === "except") return ["--delete-dst-snapshots-except", ...groups];
  return groups.length > 0 ? groups : ["--new-snapshot-filter-group", `--include-snapshot-regex=${NOTHING}`];
}
