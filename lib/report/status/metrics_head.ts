/**
 * The first line of a file with metrics: a comment that says whose they are, since two job files with the same `job-id` would
 * have the same samples. Source: docs/spec/status.md §7.
 * @module
 */
import { jsonOf } from "../visible.ts";

/** Whose metrics they are. */
export interface MetricsOwner {
  /** Absolute path. */
  readonly jobFile: string;
  readonly jobId: string;
}

const MARK = "# bzfs status of ";

/** The line, with its end. Collectors skip it. */
export function metricsHead({ jobFile, jobId }: MetricsOwner): string {
  return `${MARK}${jsonOf({ jobFile, jobId })}\n`;
}

/** Whose metrics a text begins with; `undefined` if it does not say so. */
export function readMetricsHead(text: string): MetricsOwner | undefined {
  const [line = ""] = text.split("\n", 1);
  if (!line.startsWith(MARK)) return undefined;
  try {
    const { jobFile, jobId } = JSON.parse(line.slice(MARK.length));
    return typeof jobFile === "string" && typeof jobId === "string" ? { jobFile, jobId } : undefined;
  } catch {
    return undefined;
  }
}
