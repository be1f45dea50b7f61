/**
 * Filters of snapshots as the user wrote them: by name, by time, by rank (docs/spec/snapshots.md §3).
 * @module
 */

/** Filters that apply one after the other; groups are united (docs/spec/snapshots.md §3). */
export type SnapshotFilterGroup = readonly SnapshotFilter[];

/** One filter of the pipeline. */
export type SnapshotFilter =
  | { readonly kind: "include-regex" | "exclude-regex"; readonly regexes: readonly string[] }
  | { readonly kind: "times-and-ranks"; readonly times: TimeRange | undefined; readonly ranks: readonly RankRange[] };

/** Either end of a time range; `unix` in seconds, `agoMs` milliseconds before the run's start, `undefined` = open. */
export type TimePoint = { readonly unix: number } | { readonly agoMs: number } | "infinity";

/** Half-open time range as written: the evaluation orders its ends. */
export interface TimeRange {
  readonly from: TimePoint;
  readonly to: TimePoint;
}

/** One end of a rank range. */
export interface Rank {
  readonly kind: "latest" | "oldest" | "all except latest" | "all except oldest";
  readonly amount: number;
  readonly percent: boolean;
}

/** A range of ranks. */
export interface RankRange {
  readonly from: Rank;
  readonly to: Rank;
}
