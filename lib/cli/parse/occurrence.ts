/**
 * One use of an option: made of words, or of a value that never was a word; and the words that mean the same.
 * @module
 */
import { type ArgumentFileReader, expandValues } from "./argument_file.ts";
import { type Notation, notationText } from "../literal/read.ts";
import type { OptionSpec } from "../options/option.ts";
import { readPlanValue, readValues, type Value, type ValueContext } from "../options/values.ts";

/** One use of an option. */
export interface Occurrence {
  readonly option: OptionSpec;
  /** Its values as they were written. */
  readonly words: readonly string[];
  /** Its values, read. */
  readonly values: readonly Value[];
}

/** What reading the words of an occurrence needs; without `files`, argument files are refused. */
export interface OccurrenceContext extends ValueContext {
  readonly files?: ArgumentFileReader | undefined;
}

/** The use of an option with these words as values. Throws `UsageError`. */
export function occurrenceOf(option: OptionSpec, words: readonly string[], context: OccurrenceContext): Occurrence {
  const expanded = option.files ? expandValues(words, context.files) : words;
  const given = words.length === 0 && option.arity === "optional" ? [option.bareValue ?? ""] : expanded;
  return { option, words, values: readValues(option, given, context) };
}

/** The use of an option with this list, dictionary or plan. Throws `UsageError`. */
export function planOccurrence(option: OptionSpec, plan: Exclude<Notation, string>): Occurrence {
  return {
    option,
    get words() {
      return [notationText(plan)];
    },
    values: [readPlanValue(option, plan)],
  };
}

/**
 * Words for one use of an option. A first value that looks like an option cannot occur among several, so only single
 * values are attached.
 */
export function occurrenceWords({ option, words }: Occurrence): string[] {
  if (words.length === 1) return [`${option.name}=${words[0]}`];
  return [option.name, ...words];
}
