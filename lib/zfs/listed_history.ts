/**
 * A history that keeps the rows of its listing and makes objects of them when it is asked.
 *
 * A batch of a thousand datasets then holds text that is needed anyway, and objects of one dataset at a time, often
 * only of the few at either end.
 * @module
 */
import type { Dataset } from "../model/dataset.ts";
import { compareVersions, type Guid, type Version } from "../model/snapshot.ts";
import { guidOfRow, readVersionRow } from "./dialect.ts";
import type { History, HistoryListing } from "./world.ts";

/** The history of a dataset that does not exist. */
export function goneHistory(dataset: Dataset): History {
  return { dataset, versions: undefined, guids: [], newestFirst: () => [], oldestFirst: () => [] };
}

/** A history over rows that `dialect.ts` can read. */
export class ListedHistory implements History {
  readonly dataset: Dataset;
  readonly #rows: readonly string[];
  readonly #listing: HistoryListing;
  #sorted: readonly string[] | undefined;
  #made: Version[] = [];

  constructor(dataset: Dataset, rows: readonly string[], listing: HistoryListing) {
    this.dataset = dataset;
    this.#rows = rows;
    this.#listing = listing;
  }

  get versions(): readonly Version[] {
    return this.#sortedRows().map((row) => this.#read(row));
  }

  get guids(): readonly Guid[] {
    return this.#rows.map(guidOfRow);
  }

  *newestFirst(): Iterable<Version> {
    for (let index = this.#rows.length - 1; index >= 0; index--) yield this.#at(index);
  }

  *oldestFirst(): Iterable<Version> {
    for (let index = 0; index < this.#rows.length; index++) yield this.#at(index);
  }

  #at(index: number): Version {
    return this.#made[index] ??= this.#read(this.#sortedRows()[index]!);
  }

  #read(row: string): Version {
    return readVersionRow(row, this.#listing)!;
  }

  /** In the order of `compareVersions`, which is mostly that of the listing, and that of numbers if none is twice. */
  #sortedRows(): readonly string[] {
    if (this.#sorted !== undefined) return this.#sorted;
    const rows = this.#rows;
    const txgs = rows.map((row) => Number.parseInt(row, 10));
    if (txgs.every((txg, i) => i === 0 || txgs[i - 1]! < txg)) return this.#sorted = rows;
    const read = rows.map((row) => ({ row, version: this.#read(row) }));
    return this.#sorted = read.sort((a, b) => compareVersions(a.version, b.version)).map(({ row }) => row);
  }
}
