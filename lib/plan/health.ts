/**
 * Monitoring: whether the newest and the oldest snapshot of each label are young enough.
 *
 * A newest snapshot that is too old means that creation or replication has stopped; an oldest one that is too old means
 * that pruning has. Source: docs/spec/snapshots.md §5.
 * @module
 */
import type { Dataset } from "../model/dataset.ts";
import { compareNames, formatDuration } from "../model/text/mod.ts";
import { type BothWays, composeName, findLabelEnds, type LabelEnds, type LabelledSnapshot } from "./labels.ts";
import type { AgeLimits, AlertPolicy, LabelPolicy, MonitorPolicy } from "../model/job.ts";

/** How bad a finding is. */
export type Severity = "ok" | "warning" | "critical";

/** A snapshot at one end of a label. */
export interface LabelEnd {
  /** Unix seconds. */
  readonly createdAt: number;
  /** `undefined` if only its time is known, from the cache. */
  readonly tag?: string | undefined;
}

/** The ends of the label of one alert; `undefined` = there is no snapshot. */
export type MonitoredEnds = LabelEnds<LabelEnd>;

/** What was found about one label of one dataset. */
export interface Finding {
  readonly severity: Severity;
  readonly kind: "Latest" | "Oldest";
  /** What the log says, behind {@linkcode MONITOR_LABEL}. */
  readonly text: string;
  readonly label: LabelPolicy;
  readonly limits: AgeLimits;
  /** The snapshot; `undefined` = there is none. */
  readonly end: LabelEnd | undefined;
  readonly ageMs: number;
}

/** How messages about findings begin. The underscore is that of the reference. */
export const MONITOR_LABEL = "--monitor_snapshots: ";

/**
 * Finds the ends that the alerts look at, in the order of the alerts.
 *
 * @param snapshots all of one dataset, in the order of `compareLabelled`; with holds, if an alert skips held ones
 */
export function findMonitoredEnds<S extends LabelledSnapshot>(
  snapshots: readonly S[] | BothWays<S>,
  alerts: readonly AlertPolicy[],
): LabelEnds<S>[] {
  return findLabelEnds(
    snapshots,
    alerts.map(({ label }) => label),
    alerts.map(({ oldestSkipHolds }) => oldestSkipHolds),
  );
}

/** True if an alert needs to know which snapshots are held. */
export function needsHolds(alerts: readonly AlertPolicy[]): boolean {
  return alerts.some(({ oldest, oldestSkipHolds }) => oldest !== undefined && oldestSkipHolds);
}

/**
 * Judges all alerts of one dataset.
 *
 * @param ends in the order of the alerts
 * @param nowMs start of the run, milliseconds since 1970
 */
export function judgeHealth(
  dataset: Dataset,
  ends: readonly MonitoredEnds[],
  context: { readonly alerts: readonly AlertPolicy[]; readonly nowMs: number },
): Finding[] {
  const findings: Finding[] = [];
  for (const [index, alert] of context.alerts.entries()) {
    const about = { dataset, label: alert.label, nowMs: context.nowMs };
    if (alert.latest !== undefined) findings.push(new AgeFinding("Latest", ends[index]?.latest, alert.latest, about));
    if (alert.oldest !== undefined) findings.push(new AgeFinding("Oldest", ends[index]?.oldest, alert.oldest, about));
  }
  return findings;
}

/** What a finding is about. */
interface About {
  readonly dataset: Dataset;
  readonly label: LabelPolicy;
  readonly nowMs: number;
}

/**
 * Makes its text when it is asked for: of the many that are well nobody may ever ask. A class, since to make an object with
 * an accessor of its own takes twenty times as long.
 */
class AgeFinding implements Finding {
  readonly severity: Severity;
  readonly kind: Finding["kind"];
  readonly label: LabelPolicy;
  readonly end: LabelEnd | undefined;
  readonly limits: AgeLimits;
  readonly ageMs: number;
  readonly #about: About;

  constructor(kind: Finding["kind"], end: LabelEnd | undefined, limits: AgeLimits, about: About) {
    this.kind = kind;
    this.end = end;
    this.limits = limits;
    this.#about = about;
    this.label = about.label;
    this.ageMs = about.nowMs - (end?.createdAt ?? 0) * 1000;
    this.severity = this.ageMs > limits.criticalMs ? "critical" : this.ageMs > limits.warningMs ? "warning" : "ok";
  }

  get text(): string {
    const { dataset, label, nowMs } = this.#about;
    const name = `${dataset}@${composeName(label, "<timestamp>")}`;
    const age = `${formatDuration(this.ageMs, "ms")} old`;
    const snapshot = this.end?.tag === undefined ? "" : `: @${this.end.tag}`;
    if (this.severity === "ok") return `OK. ${this.kind} snapshot for ${name} is ${age}${snapshot}`;
    if (this.ageMs >= nowMs) return `No snapshot exists for ${name}`;
    const limitMs = this.severity === "critical" ? this.limits.criticalMs : this.limits.warningMs;
    const limit = formatDuration(limitMs, "ms");
    return `${this.kind} snapshot for ${name} is ${age} but should be at most ${limit} old${snapshot}`;
  }
}

/** What the order of findings depends on. */
type Ranked = Pick<Finding, "severity" | "kind" | "text">;

/** The worst finding that counts; `undefined` if there is none, and all is well. */
export function worstFinding<F extends Ranked>(findings: readonly F[], policy: MonitorPolicy): F | undefined {
  const counts = findings.filter(({ severity }) =>
    severity === "critical" ? policy.crit : severity === "warning" && policy.warn
  );
  return counts.reduce<F | undefined>(
    (worst, finding) => worst === undefined || compareFindings(finding, worst) < 0 ? finding : worst,
    undefined,
  );
}

/** The worst first; at equal severity `Latest` before `Oldest`, then by text. */
function compareFindings(a: Ranked, b: Ranked): number {
  if (a.severity !== b.severity) return a.severity === "critical" ? -1 : b.severity === "critical" ? 1 : 0;
  return compareNames(a.kind, b.kind) || compareNames(a.text, b.text);
}
