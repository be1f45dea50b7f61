/**
 * The command line of `bzfs status`: what it asks for, and the words by which the job runner would be asked the same.
 * Source: docs/spec/status.md §1.
 * @module
 */
import { asUsage, UsageError } from "../../model/errors.ts";
import { parseLimit } from "../../model/text/mod.ts";
import { type JobrunnerRun, parseJobrunnerArgv } from "../jobrunner/mod.ts";
import { STATUS_OPTIONS } from "../options/verb_options.ts";
import {
  type ParseEnvironment,
  parseOptions,
  type ParseOutcome,
  refuseLeftovers,
  stopOutcome,
} from "../parse/bzfs_arguments.ts";
import { ParsedArguments } from "../parse/parsed_arguments.ts";
import { parseWords } from "../parse/parse.ts";

/** What is asked for. */
export interface StatusRequest {
  readonly kind: "arguments";
  /** Path of the job file, as it was given. */
  readonly config: string;
  /** What is printed; `none` if standard output gets one of the files. */
  readonly form: "table" | "json" | "nagios" | "none";
  /** Where metrics are written; `-` is standard output. */
  readonly metricsFile: string | undefined;
  /** Where a page is written; `-` is standard output. */
  readonly pageFile: string | undefined;
  /** Milliseconds between two looks; `undefined` = there is one. */
  readonly watchMs: number | undefined;
  readonly isOffline: boolean;
  /** How often `--verbose` was given. */
  readonly verbosity: number;
  /** The job file and the rest, as the job runner takes them. */
  readonly run: JobrunnerRun;
}

/** Parses the words behind `bzfs status`, and the job file. Throws {@linkcode UsageError}. */
export function parseStatusArgv(
  argv: readonly string[],
  environment: ParseEnvironment,
): StatusRequest | Exclude<ParseOutcome, { kind: "arguments" }> {
  const words = parseWords(argv, STATUS_OPTIONS, { ...parseOptions(environment), operands: "none" });
  const stop = stopOutcome(words, argv);
  if (stop !== undefined) return stop;
  refuseLeftovers(words.leftovers, STATUS_OPTIONS);
  const args = new ParsedArguments(argv, STATUS_OPTIONS, words);
  const config = args.text("--config");
  if (config === undefined) {
    throw new UsageError("the following arguments are required: --config", {
      hint: "What is expected is told by a job file: see `bzfs man job-file`.",
    });
  }
  const [isJson, isNagios] = [args.flag("--json"), args.flag("--nagios")];
  const [metricsFile, pageFile] = [args.text("--prometheus"), args.text("--html")];
  const printed = [["--json", isJson], ["--nagios", isNagios], ["--prometheus -", metricsFile === "-"], [
    "--html -",
    pageFile === "-",
  ]]
    .filter(([, isGiven]) => isGiven).map(([name]) => name);
  if (printed.length > 1) throw new UsageError(`argument ${printed[0]}: not allowed with argument ${printed[1]}`);
  const watch = args.text("--watch");
  if (watch !== undefined && isNagios) throw new UsageError("argument --watch: not allowed with argument --nagios");
  const watchMs = watch === undefined ? undefined : durationOf(watch, "--watch");
  if (watchMs === Infinity) throw new UsageError("argument --watch: must be more than 0");
  durationOf(args.text("--query-timeout"), "--query-timeout");
  const localhost = args.text("--localhost");
  const logFolder = args.text("--log-dir");
  const run = parseJobrunnerArgv([
    `--config=${config}`,
    ...(localhost === undefined ? [] : [`--localhost=${localhost}`]),
    ...args.list("--src-host").map((host) => `--src-host=${host}`),
    ...args.list("--dst-host").map((host) => `--dst-host=${host}`),
    `--query-timeout=${args.text("--query-timeout")}`,
    "--retries=0",
    ...(logFolder === undefined ? [] : [`--log-dir=${logFolder}`]),
  ], environment);
  if (run.kind !== "arguments") throw new UsageError("argument --config: does not ask for a run");
  return {
    kind: "arguments",
    config,
    form: isJson ? "json" : isNagios ? "nagios" : printed.length > 0 ? "none" : "table",
    ...{ metricsFile, pageFile },
    watchMs,
    isOffline: args.flag("--offline"),
    verbosity: args.count("--verbose"),
    run,
  };
}

function durationOf(text: string, option: string): number {
  return asUsage(() => parseLimit(text, option), `argument ${option}: `);
}
