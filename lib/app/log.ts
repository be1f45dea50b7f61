/**
 * Opens the log of one run: folders and files, terminal, threshold.
 * Source: docs/spec/logging-progress.md §1.
 * @module
 */
import { messageOf, RefusedError } from "../model/errors.ts";
import { formatWall, wallClockOf, type Zone } from "../model/time/mod.ts";
import type { ReportPolicy } from "../model/job.ts";
import {
  Console,
  type LogFileOptions,
  type LogFiles,
  logFileSink,
  openLogFiles,
  openSyslog,
  standardError,
  standardOutput,
  type SyslogSink,
} from "../host/output/mod.ts";
import type { TerminalTuning } from "../cli/environment.ts";
import { Processes } from "../host/process/mod.ts";
import { randomName, systemClock, systemRandom } from "../host/system.ts";
import { type Level, LEVEL_ORDER, type Logger, SILENT_LOGGER } from "../model/log.ts";
import { createLogger, DeferredSink, type RunLogger, type Sink } from "../report/logger.ts";
import { formatRecord } from "../report/record.ts";
import { journalText, syslogWarning } from "../report/syslog.ts";

/** What the log of a run is opened with. */
export interface LogSetup extends TerminalTuning {
  readonly report: ReportPolicy;
  /** Home folder from the password file. */
  readonly home: string;
  readonly zone: Zone;
  /** There will be no status line: `--pv-program=-`. */
  readonly withoutMeter: boolean;
  /** The first line on the terminal is told later, by {@linkcode RunLog.headline}. */
  readonly awaitsHeadline: boolean;
  readonly console: "stdout" | "stderr";
  /** Takes the records instead of the console. */
  readonly sink: Sink | undefined;
  /** Variables `LD_…` for a child that passes records on to syslog. */
  readonly loaderVariables: ReadonlyMap<string, string>;
  /** Told the children of the log. */
  readonly onProcesses: (processes: Processes) => void;
}

/** The open log of a run. */
export interface RunLog {
  readonly log: RunLogger;
  readonly files: LogFiles;
  readonly console: LogSetup["console"];
  /** Columns of the terminal; 0 = records are not padded. */
  readonly width: number;
  /** Local time as `2026-01-31 22:08:10`. */
  readonly timestamp: () => string;
  /** Shows a line before all records, if that was promised and not yet done. */
  readonly headline: (line: string) => void;
  /** Sends what is still to be sent, and closes everything. */
  readonly close: () => Promise<void>;
}

/** Tells the local time as `2026-01-31 22:08:10`. Remembers it, since many records come in the same second. */
function localTimestamps(zone: Zone): () => string {
  let last = { seconds: NaN, text: "" };
  return () => {
    const seconds = Math.floor(systemClock.now() / 1000);
    if (seconds !== last.seconds) {
      last = { seconds, text: formatWall(wallClockOf(zone, BigInt(seconds) * 1_000_000n)) };
    }
    return last.text;
  };
}

/** What a log file holds: `--quiet` is about what a user sees at once, not about what is kept. */
function levelOfFile(level: Level): Level {
  return LEVEL_ORDER[level] > LEVEL_ORDER.INFO ? "INFO" : level;
}

/**
 * Opens log file, terminal and syslog. Throws `RefusedError` if folders are not private or there is no way to syslog,
 * or whatever the system says.
 */
