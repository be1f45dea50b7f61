/**
 * Command lines in tests: words to parsed arguments and to the job that they ask for.
 * @module
 */
import { type BzfsArguments, parseArgv } from "../../lib/cli/parse/bzfs_arguments.ts";
import { makeJob } from "../../lib/cli/settings/settings.ts";
import { localZone, parseTimezone } from "../../lib/host/zoneinfo.ts";
import type { Job } from "../../lib/model/job.ts";

/** What surrounds a command line. */
export interface CommandLine {
  /** Value of `TZ`. */
  readonly tz?: string;
}

const NO_FILES = {
  readArgumentFile: (): never => {
    throw new TypeError("These tests have no files");
  },
  readTextFile: (): never => {
    throw new TypeError("These tests have no files");
  },
};

/** Parses words behind `bzfs`. */
export function argumentsOf(argv: readonly string[], { tz = "UTC" }: CommandLine = {}): BzfsArguments {
  const outcome = parseArgv(argv, { files: NO_FILES as never, zone: () => localZone({ tz }) });
  if (outcome.kind !== "arguments") throw new TypeError(`The words ask for ${outcome.kind}: ${argv.join(" ")}`);
  return outcome.arguments;
}

/** The job that words behind `bzfs` ask for. */
export function jobOf(argv: readonly string[], { tz = "UTC" }: CommandLine = {}): Job {
  return makeJob(argumentsOf(argv, { tz }), {
    files: NO_FILES as never,
    environment: () => undefined,
    checkTimezone: (text) => parseTimezone(text, { tz }),
    absolutePath: (path) => path,
  });
}
