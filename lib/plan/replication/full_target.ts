/**
 * Whether a full send may replace what a destination without snapshots holds.
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import { ConflictError } from "../../model/errors.ts";
import type { ForcePolicy, ReplicationPolicy } from "../../model/job.ts";

/** What a dataset is. */
type DatasetType = "filesystem" | "volume";

/** What a full send finds at the destination, which has no snapshots. */
export type FullTarget =
  | { readonly kind: "absent" }
  | {
    readonly kind: "present";
    readonly type: DatasetType;
    /** A dataset below it that has snapshots; absent if there is none. */
    readonly occupied: Dataset | undefined;
    /** It holds nothing but the receive that is being resumed. */
    readonly isUnfinished: boolean;
  };

/** What decides about a replacement. */
export interface Replacement {
  readonly destination: Dataset;
  /** Of the source. */
  readonly type: DatasetType;
  readonly target: FullTarget;
  readonly force: Pick<ForcePolicy, "replaceUnrelated">;
  readonly existingData: ReplicationPolicy["existingData"];
}

/**
 * Decides whether a full send is received with `-F`, which replaces what the destination holds.
 *
 * The source writes the stream: in place of one snapshot it may send a package (`zfs send -R`), and with `-F` a package
 * destroys the snapshots and datasets below the destination that it does not name. Hence `-F` is given only where there
 * is a dataset to replace, and without `--force` only where nothing below has snapshots. Throws {@linkcode
 * ConflictError}.
 */
export function replacesTarget({ destination, type, target, force, existingData }: Replacement): boolean {
  if (target.kind === "absent") return false;
  if (force.replaceUnrelated) return true;
  if (target.type !== type) {
    throw new ConflictError(
      `Conflict: Cannot replace ${destination}, a ${target.type} without snapshots, by a full send of a ${type}. ` +
        `Aborting. Consider using --force option if what it holds is not needed.`,
      {
        hint: `To keep it, rename it (zfs rename ${destination} ${destination}-kept), or replicate to another dataset`,
      },
    );
  }
  if (target.occupied !== undefined) {
    throw new ConflictError(
      `Conflict: Cannot replace ${destination}, which has no snapshots, by a full send, because ${target.occupied} ` +
        `below it has snapshots, and 'zfs receive -F' lets the source destroy them. Aborting. Consider using --force ` +
        `option if the source is trusted with everything below the destination.`,
      { hint: "Replicate to another dataset, or leave the source dataset out (--skip-parent, --exclude-dataset)" },
    );
  }
  if (existingData === "replace" || target.isUnfinished) return true;
  throw new ConflictError(
    `Conflict: ${destination} exists and has no snapshots, so that a full send would replace what it holds. Aborting. ` +
      `Consider using --force option if what it holds is not needed, or if it is empty.`,
    { hint: `To keep it, rename it (zfs rename ${destination} ${destination}-kept), or replicate to another dataset` },
  );
}
