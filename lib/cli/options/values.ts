/**
 * Reads and checks the values of one occurrence of an option, by the type that its row states.
 *
 * Every violation is a usage error, status 2. Source: docs/spec/cli.md §1.6, §1.7.
 * @module
 */
import { UsageError } from "../../model/errors.ts";
import { hasShellCharacter, hasSpecialWhitespace, hasWhitespace } from "../../model/location.ts";
import { pythonText } from "../../model/text/mod.ts";
import type { IntOrPercent } from "../../model/job.ts";
import type { SnapshotFilter } from "../../model/snapshot_filter.ts";
import type { Notation } from "../literal/read.ts";
import { writeLiteral } from "../literal/text.ts";
import { readInteger, readIntOrPercent, readNumber } from "./numbers.ts";
import { type OptionSpec, spellingsOf } from "./option.ts";
import { didYouMean } from "../parse/suggestion.ts";
import { type PlanFilters, readPlanFilters } from "./plan_options.ts";

/** A value after reading. */
export type Value = string | number | IntOrPercent | SnapshotFilter | PlanFilters | Notation;

/** What reading needs from outside. */
export interface ValueContext {
  /** Makes a filter of the values of one times-and-ranks option. Throws `UsageError`. */
  readonly readTimesAndRanks: (words: readonly string[]) => SnapshotFilter;
}

/** For defaults, job files and what the program itself says, none of which hold filters. */
export const NO_FILTERS: ValueContext = {
  readTimesAndRanks: () => {
    throw new RangeError("No filter may stand here");
  },
};

/** Name of an option in messages: all its spellings. */
function argumentName(option: OptionSpec): string {
  const long = [option.name, option.alias, option.short].filter((spelling) => spelling !== undefined);
  return `argument ${spellingsOf(option).length === 1 ? option.name : long.join("/")}`;
}

/** An error of one option. */
export function argumentError(option: OptionSpec, problem: string, hint?: string): UsageError {
  return new UsageError(`${argumentName(option)}: ${problem}`, { hint });
}

/** Reads all values of one occurrence. */
export function readValues(option: OptionSpec, words: readonly string[], context: ValueContext): Value[] {
  const type = option.type ?? "text";
  if (type === "times-and-ranks") return [context.readTimesAndRanks(words)];
  if (type === "include-plan" || type === "except-plan") return words.map((word) => readPlanValue(option, word));
  if (type === "dataset-pairs") return readDatasetPairs(option, words);
  return words.map((word) => readValue(option, word));
}

/** Reads the value of an option that takes a list, a dictionary or a plan. Throws `UsageError`. */
export function readPlanValue(option: OptionSpec, plan: Notation): Value {
  if (option.type === "include-plan") return withOption(option, () => readPlanFilters("include", plan));
  if (option.type === "except-plan") return withOption(option, () => readPlanFilters("except", plan));
  if (option.type === "literal") return plan;
  throw new TypeError(`${option.name} takes no plan`);
}

function readDatasetPairs(option: OptionSpec, words: readonly string[]): string[] {
  const file = words.find((word) => word.startsWith("+"));
  if (file !== undefined) throw argumentError(option, `Argument file inclusion is disabled: ${file.slice(1)}`);
  if (words.length % 2 === 0) return [...words];
  throw argumentError(option, `Each SRC_DATASET must have a corresponding DST_DATASET: ${writeLiteral(words)}`);
}

/** Puts the option's name in front of a usage error's message. */
function withOption<T>(option: OptionSpec, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${argumentName(option)}: ${error.message}`, { cause: error, hint: error.hint });
  }
}

function readValue(option: OptionSpec, word: string): Value {
  if (option.choices !== undefined) return readChoice(option, option.choices, word);
  switch (option.type) {
    case "integer":
      return inRange(option, readInteger(word) ?? notA(option, "int", word));
    case "number":
      return inRange(option, readNumber(word) ?? notA(option, "float", word));
    case "int-or-percent": {
      const value = readIntOrPercent(word) ?? notA(option, "int or percent", word);
      inRange(option, value.amount);
      return value;
    }
    case "non-empty":
      return nonEmpty(option, word);
    case "file-name":
      return fileName(option, word);
    case "directory-name":
      return withoutControls(option, nonEmpty(option, word));
    case "ssh-config-file":
      return sshConfigFile(option, nonEmpty(option, word));
    default:
      return word;
  }
}

function readChoice(option: OptionSpec, choices: readonly string[], word: string): string {
  if (choices.includes(word)) return word;
  const list = choices.map(pythonText).join(", ");
  const mayBeMisplaced = option.arity === "optional" && word !== "";
  const advice =
    `The value of ${option.name} may be left out, so it takes the next word. Write the datasets first, or ` +
    `${option.name}=${option.bareValue}.`;
  const hint = didYouMean(word, choices) ?? (mayBeMisplaced ? advice : undefined);
  throw argumentError(option, `invalid choice: ${pythonText(word)} (choose from ${list})`, hint);
}

function notA(option: OptionSpec, what: string, word: string): never {
  throw argumentError(option, `invalid ${what} value: ${pythonText(word)}`);
}

/** NaN fails every bound. */
function inRange(option: OptionSpec, value: number): number {
  const { min, max } = option;
  const fits = (min === undefined || value >= min) && (max === undefined || value <= max);
  if (fits && (min === undefined && max === undefined || !Number.isNaN(value))) return value;
  const [low, high] = [min === undefined ? "(-infinity" : `[${min}`, max === undefined ? "+infinity)" : `${max}]`];
  throw argumentError(option, `valid range: ${low}, ${high}`);
}

function nonEmpty(option: OptionSpec, word: string): string {
  const trimmed = word.trim();
  if (trimmed === "") throw argumentError(option, "Empty string is not valid");
  return trimmed;
}

function withoutControls(option: OptionSpec, word: string): string {
  if (hasSpecialWhitespace(word)) {
    throw argumentError(option, `Invalid directory name (contains whitespace other than a blank): ${pythonText(word)}`);
  }
  return word;
}

function fileName(option: OptionSpec, word: string): string {
  if (!word.includes("..") && !/[/\\]/.test(word) && !hasSpecialWhitespace(word)) return word;
  throw argumentError(option, `Invalid file name '${word}' (must not contain '..', '/', '\\' or special whitespace)`);
}

function sshConfigFile(option: OptionSpec, word: string): string {
  if (!hasShellCharacter(word) && !hasWhitespace(word)) return word;
  throw argumentError(option, `Invalid file name '${word}' (must not contain whitespace or shell characters)`);
}
