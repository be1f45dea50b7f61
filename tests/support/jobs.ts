/**
 * Jobs for tests, made from the words of a command line.
 * @module
 */
import { type BzfsArguments, parseArgv, type ParseEnvironment } from "../../lib/cli/parse/bzfs_arguments.ts";
import { type JobContext, makeJob } from "../../lib/cli/settings/settings.ts";
import { RefusedError } from "../../lib/model/errors.ts";
import { UTC } from "../../lib/model/time/zone.ts";
import type { Job } from "../../lib/model/job.ts";
import { NO_FILES } from "./safe_files.ts";

/** A context without files, in which the only named zone is Europe/Vienna. */
export const JOB_CONTEXT: JobContext & ParseEnvironment = {
  files: NO_FILES,
  zone: () => UTC,
  environment: () => undefined,
  checkTimezone: (text) => {
    if (!["", "UTC", "Europe/Vienna"].includes(text)) throw new RefusedError(`Invalid timezone specification: ${text}`);
  },
  absolutePath: (path) => path.startsWith("/") ? path : `/work/${path}`,
};

/** Parses words that ask for a run. */
export function parsedArguments(words: readonly string[], context = JOB_CONTEXT): BzfsArguments {
  const outcome = parseArgv(words, context);
  if (outcome.kind !== "arguments") throw new TypeError(`The words ask for ${outcome.kind}`);
  return outcome.arguments;
}

/** The job of a command line. */
export function jobOf(words: readonly string[], context = JOB_CONTEXT): Job {
  return makeJob(parsedArguments(words, context), context);
}
