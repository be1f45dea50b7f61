/**
 * What helps where replication has stopped at a destination that has diverged. Source: docs/spec/status.md §4.1.
 * @module
 */
import type { StatusFinding } from "../../model/status/mod.ts";
import { isConflictMessage } from "../replication/mod.ts";

/** Words behind `bzfs jobrunner --config FILE` that lose nothing of either side. */
export const SET_ASIDE = "--replicate --on-conflict=set-aside  # keeps both: bzfs help diverged";

/** What helps against the failure of a run: its words for the job runner, but never those that fail again for the same reason. */
export function remedyOfFailure(error: string | undefined, words: string): string {
  if (error === undefined || !error.startsWith("Conflict: ")) return words;
  return isConflictMessage(error) ? SET_ASIDE : "bzfs help diverged";
}

/** Findings of a route of which replication is stopped by a conflict: none of them proposes what would fail. */
export function withoutFailing(
  findings: readonly StatusFinding[],
  { failing, instead }: { readonly failing: string; readonly instead: string },
): readonly StatusFinding[] {
  if (!findings.some(({ id }) => id === "diverged")) return findings;
  return findings.map((finding) =>
    finding.remedy === failing && finding.id !== "source-late" ? { ...finding, remedy: instead } : finding
  );
}
