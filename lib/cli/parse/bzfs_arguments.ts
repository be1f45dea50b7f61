/**
 * The first of the two stages from words to a job: the command line of `bzfs`, parsed and checked as far as it can be
 * without looking at anything else. Every violation is a usage error, status 2, and leaves no log behind.
 * @module
 */
import { UsageError } from "../../model/errors.ts";
import { nearest } from "../../model/text/mod.ts";
import type { Zone } from "../../model/time/mod.ts";
import type { ArgumentFileReader } from "./argument_file.ts";
import { BZFS_OPTIONS, type BzfsOptions } from "../options/bzfs_options.ts";
import { asksForMore, COMMAND_WORDS } from "./command_words.ts";
import { writeLiteral } from "../literal/text.ts";
import { type OptionTable, spellingsOf } from "../options/option.ts";
import { type Leftover, type ParsedWords, type ParseOptions, parseWords } from "./parse.ts";
import type { Occurrence } from "./occurrence.ts";
import { ParsedArguments } from "./parsed_arguments.ts";
import { jobFileHint } from "./suggestion.ts";
import { parseTimesAndRanks } from "../options/times_and_ranks.ts";

/** The parsed command line of `bzfs`. */
export type BzfsArguments = ParsedArguments<BzfsOptions>;

/** What parsing needs from outside. */
export interface ParseEnvironment {
  readonly files: ArgumentFileReader;
  /** The local time zone; asked only if a time without zone occurs. */
  readonly zone: () => Zone;
}

/** What the words ask for. */
export type ParseOutcome =
  | { readonly kind: "arguments"; readonly arguments: BzfsArguments }
  | { readonly kind: "help"; readonly form: "short" | "long" }
  | { readonly kind: "version"; readonly verbose: boolean };

/** Parses the words behind `bzfs`. Throws only {@linkcode UsageError}, or what `zone` throws. */
export function parseArgv(argv: readonly string[], environment: ParseEnvironment): ParseOutcome {
  const words = parseWords(argv, BZFS_OPTIONS, {
    ...parseOptions(environment),
    operands: "run",
    checkOperands: (operands, leftovers) => checkOperands(operands, leftovers, argv[0]),
  });
  const stop = stopOutcome(words, argv);
  if (stop !== undefined) return stop;
  refuseLeftovers(words.leftovers, BZFS_OPTIONS);
  if (words.operandWords === undefined) {
    throw new UsageError("the following arguments are required: SRC_DATASET DST_DATASET", {
      hint: swallowedHint(words.occurrences),
    });
  }
  return { kind: "arguments", arguments: new ParsedArguments(argv, BZFS_OPTIONS, words) };
}

/** What the parser needs to read values. */
export function parseOptions(environment: ParseEnvironment): Pick<ParseOptions, "files" | "readTimesAndRanks"> {
  return {
    files: environment.files,
    readTimesAndRanks: (values) => parseTimesAndRanks(values, environment.zone()),
  };
}

/** The outcome if help or version was asked for. */
export function stopOutcome(
  words: ParsedWords,
  argv: readonly string[],
): Exclude<ParseOutcome, { kind: "arguments" }> | undefined {
  if (words.stop === undefined) return undefined;
  if (words.stop.option.stops === "help") {
    return { kind: "help", form: words.stop.spelling.startsWith("--") ? "long" : "short" };
  }
  return { kind: "version", verbose: asksForMore(argv) };
}

/** Names the option that took the datasets for values of its own; `undefined` if none looks like it. */
function swallowedHint(occurrences: readonly Occurrence[]): string | undefined {
  const greedy = occurrences.findLast(({ option, words }) =>
    (option.arity === "many" || option.arity === "any") && words.length >= 2 && words.slice(-2).some(isLikeDataset)
  );
  if (greedy === undefined) return undefined;
  const { option: { name }, words } = greedy;
  return `${name} takes all words up to the next option, also ${
    words.slice(-2).join(" ")
  }: write -- in front of the datasets`;
}

function isLikeDataset(word: string): boolean {
  return word.includes("/") && !/[\\*^$()]/.test(word);
}

/** A word taken for an unknown option is the likelier cause of an odd number, so it is reported first. */
function checkOperands(
  operands: readonly string[],
  leftovers: readonly Leftover[],
  firstWord: string | undefined,
): void {
  if (operands.length % 2 === 0) return;
  refuseLeftovers(leftovers, BZFS_OPTIONS);
  const command = operands[0] === firstWord ? nearest(operands[0]!, COMMAND_WORDS) : undefined;
  const question = command === undefined ? "" : `Did you mean bzfs ${command}? `;
  throw new UsageError(
    `root_dataset_pairs: Each SRC_DATASET must have a corresponding DST_DATASET: ${writeLiteral(operands)}`,
    {
      hint: question + (operands.length === 1
        ? jobFileHint(operands, "bzfs jobrunner ") ??
          `Where only one place counts, write dummy for the other: dummy ${operands[0]} to delete or monitor there, ` +
            `${operands[0]} dummy to create snapshots there`
        : "Write all datasets together, with all options before or after them."),
    },
  );
}

/** Throws if there are words that nobody took; `--` alone means nothing. */
export function refuseLeftovers(leftovers: readonly Leftover[], table: OptionTable): void {
  const words = leftovers.filter((leftover) => leftover.kind !== "separator");
  const first = words.find((leftover) => leftover.kind === "option") ?? words[0];
  if (first === undefined) return;
  const message = `unrecognized arguments: ${words.map((leftover) => leftover.word).join(" ")}`;
  throw new UsageError(message, { hint: hintFor(first, table) });
}

/** Options that begin with what was typed: more are no help. */
const MOST_OFFERED = 5;

function hintFor(leftover: Leftover, table: OptionTable): string {
  if (leftover.kind === "operand") {
    const takesJobFile = table.some(({ name }) => name === "--config");
    const hint = takesJobFile ? jobFileHint([leftover.word]) : undefined;
    return hint ?? "Write all datasets together; flags take no value.";
  }
  if (leftover.word.startsWith("-:")) return "Write a dataset that starts with a dash after all options and --";
  const equals = leftover.word.indexOf("=");
  const name = equals < 0 ? leftover.word : leftover.word.slice(0, equals);
  const spellings = table.filter((option) => !option.hidden).flatMap((option) => spellingsOf(option));
  const candidate = nearest(name, spellings);
  const longer = spellings.filter((spelling) => spelling.startsWith(`${name}-`));
  if (candidate === undefined && longer.length > 0 && longer.length <= MOST_OFFERED) {
    return `Did you mean ${longer.join(", ").replace(/, ([^,]*)$/, " or $1")}?`;
  }
  return candidate === undefined
    ? "See --help for all options."
    : `Did you mean ${candidate}${equals < 0 ? "" : leftover.word.slice(equals)}?`;
}
