/**
 * Dataset names: parent, descendant, re-root.
 *
 * A `Dataset` is a name that was validated (operands, by `parseDataset` in `model/location.ts`) or printed by `zfs`.
 * @module
 */

/** Name of a filesystem or volume, without host. */
export type Dataset = string & { readonly __dataset: never };

/** Takes a name that `zfs` itself printed, or that was put together from such names. */
export function datasetFromZfs(name: string): Dataset {
  return name as Dataset;
}

/** Pool of a dataset: its first path component. */
export function poolOf(dataset: Dataset): Dataset;
export function poolOf(dataset: string): string;
export function poolOf(dataset: string): string {
  const slash = dataset.indexOf("/");
  return slash < 0 ? dataset : dataset.slice(0, slash);
}

/** Parent of a dataset; `undefined` for a pool. */
export function parentOf(dataset: Dataset): Dataset | undefined {
  const slash = dataset.lastIndexOf("/");
  return slash < 0 ? undefined : (dataset.slice(0, slash) as Dataset);
}

/** Ancestors from the pool downwards, without the dataset itself. */
export function ancestorsOf(dataset: Dataset): Dataset[] {
  const result: Dataset[] = [];
  for (let slash = dataset.indexOf("/"); slash >= 0; slash = dataset.indexOf("/", slash + 1)) {
    result.push(dataset.slice(0, slash) as Dataset);
  }
  return result;
}

/** True if `dataset` is `root` or lies below it. */
export function isWithin(dataset: string, root: string): boolean {
  return dataset === root || dataset.startsWith(`${root}/`);
}

/** Maps a dataset at or below `from` to its counterpart at or below `to`. */
export function reRoot(dataset: Dataset, from: Dataset, to: Dataset): Dataset {
  return (to + dataset.slice(from.length)) as Dataset;
}
