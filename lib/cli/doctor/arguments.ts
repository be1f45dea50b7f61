/**
 * The command line of `bzfs doctor`: what it asks for, and the words by which `bzfs` or its job runner would be asked for
 * the runs that are checked. Source: docs/spec/doctor.md §1.
 * @module
 */
import { asUsage, UsageError } from "../../model/errors.ts";
import { parseLimit } from "../../model/text/mod.ts";
import { DOCTOR_OPTIONS, DOCTOR_OWN_OPTIONS } from "../options/verb_options.ts";
import {
  type ParseEnvironment,
  parseOptions,
  type ParseOutcome,
  refuseLeftovers,
  stopOutcome,
} from "../parse/bzfs_arguments.ts";
import { occurrenceWords } from "../parse/occurrence.ts";
import { ParsedArguments } from "../parse/parsed_arguments.ts";
import { parseWords } from "../parse/parse.ts";
import { jobFileHint } from "../parse/suggestion.ts";

/** What is asked for. */
export interface DoctorRequest {
  readonly kind: "arguments";
  /** Path of the job file; `undefined` if datasets were named. */
  readonly config: string | undefined;
  /** Words for `bzfs`, or for its job runner. */
  readonly words: readonly string[];
  /** Words of this command line, without those that say what to do. */
  readonly again: readonly string[];
  readonly fix: "partial-receives" | "temporary-bookmarks" | "control-sockets" | "locks" | undefined;
  readonly isDry: boolean;
  readonly isJson: boolean;
  /** How often `--verbose` was given. */
  readonly verbosity: number;
}

const OWN: ReadonlySet<string> = new Set(DOCTOR_OWN_OPTIONS.map(({ name }) => name));

/**
 * Parses the words behind `bzfs doctor`. Throws {@linkcode UsageError}.
 *
 * @param absolutePath of a path that may be relative
 */
export function parseDoctorArgv(
  argv: readonly string[],
  environment: ParseEnvironment,
  absolutePath: (path: string) => string,
): DoctorRequest | Exclude<ParseOutcome, { kind: "arguments" }> {
  const parsed = parseWords(argv, DOCTOR_OPTIONS, { ...parseOptions(environment), operands: "run" });
  const stop = stopOutcome(parsed, argv);
  if (stop !== undefined) return stop;
  refuseLeftovers(parsed.leftovers, DOCTOR_OPTIONS);
  const args = new ParsedArguments(argv, DOCTOR_OWN_OPTIONS, parsed);
  const config = args.text("--config");
  const { operands } = parsed;
  if ((config === undefined) === (operands.length === 0)) {
    throw new UsageError("one of these is required: --config FILE, or SRC_DATASET DST_DATASET");
  }
  if (operands.length % 2 !== 0) {
    throw new UsageError("each SRC_DATASET must have a DST_DATASET", { hint: jobFileHint(operands) });
  }
  const isDry = args.flag("--dryrun");
  const fix = args.text("--fix");
  if (isDry && fix === undefined) throw new UsageError("argument --dryrun: needs --fix");
  if (fix !== undefined && args.flag("--json")) {
    throw new UsageError("argument --json: not allowed with argument --fix");
  }
  const timeout = args.text("--query-timeout");
  asUsage(() => parseLimit(timeout, "--query-timeout"), "argument --query-timeout: ");
  const shared = parsed.occurrences.filter(({ option: { name } }) => !OWN.has(name)).flatMap(occurrenceWords);
  const localhost = args.text("--localhost");
  const naming = [
    ...config === undefined ? [] : [`--config=${absolutePath(config)}`],
    ...localhost === undefined ? [] : [`--localhost=${localhost}`],
  ];
  const datasets = operands.length === 0 ? [] : ["--", ...operands];
  return {
    kind: "arguments",
    config: config === undefined ? undefined : absolutePath(config),
    words: [...naming, ...shared, `--query-timeout=${timeout}`, "--retries=0", ...datasets],
    again: [...naming, ...shared, ...datasets],
    fix,
    isDry,
    isJson: args.flag("--json"),
    verbosity: args.count("--verbose"),
  };
}
