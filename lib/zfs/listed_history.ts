/**
 * Histories that keep the rows of their listing as text and make objects of them when they are asked.
 *
 * A batch of some hundred datasets then holds the text that came from `zfs`, uncut, and objects of one dataset at a time,
 * often only of the few at either end. An object for each row of a batch would live just long enough to make the garbage
 * collector the costliest part of a run.
 * @module
 */
import type { Dataset } from "../model/dataset.ts";
import { compareVersions, type Guid, type Version } from "../model/snapshot.ts";
import {
  cellsBetween,
  createtxgAt,
  datasetAt,
  guidAt,
  isVersionOf,
  lineEnd,
  nameIndex,
  readVersion,
} from "./version_rows.ts";
import type { History, HistoryListing } from "./world.ts";

/** The history of a dataset that does not exist. */
export function goneHistory(dataset: Dataset): History {
  return { dataset, versions: undefined, count: 0, guids: [], newestFirst: () => [], oldestFirst: () => [] };
}

/** The rows of one dataset, in the order of the listing. */
export interface HistoryRows {
  /** Lines; all but the last one end with a line feed. */
  readonly text: string;
  readonly count: number;
  /** True if they are in the order of `compareVersions` for certain: each createtxg is larger than the one before. */
  readonly isAscending: boolean;
}

interface GrowingRows extends HistoryRows {
  text: string;
  count: number;
  isAscending: boolean;
  lastCreatetxg: number;
}

/** Sorts the rows of a listing of many datasets by dataset, piece of text by piece of text. */
export class RowCollector {
  readonly rows: ReadonlyMap<Dataset, HistoryRows>;
  readonly #rows: Map<Dataset, GrowingRows>;
  readonly #cells: number;
  /** The first row that is not about one of the datasets, or cannot be read. */
  unreadable: string | undefined;
  /** The dataset that the last row was about; most rows follow one of their own dataset. */
  #dataset: Dataset | undefined;

  constructor(datasets: readonly Dataset[], listing: HistoryListing) {
    this.#rows = new Map(datasets.map((dataset) => [dataset, newRows()]));
    this.rows = this.#rows;
    this.#cells = cellsBetween(listing);
  }

  /** Takes a piece of the listing: whole lines. */
  take(piece: string): void {
    let start = 0;
    while (start < piece.length && this.unreadable === undefined) start = this.#takeRun(piece, start);
  }

  /** Takes the rows from `start` on that are about the same dataset; returns where the others begin. */
  #takeRun(piece: string, first: number): number {
    let rows: GrowingRows | undefined;
    let start = first;
    while (start < piece.length) {
      const end = lineEnd(piece, start);
      const name = nameIndex(piece, { start, end }, this.#cells);
      if (name < 0) return this.#refuse(piece, start, end);
      if (this.#dataset === undefined || !isVersionOf(this.#dataset, piece, name)) {
        if (rows !== undefined) break;
        this.#dataset = datasetAt(piece, name, end);
      }
      rows ??= this.#dataset && this.#rows.get(this.#dataset);
      if (rows === undefined) return this.#refuse(piece, start, end);
      noteRow(rows, createtxgAt(piece, start));
      start = end + 1;
    }
    if (rows !== undefined) rows.text += piece.slice(first, start);
    return start;
  }

  #refuse(piece: string, start: number, end: number): number {
    this.unreadable = piece.slice(start, end);
    return piece.length;
  }
}

function newRows(): GrowingRows {
  return { text: "", count: 0, isAscending: true, lastCreatetxg: -1 };
}

function noteRow(rows: GrowingRows, createtxg: number): void {
  rows.count++;
  if (!(createtxg > rows.lastCreatetxg)) rows.isAscending = false;
  rows.lastCreatetxg = createtxg;
}

/** A history over rows that {@linkcode RowCollector} has accepted. */
export class ListedHistory implements History {
  readonly dataset: Dataset;
  readonly #rows: HistoryRows;
  readonly #listing: HistoryListing;
  #starts: readonly number[] | undefined;
  #sorted: readonly Version[] | undefined;
  #made: Version[] = [];

  constructor(dataset: Dataset, rows: HistoryRows, listing: HistoryListing) {
    this.dataset = dataset;
    this.#rows = rows;
    this.#listing = listing;
  }

  get count(): number {
    return this.#rows.count;
  }

  get versions(): readonly Version[] {
    if (!this.#rows.isAscending) return this.#sort();
    return this.#startsOfRows().map((start) => this.#read(start));
  }

  get guids(): readonly Guid[] {
    const cells = cellsBetween(this.#listing);
    return this.#startsOfRows().map((start) => guidAt(this.#rows.text, start, cells));
  }

  *newestFirst(): Iterable<Version> {
    for (let index = this.count - 1; index >= 0; index--) yield this.#at(index);
  }

  *oldestFirst(): Iterable<Version> {
    for (let index = 0; index < this.count; index++) yield this.#at(index);
  }

  #at(index: number): Version {
    if (!this.#rows.isAscending) return this.#sort()[index]!;
    return this.#made[index] ??= this.#read(this.#startsOfRows()[index]!);
  }

  #sort(): readonly Version[] {
    return this.#sorted ??= this.#startsOfRows().map((start) => this.#read(start)).sort(compareVersions);
  }

  #read(start: number): Version {
    const { text } = this.#rows;
    return readVersion(text, { start, end: lineEnd(text, start) }, this.#listing);
  }

  #startsOfRows(): readonly number[] {
    if (this.#starts !== undefined) return this.#starts;
    const starts: number[] = [];
    const { text } = this.#rows;
    for (let start = 0; start < text.length; start = lineEnd(text, start) + 1) starts.push(start);
    return this.#starts = starts;
  }
}
