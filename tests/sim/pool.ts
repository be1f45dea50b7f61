/**
 * One simulated pool: the primitives that keep its state consistent.
 *
 * What a command may do, and the words with which it refuses, is in `commands/`; this module never refuses. It knows
 * transaction groups, guids, who depends on whom, and what a change of snapshots does to `snapshots_changed`.
 * @module
 */
import { isWithin } from "../../lib/model/dataset.ts";
import type { BookmarkState, DatasetState, PoolState, SnapshotState, Write } from "./state.ts";

/** What a pool needs from its host. */
export interface PoolSurroundings {
  nowSeconds(): number;
  /** A fresh 64-bit identity as decimal text. */
  freshGuid(): string;
}

/** What a new dataset may bring along. */
export type NewDataset = Pick<DatasetState, "name" | "type"> & Partial<DatasetState>;

/** A pool over its plain state. */
export class Pool {
  readonly state: PoolState;
  /** Names of the datasets, snapshots, bookmarks and partial receives that were removed, oldest first, for tests. */
  readonly lost: string[] = [];
  readonly #surroundings: PoolSurroundings;
  #byName: Map<string, DatasetState>;

  constructor(state: PoolState, surroundings: PoolSurroundings) {
    this.state = state;
    this.#surroundings = surroundings;
    this.#byName = new Map(state.datasets.map((dataset) => [dataset.name, dataset]));
  }

  get name(): string {
    return this.state.name;
  }

  /** All datasets, in order of creation. */
  get datasets(): readonly DatasetState[] {
    return this.state.datasets;
  }

  /** The dataset, or `undefined`. */
  find(name: string): DatasetState | undefined {
    return this.#byName.get(name);
  }

  /** The snapshot `dataset@tag`, or `undefined`. */
  findSnapshot(dataset: string, tag: string): SnapshotState | undefined {
    return this.find(dataset)?.snapshots.find((snapshot) => snapshot.tag === tag);
  }

