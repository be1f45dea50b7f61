/**
 * What follows from a failure for partially received state of the destination.
 *
 * Source: docs/spec/replication.md §7.4.
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import type { Diagnosis } from "../../model/errors.ts";

/** What is to be done about the partial state of a dataset. */
export interface ReceiveStateVerdict {
  /**
   * Why the partial state must be aborted before anything else can work; absent if it need not. `blocked`: the destination
   * says that it is in the way. `target`, `base`: the sender says that the snapshot to be received, or its base, does not
   * exist any more, which the source must confirm.
   */
  readonly clear?: "blocked" | "target" | "base";
  /** The first retry may be made at once. */
  readonly retryAtOnce: boolean;
}

/** Judges a failure of a command about a dataset. */
export function receiveStateVerdict({ partialReceive }: Diagnosis, dataset: Dataset): ReceiveStateVerdict {
  if (partialReceive === undefined) return { retryAtOnce: false };
  const { blocks, blockers, gone, isSaved } = partialReceive;
  const clear = blocks || blockers.includes(dataset) ? "blocked" : gone;
  return clear === undefined ? { retryAtOnce: isSaved } : { clear, retryAtOnce: true };
}
