/**
 * Where records and results are written: terminal, log files, event log, result file, syslog.
 * @module
 */
export { type EventLog, openEventLog } from "./event_log.ts";
export { type LogFileOptions, type LogFiles, logFileSink, openLogFiles, pvPath } from "./log_files.ts";
export { fullPath, isSameOutput, STANDARD_OUTPUT } from "./output_path.ts";
export { buildRecord, helpColumns, isHelpOnTerminal, printTo, readOwnText } from "./print.ts";
export { headsBeside, openResultFile, reportFolder, type ResultFile } from "./report_files.ts";
export { openSyslog, type SyslogSink } from "./syslog.ts";
export { Console, standardError, standardOutput } from "./terminal.ts";
