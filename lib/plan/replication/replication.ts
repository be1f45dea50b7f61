/**
 * What to do about one dataset, from what was observed: pure decisions of docs/spec/replication.md §4, §5, §6 and §9.
 *
 * The decision is data; `run/replicate/dataset.ts` performs it. Everything is decided afresh for each attempt.
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import { ConflictError, RefusedError } from "../../model/errors.ts";
import { type Guid, isSnapshot, type Snapshot, type Version, versionName } from "../../model/snapshot.ts";
import { lineage } from "./lineage.ts";
import type { ForcePolicy, ReplicationPolicy } from "../../model/job.ts";

/** Everything that the decision about one dataset depends on. */
export interface Observation {
  /** The source dataset. */
  readonly source: Dataset;
  /** The destination dataset. */
  readonly destination: Dataset;
  /** Versions of the source that may be base or be sent, oldest first (after {@linkcode usableVersions}). */
  readonly usable: readonly Version[];
  /** Guids of selected snapshots. */
  readonly selected: ReadonlySet<Guid>;
  /** True if the filters let anything pass, be it a bookmark. */
  readonly anySelected: boolean;
  /** Snapshots of the destination, oldest first; `undefined` = it does not exist. */
  readonly destinationSnapshots: readonly Snapshot[] | undefined;
}

/** What is lost or changed at the destination before the transfer, in order. */
export type Resolution =
  | { readonly kind: "rollback-to-latest"; readonly to: Snapshot }
  /** `newer` are the destination's snapshots that go. */
  | { readonly kind: "rollback-to-common"; readonly to: Snapshot; readonly newer: readonly Snapshot[] }
  | { readonly kind: "delete-all"; readonly snapshots: readonly Snapshot[] };

/** The decision. */
export type Decision =
  | { readonly kind: "skip-missing" }
  /** No snapshot is selected. */
  | { readonly kind: "nothing-selected" }
  /** The base is the latest selected snapshot. */
  | { readonly kind: "up-to-date"; readonly resolutions: readonly Resolution[] }
  /** What only the destination has stands in the way. A rollback to its own latest snapshot is still made before. */
  | { readonly kind: "refuse"; readonly resolutions: readonly Resolution[]; readonly error: ConflictError }
  | {
    readonly kind: "replicate";
    readonly resolutions: readonly Resolution[];
    /** Absent = a full send of `first` comes first. */
    readonly base: Version | undefined;
    /** The snapshot of a full send. */
    readonly first: Snapshot;
  };

/**
 * The versions of a source listing that matter: bookmarks are dropped if they are not wanted, or if the destination
 * has no snapshots that they could be a base of (docs/spec/replication.md §4.2).
 */
export function usableVersions(
  listing: readonly Version[],
  destination: readonly Snapshot[] | undefined,
  policy: Pick<ReplicationPolicy, "useBookmarks">,
): readonly Version[] {
  const bookmarksMatter = policy.useBookmarks && destination !== undefined && destination.length > 0;
  return bookmarksMatter ? listing : listing.filter(isSnapshot);
}

/** Decides about one dataset. Throws {@linkcode RefusedError} if a source must have snapshots and has none. */
export function decide(
  seen: Observation,
  policy: Pick<ReplicationPolicy, "skipMissingSnapshots" | "stream">,
  force: ForcePolicy,
): Decision {
  if (!seen.anySelected && policy.skipMissingSnapshots === "dataset") return { kind: "skip-missing" };
  if (!seen.anySelected && policy.skipMissingSnapshots === "fail") {
    throw new RefusedError(
      `Source dataset includes no snapshot: ${seen.source}. Consider using --skip-missing-snapshots=dataset`,
    );
  }
  const selected = seen.usable.filter(isSnapshot).filter((snapshot) => seen.selected.has(snapshot.guid));
  const latest = selected[selected.length - 1];
  if (latest === undefined) return { kind: "nothing-selected" };

  const existing = seen.destinationSnapshots ?? [];
  const verdict = lineage(seen.usable, existing);
  const base = verdict.kind === "common" || verdict.kind === "diverged" ? verdict.base : undefined;
  const resolutions: Resolution[] = [];
  if (force.rollbackToLatest && existing.length > 0) {
    resolutions.push({ kind: "rollback-to-latest", to: existing[existing.length - 1]! });
  }
  if (verdict.kind === "diverged") {
    if (!force.rollbackToLatestCommon && !force.replaceUnrelated) {
      return { kind: "refuse", resolutions, error: aheadOf(verdict.common, existing) };
    }
    resolutions.push({ kind: "rollback-to-common", to: verdict.common, newer: verdict.destinationOnly });
  }
  if (base?.guid === latest.guid) return { kind: "up-to-date", resolutions };
  if (verdict.kind === "unrelated") {
    if (!force.replaceUnrelated) return { kind: "refuse", resolutions, error: unrelated(seen) };
    resolutions.push({ kind: "delete-all", snapshots: verdict.destinationOnly });
  }
  return { kind: "replicate", resolutions, base, first: policy.stream ? selected[0]! : latest };
}

function aheadOf(common: Snapshot, existing: readonly Snapshot[]): ConflictError {
  return new ConflictError(
    `Conflict: Most recent destination snapshot ${versionName(existing[existing.length - 1]!)} is more recent than ` +
      `most recent common snapshot ${versionName(common)}. Rollback destination first, for example via ` +
      `--force-rollback-to-latest-common-snapshot (or --force) option.`,
  );
}

function unrelated(seen: Observation): ConflictError {
  return new ConflictError(
    `Conflict: No common snapshot found between ${seen.source} and ${seen.destination} even though destination has ` +
      `at least one snapshot. Aborting. Consider using --force option to first delete all existing destination ` +
      `snapshots in order to be able to proceed with replication.`,
  );
}

/** What a full send finds at the destination, which has no snapshots. */
export type FullTarget =
  | { readonly kind: "absent" }
  /** `occupied` is a dataset below it that has snapshots. */
  | { readonly kind: "present"; readonly occupied: Dataset | undefined };

/**
 * Decides whether a full send is received with `-F`, which replaces what the destination holds.
 *
 * The source writes the stream: in place of one snapshot it may send a package (`zfs send -R`), and with `-F` a package
 * destroys the snapshots and datasets below the destination that it does not name. Hence `-F` is given only where there
 * is a dataset to replace, and without `--force` only where nothing below has snapshots. Throws {@linkcode
 * ConflictError}.
 */
export function replacesTarget(
  destination: Dataset,
  target: FullTarget,
  force: Pick<ForcePolicy, "replaceUnrelated">,
): boolean {
  if (target.kind === "absent") return false;
  if (target.occupied === undefined || force.replaceUnrelated) return true;
  throw new ConflictError(
    `Conflict: Cannot replace ${destination}, which has no snapshots, by a full send, because ${target.occupied} below ` +
      `it has snapshots, and 'zfs receive -F' lets the source destroy them. Aborting. Consider using --force option if ` +
      `the source is trusted with everything below the destination.`,
    { hint: "Replicate to another dataset, or leave the source dataset out (--skip-parent, --exclude-dataset)" },
  );
}
