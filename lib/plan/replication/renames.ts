/**
 * Datasets that were renamed at the source, recognised by guids.
 * Source: docs/spec/replication.md §6.1.
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import type { Guid } from "../../model/snapshot.ts";

/** A source dataset that the destination has under another name. */
export interface RenamedSource {
  /** The source dataset, under its name of today. */
  readonly source: Dataset;
  /** The destination dataset, under the name that its source had. */
  readonly copy: Dataset;
  /** Of a version that both have. */
  readonly guid: Guid;
}

/** What guids tell. */
export interface RenameFindings {
  readonly renamed: readonly RenamedSource[];
  /** Datasets of one side that share guids with several of the other one, so that nobody knows: what to say of them. */
  readonly doubts: readonly string[];
}

/** Guids of the versions of datasets. */
export type GuidsOf = ReadonlyMap<Dataset, readonly Guid[]>;

/**
 * Compares source datasets that the destination lacks with destination datasets that the source lacks. Only a match that is
 * the only one for both is a rename.
 */
export function findRenames(fresh: GuidsOf, orphaned: GuidsOf): RenameFindings {
  const copiesByGuid = new Map<Guid, Dataset[]>();
  for (const [copy, guids] of orphaned) {
    for (const guid of guids) copiesByGuid.set(guid, [...copiesByGuid.get(guid) ?? [], copy]);
  }
  const matches = [...fresh].flatMap(([source, guids]) => {
    const found = new Map<Dataset, Guid>();
    for (const guid of guids) for (const copy of copiesByGuid.get(guid) ?? []) found.set(copy, guid);
    return [...found].map(([copy, guid]) => ({ source, copy, guid }));
  });
  const bySource = Map.groupBy(matches, ({ source }) => source);
  const byCopy = Map.groupBy(matches, ({ copy }) => copy);
  const isOnly = ({ source, copy }: RenamedSource): boolean =>
    bySource.get(source)!.length === 1 && byCopy.get(copy)!.length === 1;
  const doubts = [
    ...[...bySource].filter(([, some]) => some.length > 1).map(([source, some]) =>
      `${source} shares snapshots with ${some.map(({ copy }) => copy).join(" and ")}`
    ),
    ...[...byCopy].filter(([, some]) => some.length > 1).map(([copy, some]) =>
      `${copy} shares snapshots with ${some.map(({ source }) => source).join(" and ")}`
    ),
  ];
  return { renamed: matches.filter(isOnly), doubts };
}
