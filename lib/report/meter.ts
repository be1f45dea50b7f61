/**
 * Our own meter, for pipelines without `pv`: the options of `pv` in, lines as `pv` prints them out. Pure.
 *
 * Sizes are printed in whole bytes, so that sums are exact; the rest is for people.
 * @module
 */
import { formatHms, formatRate } from "../model/text/mod.ts";
import { progressIntervals } from "./progress.ts";

/** What a meter does, as the words of a `pv` command say. */
export interface MeterOptions {
  readonly name: string;
  /** Expected bytes; `undefined` if unknown. */
  readonly size: number | undefined;
  /** Bytes per second; `undefined` = as fast as it goes. */
  readonly rateLimit: number | undefined;
  readonly intervalMs: number;
}

/** Reads the words of a `pv` command, as far as they concern us. */
export function readMeterOptions(argv: readonly string[]): MeterOptions {
  const valueOf = (long: string): string | undefined =>
    argv.findLast((word) => word.startsWith(`${long}=`))?.slice(long.length + 1);
  const short = argv.lastIndexOf("-L");
  const limit = valueOf("--rate-limit") ?? (short < 0 ? undefined : argv[short + 1]);
  const size = valueOf("--size");
  return {
    name: valueOf("--name") ?? "",
    size: size === undefined ? undefined : Number(size),
    rateLimit: limit === undefined ? undefined : parseRate(limit),
    intervalMs: progressIntervals(argv).intervalNs / 1e6,
  };
}

/** Bytes per second of a text such as `10m`: units of 1024, as for `pv`. `undefined` if it is none, or zero. */
export function parseRate(text: string): number | undefined {
  const match = /^\s*([0-9]+(?:\.[0-9]*)?)\s*([kmgt]?)(?:i?b)?\s*$/i.exec(text);
  if (match === null) return undefined;
  const rate = Number(match[1]) * 1024 ** ("kmgt".indexOf((match[2] || " ").toLowerCase()) + 1);
  return rate > 0 ? rate : undefined;
}

/** What a meter has seen. */
export interface MeterReading {
  readonly bytes: number;
  readonly elapsedNs: number;
  /** Since the line before. */
  readonly recent: { readonly bytes: number; readonly elapsedNs: number };
}

/** One line, without its end. `completionTime` is the local time in so many seconds from now, such as `17:27:49`. */
export function meterLine(
  options: MeterOptions,
  reading: MeterReading,
  completionTime: (inSecs: number) => string,
): string {
  const { bytes, elapsedNs, recent } = reading;
  const rates = `${formatRate(recent.bytes, recent.elapsedNs)} ${formatRate(bytes, elapsedNs)}`;
  const line = `${options.name.trim()}: ${bytes}B ${formatHms(elapsedNs)} ${rates}`;
  if (options.size === undefined || options.size <= 0) return line;
  const share = Math.min(1, bytes / options.size);
  const bar = `[${`${"=".repeat(Math.floor(share * BAR_COLUMNS))}>`.padEnd(BAR_COLUMNS + 1)}]`;
  const percent = `${bar} ${String(Math.floor(share * 100)).padStart(2)}%`;
  if (bytes === 0 || bytes >= options.size) return `${line} ${percent}`;
  const remainingSecs = Math.round(((options.size - bytes) * elapsedNs) / bytes / 1e9);
  return `${line} ${percent} ETA ${remainingText(remainingSecs)} ETA ${completionTime(remainingSecs)}`;
}

const BAR_COLUMNS = 30;

function remainingText(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  return `${days > 0 ? `${days}+` : ""}${formatHms((seconds % 86_400) * 1e9)}`;
}
