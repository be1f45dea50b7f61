/**
 * The files that `bzfs status` writes: metrics and a page. Source: docs/spec/status.md §7, §8.
 * @module
 */
import type { StatusRequest } from "../../cli/status/mod.ts";
import {
  fullPath,
  headsBeside,
  isSameOutput,
  openResultFile,
  type ResultFile,
  STANDARD_OUTPUT,
} from "../../host/output/mod.ts";
import { randomName, systemRandom } from "../../host/system.ts";
import { messageOf, RefusedError } from "../../model/errors.ts";
import type { StatusReport } from "../../model/status/mod.ts";
import { metricsHead, type MetricsOwner, readMetricsHead, renderMetrics } from "../../report/status/mod.ts";

/** Where reports are written, in addition to what is printed. */
export interface StatusFiles {
  /** Writes all. What cannot be written is told, and does not keep the others from being written. Returns whether all were. */
  write(report: StatusReport): Promise<boolean>;
}

/**
 * Finds out whether the files can be written. Throws {@linkcode RefusedError} if one cannot, if both are the same, or if the
 * metrics would take the place of those of another job file.
 */
export function openStatusFiles(
  { config, metricsFile, pageFile }: StatusRequest,
  jobId: string,
  complain: (message: string) => void,
): StatusFiles {
  if (metricsFile !== undefined && pageFile !== undefined && isSameOutput(metricsFile, pageFile)) {
    throw new RefusedError("--prometheus and --html must not be the same", { hint: "Name two files." });
  }
  const open = (option: string, path: string | undefined): ResultFile | undefined =>
    path === undefined ? undefined : openResultFile(path, randomName(systemRandom, 8), option, "public");
  const metrics = open("--prometheus", metricsFile);
  const jobFile = fullPath(config);
  if (metricsFile !== undefined && metricsFile !== STANDARD_OUTPUT) expectOwnPlace(metricsFile, { jobFile, jobId });
  const page = open("--html", pageFile);
  const textOf = (report: StatusReport): string =>
    metricsHead({ jobFile, jobId: report.jobId }) + renderMetrics(report);
  const written = (path: string | undefined, write: () => void): boolean => {
    try {
      write();
      return true;
    } catch (error) {
      complain(`Cannot write '${path}': ${messageOf(error)}`);
      return false;
    }
  };
  return {
    async write(report): Promise<boolean> {
      const areMetricsWritten = written(metricsFile, () => metrics?.write(textOf(report)));
      if (page === undefined) return areMetricsWritten;
      const { renderPage } = await import("../../report/status/page/mod.ts");
      return written(pageFile, () => page.write(renderPage(report))) && areMetricsWritten;
    },
  };
}

/** What files have to be called for the textfile collector to read them. */
const COLLECTED = ".prom";

/** Throws {@linkcode RefusedError} if another job file has the place, or metrics that only the collector would find to be the same. */
function expectOwnPlace(metricsFile: string, { jobFile, jobId }: MetricsOwner): void {
  for (const { path, text } of headsBeside(metricsFile, COLLECTED)) {
    const owner = readMetricsHead(text);
    if (owner === undefined || owner.jobFile === jobFile) continue;
    if (path === fullPath(metricsFile)) {
      throw new RefusedError(`--prometheus: '${metricsFile}' holds the metrics of another job file, ${owner.jobFile}`, {
        hint: "Give each job file a file of its own. If the other one is gone, remove its metrics.",
      });
    }
    if (owner.jobId === jobId) {
      throw new RefusedError(
        `--prometheus: '${path}' holds metrics of job-id ${jobId} of another job file, ${owner.jobFile}`,
        {
          hint: "Give each job file a job-id of its own. If the other one is gone, remove its metrics.",
        },
      );
    }
  }
}
