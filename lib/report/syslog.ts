/**
 * What syslog gets of a record: priority, text, and where it goes (docs/spec/logging-progress.md §9). Pure.
 * @module
 */
import { type Level, LEVEL_ORDER } from "../model/log.ts";

/** Where syslog is. */
export type SyslogAddress =
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "server"; readonly host: string; readonly port: string };

/** Reads `host:port`, split at the last colon, or the path of a socket. */
export function parseSyslogAddress(text: string): SyslogAddress {
  const colon = text.lastIndexOf(":");
  if (text.startsWith("/") || colon < 0) return { kind: "socket", path: text };
  return { kind: "server", host: text.slice(0, colon), port: text.slice(colon + 1) };
}

/** The number in front of a message: facility and severity. Levels that syslog does not know count as warnings. */
export function syslogPriority(facility: number, level: Level): number {
  return facility * 8 + SEVERITIES[level];
}

/** What to warn of if part of the records that the user asked for will not reach syslog; `undefined` if none is. */
export function syslogWarning(syslogLevel: Level, level: Level): string | undefined {
  if (LEVEL_ORDER[syslogLevel] >= LEVEL_ORDER[level]) return undefined;
  return `No messages with priority lower than ${level} will be sent to syslog because syslog log level ${syslogLevel} ` +
    `is lower than overall log level ${level}.`;
}

/**
 * A record for the journal of systemd, which takes the number in front of each line for its severity (sd-daemon(3)). Raw
 * texts of child processes are informational there.
 */
export function journalText(text: string, level: Level): string {
  const severity = level === "STDOUT" || level === "STDERR"
    ? SEVERITIES.INFO
    : level === "TRACE"
    ? 7
    : SEVERITIES[level];
  return text.split("\n").map((line) => `<${severity}>${line}`).join("\n");
}

/** A record without its time, which syslog adds itself. */
export function withoutTime(text: string): string {
  return text.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /, "");
}

const SEVERITIES: Readonly<Record<Level, number>> = {
  CRITICAL: 2,
  ERROR: 3,
  WARN: 4,
  URGENT: 4,
  INFO: 6,
  DEBUG: 7,
  TRACE: 4,
  STDOUT: 4,
  STDERR: 4,
};
