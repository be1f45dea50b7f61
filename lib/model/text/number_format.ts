/**
 * Numbers as the log prints them: sizes, durations, rates.
 *
 * Rounds half to even on the binary value, as Python does, because logs and tests compare the texts. Numbers above
 * 2^53 are as exact as a double is. Source: docs/spec/logging-progress.md §6.
 * @module
 */

import { dateOf } from "../time/civil.ts";

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB", "RiB", "QiB"] as const;
const TIME_UNITS = ["ns", "μs", "ms", "s", "m", "h", "d"] as const;

/** Units that {@linkcode formatDuration} knows. */
export type TimeUnit = typeof TIME_UNITS[number];

/** How many of a unit make one of the next one, in the order of the units; the last one has none. */
const TIME_STEPS = [1000, 1000, 1000, 60, 60, 24] as const;

/** Rounds to a whole number, half to even. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** `value` with exactly so many decimals (0 to 2), rounded half to even on its binary value. */
export function formatFixed(value: number, decimals: 0 | 1 | 2): string {
  const magnitude = Math.abs(value);
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (magnitude >= 2 ** 53) return `${sign}${BigInt(magnitude)}${decimals === 0 ? "" : `.${"0".repeat(decimals)}`}`;
  // A tie is a number with one binary digit more than decimals; toFixed() would round all of them up.
  const isTie = (magnitude * 2 ** (decimals + 1)) % 2 === 1;
  const rounded = isTie ? roundHalfEven(magnitude * 10 ** decimals) / 10 ** decimals : magnitude;
  return sign + rounded.toFixed(decimals);
}

/** About three significant digits, without superfluous zeros: `1.25`, `12.5`, `1250`. */
export function formatFloat(value: number): string {
  const magnitude = Math.abs(value);
  const text = formatFixed(value, magnitude < 10 ? 2 : magnitude < 100 ? 1 : 0);
  const short = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return short === "-0" ? "0" : short;
}

/** A size such as `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  const { sign, amount, unit } = scaleBytes(bytes);
  return `${sign}${formatFloat(amount)} ${unit}`;
}

/** A size such as `1.5KiB`. */
export function formatBytesCompact(bytes: number): string {
  const { sign, amount, unit } = scaleBytes(bytes);
  return `${sign}${formatFloat(amount)}${unit}`;
}

/** A size such as `1.50 KiB`. */
export function formatBytesFixed(bytes: number): string {
  const { sign, amount, unit } = scaleBytes(bytes);
  return `${sign}${formatFixed(amount, 2)} ${unit}`;
}

/** A compact size, right-aligned to 7 characters: one field of the send messages. */
export function formatSizeField(bytes: number): string {
  return formatBytesCompact(bytes).padStart(7);
}

/** A duration such as `1.5h`, in the largest fitting unit. */
export function formatDuration(amount: number, unit: TimeUnit): string {
  let index = TIME_UNITS.indexOf(unit);
  let magnitude = Math.abs(amount);
  if (magnitude > 0 && magnitude < 1) {
    while (index > 0) magnitude *= TIME_STEPS[--index]!;
  }
  while (index < TIME_STEPS.length && magnitude >= TIME_STEPS[index]!) magnitude /= TIME_STEPS[index++]!;
  return `${amount < 0 ? "-" : ""}${formatFloat(magnitude)}${TIME_UNITS[index]}`;
}

const SPAN_UNITS = [["d", 86_400], ["h", 3600], ["min", 60], ["s", 1]] as const;

/** Milliseconds in the two largest units that they fill, as `3 h 12 min`; what is smaller is cut off. */
export function formatSpan(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const first = SPAN_UNITS.findIndex(([, size]) => seconds >= size);
  if (first < 0) return ms > 0 && ms < 1000 ? `${Math.floor(ms)} ms` : "0 s";
  let rest = seconds;
  const parts = SPAN_UNITS.slice(first, first + 2).map(([unit, size]) => {
    const amount = Math.floor(rest / size);
    rest %= size;
    return amount === 0 ? "" : `${amount} ${unit}`;
  });
  return parts.filter((part) => part !== "").join(" ");
}

/** A share such as `3/4=75%`. */
export function formatPercent(part: number, whole: number): string {
  return `${part}/${whole}=${whole === 0 ? "inf" : formatFloat((100 * part) / whole)}%`;
}

/** Nanoseconds as `H:MM:SS`. */
export function formatHms(ns: number): string {
  const seconds = Math.floor(ns / 1e9);
  const two = (n: number): string => `${n}`.padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** A rate such as `[1.50 KiB/s]`, from bytes within nanoseconds; whole bytes per second. */
export function formatRate(bytes: number, ns: number): string {
  return `[${formatBytesFixed(roundHalfEven((1e9 * bytes) / Math.max(1, ns)))}/s]`;
}

/** Texts of the times that were asked for last. */
const isoTexts = new Map<number, string>();
const MOST_ISO_TEXTS = 4096;

/**
 * Unix seconds as UTC: `2024-11-06_08:30:05+00:00`. Texts are kept for a while: versions come by the million, and those
 * of many datasets were made in the same second.
 */
export function formatIsoUtc(unixSeconds: number): string {
  let text = isoTexts.get(unixSeconds);
  if (text === undefined) {
    if (isoTexts.size >= MOST_ISO_TEXTS) isoTexts.clear();
    isoTexts.set(unixSeconds, text = makeIsoUtc(unixSeconds));
  }
  return text;
}

function makeIsoUtc(unixSeconds: number): string {
  const date = isoDate(Math.floor(unixSeconds / 86_400));
  const second = ((unixSeconds % 86_400) + 86_400) % 86_400;
  const [hours, minutes] = [Math.floor(second / 3600), Math.floor(second / 60) % 60];
  return `${date}_${twoDigits(hours)}:${twoDigits(minutes)}:${twoDigits(second % 60)}+00:00`;
}

/** By arithmetic: a `Date` takes ten times as long. */
function isoDate(days: number): string {
  const { year, month, day } = dateOf(days);
  return `${`${year}`.padStart(4, "0")}-${twoDigits(month)}-${twoDigits(day)}`;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

function scaleBytes(bytes: number): { readonly sign: string; readonly amount: number; readonly unit: string } {
  let amount = Math.abs(bytes);
  let index = 0;
  while (amount >= 1024 && index < BYTE_UNITS.length - 1) {
    amount /= 1024;
    index++;
  }
  return { sign: bytes < 0 ? "-" : "", amount, unit: BYTE_UNITS[index]! };
}

/** A number of things: `1 dataset`, `2 datasets`. Texts of the reference, which say `1 datasets`, are left alone. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
