/**
 * The only place that writes command lines of our own: the canonical form of a parsed one.
 *
 * What plan options stand for is in `cli/options/plan_options.ts`.
 * @module
 */
import type { OptionTable } from "../options/option.ts";
import type { Occurrence } from "./parse.ts";
import type { ParsedArguments } from "./parsed_arguments.ts";

/**
 * Words that mean the same as the parsed ones, in their safest form: every option by its first long name, with
 * attached values where there is one, in the order given; then `--` and the operands as they were written.
 */
export function canonicalWords<T extends OptionTable>(parsed: ParsedArguments<T>): string[] {
  const { occurrences, operandWords } = parsed.words;
  return [...occurrences.flatMap(occurrenceWords), ...(operandWords === undefined ? [] : ["--", ...operandWords])];
}

/**
 * Words for one use of an option. A first value that looks like an option cannot occur among several, so only single
 * values are attached.
 */
export function occurrenceWords({ option, words }: Occurrence): string[] {
  if (words.length === 1) return [`${option.name}=${words[0]}`];
  return [option.name, ...words];
}
