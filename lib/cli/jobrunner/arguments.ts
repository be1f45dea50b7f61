/**
 * The command line of `bzfs_jobrunner`: its own options, and words that are passed on to the subjobs.
 *
 * Source: docs/spec/jobrunner.md §2, §2.5.
 * @module
 */
import { AppError, messageOf, UsageError } from "../../model/errors.ts";
import {
  type ParseEnvironment,
  parseOptions,
  type ParseOutcome,
  refuseLeftovers,
  stopOutcome,
} from "../parse/bzfs_arguments.ts";
import { BZFS_OPTIONS } from "../options/bzfs_options.ts";
import { type Occurrence, occurrenceWords } from "../parse/occurrence.ts";
import type { PairGroup } from "../../model/fleet.ts";
import type { JobFileEntry } from "../job_file/entry.ts";
import { PLAN_FIELDS } from "../job_file/fields.ts";
import { type JobFileOptions, jobFileOptions, openJobFile } from "../job_file/job_file.ts";
import { type ParsedWords, parseWords } from "../parse/parse.ts";
import { ParsedArguments } from "../parse/parsed_arguments.ts";
import { jobFileHint } from "../parse/suggestion.ts";
import { JOBRUNNER_OPTIONS, JOBRUNNER_TABLE } from "../options/jobrunner_options.ts";

/** The parsed options of the runner. */
export type JobrunnerArguments = ParsedArguments<typeof JOBRUNNER_OPTIONS>;

/** Words that ask for a run. */
export interface JobrunnerRun {
  readonly kind: "arguments";
  readonly arguments: JobrunnerArguments;
  /** Words for every subjob, in order: those of the job file first. */
  readonly forwarded: readonly string[];
  /** What the words of the job file among them mean. */
  readonly ofJobFile: readonly Occurrence[];
  /** The job file, if there is one. */
  readonly jobFile?: JobFileEntry;
  /** Pairs of the job file, if some of them have plans of their own. */
  readonly groups?: readonly PairGroup[];
  /** What the command line says beside a job file. */
  readonly commandLine: ParsedWords;
}

/** What the words ask for. */
export type JobrunnerOutcome =
  | JobrunnerRun
  | { readonly kind: "jobfile-schema" }
  | Exclude<ParseOutcome, { kind: "arguments" }>;

/** Parses the words behind `bzfs_jobrunner`, with the options of a job file in front. Throws {@linkcode UsageError}. */
export function parseJobrunnerArgv(argv: readonly string[], environment: ParseEnvironment): JobrunnerOutcome {
  const given = parseRunnerWords(argv, environment);
  if (given.stop?.option.stops === "schema") return { kind: "jobfile-schema" };
  const stop = stopOutcome(given, argv);
  if (stop !== undefined) return stop;
  const path = new ParsedArguments(argv, JOBRUNNER_OPTIONS, given).text("--config");
  if (path === undefined) return outcomeOf(argv, given);
  checkForwarded(["--no-argument-file", ...forwardedOf(given)], environment);
  const jobFile = openJobFile(path, readJobFile(path, environment));
  const ofFile = jobFileOptions(jobFile, path);
  const { groups } = ofFile;
  if (groups === undefined) return { ...outcomeOf(argv, given, ofFile), jobFile };
  refuseOverrides(given, path);
  return { ...outcomeOf(argv, given, ofFile), jobFile, groups };
}

/** What is deleted by one plan for all pairs is not what each pair's own plan keeps. */
function refuseOverrides({ occurrences }: ParsedWords, path: string): void {
  const override = occurrences.find(({ option: { name } }) => OF_PAIRS.has(name));
  if (override === undefined) return;
  throw new UsageError(`argument ${override.option.name}: the pairs of ${path} have plans of their own`, {
    hint: "Change the job file, or a copy of it.",
  });
}

const OF_PAIRS: ReadonlySet<string> = new Set(["root-dataset-pairs", ...PLAN_FIELDS].map((field) => `--${field}`));

function parseRunnerWords(argv: readonly string[], environment: ParseEnvironment): ParsedWords {
  return parseWords(argv, JOBRUNNER_TABLE, { ...parseOptions(environment), operands: "none" });
}

