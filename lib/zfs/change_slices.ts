/**
 * Cuts a change into several where one command line cannot hold it.
 * Source: docs/spec/replication.md §16.1.
 * @module
 */
import type { ChangeAction } from "../model/action.ts";
import type { Dataset } from "../model/dataset.ts";
import { batches, byteLength, MAX_SINGLE_ARGUMENT_BYTES } from "./batching.ts";
import { changeCommand } from "./dialect.ts";

/** Bytes that a list of properties may have, or what `zfs destroy -v` says of all that it destroys. */
export const LONG_ANSWER_BYTES = 2 ** 20;

/** What limits one command. */
export interface SliceLimits {
  /** Bytes that are left for arguments behind these words. */
  readonly budget: (fixed: readonly string[]) => number;
  /** Most snapshots in one `zfs destroy`. */
  readonly maxSnapshotsPerDelete: number;
}

/** Changes that together do what one does, in order: each fits into one command. */
export function slicesOf(action: ChangeAction, { budget, maxSnapshotsPerDelete }: SliceLimits): ChangeAction[] {
  switch (action.kind) {
    case "destroy-snapshots": {
      const ofArgument = MAX_SINGLE_ARGUMENT_BYTES - byteLength(action.dataset) - 1;
      const maxBytes = Math.min(budget(changeCommand({ ...action, tags: [] })), ofArgument);
      const maxItems = Math.min(maxSnapshotsPerDelete, mostDestroyedAtOnce(action.dataset));
      return [...batches(action.tags, { maxItems, maxBytes })].map((tags) => ({ ...action, tags }));
    }
    case "snapshot": {
      const limits = { maxItems: Infinity, maxBytes: budget(changeCommand({ ...action, names: [] })) };
      return [...batches(action.names, limits)].map((names) => ({ ...action, names }));
    }
    case "set-properties": {
      const limits = { maxItems: Infinity, maxBytes: budget(changeCommand({ ...action, assignments: [] })) };
      return [...batches(action.assignments, limits)].map((assignments) => ({ ...action, assignments }));
    }
    default:
      return [action];
  }
}

/**
 * Snapshots of a dataset that one command destroys at most, so that all it says about them is read: a line for each, with
 * the name and 15 bytes more.
 */
function mostDestroyedAtOnce(dataset: Dataset): number {
  return Math.floor((LONG_ANSWER_BYTES - 2 * MAX_SINGLE_ARGUMENT_BYTES) / (byteLength(dataset) + 15));
}
