/**
 * What a run would do, as one document: the form of `--plan-file`, published as docs/plan.schema.json.
 *
 * Everything that would be destroyed is named with its guid, below the place and the dataset where it is: a snapshot that
 * was replicated has the same guid everywhere, so that a guid alone would say too much.
 * @module
 */
import type { DeletionReason, HoldReason, Kept, Place, RolledBack, Sent } from "../events.ts";

/** Version of the form. It changes when a reader has to; a file of another version is not applied. */
export const PLAN_FORMAT = 1;

/** Stands where a file tells what kind of file it is. */
export const PLAN_KIND = "bzfs-plan";

/** Begin of the name of what was written since a snapshot, which a rollback to it loses. */
export const CHANGES = "changes since ";

/** What a plan was made from, and by whom. */
export interface PlanHead {
  /** The program that made it: with `bzfs_jobrunner`, of all subjobs. */
  readonly program: "bzfs" | "bzfs_jobrunner";
  /** Version of the program. */
  readonly version: string;
  /** When it was made: ISO 8601, UTC. */
  readonly createdAt: string;
  /** Name of the host that the program ran on. */
  readonly host: string;
  /** Digest of the options that decide what a fleet does, SHA-256 in base64url; absent in a plan of `bzfs`. */
  readonly options?: string;
  /** Digest of the job file; absent without one. */
  readonly jobFile?: string;
}

/** What a run would do. */
export interface PlanDocument extends PlanHead {
  /** What kind of file this is. */
  readonly kind: typeof PLAN_KIND;
  /** Version of the form. */
  readonly format: typeof PLAN_FORMAT;
  /** Status that the dry run ended with. */
  readonly exitStatus: number;
  /** Numbers of all datasets together. */
  readonly totals: PlanTotals;
  /** The runs that the plan is of: one, or one for each subjob. */
  readonly runs: readonly PlannedRun[];
  /** SHA-256, in base64url, of this document without this field: shows that the file was cut or edited. */
  readonly digest: string;
}

/** Numbers of a plan. Bytes are decimal text, and a lower bound: not all of them are known. */
export interface PlanTotals {
  /** Snapshots that would be created. */
  readonly create: number;
  /** Snapshots that would be received. */
  readonly receive: number;
  /** Their bytes, as estimated. */
  readonly receiveBytes: string;
  /** Snapshots, bookmarks and datasets that would be destroyed. */
  readonly destroy: number;
  /** Bytes that this would free. */
  readonly destroyBytes: string;
  /** Snapshots, bookmarks and datasets that limits keep, and that applying the plan destroys. */
  readonly heldBack: number;
}

/** What one run of `bzfs` would do. */
export interface PlannedRun {
  /** Name of the subjob; absent without a job runner. */
  readonly subjob?: string;
  /** Digest of its options. */
  readonly options: string;
  /** Datasets of which anything would change, in the order of the run. */
  readonly datasets: readonly PlannedDataset[];
}

/** What would be done to one dataset. Lists are absent if they are empty. */
export interface PlannedDataset extends Place {
  /** Name of the dataset. */
  readonly dataset: string;
  /** `@tag` of snapshots, or `filesystem` for the dataset itself. */
  readonly create?: readonly string[];
  /** Streams, in their order. */
  readonly receive?: readonly PlannedStream[];
  /** What would be destroyed. */
  readonly destroy?: readonly PlannedLoss[];
  /** Bytes that this frees, decimal text, as far as `zfs` says it; absent if it says nothing. */
  readonly destroyBytes?: string;
  /** Snapshots that the dataset would be taken back to: what was written since is lost. */
  readonly rollBack?: readonly PlannedRollback[];
  /** What limits keep. Applying the plan destroys it. */
  readonly heldBack?: readonly HeldBackLoss[];
  /** How many of its kind there are; absent if that is not known. */
  readonly heldBackOf?: number;
  /** What would be destroyed otherwise, and is kept also when the plan is applied. */
  readonly keep?: readonly KeptVersions[];
  /** What else a person may want to know: what failed, is renamed or set aside. */
  readonly notes?: readonly string[];
}

/** A stream that would be received. */
export interface PlannedStream extends Pick<Sent, "kind" | "from" | "to" | "snapshots"> {
  /** Estimated bytes, decimal text; absent if nobody has asked. */
  readonly bytes?: string;
}

/** A snapshot, a bookmark or a dataset that would be destroyed. */
export interface PlannedLoss {
  /** `@tag`, `#tag`, or empty for the dataset itself; `changes since @tag` for what a rollback to it would lose. */
  readonly name: string;
  /** ZFS guid, as decimal digits. */
  readonly guid: string;
  /** Transaction group of its creation, as decimal digits; absent if it is not known. */
  readonly createtxg?: string;
  /** Why. */
  readonly reason: DeletionReason;
}

/** Something that would be destroyed, but for a limit. */
export interface HeldBackLoss extends Pick<PlannedLoss, "name" | "guid"> {
  /** Why it is kept. */
  readonly reason: HoldReason;
}

/** Snapshots or bookmarks that are kept. */
export type KeptVersions = Pick<Kept, "reason" | "versions">;

/** A rollback. */
export interface PlannedRollback extends Pick<RolledBack, "to"> {
  /** Guid of that snapshot. */
  readonly guid: string;
}
