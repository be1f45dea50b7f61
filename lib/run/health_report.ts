/**
 * What monitoring has found in all pairs of a run: which finding is the worst, and the line that tells it first.
 *
 * With `--quiet` a monitoring system reads the first line of stdout (docs/spec/logging-progress.md §10), so it has the
 * form of its plugins:
 * `OK`, `WARNING`, `CRITICAL` or `UNKNOWN`, a dash and a text.
 * @module
 */
import { type Finding, MONITOR_LABEL, worstFinding } from "../plan/health.ts";
import type { MonitorPolicy } from "../model/job.ts";

/** Findings of all pairs. */
export class HealthReport {
  #worst: Finding | undefined;
  #datasets = 0;

  /** Takes the findings of a pair, made in so many datasets; returns the worst of them that counts. */
  add(findings: readonly Finding[], datasets: number, policy: MonitorPolicy): Finding | undefined {
    const worst = worstFinding(findings, policy);
    this.#datasets += datasets;
    this.#worst = worstFinding([this.#worst, worst].filter((finding) => finding !== undefined), policy);
    return worst;
  }

  /** The worst finding, or that all is well, in one line. */
  headline(): string {
    if (this.#worst === undefined) return `OK - ${this.#datasets} datasets monitored`;
    return `${this.#worst.severity.toUpperCase()} - ${MONITOR_LABEL}${this.#worst.text}`;
  }
}
