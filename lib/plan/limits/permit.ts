/**
 * What is about to be destroyed, named by guid, and what a person has said about it.
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import type { Guid, Version } from "../../model/snapshot.ts";
import type { Side } from "../../model/job.ts";

/** What can be lost, as far as limits count it. */
export type LossKind = "snapshot" | "bookmark" | "dataset";

/** Something that is about to be destroyed. Partial receives and temporary bookmarks of this program are none. */
export interface Loss {
  /** Side of the run's pair. */
  readonly side: Side;
  /** The dataset, or the one that the version belongs to. */
  readonly dataset: Dataset;
  /** What goes; `changes`: what was written since a snapshot, which limits do not count. */
  readonly what: LossKind | "changes";
  /** The part behind `@` or `#`; empty for a dataset. */
  readonly tag: string;
  /** Guid of the version, or of the dataset; for changes, of the snapshot. */
  readonly guid: Guid;
  /** Transaction group of a version's creation. */
  readonly createtxg?: bigint;
}

/** What a person has said about losses. */
export interface Permit {
  /**
   * `ordinary`: nothing, so limits count it. `permitted`: it may go, also beyond limits. `refused`: a plan is applied that
   * does not hold it.
   */
  verdictOn(loss: Loss): "ordinary" | "permitted" | "refused";
}

/** The permit of a run about which nobody has said anything. */
export const ORDINARY: Permit = { verdictOn: () => "ordinary" };

const MARKS: Readonly<Record<Loss["what"], string>> = { snapshot: "@", bookmark: "#", dataset: "", changes: "@" };

/** Full name of what is lost; of changes, that of the snapshot since which they were made. */
export function lossName({ dataset, what, tag }: Loss): string {
  return `${dataset}${MARKS[what]}${tag}`;
}

/** The loss of a version. */
export function lossOfVersion(side: Side, { dataset, kind, tag, guid, createtxg }: Version): Loss {
  return { side, dataset, what: kind, tag, guid, createtxg };
}

/**
 * The permit of a person who names datasets, beside another one. A name with a slash at its end stands for all datasets
 * below it.
 */
export function permitOf(datasets: readonly string[], other: Permit): Permit {
  if (datasets.length === 0) return other;
  const exact = new Set(datasets);
  const below = datasets.filter((name) => name.endsWith("/"));
  return {
    verdictOn: (loss) => {
      const { dataset } = loss;
      const isNamed = exact.has(dataset) || below.some((name) => dataset.startsWith(name));
      const verdict = other.verdictOn(loss);
      return isNamed && verdict === "ordinary" ? "permitted" : verdict;
    },
  };
}
