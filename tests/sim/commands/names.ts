/**
 * Finds datasets, snapshots and bookmarks by the names that commands are given.
 * @module
 */
import { doesNotExist, ZfsFailure } from "../failure.ts";
import type { SimHost } from "../host.ts";
import type { Pool } from "../pool.ts";
import type { BookmarkState, DatasetState, SnapshotState } from "../state.ts";

/** A dataset that was found. */
export interface FoundDataset {
  readonly pool: Pool;
  readonly dataset: DatasetState;
}

const LONGEST_NAME = 255;

function checkLength(name: string): void {
  if (name.length > LONGEST_NAME) throw new ZfsFailure(`cannot open '${name}': name is too long`);
}

/** Opens a filesystem or volume. */
export function openDataset(host: SimHost, name: string): FoundDataset {
  checkLength(name);
  const pool = host.poolOf(name);
  const dataset = pool?.find(name);
  if (!pool || !dataset) throw doesNotExist(name);
  return { pool, dataset };
}

/** Opens `dataset@tag`. */
export function openSnapshot(host: SimHost, name: string): FoundDataset & { readonly snapshot: SnapshotState } {
  checkLength(name);
  const at = name.indexOf("@");
  if (at < 0) throw new ZfsFailure(`cannot open '${name}': missing '@' delimiter in snapshot name`);
  const pool = host.poolOf(name);
  const dataset = pool?.find(name.slice(0, at));
  const snapshot = dataset?.snapshots.find((candidate) => candidate.tag === name.slice(at + 1));
  if (!pool || !dataset || !snapshot) throw doesNotExist(name);
  return { pool, dataset, snapshot };
}

/** Opens `dataset#tag`. */
export function openBookmark(host: SimHost, name: string): FoundDataset & { readonly bookmark: BookmarkState } {
  checkLength(name);
  const mark = name.indexOf("#");
  const pool = host.poolOf(name);
  const dataset = pool?.find(name.slice(0, mark));
  if (!pool || !dataset) throw doesNotExist(name);
  const bookmark = dataset.bookmarks.find((candidate) => candidate.tag === name.slice(mark + 1));
  if (!bookmark) throw new ZfsFailure(`cannot open '${name}': no such pool or dataset`);
  return { pool, dataset, bookmark };
}

/** The snapshot that `dataset/%recv` is a clone of; `undefined` if there is none. */
export function baseOfPartial(dataset: DatasetState): SnapshotState | undefined {
  const guid = dataset.partial?.newDataset ? undefined : dataset.partial?.baseGuid;
  return guid === undefined ? undefined : dataset.snapshots.find((snapshot) => snapshot.guid === guid);
}

/** Names of clones of a snapshot and what depends on them, dependents first, `%recv` included. */
export function dependentsOf(pool: Pool, dataset: DatasetState, tag: string): string[] {
  const names: string[] = [];
  for (const clone of pool.clonesOf(dataset.name, tag)) {
    for (const member of pool.tree(clone.name).reverse()) {
      for (const snapshot of member.snapshots) {
        names.push(...dependentsOf(pool, member, snapshot.tag), `${member.name}@${snapshot.tag}`);
      }
      names.push(member.name);
    }
  }
  if (baseOfPartial(dataset)?.tag === tag) names.push(`${dataset.name}/%recv`);
  return names;
}
