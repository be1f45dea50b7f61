/**
 * Reads the values of one `--include-snapshot-times-and-ranks`: a time range, then ranges of ranks.
 *
 * Ranks that cannot change anything are dropped here, so that a filter without ranks is a pure time filter. Relative
 * times stay relative: they are resolved when snapshots are selected. Sources: docs/spec/snapshots.md §3.3 and §3.4,
 * docs/spec/snapshots.md §3.3.
 * @module
 */
import { UsageError } from "../../model/errors.ts";
import { parseIsoTime, type Zone } from "../../model/time/mod.ts";
import { tryParseDuration } from "../../model/text/mod.ts";
import type { Rank, RankRange, SnapshotFilter, TimePoint, TimeRange } from "../../model/snapshot_filter.ts";

/** The filter that the option's values make. */
export type TimesAndRanks = Extract<SnapshotFilter, { kind: "times-and-ranks" }>;

const OPTION = "--include-snapshot-times-and-ranks";
const RANK = /^(all\s*except\s*)?(oldest|latest)\s*([0-9]+)(%?)$/;

/**
 * Parses the values of the option.
 *
 * @param values the time range, then the ranges of ranks
 * @param zone where times without an offset are at home: the local zone
 * @throws {UsageError} if a value is malformed
 */
export function parseTimesAndRanks(values: readonly string[], zone: Zone): TimesAndRanks {
  const times = parseTimeRange(values[0] ?? "", zone);
  const ranks = values.slice(1).map(parseRankRange);
  const isPureTime = times === undefined || ranks.some(({ from, to }) => isSameRank(from, to));
  return { kind: "times-and-ranks", times, ranks: isPureTime ? [] : ranks };
}

function parseTimeRange(text: string, zone: Zone): TimeRange | undefined {
  const range = text.trim() === "notime" ? "0..0" : text;
  const dots = range.indexOf("..");
  if (dots < 0) {
    throw new UsageError(`argument ${OPTION}: Invalid time range: Missing '..' separator: '${text}'`, {
      hint: "A time range looks like '7 days ago..anytime', or is 'notime'",
    });
  }
  const from = parseTimePoint(range.slice(0, dots).trim(), zone);
  const to = parseTimePoint(range.slice(dots + 2).trim(), zone);
  if (from === "infinity" && to === "infinity") return undefined;
  const start = from === "infinity" ? { unix: 0 } : from;
  if (to !== "infinity" && "unix" in start && "unix" in to && start.unix > to.unix) return { from: to, to: start };
  return { from: start, to };
}

function parseTimePoint(text: string, zone: Zone): TimePoint {
  if (text === "*" || text === "anytime") return "infinity";
  if (/^[0-9]+$/.test(text)) return { unix: Number(text) };
  const agoMs = text.endsWith("ago") ? tryParseDuration(text.slice(0, -"ago".length).trimEnd()) : undefined;
  if (agoMs !== undefined) return { agoMs };
  const unix = parseIsoTime(text, zone);
  if (unix !== undefined) return { unix };
  throw new UsageError(`argument ${OPTION}: Invalid duration, Unix time, or ISO 8601 datetime: '${text}'`, {
    hint: "A time is written as '30 days ago', 2026-01-31, or seconds since 1970; a range as '30 days ago..*'",
  });
}

function parseRankRange(text: string): RankRange {
  const dots = text.indexOf("..");
  if (dots < 0) return rangeOfRank(parseRank(text, text));
  const from = parseRank(text.slice(0, dots), text);
  const to = parseRank(text.slice(dots + 2), text);
  if (from.kind !== to.kind || (from.kind !== "latest" && from.kind !== "oldest")) throw invalidRank(text);
  return { from, to };
}

function parseRank(text: string, whole: string): Rank {
  const match = RANK.exec(text.trim());
  if (match === null) throw invalidRank(whole);
  const amount = Number(match[3]);
  const percent = match[4] === "%";
  if (percent && amount > 100) throw invalidRank(whole);
  const end = match[2] === "oldest" ? "oldest" : "latest";
  return { kind: match[1] === undefined ? end : `all except ${end}`, amount, percent };
}

/**
 * What a single rank selects: up to it, or everything but that. All but a share at one end is the rest seen from the other
 * end.
 */
function rangeOfRank({ kind, amount, percent }: Rank): RankRange {
  const end = kind.endsWith("oldest") ? "oldest" : "latest";
  const upTo = (kind: Rank["kind"], amount: number, percent: boolean): RankRange => {
    return { from: { kind, amount: 0, percent: false }, to: { kind, amount, percent } };
  };
  if (kind === end) return upTo(end, amount, percent);
  if (percent) return upTo(end === "oldest" ? "latest" : "oldest", 100 - amount, true);
  return { from: { kind: end, amount, percent }, to: { kind: end, amount: 100, percent: true } };
}

function isSameRank(a: Rank, b: Rank): boolean {
  return a.kind === b.kind && a.amount === b.amount && a.percent === b.percent;
}

function invalidRank(text: string): UsageError {
  return new UsageError(`argument ${OPTION}: Invalid rank format: '${text}'`, {
    hint: "A rank looks like 'latest 5', 'oldest 10%', 'all except latest 3' or 'oldest 2..oldest 50%'",
  });
}
