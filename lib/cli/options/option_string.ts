/**
 * Option strings for other programs (`--pv-program-opts` and the like): splitting and what is forbidden in them.
 *
 * All violations are refusals, status 3. Source: docs/spec/cli.md §1.7, §12.
 * @module
 */
import { RefusedError } from "../../model/errors.ts";
import { hasWhitespace } from "../../model/location.ts";

const QUOTES = /['"$`]/;

/** Splits at blanks. Quotes and `$` are refused, as no shell looks at the words. */
export function splitOptions(text: string, option: string): string[] {
  const words = text.split(/[\s\x1c-\x1f\x85]+/).filter((word) => word !== "");
  const bad = words.find((word) => QUOTES.test(word));
  if (bad === undefined) return words;
  throw new RefusedError(
    `${option}: Option must not contain a single quote or double quote or dollar or backtick character: ${bad}`,
  );
}

/** Returns the text if it is one plain word, or empty. */
export function plainWord(text: string, option: string): string {
  if (hasWhitespace(text)) throw new RefusedError(`${option}: Option must not contain a whitespace character: ${text}`);
  if (QUOTES.test(text)) splitOptions(text, option);
  return text;
}

/** Returns the words if none of them is forbidden. Exact words count, clusters do not. */
export function withoutForbidden(
  words: readonly string[],
  forbidden: readonly string[],
  option: string,
): readonly string[] {
  const bad = words.find((word) => forbidden.includes(word));
  if (bad === undefined) return words;
  throw new RefusedError(`${option}: ${bad} is disallowed for security reasons.`);
}
