/**
 * Histories that keep the rows of their listing as text and make objects of them when they are asked.
 *
 * A batch of some hundred datasets then holds the text that came from `zfs`, uncut, and objects of one dataset at a
 * time, often only of the few at either end. An object for each row of a batch would live just long enough to make the
 * garbage collector the costliest part of a run.
 * @module
 */
import { type Dataset, parentOf } from "../model/dataset.ts";
import { compareVersions, type Guid, type Version } from "../model/snapshot.ts";
import { longLineIn } from "./lines.ts";
import { cellsBetween, createtxgAt, guidAt, lineEnd, readVersion, runOfRows } from "./version_rows.ts";
import type { History, HistoryListing } from "./world.ts";

/** The history of a dataset that does not exist. */
export function goneHistory(dataset: Dataset): History {
  return { dataset, versions: undefined, count: 0, guids: [], newestFirst: () => [], oldestFirst: () => [] };
}

/** Most characters of a row: a name has 255 at most, a number 20. */
const LONGEST_ROW = 1024;

/** Most characters of the rows of one dataset: more do not fit into one string. */
const MOST_TEXT = 2 ** 29 - 2 ** 20;

/**
 * Sorts the rows of a listing of many datasets by dataset, piece of text by piece of text. The rows of the datasets
 * themselves only prove that they were looked at; those of their children prove nothing, and are dropped.
 */
export class RowCollector {
  readonly #rows: Map<Dataset, string>;
  readonly #run: RegExp;
  /** Datasets without a row of their own so far. */
  readonly #unseen: Set<Dataset>;
  /** The first row that is not about one of the datasets or their children, or cannot be read. */
  unreadable: string | undefined;

  constructor(datasets: readonly Dataset[], listing: HistoryListing) {
    this.#rows = new Map(datasets.map((dataset) => [dataset, ""]));
    this.#unseen = new Set(datasets);
    this.#run = runOfRows(listing);
  }

  /**
   * The rows of each dataset's versions as lines, in the order of the listing; only the last may lack its line feed.
   */
  get rows(): ReadonlyMap<Dataset, string> {
    return this.#rows;
  }

  /** Datasets that have not come with a row of their own: nothing is known about them. */
  get unseen(): ReadonlySet<Dataset> {
    return this.#unseen;
  }

  /** Takes a piece of the listing: whole lines. */
  take(piece: string): void {
    const long = longLineIn(piece, LONGEST_ROW);
    if (long >= 0) this.unreadable ??= piece.slice(long, lineEnd(piece, long));
    let start = 0;
    while (start < piece.length && this.unreadable === undefined) {
      this.#run.lastIndex = start;
      const [text = "", name = "", version] = this.#run.exec(piece) ?? [];
      const end = start + text.length;
      if (version === undefined) start = this.#takeOwn(name as Dataset, piece, start);
      if (start < end) this.#takeVersions(name as Dataset, piece, start, end);
      start = end;
    }
  }

  /** Takes the row of a dataset itself, or of a child of one; returns where the next row begins. */
  #takeOwn(dataset: Dataset, piece: string, start: number): number {
    const end = lineEnd(piece, start);
    const parent = parentOf(dataset);
    if (this.#rows.has(dataset)) this.#unseen.delete(dataset);
    else if (parent === undefined || !this.#rows.has(parent)) this.unreadable = piece.slice(start, end);
    return Math.min(end + 1, piece.length);
  }

  #takeVersions(dataset: Dataset, piece: string, start: number, end: number): void {
    const rows = this.#rows.get(dataset);
    if (rows === undefined || rows.length > MOST_TEXT) this.unreadable ??= piece.slice(start, lineEnd(piece, start));
    else this.#rows.set(dataset, rows + piece.slice(start, end));
  }
}

/** A history over rows that {@linkcode RowCollector} has accepted. */
export class ListedHistory implements History {
  readonly dataset: Dataset;
  readonly #text: string;
  readonly #listing: HistoryListing;
  #starts: readonly number[] | undefined;
  #isAscending: boolean | undefined;
  #sorted: readonly Version[] | undefined;
  #made: Version[] = [];

  constructor(dataset: Dataset, text: string, listing: HistoryListing) {
    this.dataset = dataset;
    this.#text = text;
    this.#listing = listing;
  }

  get count(): number {
    return this.#startsOfRows().length;
  }

  get versions(): readonly Version[] {
    return this.#hasOrder() ? this.#startsOfRows().map((start) => this.#read(start)) : this.#sort();
  }

  get guids(): readonly Guid[] {
    const cells = cellsBetween(this.#listing);
    return this.#startsOfRows().map((start) => guidAt(this.#text, start, cells));
  }

  *newestFirst(): Iterable<Version> {
    for (let index = this.count - 1; index >= 0; index--) yield this.#at(index);
  }

  *oldestFirst(): Iterable<Version> {
    for (let index = 0; index < this.count; index++) yield this.#at(index);
  }

  #at(index: number): Version {
    if (!this.#hasOrder()) return this.#sort()[index]!;
    return this.#made[index] ??= this.#read(this.#startsOfRows()[index]!);
  }

  /**
   * True if the rows are in the order of `compareVersions` for certain: each createtxg is larger than the one before.
   */
  #hasOrder(): boolean {
    if (this.#isAscending !== undefined) return this.#isAscending;
    let last = -1;
    return this.#isAscending = this.#startsOfRows().every((start) => {
      const before = last;
      last = createtxgAt(this.#text, start);
      return last > before;
    });
  }

  #sort(): readonly Version[] {
    return this.#sorted ??= this.#startsOfRows().map((start) => this.#read(start)).sort(compareVersions);
  }

  #read(start: number): Version {
    return readVersion(this.#text, start, { dataset: this.dataset, listing: this.#listing });
  }

  #startsOfRows(): readonly number[] {
    if (this.#starts !== undefined) return this.#starts;
    const starts: number[] = [];
    const { length } = this.#text;
    for (let start = 0; start < length; start = lineEnd(this.#text, start) + 1) starts.push(start);
    return this.#starts = starts;
  }
}
