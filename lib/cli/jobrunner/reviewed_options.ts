/**
 * Options of `bzfs` that a review of a fleet looks at.
 * @module
 */
import { parsePeriod, periodMs } from "../../model/text/mod.ts";
import type { BzfsOptions } from "../options/bzfs_options.ts";
import type { OptionName } from "../options/option.ts";
import type { Occurrence } from "../parse/occurrence.ts";
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
  const last = lastWord(occurrences, "--create-bookmarks") ?? "all";
  return areUsed(occurrences) && last !== "none" ? periodMs(parsePeriod(last)) : Infinity;
}

/** True if what each destination has keeps a bookmark at the source that is used. */
export function isGuarded({ parsed: { occurrences } }: Forwarded): boolean {
  return areUsed(occurrences) && lastWord(occurrences, "--guard") === "on";
}

function areUsed(occurrences: readonly Occurrence[]): boolean {
  return !occurrences.some(({ option }) => option.name === "--no-use-bookmark");
}

function lastWord(occurrences: readonly Occurrence[], name: OptionName<BzfsOptions>): string | undefined {
  return occurrences.findLast(({ option }) => option.name === name)?.words[0];
}
