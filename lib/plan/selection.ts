/**
 * Which versions of a dataset are selected, and why: the snapshot filter pipeline.
 *
 * Groups are united; within a group each filter sees what the one before left. Filters are taken as they stand in the
 * job, that is merged and ordered by `cli/settings/snapshot_filters.ts`. Which datasets are selected:
 * `dataset_selection.ts`. Source: docs/spec/snapshots.md §3.
 * @module
 */
import { compileRegexes, matchesAny, type Pattern } from "../model/regex/regex.ts";
import { roundHalfEven } from "../model/text/mod.ts";
import { isSnapshot, type Version } from "../model/snapshot.ts";
import type {
  Rank,
  RankRange,
  SnapshotFilter,
  SnapshotFilterGroup,
  TimePoint,
  TimeRange,
} from "../model/snapshot_filter.ts";

/** Filters of a job, their patterns compiled; made once, used for many histories. */
export type CompiledFilters = readonly CompiledGroup[];

/** How versions are selected. */
export interface SelectionOptions {
  /** Start of the run, which relative times count from: milliseconds since 1970. */
  readonly nowMs: number;
  /**
   * `keep`: bookmarks are always selected. `filter`: regexes and times apply to them, ranks neither keep nor count
   * them. `as-snapshots`: they are treated as snapshots.
   */
  readonly bookmarks: "keep" | "filter" | "as-snapshots";
  /** Select what the filters leave out. */
  readonly invert?: boolean;
}

/** Which kind of rule decided, in the words of the log. */
export type Ground = "snapshot regex" | "creation time" | "snapshot rank" | "no snapshot filter" | "bookmark";

/** Why a version is selected or not; shared by all versions that the rule decided about. */
export interface Reason {
  readonly ground: Ground;
  /** The rule as the user wrote it; empty if there is none. */
  readonly rule: string;
}

/** What was decided about a version. */
export interface VersionVerdict<V extends Version = Version> {
  readonly version: V;
  readonly verdict: "selected" | "excluded";
  /**
   * What the filters say: for what they keep, the last filter of the first group that keeps it, for what they leave
   * out, the filter of the last group that dropped it. With `invert` the verdict is the opposite, the reason the same.
   */
  readonly reason: Reason;
}

interface CompiledGroup {
  readonly filters: readonly CompiledFilter[];
  /** Why this group keeps something. */
  readonly keeps: Reason;
}

type CompiledFilter =
  & { readonly reason: Reason }
  & (
    | { readonly kind: "regex"; readonly patterns: readonly Pattern[]; readonly include: boolean }
    | { readonly kind: "time"; readonly times: TimeRange | undefined }
    | { readonly kind: "rank"; readonly times: TimeRange | undefined; readonly ranks: readonly RankRange[] }
  );

const NO_FILTER: Reason = { ground: "no snapshot filter", rule: "" };
const BOOKMARK: Reason = { ground: "bookmark", rule: "" };

/**
 * Compiles the patterns of a job's filters.
 *
 * @throws {RefusedError} for a pattern that is none
 */
export function compileFilters(groups: readonly SnapshotFilterGroup[]): CompiledFilters {
  return groups.map((group) => {
    const filters = group.map(compileFilter);
    return { filters, keeps: filters.at(-1)?.reason ?? NO_FILTER };
  });
}

function compileFilter(filter: SnapshotFilter): CompiledFilter {
  if (filter.kind !== "times-and-ranks") {
    const include = filter.kind === "include-regex";
    const rule = `${include ? "--include" : "--exclude"}-snapshot-regex ${filter.regexes.join(" ")}`;
    const patterns = compileRegexes(filter.regexes, "name");
    return { kind: "regex", patterns, include, reason: { ground: "snapshot regex", rule } };
  }
  const { times, ranks } = filter;
  const rule = `--include-snapshot-times-and-ranks ${[describeTimes(times), ...ranks.map(describeRanks)].join(" ")}`;
  if (ranks.length === 0) return { kind: "time", times, reason: { ground: "creation time", rule } };
  return { kind: "rank", times, ranks, reason: { ground: "snapshot rank", rule } };
}

/** True if the filters let everything pass, as they do if there are none. */
export function selectsAll(filters: CompiledFilters): boolean {
  return filters.some((group) => group.filters.length === 0);
}

/** True if the filters look at creation times, so that listings must ask for them. */
export function needsCreation(groups: readonly SnapshotFilterGroup[]): boolean {
  return groups.some((group) => group.some((f) => f.kind === "times-and-ranks" && f.times !== undefined));
}

/**
 * True if the passing of time alone can add to what is selected, as with `anytime..3 days ago`. A range that begins at
 * a relative time and is open at its end only loses, and so does a union of it with one range of ranks, unless ranks
 * are counted behind it among fewer than before.
 */
export function gainsWithTime(groups: readonly SnapshotFilterGroup[]): boolean {
  return groups.some((group) => {
    const timesAndRanks = group.filter((filter) => filter.kind === "times-and-ranks");
    return timesAndRanks.some(({ times, ranks }, index) => {
      if (times === undefined || !(isRelative(times.from) || isRelative(times.to))) return false;
      const onlyLoses = times.to === "infinity" && ranks.length <= 1;
      return !onlyLoses || timesAndRanks.slice(index + 1).some((later) => later.ranks.length > 0);
    });
  });
}