  /** The dataset and everything below it, by name. */
  tree(root: string): DatasetState[] {
    return this.state.datasets
      .filter((dataset) => isWithin(dataset.name, root))
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  /** Datasets directly below, by name. */
  children(parent: string): DatasetState[] {
    return this.tree(parent).filter((d) => d.name !== parent && !d.name.slice(parent.length + 1).includes("/"));
  }

  /** Clones of a snapshot. */
  clonesOf(dataset: string, tag: string): DatasetState[] {
    return this.state.datasets.filter((candidate) => candidate.origin === `${dataset}@${tag}`);
  }

  /** Starts a new transaction group. */
  nextTxg(): number {
    return ++this.state.txg;
  }

  /** Adds a dataset; its parent must be there. */
  add(dataset: NewDataset): DatasetState {
    const complete: DatasetState = {
      guid: this.#surroundings.freshGuid(),
      createtxg: this.nextTxg(),
      creation: this.#surroundings.nowSeconds(),
      log: [],
      snapshots: [],
      bookmarks: [],
      local: {},
      received: {},
      snapshotsChanged: 0,
      ...dataset,
    };
    this.state.datasets.push(complete);
    this.#byName.set(complete.name, complete);
    return complete;
  }

  /** Removes a dataset, without what is below it. */
  remove(name: string): void {
    const { snapshots = [], bookmarks = [], partial } = this.find(name) ?? {};
    this.lost.push(...snapshots.map(({ tag }) => `${name}@${tag}`), ...bookmarks.map(({ tag }) => `${name}#${tag}`));
    if (partial) this.lost.push(`${name}/%recv`);
    this.lost.push(name);
    this.state.datasets = this.state.datasets.filter((dataset) => dataset.name !== name);
    this.#byName.delete(name);
  }

  /** Gives a dataset, with all below it, another name. */
  rename(from: string, to: string): void {
    const moved = (name: string): string => (isWithin(name, from) ? to + name.slice(from.length) : name);
    for (const dataset of this.state.datasets) {
      dataset.name = moved(dataset.name);
      if (dataset.encryptionRoot !== undefined) dataset.encryptionRoot = moved(dataset.encryptionRoot);
      if (dataset.origin === undefined) continue;
      const [name = "", tag] = dataset.origin.split("@");
      dataset.origin = `${moved(name)}@${tag}`;
    }
    this.#byName = new Map(this.state.datasets.map((dataset) => [dataset.name, dataset]));
    this.nextTxg();
  }

  /** Swaps a clone and what it is a clone of: the origin's snapshots up to the shared one become the clone's. */
  promote(clone: DatasetState): void {
    const [from = "", tag = ""] = clone.origin!.split("@");
    const origin = this.find(from)!;
    const count = origin.snapshots.findIndex((snapshot) => snapshot.tag === tag) + 1;
    const moved = origin.snapshots.slice(0, count);
    const shared = moved.at(-1)!;
    const clones = moved.flatMap((snapshot) =>
      this.clonesOf(from, snapshot.tag).map((member) => ({ member, tag: snapshot.tag }))
    );
    clone.origin = origin.origin;
    for (const { member, tag } of clones) if (member !== clone) member.origin = `${clone.name}@${tag}`;
    origin.origin = `${clone.name}@${tag}`;
    clone.snapshots = [...moved, ...clone.snapshots];
    origin.snapshots = origin.snapshots.slice(count);
    const isOlder = (bookmark: BookmarkState): boolean => bookmark.createtxg <= shared.createtxg;
    clone.bookmarks = [...origin.bookmarks.filter(isOlder), ...clone.bookmarks];
    origin.bookmarks = origin.bookmarks.filter((bookmark) => !isOlder(bookmark));
    if (origin.encryptionRoot === from) {
      for (const member of this.state.datasets) {
        if (member.encryptionRoot === from) member.encryptionRoot = clone.name;
      }
    }
    this.nextTxg();
  }

  /** Snapshots of the live contents, all in one transaction group. */
  addSnapshots(names: readonly { readonly dataset: DatasetState; readonly tag: string }[]): void {
    const createtxg = this.nextTxg();
    for (const { dataset, tag } of names) {
      this.appendSnapshot(dataset, {
        tag,
        guid: this.#surroundings.freshGuid(),
        createtxg,
        creation: this.#surroundings.nowSeconds(),
        length: dataset.log.length,
        holds: [],
      });
    }
  }

  /** Appends a snapshot as it is. */
  appendSnapshot(dataset: DatasetState, snapshot: SnapshotState): void {
    dataset.snapshots = [...dataset.snapshots, snapshot];
    this.touch(dataset);
  }

  /** Removes these snapshots. */
  removeSnapshots(dataset: DatasetState, tags: ReadonlySet<string>): void {
    for (const tag of tags) this.lost.push(`${dataset.name}@${tag}`);
    dataset.snapshots = dataset.snapshots.filter((snapshot) => !tags.has(snapshot.tag));
    this.nextTxg();
    this.touch(dataset);
  }

  /** Replaces one snapshot by a changed copy. */
  replaceSnapshot(dataset: DatasetState, changed: SnapshotState): void {
    dataset.snapshots = dataset.snapshots.map((old) => (old.tag === changed.tag ? changed : old));
  }

  /** Adds a bookmark with the identity of its source. */
  addBookmark(dataset: DatasetState, tag: string, source: SnapshotState | BookmarkState): void {
    const { guid, createtxg, creation, length } = source;
    dataset.bookmarks = [...dataset.bookmarks, { tag, guid, createtxg, creation, length }];
    this.nextTxg();
  }

  /** Removes a bookmark. */
  removeBookmark(dataset: DatasetState, tag: string): void {
    this.lost.push(`${dataset.name}#${tag}`);
    dataset.bookmarks = dataset.bookmarks.filter((bookmark) => bookmark.tag !== tag);
    this.nextTxg();
  }

  /** Drops the partial receive of a dataset that has other content, too. */
  removePartial(dataset: DatasetState): void {
    this.lost.push(`${dataset.name}/%recv`);
    delete dataset.partial;
  }

  /** Makes a snapshot's content the live one again. What is newer must be gone already. */
  rollBack(dataset: DatasetState, snapshot: SnapshotState): void {
    dataset.log = dataset.log.slice(0, snapshot.length);
    this.nextTxg();
  }

  /** Appends to the live content. */
  append(dataset: DatasetState, writes: readonly Write[]): void {
    dataset.log = [...dataset.log, ...writes];
    this.nextTxg();
  }

  /** Notes that the set of snapshots has changed. */
  touch(dataset: DatasetState): void {
    dataset.snapshotsChanged = this.#surroundings.nowSeconds();
  }
}

/** The newest snapshot, or `undefined`. */
export function newestSnapshot(dataset: DatasetState): SnapshotState | undefined {
  return dataset.snapshots.at(-1);
}

/** The content of a snapshot as one comparable text. */
export function contentOf(dataset: DatasetState, snapshot: SnapshotState): string {
  return dataset.log.slice(0, snapshot.length).map((write) => `${write.id}:${write.bytes}`).join(",");
}

/** Bytes of the writes between two prefixes of a log. */
export function bytesBetween(dataset: DatasetState, from: number, to: number): number {
  return dataset.log.slice(from, to).reduce((sum, write) => sum + write.bytes, 0);
}
