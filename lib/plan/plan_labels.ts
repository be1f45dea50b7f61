/**
 * Entries of a deleting plan that no snapshot fits, as a misspelled one would be (`dayly`, `prd`).
 * @module
 */
import { isSnapshot } from "../model/snapshot.ts";
import type { TimeRange } from "../model/snapshot_filter.ts";
import type { Pattern } from "../model/regex/regex.ts";
import type { DeletionVerdict } from "./retention.ts";
import type { CompiledFilters } from "./selection.ts";

/** Most labels that a warning names. */
const MOST_NAMED = 10;

interface Entry {
  readonly patterns: readonly Pattern[];
  /** As the user wrote it, or as the plan stands for it. */
  readonly rule: string;
}

/** Watches what a deletion that spares what the filters select comes across. */
export class PlanLabels {
  readonly #entries: readonly Entry[];
  readonly #unmatched: Set<Entry>;
  readonly #labels = new Set<string>();
  #isAnyLost = false;

  constructor(filters: CompiledFilters) {
    this.#entries = filters.flatMap((group) => {
      const filter = group.filters.find(({ kind }) => kind === "regex");
      const retains = group.filters.every((each) => each.kind !== "time" || !isNever(each.times));
      return filter?.kind === "regex" && filter.include && retains
        ? [{ patterns: filter.patterns, rule: filter.reason.rule.replace("--include-snapshot-regex ", "") }]
        : [];
    });
    this.#unmatched = new Set(this.#entries);
  }

  /** Takes what was decided about the versions of one dataset; the same ones may come twice. */
  see(verdicts: readonly DeletionVerdict[]): void {
    if (this.#unmatched.size === 0) return;
    for (const { version, verdict } of verdicts) {
      if (!isSnapshot(version)) continue;
      const fitting = this.#entries.filter(({ patterns }) => patterns.some((pattern) => pattern.matches(version.tag)));
      for (const entry of fitting) this.#unmatched.delete(entry);
      if (this.#labels.size <= MOST_NAMED) this.#labels.add(labelOf(version.tag));
      if (verdict === "delete" && fitting.length === 0) this.#isAnyLost = true;
    }
  }

  /**
   * What to warn of: an entry fits nothing at all while snapshots go that no entry is about. `undefined` if all is well,
   * as it is where a period has simply not come yet.
   */
  warning(): string | undefined {
    if (this.#unmatched.size === 0 || !this.#isAnyLost) return undefined;
    const labels = [...this.#labels].slice(0, MOST_NAMED);
    const more = this.#labels.size > MOST_NAMED ? ", …" : "";
    return `No snapshot has a name that these entries of the plan select: ${
      [...this.#unmatched].map(({ rule }) => rule.replaceAll("\\", "")).join(", ")
    }; and snapshots are deleted that no entry selects. Names that exist: ${labels.join(", ")}${more}`;
  }
}

/** True for the range of an amount of 0, which nothing is in. */
function isNever(times: TimeRange | undefined): boolean {
  return times !== undefined && times.from !== "infinity" && JSON.stringify(times.from) === JSON.stringify(times.to);
}

/** A name with `<time>` in the place of its time. */
function labelOf(tag: string): string {
  const [, before, after] = /^(.*?)[1-9][0-9]{3}-.*?(_[a-z0-9]*[a-z])?$/s.exec(tag) ?? [];
  return before === undefined ? tag : `${before}<time>${after ?? ""}`;
}
