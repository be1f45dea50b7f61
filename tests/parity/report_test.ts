import type { Level } from "../../lib/model/log.ts";
import { Progress, progressIntervals } from "../../lib/report/progress.ts";
import { parsePvLine, totalBytesOf } from "../../lib/report/pv_lines.ts";
import { formatRecord, padTo } from "../../lib/report/record.ts";
import { parity } from "../support/parity.ts";

/** Whole numbers as the data has them: exact text where JSON has no exact number. */
function exact(value: number): number | string {
  return value >= 2 ** 53 ? BigInt(value).toString() : value;
}

parity<{ readonly line: string }>("pv-lines", ({ line }) => {
  try {
    const { bytes, remainingSecs = 0, tail } = parsePvLine(line);
    return { bytes: exact(bytes), remainingSecs, tail };
  } catch {
    return { error: true };
  }
});

parity<{ readonly files: Readonly<Record<string, string>> }>("pv-files", ({ files }) => {
  const followed = Object.entries(files).filter(([name]) => /^run\.pv(_[0-9]{4,})?$/.test(name));
  return exact(followed.reduce((sum, [, text]) => sum + totalBytesOf(text), 0));
});

interface RecordCase {
  readonly level: Level;
  readonly label: string;
  readonly text: string | null;
  readonly columns: number;
}

parity<RecordCase>("log-format", ({ level, label, text, columns }) => {
  const record = text === null ? { level, label: "", text: label } : { level, label, text };
  return `${padTo(formatRecord(record, "2026-01-31 22:08:10"), columns)}\n`;
}, {
  deliberate({ level, text }): string | undefined {
    if (level === "STDOUT" || level === "STDERR") return "raw texts are indented, so that they cannot look like records";
    return text?.includes("\n") ? "further lines of a record are indented" : undefined;
  },
});

interface ProgressCase {
  readonly pvOpts: readonly string[];
  readonly untilMillis: number;
  readonly events: readonly { readonly atMillis: number; readonly file: string; readonly text: string }[];
}

parity<ProgressCase>("progress", ({ pvOpts, untilMillis, events }) => {
  const intervals = progressIntervals(pvOpts);
  const start = Date.UTC(2025, 0, 17, 1, 23, 4);
  const origin = 5e9;
  const progress = new Progress(intervals, origin);
  for (const file of [...new Set(events.map(({ file }) => file))].sort()) progress.follow(file);
  const lines: [number, string][] = [];
  const ordered = events.toSorted((a, b) => a.atMillis - b.atMillis);
  const stepMillis = intervals.intervalNs / 1e6;
  for (let count = 1, next = 0; count * stepMillis <= untilMillis; count++) {
    const due = count * stepMillis;
    for (; next < ordered.length && ordered[next]!.atMillis <= due; next++) {
      const { file, text, atMillis } = ordered[next]!;
      progress.read(file, text, origin + atMillis * 1e6);
    }
    const timestamp = new Date(start + due).toISOString().slice(0, 19).replace("T", " ");
    lines.push([due, progress.line(origin + due * 1e6, timestamp)]);
  }
  return lines;
});
