/**
 * Progress of all transfers of a run: what was read from the pv files in, one status line out.
 *
 * Pure: time is an argument, in nanoseconds from an arbitrary origin. Rules: docs/spec/logging-progress.md §7.1
 * to B7.
 * @module
 */
import {
  formatBytes,
  formatBytesFixed,
  formatDuration,
  formatHms,
  formatRate,
  roundHalfEven,
} from "../model/text/mod.ts";
import { parsePvLine, type PvStatus, splitPvLines } from "./pv_lines.ts";
import { lengthOf, padTo } from "./record.ts";

/** How often a status line is due, and over which time the recent rate is taken. */
export interface ProgressIntervals {
  readonly intervalNs: number;
  readonly windowNs: number;
}

/** Characters of a line that are kept until its end comes: more than `pv` prints. */
const LONGEST_LINE = 4096;

/** Sums up the transfers. */
export class Progress {
  readonly #windowNs: number;
  readonly #files = new Map<string, FileProgress>();
  #startNs: number;
  #samples: Sample[];
  #previousLength = 0;

  constructor(intervals: ProgressIntervals, startNs: number) {
    this.#windowNs = intervals.windowNs;
    this.#startNs = startNs;
    this.#samples = [{ bytes: 0, ns: startNs }];
  }

  /** Makes a file known before anything was read from it. */
  follow(file: string): void {
    if (!this.#files.has(file)) this.#files.set(file, newFileProgress());
  }

  /** Takes text that was appended to a file. */
  read(file: string, text: string, nowNs: number): void {
    this.follow(file);
    const state = this.#files.get(file)!;
    if (state.endsInCr && text.startsWith("\n")) {
      // pv ends its last line with CR LF, in two writes.
      state.finishedBytes += state.currentBytes;
      state.currentBytes = 0;
      state.endsInCr = false;
      return this.read(file, text.slice(1), nowNs);
    }
    if (text === "") return;
    state.endsInCr = text.endsWith("\r");
    const lines = splitPvLines(state.rest + text);
    const last = lines.at(-1) ?? "";
    const isWhole = /[\r\n]$/.test(last);
    state.rest = isWhole ? "" : last.slice(0, LONGEST_LINE);
    for (const line of isWhole ? lines : lines.slice(0, -1)) account(state, line, nowNs);
  }

  /** Starts to count anew. */
  reset(nowNs: number): void {
    this.#startNs = nowNs;
    this.#samples = [{ bytes: 0, ns: nowNs }];
    for (const file of this.#files.keys()) this.#files.set(file, newFileProgress());
  }

  /** The status line for this moment, padded so that it covers the one before it. `timestamp` is the local time. */
  line(nowNs: number, timestamp: string): string {
    const files = [...this.#files.values()];
    const bytes = files.reduce((sum, file) => sum + file.finishedBytes + file.currentBytes, 0);
    const oldest = this.#samples[0]!;
    const elapsedNs = nowNs - this.#startNs;
    const recent = formatRate(bytes - oldest.bytes, nowNs - oldest.ns);
    this.#samples.push({ bytes, ns: nowNs });
    if (elapsedNs >= this.#windowNs) this.#samples.shift();
    const latest = files.reduce<FileProgress | undefined>(
      (best, file) => best === undefined || file.completionNs > best.completionNs ? file : best,
      undefined,
    );
    const sent = `zfs sent ${formatBytesFixed(bytes)} ${formatHms(elapsedNs)}`;
    const line = `${timestamp} [I] ${sent} ${recent} ${formatRate(bytes, elapsedNs)} ${latest?.tail ?? ""}`.trimEnd();
    const padded = padTo(line, this.#previousLength);
    this.#previousLength = lengthOf(line);
    return padded;
  }
}

/** Intervals from the options of `pv`: `--interval`/`-i` and `--average-rate-window`/`-m`, the last of each wins. */
export function progressIntervals(pvOptions: readonly string[]): ProgressIntervals {
  const interval = clamp(optionValue(pvOptions, "--interval", "-i") ?? 1, 0.1, 3600);
  const window = clamp(optionValue(pvOptions, "--average-rate-window", "-m") ?? 30, interval, 3600);
  return { intervalNs: interval * 1e9, windowNs: window * 1e9 };
}

/** What a run has sent, at its end. */
export interface FinalStatistics {
  readonly dryRun: boolean;
  readonly snapshots: number;
  readonly elapsedNs: number;
  /** `undefined` if no `pv` counted. */
  readonly bytes: number | undefined;
}

/** The last line about replication; `columns` is the width of the console, 0 = not padded. */
export function describeFinalStatistics(statistics: FinalStatistics, columns: number): string {
  const { dryRun, snapshots, elapsedNs, bytes } = statistics;
  const text = `${dryRun ? "Dry " : ""}zfs sent ${snapshots} snapshots in ${formatDuration(elapsedNs, "ns")}.`;
  if (bytes === undefined) return padTo(text, columns - TIMESTAMP_COLUMNS);
  const rate = formatBytes(roundHalfEven((1e9 * bytes) / Math.max(1, elapsedNs)));
  return padTo(`${text} zfs sent ${formatBytes(bytes)} [${rate}/s].`, columns - TIMESTAMP_COLUMNS);
}

/** Columns that a record's time and prefix take. */
const TIMESTAMP_COLUMNS = 24;

interface Sample {
  readonly bytes: number;
  readonly ns: number;
}

interface FileProgress {
  /** Beginning of a line whose end is still to come. */
  rest: string;
  /** The last text that was read ended in CR. */
  endsInCr: boolean;
  finishedBytes: number;
  currentBytes: number;
  /** When the stream will be complete; 0 if nothing was read yet. */
  completionNs: number;
  tail: string;
}

function newFileProgress(): FileProgress {
  return { rest: "", endsInCr: false, finishedBytes: 0, currentBytes: 0, completionNs: 0, tail: "" };
}

function account(file: FileProgress, line: string, nowNs: number): void {
  const { bytes, remainingSecs, tail }: PvStatus = parsePvLine(line);
  if (line.endsWith("\r")) {
    file.currentBytes = bytes;
  } else {
    file.finishedBytes += bytes;
    file.currentBytes = 0;
  }
  file.completionNs = nowNs + (remainingSecs ?? 0) * 1e9;
  file.tail = tail;
}

function optionValue(options: readonly string[], long: string, short: string): number | undefined {
  let value: number | undefined;
  for (const [index, option] of options.entries()) {
    const text = option === long || option === short
      ? options[index + 1]
      : option.startsWith(`${long}=`)
      ? option.slice(long.length + 1)
      : option.startsWith(short) && !option.startsWith("--")
      ? option.slice(short.length)
      : undefined;
    const number = text === undefined || text.trim() === "" ? NaN : Number(text);
    if (Number.isFinite(number)) value = number;
  }
  return value;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
