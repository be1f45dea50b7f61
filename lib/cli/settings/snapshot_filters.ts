/**
 * Folds filter options into groups, in the order in which they were written, and brings each group into the form in
 * which it is applied. Source: docs/spec/cli.md §5, docs/spec/snapshots.md §3.2, §3.5.
 * @module
 */
import type { SnapshotFilter, SnapshotFilterGroup } from "../../model/snapshot_filter.ts";
import type { TimesAndRanks } from "../options/times_and_ranks.ts";
import type { Occurrence } from "../parse/occurrence.ts";

type RegexFilter = Extract<SnapshotFilter, { kind: "include-regex" | "exclude-regex" }>;

/** Groups of filters as written; never empty. A new group begins only behind a group that has filters. */
export function foldFilters(occurrences: readonly Occurrence[]): SnapshotFilterGroup[] {
  const groups: SnapshotFilter[][] = [[]];
  for (const { option, values } of occurrences) {
    if (!option.filter) continue;
    const group = groups.at(-1)!;
    if (option.name === "--new-snapshot-filter-group") {
      if (group.length > 0) groups.push([]);
    } else if (option.type === "times-and-ranks") {
      group.push(...(values as SnapshotFilter[]));
    } else {
      const kind = option.name.startsWith("--include") ? "include-regex" : "exclude-regex";
      group.push({ kind, regexes: values as string[] });
    }
  }
  return groups;
}

/**
 * The form in which groups are applied, one filter after the other: neighbours that count as one are merged, filters
 * that let everything pass are gone, and cheap time filters come before regexes where that changes nothing.
 */
export function optimiseFilters(groups: readonly SnapshotFilterGroup[]): SnapshotFilterGroup[] {
  return groups.map((group) => timesFirst(mergeNeighbours(group).filter((filter) => !letsAllPass(filter))));
}

/**
 * Regexes with no times-and-ranks between them become one exclude and one include; equal time ranges pool their ranks.
 */
function mergeNeighbours(group: SnapshotFilterGroup): SnapshotFilter[] {
  const merged: SnapshotFilter[] = [];
  for (let i = 0; i < group.length;) {
    const filter = group[i]!;
    if (filter.kind === "times-and-ranks") {
      pushTimes(merged, filter);
      i++;
      continue;
    }
    const end = group.findIndex((other, at) => at > i && other.kind === "times-and-ranks");
    const run = group.slice(i, end < 0 ? group.length : end) as readonly RegexFilter[];
    for (const kind of ["exclude-regex", "include-regex"] as const) {
      const regexes = run.filter((regex) => regex.kind === kind).flatMap((regex) => regex.regexes);
      if (regexes.length > 0) merged.push({ kind, regexes });
    }
    i += run.length;
  }
  return merged;
}

function pushTimes(merged: SnapshotFilter[], filter: TimesAndRanks): void {
  const last = merged.at(-1);
  if (last?.kind === "times-and-ranks" && last.ranks.length > 0 && filter.ranks.length > 0 && sameTimes(last, filter)) {
    merged[merged.length - 1] = { ...last, ranks: [...last.ranks, ...filter.ranks] };
  } else {
    merged.push(filter);
  }
}

function sameTimes(a: TimesAndRanks, b: TimesAndRanks): boolean {
  return JSON.stringify(a.times) === JSON.stringify(b.times);
}

function letsAllPass(filter: SnapshotFilter): boolean {
  if (filter.kind !== "times-and-ranks" || filter.ranks.length > 0) return false;
  return filter.times === undefined || (filter.times.from === "infinity" && filter.times.to === "infinity");
}

/** Moves pure time filters in front of the regexes of their stretch; rank filters delimit stretches. */
function timesFirst(filters: readonly SnapshotFilter[]): SnapshotFilterGroup {
  const result: SnapshotFilter[] = [];
  let regexes: SnapshotFilter[] = [];
  for (const filter of filters) {
    if (filter.kind !== "times-and-ranks") {
      regexes.push(filter);
    } else if (filter.ranks.length === 0) {
      result.push(filter);
    } else {
      result.push(...regexes, filter);
      regexes = [];
    }
  }
  return [...result, ...regexes];
}
