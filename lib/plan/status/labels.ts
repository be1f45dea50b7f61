/**
 * Judges the ages of snapshots by label: of each the worst dataset, and what is wrong with it.
 * Source: docs/spec/status.md §4.1.
 * @module
 */
import type { LabelStatus, Level } from "../../model/status/mod.ts";
import { formatSpan } from "../../model/text/mod.ts";
import { CLOCK_TOLERANCE_MS } from "./clock.ts";
import type { DatasetFacts, LabelFacts } from "./facts.ts";

/** The worst dataset of a label, and how many are bad. */
interface JudgedLabel {
  readonly worst: LabelFacts;
  readonly dataset: string;
  readonly bad: number;
}

/** What is wrong with an age. */
interface AgeFinding {
  readonly kind: LabelFacts["kind"];
  readonly level: "warning" | "critical";
  readonly message: string;
}

/** What the labels of a place say. */
interface LabelJudgement {
  readonly labels: readonly LabelStatus[];
  /** Those that do not count come last. */
  readonly ages: readonly AgeFinding[];
  /** The snapshot that lies farthest ahead of this clock, by so many milliseconds; absent = none does. */
  readonly ahead?: { readonly ms: number; readonly name: string } | undefined;
}

/** Judges all labels of some datasets at one place. Levels that do not count keep no dataset from being the worst that does. */
export function judgeLabels(
  datasets: readonly DatasetFacts[],
  { side, uncounted, nowMs }: {
    readonly side: LabelStatus["side"];
    readonly uncounted: readonly Level[];
    readonly nowMs: number;
  },
): LabelJudgement {
  const byLabel = new Map<string, JudgedLabel>();
  const byUncounted = new Map<string, JudgedLabel>();
  let ahead: { readonly ms: number; readonly name: string } | undefined;
  for (const { dataset, labels } of datasets) {
    for (const label of labels) {
      const aheadMs = (label.createdAtMs ?? 0) - nowMs;
      if (aheadMs > Math.max(CLOCK_TOLERANCE_MS, ahead?.ms ?? 0)) {
        ahead = { ms: aheadMs, name: `${dataset}@${label.snapshot ?? label.label}` };
      }
      const key = `${label.kind}\0${label.label}`;
      const judged = uncounted.includes(label.level) ? byUncounted : byLabel;
      const before = judged.get(key);
      const bad = (before?.bad ?? 0) + (label.level === "ok" ? 0 : 1);
      const isWorse = before === undefined || (label.createdAtMs ?? 0) < (before.worst.createdAtMs ?? 0);
      judged.set(key, isWorse ? { worst: label, dataset, bad } : { ...before, bad });
    }
  }
  const isKnown = (key: string): boolean => byLabel.has(key) || byUncounted.has(key);
  const labels = [...new Map([...byUncounted, ...byLabel]).values()].map(({ worst, dataset }) =>
    labelStatus({ side, ...worst }, dataset, uncounted)
  );
  const ages = [...byLabel.values(), ...byUncounted.values()].flatMap(({ worst, dataset, bad }): AgeFinding[] => {
    const { kind, level } = worst;
    // That there is no oldest one is said of the newest.
    const isSaid = kind === "oldest" && worst.createdAtMs === undefined && isKnown(`latest\0${worst.label}`);
    return level === "ok" || isSaid ? [] : [{ kind, level, message: ageText(worst, dataset, bad, nowMs) }];
  });
  return { labels, ages, ahead };
}

/** A label as the report has it, without what does not count. */
export function labelStatus(
  { side, kind, label, level, snapshot, createdAtMs, warningMs, criticalMs }: LabelFacts & Pick<LabelStatus, "side">,
  dataset: string,
  uncounted: readonly Level[],
): LabelStatus {
  const isShown = (limitMs: number, of: Level): boolean => Number.isFinite(limitMs) && !uncounted.includes(of);
  return {
    side,
    kind,
    label,
    level: uncounted.includes(level) ? "ok" : level,
    dataset,
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(createdAtMs === undefined ? {} : { createdAt: new Date(createdAtMs).toISOString() }),
    ...(isShown(warningMs, "warning") ? { warningSeconds: warningMs / 1000 } : {}),
    ...(isShown(criticalMs, "critical") ? { criticalSeconds: criticalMs / 1000 } : {}),
  };
}

function ageText(
  { kind, label, level, createdAtMs, warningMs, criticalMs }: LabelFacts,
  dataset: string,
  bad: number,
  nowMs: number,
): string {
  const others = bad > 1 ? `, and ${bad - 1} more` : "";
  if (createdAtMs === undefined) return `${dataset} has no snapshot ${label}${others}`;
  const limit = formatSpan(level === "critical" ? criticalMs : warningMs);
  const which = kind === "latest" ? "newest" : "oldest";
  return `the ${which} ${label} of ${dataset} is ${formatSpan(nowMs - createdAtMs)} old, more than ${limit}${others}`;
}
