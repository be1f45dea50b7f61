/**
 * What to do about one dataset, from what was observed: pure decisions of docs/spec/replication.md §4, §5, §6 and §9.
 *
 * The decision is data; `run/replicate/dataset.ts` performs it. Everything is decided afresh for each attempt.
 * @module
 */
import { type Dataset, parentOf } from "../../model/dataset.ts";
import { ConflictError, RefusedError } from "../../model/errors.ts";
import { type Guid, isSnapshot, type Snapshot, type Version } from "../../model/snapshot.ts";
import { ahead, type Aside, namesake, unrelated } from "./conflicts.ts";
import { lineage, type Namesake, namesakesOf, snapshotsToSend } from "./lineage.ts";
import type { ForcePolicy, ReplicationPolicy } from "../../model/job.ts";
import { commonToKeep, isSetAside } from "./set_aside.ts";

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
  /** True if the filters let anything pass, snapshots or bookmarks. */
  readonly anySelected: boolean;
  /** Snapshots of the destination, oldest first; `undefined` = it does not exist. */
  readonly destinationSnapshots: readonly Snapshot[] | undefined;
}

/** What is lost or changed at the destination before the transfer, in order. */
export type Resolution =
  | { readonly kind: "rollback-to-latest"; readonly to: Snapshot }
  /** `newer` are the destination's snapshots that go. */
  | { readonly kind: "rollback-to-common"; readonly to: Snapshot; readonly newer: readonly Snapshot[] }
  | { readonly kind: "delete-all"; readonly snapshots: readonly Snapshot[] }
  /** Their names are those of other snapshots that are to be sent. */
  | { readonly kind: "delete-namesakes"; readonly snapshots: readonly Snapshot[] };

/** The decision. */
export type Decision =
  | { readonly kind: "skip-missing" }
  /** No snapshot is selected. */
  | { readonly kind: "nothing-selected" }
  /** The base is the latest selected snapshot. */
  | { readonly kind: "up-to-date"; readonly resolutions: readonly Resolution[] }
  /** What only the destination has stands in the way. A rollback to its own latest snapshot is still made before. */
  | { readonly kind: "refuse"; readonly resolutions: readonly Resolution[]; readonly error: ConflictError }
  /** The same, but the destination gets another name, and what it shares with the source, up to `common`, stays. */
  | { readonly kind: "set-aside"; readonly common: Snapshot | undefined; readonly error: ConflictError }
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

/** What the user wants, as far as it decides about one dataset. */
type DecisionPolicy =
  & Pick<ReplicationPolicy, "skipMissingSnapshots" | "stream">
  & Partial<Pick<ReplicationPolicy, "onConflict">>;

/** Decides about one dataset. Throws {@linkcode RefusedError} if a source must have snapshots and has none. */
export function decide(
  seen: Observation,
  policy: DecisionPolicy,
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
  const resolutions: Resolution[] = [];
  if (force.rollbackToLatest && existing.length > 0) {
    resolutions.push({ kind: "rollback-to-latest", to: existing[existing.length - 1]! });
  }
  const refuse = (error: ConflictError): Decision => {
    const isKept = policy.onConflict === "set-aside" && !isSetAside(seen.destination, "" as Dataset);
    return isKept
      ? { kind: "set-aside", common: commonToKeep(seen, existing, policy), error }
      : { kind: "refuse", resolutions, error };
  };
  const aside = wayAside(seen.destination, policy, force);
  const mayRollBack = force.rollbackToLatestCommon || force.replaceUnrelated;
  const first = policy.stream ? selected[0]! : latest;

  const newest = lineage(seen.usable, existing);
  if (newest.kind === "empty") return { kind: "replicate", resolutions, base: undefined, first };
  if (newest.kind === "diverged" && !mayRollBack) {
    return refuse(ahead(seen, newest.common, newest.destinationOnly, aside));
  }
  const { kept, replaced, clash } = withoutNamesakes(seen, existing, policy);
  if (clash !== undefined && newest.kind !== "unrelated" && !mayRollBack) return refuse(namesake(clash, aside));

  const verdict = lineage(seen.usable, kept);
  if (verdict.kind === "empty" || verdict.kind === "unrelated") {
    if (!force.replaceUnrelated) {
      return refuse(clash === undefined ? unrelated(seen, existing, aside) : namesake(clash, aside));
    }
    resolutions.push({ kind: "delete-all", snapshots: existing });
    return { kind: "replicate", resolutions, base: undefined, first };
  }
  const common = verdict.kind === "common" ? kept[kept.length - 1]! : verdict.common;
  const newer = existing.slice(existing.indexOf(common) + 1);
  if (newer.length > 0) resolutions.push({ kind: "rollback-to-common", to: common, newer });
  if (replaced.length > 0) resolutions.push({ kind: "delete-namesakes", snapshots: replaced });
  const { base } = verdict;
  return base.guid === latest.guid
    ? { kind: "up-to-date", resolutions }
    : { kind: "replicate", resolutions, base, first };
}

/** What can be said about `--on-conflict=set-aside` where it was not given. */
function wayAside(destination: Dataset, { onConflict }: DecisionPolicy, force: ForcePolicy): Aside {
  if (onConflict === "set-aside" || parentOf(destination) === undefined) return "none";
  const isForced = force.rollbackToLatest || force.rollbackToLatestCommon || force.replaceUnrelated ||
    force.destroyDependents || force.once;
  return isForced ? "replace" : "add";
}

/** What can stay at the destination although snapshots of the same names arrive. */
interface Kept {
  /** The destination's history up to a base that can stay, oldest first. */
  readonly kept: readonly Snapshot[];
  /** Older than the base, and in the way. */
  readonly replaced: readonly Snapshot[];
  /** The first conflict; absent if nothing is in the way. */
  readonly clash: Namesake | undefined;
}

/** Looks for the newest base that is no namesake of what would be sent from there on. */
function withoutNamesakes(
  seen: Observation,
  existing: readonly Snapshot[],
  policy: Pick<ReplicationPolicy, "stream">,
): Kept {
  let kept = existing;
  let clash: Namesake | undefined;
  for (;;) {
    const verdict = lineage(seen.usable, kept);
    if (verdict.kind === "empty" || verdict.kind === "unrelated") return { kept, replaced: [], clash };
    const common = verdict.kind === "common" ? kept[kept.length - 1]! : verdict.common;
    const end = kept.indexOf(common);
    const found = namesakesOf(snapshotsToSend(seen, verdict.base, policy), kept.slice(0, end + 1));
    clash ??= found[0];
    if (!found.some(({ present }) => present === common)) {
      return { kept, replaced: found.map(({ present }) => present), clash };
    }
    kept = kept.slice(0, end);
  }
}
