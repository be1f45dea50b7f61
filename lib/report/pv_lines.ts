/**
 * What `pv` prints about a stream: one line, or all that a pv file holds (docs/spec/logging-progress.md §7.2, §7.3).
 *
 * Lines end in CR while the stream runs and in LF at its end, both for `pv` and for our own meter.
 * @module
 */
import { AppError } from "../model/errors.ts";
import { roundHalfEven } from "../model/text/mod.ts";

/** What one line says. */
export interface PvStatus {
  /** Bytes since the beginning of the stream. */
  readonly bytes: number;
  /** Estimated seconds to the end of the stream; `undefined` if the line does not say. */
  readonly remainingSecs: number | undefined;
  /** What follows the rates: bar, percentage, times of completion. */
  readonly tail: string;
}

const SIZE = /^(\d+(?:[.,٫]\d*)?)\s*([KMGTPEZYRQ]?)(i?)([Bb])(.*)/s;
const RATES = /^.*\/s(?:[\])])?\s*/s;
const REMAINING = /ETA (?:(\d+)[+:])?(\d{1,2}):(\d{2}):(\d{2}).*?(?:ETA|FIN)/s;

const PREFIXES = "KMGTPEZYRQ";

/** Reads one line. Throws if it holds a rate where the size should be: then `pv` was not told to print sizes. */
export function parsePvLine(line: string): PvStatus {
  const colon = line.indexOf(":");
  const match = colon < 0 ? null : SIZE.exec(line.slice(colon + 1).trim());
  if (match === null) return { bytes: 0, remainingSecs: undefined, tail: "" };
  const [, amount = "", prefix = "", binary = "", unit = "", rest = ""] = match;
  if (rest.startsWith("/s")) throw new AppError(`Cannot read a pv line that has a rate but no size: ${line.trim()}`);
  const scale = (binary === "i" ? 1024 : 1000) ** (PREFIXES.indexOf(prefix || " ") + 1);
  const value = Number(amount.replace(/[,٫]/, ".")) * scale;
  return {
    bytes: roundHalfEven(unit === "b" ? value / 8 : value),
    remainingSecs: remainingSecsIn(rest),
    tail: rest.replace(RATES, "").trim(),
  };
}

/** Bytes that a pv file accounts for: the last line of each stream, and the last one if its stream still runs. */
export function totalBytesOf(text: string): number {
  const lines = splitPvLines(text);
  return lines.reduce((sum, line, index) => {
    const counts = !line.endsWith("\r") || index === lines.length - 1;
    return counts ? sum + parsePvLine(line).bytes : sum;
  }, 0);
}

/** The lines of a text, each with its end: CR, LF or both. The last one may have none. */
export function splitPvLines(text: string): readonly string[] {
  return text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];
}

const CURRENT_AND_AVERAGE_RATE = /\[\s*([\d.,٫]+)\s*\w*\/s\].*\/s\]/s;

/**
 * Whether a stream moved while these lines were printed; `undefined` if they do not say. Sizes are rounded, so that a
 * large stream may move for hours without a change: then the current rate decides, where it is printed beside the
 * average.
 */
export function showsMotion(lines: readonly string[]): boolean | undefined {
  const sizeOf = (line: string): string | undefined =>
    SIZE.exec(line.slice(line.indexOf(":") + 1).trim())?.slice(1, 4).join(" ");
  const sizes = new Set(lines.filter((line) => line !== "").map(sizeOf));
  if (sizes.size === 0 || sizes.has(undefined)) return undefined;
  return sizes.size > 1 || lines.some((line) => /[1-9]/.test(CURRENT_AND_AVERAGE_RATE.exec(line)?.[1] ?? ""));
}

function remainingSecsIn(text: string): number | undefined {
  const match = REMAINING.exec(text);
  if (match === null) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
