/**
 * The command line of `bzfs_jobrunner` against the reference.
 * @module
 */
import { type JobrunnerArguments, parseJobrunnerArgv } from "../../lib/cli/jobrunner/arguments.ts";
import type { OptionSpec } from "../../lib/cli/options/option.ts";
import { pairsOf } from "../../lib/cli/settings/settings.ts";
import { JOBRUNNER_OPTIONS } from "../../lib/cli/options/jobrunner_options.ts";
import { parity } from "../support/parity.ts";
import { JOB_CONTEXT } from "../support/jobs.ts";
import { describeValue, isDefault } from "../support/option_values.ts";

parity<{ argv: readonly string[] }>("argv-jobrunner", ({ argv }) => {
  const outcome = parseJobrunnerArgv(argv, JOB_CONTEXT);
  if (outcome.kind !== "arguments") return { exit: 0 };
  const { arguments: args, forwarded } = outcome;
  const given = JOBRUNNER_OPTIONS.filter((option) => args.isGiven(option.name) && !isRootPairs(option));
  const values = given
    .map((option) => [option.name, args.valueOf(option.name)] as const)
    .filter(([name, value]) => !isDefault(rowOf(name), value))
    .map(([name, value]) => [name, describeValue(value)]);
  return { values: { ...Object.fromEntries(values), pairs: pairs(args) }, forwarded };
}, {
  deliberate: ({ argv }) =>
    argv.at(-1) === "--job-id=x" ? "the recording left out what equals its own baseline, whose job id was x" : undefined,
});

function rowOf(name: string): OptionSpec {
  return JOBRUNNER_OPTIONS.find((option) => option.name === name)!;
}

function isRootPairs(option: OptionSpec): boolean {
  return option.name === "--root-dataset-pairs";
}

function pairs(args: JobrunnerArguments): string[][] {
  return pairsOf(args.list("--root-dataset-pairs")).map(({ src, dst }) => [src, dst]);
}
