/**
 * Snapshot filters in the notation of the parity data.
 * @module
 */
import type { Rank, SnapshotFilter, TimePoint } from "../../lib/model/snapshot_filter.ts";

/** A filter as `times-and-ranks.json` and `plan-expand.json` write it. */
export function describeFilter(filter: SnapshotFilter): unknown {
  if (filter.kind !== "times-and-ranks") return { filter: nameOf(filter.kind), options: filter.regexes };
  const timerange = filter.times === undefined ? null : [timePoint(filter.times.from), timePoint(filter.times.to)];
  if (filter.ranks.length === 0) return { filter: "include-snapshot-times", timerange };
  const options = filter.ranks.map(({ from, to }) => [rank(from), rank(to)]);
  return { filter: "include-snapshot-times-and-ranks", timerange, options };
}

function nameOf(kind: "include-regex" | "exclude-regex"): string {
  return kind === "include-regex" ? "include-snapshot-regex" : "exclude-snapshot-regex";
}

function timePoint(point: TimePoint): unknown {
  if (point === "infinity") return "infinity";
  return "unix" in point ? { unix: point.unix } : { agoMillis: point.agoMs };
}

function rank({ kind, amount, percent }: Rank): unknown {
  return [kind, amount, percent];
}
