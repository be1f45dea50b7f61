/**
 * Settings of the log: as much as is needed to open it, before anything else is looked at.
 *
 * Source: docs/spec/cli.md §13, docs/spec/logging-progress.md §2, §4, §9.
 * @module
 */
import { RefusedError } from "../../model/errors.ts";
import type { OutputPolicy, ReportPolicy, SyslogPolicy } from "../../model/job.ts";
import { parseLimit } from "../../model/text/mod.ts";
import type { Level } from "../../model/log.ts";
import type { BzfsArguments } from "../parse/bzfs_arguments.ts";

/** The name of a log folder must contain this, so that no other folder is used by mistake. */
const NAME_PART = "bzfs-logs";

/** Makes the settings. Throws {@linkcode RefusedError} for a log folder with another name. */
export function makeReportPolicy(parsed: BzfsArguments): ReportPolicy {
  const verbosity = parsed.count("--verbose");
  const quiet = parsed.flag("--quiet");
  return {
    verbosity,
    quiet,
    level: levelOf(verbosity, quiet),
    logDir: logDir(parsed.text("--log-dir")),
    filePrefix: parsed.text("--log-file-prefix"),
    fileInfix: parsed.text("--log-file-infix"),
    fileSuffix: parsed.text("--log-file-suffix"),
    subdir: parsed.text("--log-subdir"),
    keepMs: parseLimit(parsed.text("--log-keep"), "--log-keep"),
    syslog: makeSyslog(parsed),
    outputs: makeOutputPolicy(parsed),
  };
}

/** Where results go as data: the same options for `bzfs` and its job runner. */
export function makeOutputPolicy(parsed: OutputArguments): OutputPolicy {
  const planFile = parsed.text("--plan-file");
  return { resultFile: parsed.text("--result-file"), eventLog: parsed.text("--event-log"), planFile };
}

/** The part of a command line that says where results go. */
interface OutputArguments {
  text(name: "--result-file" | "--event-log" | "--plan-file"): string | undefined;
}

function levelOf(verbosity: number, quiet: boolean): Level {
  if (quiet) return "ERROR";
  if (verbosity === 0) return "INFO";
  return verbosity === 1 ? "DEBUG" : "TRACE";
}

function logDir(path: string | undefined): string | undefined {
  const name = path?.replace(/\/+$/, "").split("/").at(-1);
  if (name === undefined || name.includes(NAME_PART)) return path;
  throw new RefusedError(`Basename of --log-dir must contain the substring '${NAME_PART}', but got: ${name}`);
}

function makeSyslog(parsed: BzfsArguments): SyslogPolicy | undefined {
  const address = parsed.text("--log-syslog-address");
  if (address === undefined) return undefined;
  return {
    address,
    protocol: parsed.text("--log-syslog-socktype"),
    facility: parsed.number("--log-syslog-facility"),
    prefix: parsed.text("--log-syslog-prefix").replaceAll("%", ""),
    level: parsed.text("--log-syslog-level"),
  };
}
