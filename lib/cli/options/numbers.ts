/**
 * Numbers as the command line and the environment write them: the notation of Python's `int()` and `float()`.
 *
 * Surrounding blanks, a sign and single underscores between digits are fine; hexadecimal is not. Digits are ASCII.
 * Source: docs/spec/cli.md §1.10.
 * @module
 */
import type { IntOrPercent } from "../../model/job.ts";

/** A whole number; `undefined` if the text is none. */
export function readInteger(text: string): number | undefined {
  const trimmed = text.trim();
  return /^[+-]?\d+(?:_\d+)*$/.test(trimmed) ? Number(trimmed.replaceAll("_", "")) : undefined;
}

/** A number, possibly infinite or NaN; `undefined` if the text is none. */
export function readNumber(text: string): number | undefined {
  const trimmed = text.trim().toLowerCase();
  const named = /^([+-]?)(inf|infinity|nan)$/.exec(trimmed);
  if (named !== null) return named[2] === "nan" ? NaN : named[1] === "-" ? -Infinity : Infinity;
  const digits = String.raw`\d+(?:_\d+)*`;
  const pattern = new RegExp(`^[+-]?(?:${digits}(?:\\.(?:${digits})?)?|\\.${digits})(?:e[+-]?${digits})?$`);
  return pattern.test(trimmed) ? Number(trimmed.replaceAll("_", "")) : undefined;
}

/** `N` or `N%`; `undefined` if the text is neither. */
export function readIntOrPercent(text: string): IntOrPercent | undefined {
  const trimmed = text.trim();
  const percent = trimmed.endsWith("%");
  const amount = readNumber(percent ? trimmed.slice(0, -1) : trimmed);
  return amount === undefined ? undefined : { amount, percent };
}
