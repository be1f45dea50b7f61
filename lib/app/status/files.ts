/**
 * The files that `bzfs status` writes: metrics and a page. Source: docs/spec/status.md §7, §8.
 * @module
 */
import type { StatusRequest } from "../../cli/status/mod.ts";
import { isSameOutput, openResultFile, type ResultFile } from "../../host/output/mod.ts";
import { randomName, systemRandom } from "../../host/system.ts";
import { messageOf, RefusedError } from "../../model/errors.ts";
import type { StatusReport } from "../../model/status/mod.ts";
import { renderMetrics } from "../../report/status/mod.ts";

/** Where reports are written, in addition to what is printed. */
export interface StatusFiles {
  /** Writes all. What cannot be written is told, and does not keep the others from being written. Returns whether all were. */
  write(report: StatusReport): Promise<boolean>;
}

/** Finds out whether the files can be written. Throws {@linkcode RefusedError} if one cannot, or if both are the same. */
export function openStatusFiles(
  { metricsFile, pageFile }: StatusRequest,
  complain: (message: string) => void,
): StatusFiles {
  if (metricsFile !== undefined && pageFile !== undefined && isSameOutput(metricsFile, pageFile)) {
    throw new RefusedError("--prometheus and --html must not be the same", { hint: "Name two files." });
  }
  const open = (option: string, path: string | undefined): ResultFile | undefined =>
    path === undefined ? undefined : openResultFile(path, randomName(systemRandom, 8), option, "public");
  const metrics = open("--prometheus", metricsFile);
  const page = open("--html", pageFile);
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
      const areMetricsWritten = written(metricsFile, () => metrics?.write(renderMetrics(report)));
      if (page === undefined) return areMetricsWritten;
      const { renderPage } = await import("../../report/status/page/mod.ts");
      return written(pageFile, () => page.write(renderPage(report))) && areMetricsWritten;
    },
  };
}