function isRelative(point: TimePoint): boolean {
  return point !== "infinity" && "agoMs" in point;
}

/** Decides about every version of a history, which is ordered oldest first; the answer keeps that order. */
export function selectVersions<V extends Version>(
  history: readonly V[],
  filters: CompiledFilters,
  options: SelectionOptions,
): VersionVerdict<V>[] {
  const kept: (Reason | undefined)[] = new Array(history.length);
  const dropped: (Reason | undefined)[] = new Array(history.length);
  const all = history.map((_, index) => index);
  for (const group of filters) {
    let alive: readonly number[] = all;
    for (const filter of group.filters) {
      const survivors = applyFilter(filter, { history, alive, options });
      noteDropped(dropped, { alive, survivors, reason: filter.reason });
      alive = survivors;
    }
    for (const index of alive) kept[index] ??= group.keeps;
  }
  return history.map((version, index) => {
    if (options.bookmarks === "keep" && !isSnapshot(version)) {
      return { version, verdict: "selected", reason: BOOKMARK };
    }
    const isSelected = (kept[index] !== undefined) !== (options.invert ?? false);
    return {
      version,
      verdict: isSelected ? "selected" : "excluded",
      reason: kept[index] ?? dropped[index] ?? NO_FILTER,
    };
  });
}

/** The versions that are selected, in order. */
export function selectedOf<V extends Version>(verdicts: readonly VersionVerdict<V>[]): V[] {
  return verdicts.filter(({ verdict }) => verdict === "selected").map(({ version }) => version);
}

/** What a filter works on. */
interface FilterStage {
  readonly history: readonly Version[];
  /** Indexes of what the filters before left, ascending. */
  readonly alive: readonly number[];
  readonly options: SelectionOptions;
}

function noteDropped(
  dropped: (Reason | undefined)[],
  step: { readonly alive: readonly number[]; readonly survivors: readonly number[]; readonly reason: Reason },
): void {
  let next = 0;
  for (const index of step.alive) {
    if (step.survivors[next] === index) next++;
    else dropped[index] = step.reason;
  }
}

function applyFilter(filter: CompiledFilter, stage: FilterStage): readonly number[] {
  const { history, alive, options } = stage;
  switch (filter.kind) {
    case "regex":
      return alive.filter((index) => matchesAny(filter.patterns, history[index]!.tag) === filter.include);
    case "time": {
      const isWithin = timeTest(filter.times, options.nowMs);
      return alive.filter((index) => isWithin(history[index]!.createdAt));
    }
    case "rank":
      return filter.ranks.reduce((left, range) => applyRank(range, filter.times, { ...stage, alive: left }), alive);
  }
}

/** Keeps what lies within the range of ranks or within the times; only what counts as a snapshot has a rank. */
function applyRank(range: RankRange, times: TimeRange | undefined, stage: FilterStage): readonly number[] {
  const { history, alive, options } = stage;
  const hasRank = (index: number): boolean => options.bookmarks === "as-snapshots" || isSnapshot(history[index]!);
  const count = alive.filter(hasRank).length;
  const ends = [rankIndex(range.from, count), rankIndex(range.to, count)];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const isWithin = timeTest(times, options.nowMs);
  let rank = 0;
  return alive.filter((index) => {
    const isRanked = hasRank(index);
    const byRank = isRanked && low <= rank && rank < high;
    if (isRanked) rank++;
    return byRank || isWithin(history[index]!.createdAt);
  });
}

/** Where a rank cuts among so many snapshots: an index from 0 to `count`. */
function rankIndex({ kind, amount, percent }: Rank, count: number): number {
  const size = percent ? roundHalfEven((count * amount) / 100) : Math.min(count, amount);
  return kind === "oldest" ? size : count - size;
}

/** A test for creation times in Unix seconds: `start <= creation < end`. */
function timeTest(times: TimeRange | undefined, nowMs: number): (createdAt: number) => boolean {
  if (times === undefined) return () => true;
  const ends = [resolve(times.from, nowMs, 0), resolve(times.to, nowMs, Infinity)];
  const [start, end] = [Math.min(...ends), Math.max(...ends)];
  return (createdAt) => start <= createdAt && createdAt < end;
}

function resolve(point: TimePoint, nowMs: number, open: number): number {
  if (point === "infinity") return open;
  return "unix" in point ? point.unix : Math.ceil((nowMs - point.agoMs) / 1000);
}

function describeTimes(times: TimeRange | undefined): string {
  return times === undefined ? "anytime..anytime" : `${describeTime(times.from)}..${describeTime(times.to)}`;
}

function describeTime(point: TimePoint): string {
  if (point === "infinity") return "anytime";
  return "unix" in point ? `${point.unix}` : `${point.agoMs}millis ago`;
}

function describeRanks({ from, to }: RankRange): string {
  return `${describeRank(from)}..${describeRank(to)}`;
}

function describeRank({ kind, amount, percent }: Rank): string {
  return `${kind} ${amount}${percent ? "%" : ""}`;
}
