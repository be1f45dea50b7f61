/**
 * "Did you mean": the known word that is nearest to a misspelled one.
 * @module
 */
import { nearest } from "../../model/text/mod.ts";

/** The nearest candidate as a question; `undefined` if none is near enough. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const near = nearest(word, candidates);
  return near && `Did you mean ${near}?`;
}

/** The hint for a command line that holds a job file as a dataset; `undefined` if none of the words looks like one. */
export function jobFileHint(words: Iterable<string>, command = ""): string | undefined {
  const file = [...words].find((word) => /[^/]\.ya?ml$/i.test(word));
  return file && `Did you mean ${command}--config ${file}?`;
}
