/**
 * The snapshot filters of a job as the verbs use them: compiled once, reasons logged at debug level.
 * @module
 */
import { type Version, versionName } from "../model/snapshot.ts";
import type { SnapshotFilterGroup } from "../model/snapshot_filter.ts";
import { compileFilters, needsCreation, selectedOf, selectVersions, type VersionVerdict } from "../plan/selection.ts";
import type { Logger } from "../model/log.ts";
import type { VersionFilter } from "./job/context.ts";

/** Compiles the filters. Throws `RefusedError` for a pattern that is none. */
export function versionFilter(
  groups: readonly SnapshotFilterGroup[],
  context: { readonly nowMs: number; readonly log: Logger },
): VersionFilter {
  const compiled = compileFilters(groups);
  return {
    needsCreation: needsCreation(groups),
    select(versions: readonly Version[]): readonly Version[] {
      const verdicts = selectVersions(versions, compiled, { nowMs: context.nowMs, bookmarks: "keep" });
      if (context.log.isEnabled("DEBUG")) { for (const verdict of verdicts) tell(verdict, context.log); }
      return selectedOf(verdicts);
    },
  };
}

/** Bookmarks always pass, and no filters exclude nothing: neither is worth a record. */
function tell({ version, verdict, reason }: VersionVerdict, log: Logger): void {
  if (reason.ground === "bookmark" || reason.ground === "no snapshot filter") return;
  const verb = verdict === "selected" ? "Including" : "Excluding";
  log.log("DEBUG", `${verb} b/c ${reason.ground}: `, `${versionName(version)} (${reason.rule})`);
}
