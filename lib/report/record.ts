/**
 * How one record of the log looks (docs/spec/logging-progress.md §3).
 * @module
 */
import type { Level, LogRecord } from "../model/log.ts";
import { indented, isPlain, pasteable, quoted, visible } from "./visible.ts";

/** Column in which the variable text behind a label starts. */
const TEXT_COLUMN = 54;

const PREFIXES: Readonly<Record<Level, string>> = {
  TRACE: "[T] ",
  DEBUG: "[D] ",
  INFO: "[I] ",
  STDOUT: "",
  STDERR: "",
  WARN: "[W] ",
  ERROR: "[E] ERROR: ",
  URGENT: "[W] ",
  CRITICAL: "[C] CRITICAL: ",
};

/** Labels of commands, which can be pasted into a shell. */
const COMMAND_LABELS: ReadonlySet<string> = new Set(["Executing: ", "Would execute: "]);

/**
 * The record as text, without a line feed at its end. `timestamp` is the local time, as `2026-01-31 22:08:10`. A record
 * has one line that begins with a time; all others are indented, and so are all lines of raw texts of child processes:
 * nothing that others say can look like a record.
 */
export function formatRecord(record: LogRecord, timestamp: string): string {
  const { level, label, text } = record;
  if (level === "STDOUT" || level === "STDERR") {
    const raw = visible(label + text);
    return quoted(raw.endsWith("\n") ? raw.trimEnd() : raw);
  }
  const head = `${timestamp} ${PREFIXES[level]}`;
  if (isPlain(label) && isPlain(text)) return head + aligned(head, label) + text;
  const body = COMMAND_LABELS.has(label) ? pasteable(text) : visible(text);
  return indented(head + aligned(head, visible(label)) + body);
}

/** The label behind `head`, with blanks behind it unless it is empty. */
function aligned(head: string, label: string): string {
  return label === "" ? "" : padTo(label, TEXT_COLUMN - head.length);
}

/** The text with blanks behind it, so that it has at least so many characters. */
export function padTo(text: string, columns: number): string {
  if (text.length >= 2 * columns) return text; // long enough even if no character were of the basic plane
  const missing = columns - lengthOf(text);
  return missing > 0 ? text + " ".repeat(missing) : text;
}

/** Number of characters, those beyond the basic plane counted once. */
export function lengthOf(text: string): number {
  if (!SURROGATE.test(text)) return text.length;
  let length = 0;
  for (const _ of text) length++;
  return length;
}

const SURROGATE = /[\ud800-\udfff]/;
