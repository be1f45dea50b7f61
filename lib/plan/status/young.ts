/**
 * Datasets that are so new that they need not have a snapshot. Source: docs/spec/status.md §4.1.
 * @module
 */
import { CLOCK_TOLERANCE_MS } from "./clock.ts";
import { type DatasetFacts, isLimited, type LabelLimits } from "./facts.ts";

/** What proves that a dataset is not new, whatever its creation says: names below the root. */
interface Evidence {
  /** Those that runs have replicated. */
  readonly known: ReadonlySet<string>;
  /** Those that have snapshots at the destination. */
  readonly copied: ReadonlySet<string>;
}

/**
 * Datasets of a source without any snapshot that were created no longer ago than the newest snapshot may be old, by their names
 * below the root. One whose creation is not known, or lies ahead, is not among them; without a limit none is.
 */
export function newDatasets(
  source: readonly DatasetFacts[],
  { limits, above, nowMs, evidence: { known, copied } }: {
    readonly limits: readonly LabelLimits[];
    /** Characters of the root's name. */
    readonly above: number;
    readonly nowMs: number;
    readonly evidence: Evidence;
  },
): ReadonlySet<string> {
  const limitMs = Math.min(
    ...limits.filter((limit) => limit.kind === "latest" && isLimited(limit))
      .map(({ warningMs, criticalMs }) => Number.isFinite(criticalMs) ? criticalMs : warningMs),
  );
  if (!Number.isFinite(limitMs)) return new Set();
  const isNew = ({ snapshots, createdAtMs }: DatasetFacts): boolean =>
    snapshots === 0 && createdAtMs !== undefined && createdAtMs - nowMs <= CLOCK_TOLERANCE_MS &&
    nowMs - createdAtMs <= limitMs;
  const names = new Set(source.filter(isNew).map(({ dataset }) => dataset.slice(above)));
  return names.difference(known).difference(copied);
}
