/**
 * The command line of `bzfs_jobrunner`: its own options, and words that are passed on to the subjobs.
 *
 * Source: spec/jobrunner.md chapter 2, spec/addenda.md B2, D6.
 * @module
 */
import { UsageError } from "../model/errors.ts";
import {
  type ParseEnvironment,
  parseOptions,
  type ParseOutcome,
  refuseLeftovers,
  stopOutcome,
} from "./bzfs_arguments.ts";
import { BZFS_OPTIONS } from "./bzfs_options.ts";
import { parseWords } from "./parse.ts";
import { ParsedArguments } from "./parsed_arguments.ts";
import { JOBRUNNER_OPTIONS, JOBRUNNER_TABLE } from "./table/jobrunner.ts";

/** The parsed options of the runner. */
export type JobrunnerArguments = ParsedArguments<typeof JOBRUNNER_OPTIONS>;

/** What the words ask for. */
export type JobrunnerOutcome =
  | {
    readonly kind: "arguments";
    readonly arguments: JobrunnerArguments;
    /** Words for every subjob, in order. */
    readonly forwarded: readonly string[];
  }
  | Exclude<ParseOutcome, { kind: "arguments" }>;

/** Parses the words behind `bzfs_jobrunner`. Throws {@linkcode UsageError}. */
export function parseJobrunnerArgv(argv: readonly string[], environment: ParseEnvironment): JobrunnerOutcome {
  const words = parseWords(argv, JOBRUNNER_TABLE, { ...parseOptions(environment), operands: "none" });
  const stop = stopOutcome(words, argv);
  if (stop !== undefined) return stop;
  const parsed = new ParsedArguments(argv, JOBRUNNER_OPTIONS, words);
  const missing = (["--root-dataset-pairs", "--job-id"] as const).filter((name) => !parsed.isGiven(name));
  if (missing.length > 0) throw new UsageError(`the following arguments are required: ${missing.join(", ")}`);
  return { kind: "arguments", arguments: parsed, forwarded: words.leftovers.map((leftover) => leftover.word) };
}

/**
 * Parses the forwarded words as `bzfs` will, so that a misspelled option is found before any subjob starts. Throws
 * {@linkcode UsageError} with the nearest option of either program.
 */
export function checkForwarded(forwarded: readonly string[], environment: ParseEnvironment): void {
  const words = parseWords(forwarded, BZFS_OPTIONS, { ...parseOptions(environment), operands: "none" });
  const separators = words.leftovers.filter((leftover) => leftover.kind === "separator");
  refuseLeftovers(words.leftovers, [...BZFS_OPTIONS, ...JOBRUNNER_OPTIONS]);
  if (separators.length > 0) {
    throw new UsageError("unrecognized arguments: --", { hint: "The job runner adds the datasets of subjobs itself." });
  }
}
