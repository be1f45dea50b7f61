/**
 * One destination dataset of `--delete-dst-snapshots`: what is listed for it, what is decided, how that is told.
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import { type Guid, type Version, versionName } from "../../model/snapshot.ts";
import type { DeleteSnapshotsPolicy } from "../../model/job.ts";
import { type DeletionListing, type DeletionVerdict, judgeVersions } from "../../plan/retention.ts";
import type { DeletionReason } from "../../report/events.ts";
import type { HistoryListing } from "../../zfs/world.ts";
import { dryPrefix, type PairContext } from "../job/context.ts";

/** One destination dataset of the phase. */
export interface PruneTask {
  readonly dataset: Dataset;
  /** The name of the source's counterpart; `undefined` for the virtual source. */
  readonly counterpart: Dataset | undefined;
  /** True if the counterpart was there when the run began. */
  readonly hadCounterpart: boolean;
  /** What to list for it, if it has a counterpart. */
  readonly listing: DeletionListing;
}

/** Columns and types of the listing of a destination dataset. */
export function destinationListing(task: PruneTask, context: PairContext): HistoryListing {
  const bookmarks = task.listing.destination === "bookmarks";
  return { snapshots: !bookmarks, bookmarks, holds: true, creation: context.filter.needsCreation };
}

/** The listing of the guids of its counterpart; `undefined` if the source is not asked. */
export function sourceListing({ listing, counterpart }: PruneTask): HistoryListing | undefined {
  if (listing.source === undefined || counterpart === undefined) return undefined;
  return { ...listing.source, creation: false };
}

/** Decides about all versions of a destination dataset. */
export function judge(
  versions: readonly Version[],
  sourceGuids: ReadonlySet<Guid>,
  policy: DeleteSnapshotsPolicy,
  { filters, nowMs, isDummy }: PairContext,
): DeletionVerdict[] {
  return judgeVersions(versions, { policy, filters, nowMs, sourceGuids, sourceIsDummy: isDummy.src });
}

/** Says what is deleted, with its reason, at info level, and what is kept at debug level. */
export function tellVerdicts(verdicts: readonly DeletionVerdict[], { log, job }: PairContext): void {
  const deleting = `${dryPrefix(job)}Deleting`;
  for (const { version, verdict, why, reason } of verdicts) {
    if (verdict === "keep" && !log.isEnabled("DEBUG")) continue;
    const rule = reason.rule === "" ? "" : ` (${reason.rule})`;
    const [level, verb] = verdict === "delete" ? ["INFO", deleting] as const : ["DEBUG", "Keeping"] as const;
    log.log(level, `${verb} b/c ${why}: `, `${versionName(version)}${rule}`);
  }
}

/** Why versions are deleted, by tag, as events tell it. */
export function reasonsOf(verdicts: readonly DeletionVerdict[]): (tag: string) => DeletionReason {
  const reasons = new Map(verdicts.map(({ version, why }) => [version.tag, REASONS[why]]));
  return (tag) => reasons.get(tag) ?? "selected";
}

const REASONS: Partial<Readonly<Record<DeletionVerdict["why"], DeletionReason>>> = {
  "not retained": "not-retained",
  "not on source": "not-on-source",
};