export function openRunLog(setup: LogSetup): RunLog {
  const { report, zone } = setup;
  const timestamp = localTimestamps(zone);
  const unique = randomName(systemRandom, 8);
  const files = openLogFiles({
    report,
    home: setup.home,
    timestamp: timestamp().replace(" ", "_"),
    randomName: unique,
  });
  const terminal = new Console({
    isTerminal: setup.isTerminal,
    columns: setup.columns,
    plain: report.quiet || setup.withoutMeter,
  }, setup.console === "stdout" ? standardOutput : standardError);
  const shown = setup.sink ?? terminal;
  const deferred = setup.awaitsHeadline ? new DeferredSink(shown) : undefined;
  let syslog: SyslogSink | undefined;
  try {
    syslog = openSyslogOf(setup, `${files.cache}/${unique}.sock`);
  } catch (error) {
    files.close();
    throw error;
  }
  const others = [deferred ?? shown, ...(syslog === undefined ? [] : [syslog])];
  const logOfOthers = createLogger({ level: report.level, sinks: others, timestamp });
  const sayOnce = (error: unknown): void =>
    logOfOthers.log("ERROR", "", `Cannot write the log file ${files.log}: ${messageOf(error)}`);
  const file = { ...logFileSink(files.append, sayOnce), level: levelOfFile(report.level) };
  const log = createLogger({ level: report.level, sinks: [file, ...others], timestamp });
  const warning = report.syslog && syslogWarning(report.syslog.level, report.level);
  if (warning !== undefined) log.log("WARN", "", warning);
  const headline = (line: string): void => deferred?.release(line);
  const close = async (): Promise<void> => {
    await syslog?.close();
    files.close();
    await terminal.close();
  };
  return { log, files, console: setup.console, width: terminal.width, timestamp, headline, close };
}

/** Syslog, if it is wanted. Its child must outlive those of the run, so it is none of them. */
function openSyslogOf({ report, loaderVariables, onProcesses }: LogSetup, ownSocket: string): SyslogSink | undefined {
  if (report.syslog === undefined) return undefined;
  const processes = new Processes({ log: SILENT_LOGGER, loaderVariables });
  onProcesses(processes);
  return openSyslog({ policy: report.syslog, processes, ownSocket });
}

/** What the job runner's own log is opened with. */
export interface RunnerLogSetup {
  readonly level: Level;
  readonly zone: Zone;
  /** Prints a text on standard error. */
  readonly print: (text: string) => void;
}

/** The job runner's own log, every message of which says whose it is. */
export interface RunnerLog extends Logger {
  /** Opens the log file, which gets what was logged before with the next record. Throws `RefusedError` as {@linkcode openRunLog} does. */
  readonly openFile: (options: Pick<LogFileOptions, "report" | "home">) => void;
  readonly close: () => void;
}

/** Opens the job runner's own log, for now without a file. */
export function openRunnerLog({ level, zone, print }: RunnerLogSetup): RunnerLog {
  const timestamp = localTimestamps(zone);
  const isJournal = standardError.isJournal();
  const shown: Sink = {
    write: (text, record) => print(`${isJournal ? journalText(text, record.level) : text}\n`),
  };
  let files: LogFiles | undefined;
  const early: string[] = [];
  const append = (text: string): void =>
    files === undefined ? void early.push(text) : files.append([...early.splice(0), text].join(""));
  const logOfOthers = createLogger({ level, sinks: [shown], timestamp });
  const sayOnce = (error: unknown): void =>
    logOfOthers.log("ERROR", "", `[bzfs_jobrunner] Cannot write the log file ${files?.log}: ${messageOf(error)}`);
  const file = { ...logFileSink(append, sayOnce), level: levelOfFile(level) };
  const log = createLogger({ level, sinks: [shown, file], timestamp });
  return {
    isEnabled: (level) => log.isEnabled(level),
    log: (level, label, text) => log.log(level, "", `[bzfs_jobrunner] ${label}${text}`),
    openFile: ({ report, home }) => {
      const names = { timestamp: timestamp().replace(" ", "_"), randomName: randomName(systemRandom, 8) };
      files = openLogFiles({ report, home, ...names });
    },
    close: () => files?.close(),
  };
}

/** What to print if the log cannot be opened, with the status of docs/spec/cli.md §15. */
export function logFailureText(error: unknown, zone: Zone): string {
  const hint = error instanceof RefusedError && error.hint !== undefined ? `. ${error.hint}` : "";
  const text = `[bzfs] Log init: ${messageOf(error)}${hint}`;
  return formatRecord({ level: "ERROR", label: "", text }, localTimestamps(zone)());
}
