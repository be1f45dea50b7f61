/**
 * Options of `bzfs` that a review of a fleet looks at.
 * @module
 */
import { parsePeriod, periodMs } from "../../model/text/mod.ts";
import type { BzfsOptions } from "../options/bzfs_options.ts";
import type { OptionName } from "../options/option.ts";
import type { Forwarded, JobrunnerRun } from "./arguments.ts";

/** Options that resolve conflicts by destroying what is at the destination. */
const FORCES: ReadonlySet<string> = new Set<OptionName<BzfsOptions>>([
  "--force",
  "--force-rollback-to-latest-snapshot",
  "--force-rollback-to-latest-common-snapshot",
  "--force-destroy-dependents",
]);

/** Those of them that a job file gives to every run. */
export function scheduledForces({ ofJobFile }: JobrunnerRun): string[] {
  return ofJobFile.map(({ option }) => option.name).filter((name) => FORCES.has(name));
}

/** Shortest period whose replicated snapshots get bookmarks that are used, in milliseconds; `Infinity` = none do. */
export function bookmarkedFromMs({ parsed: { occurrences } }: Forwarded): number {
  const isUsed = !occurrences.some(({ option }) => option.name === "--no-use-bookmark");
  const last = occurrences.findLast(({ option }) => option.name === "--create-bookmarks")?.words[0] ?? "all";
  return isUsed && last !== "none" ? periodMs(parsePeriod(last)) : Infinity;
}
