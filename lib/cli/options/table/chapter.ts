/**
 * Rows of the same chapter, which need not repeat what they have in common.
 * @module
 */
import type { Arity, OptionSpec, Section } from "../option.ts";

/** A row that leaves its section to the chapter, and takes one value unless it says otherwise. */
type ChapterRow = Omit<OptionSpec, "section" | "arity"> & { readonly arity?: Arity };

/** A row with all that it left out. */
type Whole<S extends Section, R> =
  & R
  & { readonly section: S }
  & (R extends { readonly arity: Arity } ? unknown : { readonly arity: "one" });

/** Refuses fields that no option has: a row whose type is inferred is not checked for them. */
type OnlyKnown<T> = { readonly [I in keyof T]: { readonly [F in Exclude<keyof T[I], keyof OptionSpec>]: never } };

/** Completes rows of one chapter. Their order stays. */
export function chapter<const S extends Section, const T extends readonly ChapterRow[]>(
  section: S,
  rows: T & OnlyKnown<T>,
): { readonly [I in keyof T]: Whole<S, T[I]> } {
  const whole = rows.map((row) => ({ arity: "one", section, ...row }));
  return whole as unknown as { readonly [I in keyof T]: Whole<S, T[I]> };
}
