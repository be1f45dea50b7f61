/**
 * How much of a dataset, or of a tree, one run may destroy.
 *
 * Source: docs/spec/snapshots.md §8.
 * @module
 */
import type { DeletionLimit } from "../../model/job.ts";
import type { Permit } from "./permit.ts";

/** As much as there is. */
export const UNLIMITED: DeletionLimit = { amount: Infinity, percent: 0 };

/** The age at which what was set aside is destroyed, unless it is said. */
export const NEVER = "never";

/** Reads `30% and 10`, `30%`, `10` or `unlimited`; `undefined` for anything else. */
export function parseDeletionLimit(text: string): DeletionLimit | undefined {
  if (text === "unlimited") return UNLIMITED;
  const [, percent, and, amount] = /^(?:(\d{1,3}) ?%)?( and )?(\d{1,9})?$/.exec(text.trim()) ?? [];
  const hasBoth = percent !== undefined && amount !== undefined;
  if ((percent === undefined && amount === undefined) || hasBoth !== (and !== undefined)) return undefined;
  if (Number(percent ?? 0) > 100) return undefined;
  return { percent: Number(percent ?? 0), amount: Number(amount ?? 0) };
}

/** The limit in words that {@linkcode parseDeletionLimit} reads. */
export function describeLimit({ percent, amount }: DeletionLimit): string {
  if (amount === Infinity) return "unlimited";
  return percent === 0 ? `${amount}` : amount === 0 ? `${percent}%` : `${percent}% and ${amount}`;
}

/** True if so many of all are more than both the share and the number. */
function isExceeded({ percent, amount }: DeletionLimit, count: number, all: number): boolean {
  return count > amount && count * 100 > all * percent;
}

/** Something that is doomed. */
export interface Doomed<T> {
  readonly item: T;
  readonly verdict: ReturnType<Permit["verdictOn"]>;
  /** False for what is no surprise: it is neither limited nor counted. */
  readonly isLimited: boolean;
}

/** What is destroyed of a dataset, or a tree, that a limit is about. */
export interface LimitQuestion {
  readonly limit: DeletionLimit;
  /** What this run has destroyed of it already, as far as that counts. */
  readonly before: number;
  /** What of it can be counted now, the doomed ones included. */
  readonly all: number;
}

/** What becomes of the doomed; each is in one list, in the same order. */
export interface Ration<T> {
  /** Counted: nobody speaks of them, and the limit allows them. */
  readonly counted: readonly T[];
  /** Not counted: they are no surprise. */
  readonly uncounted: readonly T[];
  /** A person has allowed them. */
  readonly permitted: readonly T[];
  /** More than the limit: none of them goes. */
  readonly beyond: readonly T[];
  /** A plan is applied that does not hold them. */
  readonly refused: readonly T[];
}

/** Decides what may go. If there are more than the limit allows, none of those that it is about goes. */
export function ration<T>(doomed: readonly Doomed<T>[], { limit, before, all }: LimitQuestion): Ration<T> {
  const of = (test: (each: Doomed<T>) => boolean): T[] => doomed.filter(test).map(({ item }) => item);
  const surprising = of(({ verdict, isLimited }) => verdict === "ordinary" && isLimited);
  const isTooMuch = surprising.length > 0 && isExceeded(limit, before + surprising.length, before + all);
  return {
    counted: isTooMuch ? [] : surprising,
    uncounted: of(({ verdict, isLimited }) => verdict === "ordinary" && !isLimited),
    permitted: of(({ verdict }) => verdict === "permitted"),
    beyond: isTooMuch ? surprising : [],
    refused: of(({ verdict }) => verdict === "refused"),
  };
}
