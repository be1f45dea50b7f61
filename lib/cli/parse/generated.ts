/**
 * The only place that writes command lines of our own: the canonical form of a parsed one.
 *
 * What plan options stand for is in `cli/options/plan_options.ts`.
 * @module
 */
import type { Occurrence } from "./parse.ts";

/**
 * Words for one use of an option. A first value that looks like an option cannot occur among several, so only single
 * values are attached.
 */
export function occurrenceWords({ option, words }: Occurrence): string[] {
  if (words.length === 1) return [`${option.name}=${words[0]}`];
  return [option.name, ...words];
}
