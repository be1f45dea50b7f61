/**
 * Rows of the same chapter, which need not repeat what they have in common.
 * @module
 */
import type { Arity, OptionSpec, Section } from "../option.ts";

/**
 * A row that leaves its section to the chapter. Unless it says otherwise it takes one value if it names or lists what
 * that may be, and is a flag if not.
 */
type ChapterRow = Omit<OptionSpec, "section" | "arity"> & { readonly arity?: Arity };

/** A row with all that it left out. */
type Whole<S extends Section, R> =
  & R
  & { readonly section: S }
  & (R extends { readonly arity: Arity } ? unknown
    : R extends { readonly metavar: string } | { readonly choices: readonly string[] } ? { readonly arity: "one" }
    : { readonly arity: "flag" });

/** Refuses fields that no option has: a row whose type is inferred is not checked for them. */
type OnlyKnown<T> = { readonly [I in keyof T]: { readonly [F in Exclude<keyof T[I], keyof OptionSpec>]: never } };

/** Completes rows of one chapter. Their order stays. */
export function chapter<const S extends Section, const T extends readonly ChapterRow[]>(
  section: S,
  rows: T & OnlyKnown<T>,
): { readonly [I in keyof T]: Whole<S, T[I]> } {
  const arityOf = (row: ChapterRow): Arity => row.metavar === undefined && row.choices === undefined ? "flag" : "one";
  const whole = rows.map((row) => ({ arity: arityOf(row), section, ...row }));
  return whole as unknown as { readonly [I in keyof T]: Whole<S, T[I]> };
}

/** A row whose value is a time in seconds, at least 0 unless it says otherwise. */
export function seconds<const R extends { readonly name: string; readonly brief: string; readonly detail: string }>(
  row: R,
): R & { readonly type: "number"; readonly metavar: "SECONDS" } {
  return { type: "number", metavar: "SECONDS", min: 0, ...row };
}

/** A row whose values are regular expressions: those of all occurrences count, and may come from argument files. */
export function regexes<const R extends { readonly name: string; readonly brief: string; readonly detail: string }>(
  row: R,
): R & { readonly arity: "many"; readonly metavar: "REGEX"; readonly repeat: "add"; readonly files: true } {
  return { arity: "many", metavar: "REGEX", repeat: "add", files: true, ...row };
}