/** The command line with the options of a job file in front of its own, which therefore count. */
function outcomeOf(
  argv: readonly string[],
  commandLine: ParsedWords,
  ofFile: JobFileOptions = { runner: [], bzfs: [] },
): JobrunnerRun {
  const occurrences = [...ofFile.runner, ...commandLine.occurrences];
  const parsed = new ParsedArguments(argv, JOBRUNNER_OPTIONS, { ...commandLine, occurrences });
  const missing = (["--root-dataset-pairs", "--job-id"] as const).filter((name) => !parsed.isGiven(name));
  if (missing.length > 0) {
    const hint = parsed.isGiven("--config")
      ? undefined
      : jobFileHint(forwardedOf(commandLine)) ?? "Or name a job file: --config FILE";
    throw new UsageError(`the following arguments are required: ${missing.join(", ")}`, { hint });
  }
  if (parsed.isGiven("--print-schedule") && !parsed.isGiven("--config")) {
    throw new UsageError("argument --print-schedule: needs --config", {
      hint: "What a scheduler starts is told by a job file.",
    });
  }
  if (parsed.isGiven("--print-schedule") && parsed.flag("--explain")) {
    throw new UsageError("argument --explain: not allowed with argument --print-schedule");
  }
  const lost = AROUND_SCHEDULES.find((name) => parsed.isGiven(name));
  if (lost !== undefined && !parsed.isGiven("--print-schedule")) {
    throw new UsageError(`argument ${lost}: needs --print-schedule`, { hint: "It is for what a scheduler starts." });
  }
  if (parsed.flag("--ask-hosts") && !parsed.flag("--explain")) {
    throw new UsageError("argument --ask-hosts: needs --explain");
  }
  if (parsed.isGiven("--print-schedule") && forwardedOf(commandLine).some((word) => word.startsWith("--allow-del"))) {
    throw new UsageError("argument --allow-deletions: is for one run, not for those that a scheduler starts");
  }
  // Who only looks changes nothing.
  const leftovers = parsed.flag("--ask-hosts")
    ? [...commandLine.leftovers, { word: "--dryrun=recv", kind: "option" } as const]
    : commandLine.leftovers;
  const words = { ...commandLine, leftovers };
  const forwarded = [...ofFile.bzfs.flatMap(occurrenceWords), ...forwardedOf(words)];
  return { kind: "arguments", arguments: parsed, forwarded, ofJobFile: ofFile.bzfs, commandLine: words };
}

/** Options that are about what is printed for a scheduler. */
const AROUND_SCHEDULES = ["--status-timer", "--ping", "--hook-success", "--hook-failure"] as const;

/** Options that are about a single call, not about what a scheduler shall start. */
const OF_ONE_CALL: ReadonlySet<string> = new Set([
  "--config",
  "--explain",
  "--ask-hosts",
  "--print-schedule",
  ...AROUND_SCHEDULES,
  "--forget-destination",
  "--yes",
  "--localhost",
  "--src-host",
  "--dst-host",
  "--job-run",
  "--jobrunner-dryrun",
  "--plan-file",
  "--apply-plan",
  "--plan-max-age",
]);

/** Words of the command line that also hold for what a scheduler starts. */
export function lastingWords({ commandLine }: JobrunnerRun): string[] {
  const occurrences = commandLine.occurrences.filter(({ option }) =>
    option.section !== "Actions" && !OF_ONE_CALL.has(option.name)
  );
  return [...occurrences.flatMap(occurrenceWords), ...forwardedOf(commandLine)];
}

function forwardedOf(words: ParsedWords): string[] {
  return words.leftovers.map((leftover) => leftover.word);
}

function readJobFile(path: string, environment: ParseEnvironment): Uint8Array {
  try {
    return environment.files.read(path);
  } catch (cause) {
    const hint = cause instanceof AppError ? cause.hint : undefined;
    throw new UsageError(`Cannot read job file ${path}: ${messageOf(cause)}`, { cause, hint });
  }
}

/**
 * Parses the forwarded words as `bzfs` will, so that a misspelled option is found before any subjob starts. Throws
 * {@linkcode UsageError} with the nearest option of either program.
 */
export function checkForwarded(forwarded: readonly string[], environment: ParseEnvironment): ParsedWords {
  const words = parseWords(forwarded, BZFS_OPTIONS, { ...parseOptions(environment), operands: "none" });
  const separators = words.leftovers.filter((leftover) => leftover.kind === "separator");
  refuseLeftovers(words.leftovers, [...BZFS_OPTIONS, ...JOBRUNNER_OPTIONS]);
  if (separators.length > 0) {
    throw new UsageError("unrecognized arguments: --", { hint: "The job runner adds the datasets of subjobs itself." });
  }
  return words;
}

/** Options for every subjob: as words, and what these mean. */
export interface Forwarded {
  readonly words: readonly string[];
  readonly parsed: ParsedWords;
}

/** Reads what a run forwards. Argument files are not read. Throws like {@linkcode checkForwarded}. */
export function readForwarded(run: JobrunnerRun, environment: ParseEnvironment): Forwarded {
  const { forwarded: words, ofJobFile, commandLine } = run;
  const parsed = checkForwarded(["--no-argument-file", ...forwardedOf(commandLine)], environment);
  return { words, parsed: { ...parsed, occurrences: [...ofJobFile, ...parsed.occurrences.slice(1)] } };
}

/** Words of the command line that other commands need as well to be about the same hosts and logs, beside the job file. */
export function sameWords({ arguments: args, ofJobFile }: JobrunnerRun, { parsed }: Forwarded): string[] {
  const localhost = args.text("--localhost");
  const own = parsed.occurrences.slice(ofJobFile.length);
  const folder = own.findLast(({ option }) => option.name === "--log-dir");
  return [
    ...localhost === undefined ? [] : [`--localhost=${localhost}`],
    ...folder === undefined ? [] : occurrenceWords(folder),
  ];
}
