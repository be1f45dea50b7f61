/**
 * Every change that this program can make to a pool, as a closed union, and the transfers.
 *
 * The whole destructive power of the program fits on this screen; `zfs/dialect.ts` says each action in the words of
 * `zfs`, dry run and simulator need one method for all of it.
 * @module
 */
import type { Dataset } from "./dataset.ts";
import type { Guid, Snapshot, Version } from "./snapshot.ts";

/** What an action destroys, for those who tell or record it: commands know names only. */
export interface DestroyedVersion {
  readonly guid: Guid;
  /** Absent for a dataset. */
  readonly createtxg?: bigint;
}

/** What the names of an action stand for, in their order; absent if nobody has said it. */
interface NamedByGuid {
  readonly destroyed?: readonly DestroyedVersion[];
}

/** A change to one pool other than receiving a stream. */
export type ChangeAction =
  /** `zfs create -p`; an existing dataset is a success. */
  | { readonly kind: "create-filesystem"; readonly dataset: Dataset; readonly mount: "no" | "default" }
  /** Atomic for all names, which belong to one pool. */
  | { readonly kind: "snapshot"; readonly names: readonly string[]; readonly recursive: boolean }
  /** `from` is a snapshot or bookmark; an existing bookmark with the same guid is a success. */
  | { readonly kind: "bookmark"; readonly from: string; readonly to: string; readonly guid: Guid }
  | {
    readonly kind: "rollback";
    readonly to: string;
    /** Guid of `to`, for those who record it. */
    readonly guid?: Guid;
    /** Tags of newer snapshots as far as known, which go (`-r`), oldest first; none if there may be none. */
    readonly destroys: readonly string[];
  }
    & ForceFlags
    & NamedByGuid
  /** All of them or none. Never `-R`: it takes snapshots of these names from all descendants as well. */
  | {
    readonly kind: "destroy-snapshots";
    readonly dataset: Dataset;
    readonly tags: readonly string[];
    /** `-n`: only says what would be destroyed. */
    readonly simulate: boolean;
    readonly verbose: boolean;
    /** In a dry run `zfs` is not asked: it would refuse, as the clones that go before these are still there. */
    readonly standsInDryRun?: boolean;
  } & NamedByGuid
  | { readonly kind: "destroy-bookmark"; readonly dataset: Dataset; readonly tag: string } & NamedByGuid
  /** Never `-r`: ZFS refuses to destroy a dataset that has snapshots or children. */
  | {
    readonly kind: "destroy-dataset";
    readonly dataset: Dataset;
    readonly unmount: boolean;
    readonly verbose: boolean;
  } & NamedByGuid
  /** Drops the partial state of `zfs receive -s`; nothing to abort is a success. */
  | { readonly kind: "abort-receive"; readonly dataset: Dataset }
  | { readonly kind: "set-properties"; readonly dataset: Dataset; readonly assignments: readonly string[] }
  /** A dataset with all below it, within its pool. `keep`: what is mounted stays mounted where it is; not for volumes. */
  | { readonly kind: "rename"; readonly from: Dataset; readonly to: Dataset; readonly mounts: "keep" | "default" }
  /** `assignments` are local properties of the new dataset. */
  | {
    readonly kind: "clone";
    readonly snapshot: string;
    readonly dataset: Dataset;
    readonly assignments: readonly string[];
  }
  /** The snapshots of the origin, up to the one that it is a clone of, become its own; the origin becomes its clone. */
  | { readonly kind: "promote"; readonly dataset: Dataset };

/** Flags of `zfs rollback`. */
export interface ForceFlags {
  /** `-f` */
  readonly unmount: boolean;
  /** `-R`: clones of newer snapshots go along. */
  readonly dependents: boolean;
}

/** One stream from source to destination. */
export type Transfer =
  | { readonly kind: "full"; readonly to: Snapshot }
  | IncrementalStep
  /** Completes an interrupted receive; `from` is absent if that was a full one. */
  | { readonly kind: "resume"; readonly token: string; readonly from: Version | undefined; readonly to: Version };

/** One incremental send; more than one gain means `-I`. */
export interface IncrementalStep {
  /** Which kind of transfer this is. */
  readonly kind: "incremental";
  /** The option of `zfs send`: `-I` sends all gains as one stream. */
  readonly flag: "-i" | "-I";
  /** What the destination has already. */
  readonly from: Version;
  /** The newest snapshot that it brings. */
  readonly to: Snapshot;
  /** What the destination has more afterwards, oldest first; the last one is `to`. */
  readonly gains: readonly Snapshot[];
}
