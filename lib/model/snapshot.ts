/**
 * Versions of a dataset: snapshots and bookmarks, and how their names are put together.
 *
 * One noun covers both, since a bookmark can stand for its snapshot as the base of an incremental send.
 * @module
 */
import type { Dataset } from "./dataset.ts";
import { compareNames } from "./text/order.ts";

/** Identity of a version across pools: 64 bits as decimal text, never a number. */
export type Guid = string & { readonly __guid: never };

/** What snapshots and bookmarks have in common. */
export interface VersionBase {
  /** The dataset that it belongs to. */
  readonly dataset: Dataset;
  /** The part behind `@` or `#`. */
  readonly tag: string;
  /** ZFS guid, as decimal digits: the same in all copies. */
  readonly guid: Guid;
  /** Transaction group of creation in its own pool: orders a history. 64 bits. */
  readonly createtxg: bigint;
  /** Unix seconds; 0 where the listing did not ask for it. Kept by send and receive. */
  readonly createdAt: number;
}

/** A snapshot. */
export interface Snapshot extends VersionBase {
  /** Which kind of version this is. */
  readonly kind: "snapshot";
  /** Number of holds, where the listing asked for it. */
  readonly holds?: number;
  /** Bytes written since the snapshot before it, where the listing asked for it: 64 bits as decimal text. */
  readonly written?: string;
}

/** A bookmark: guid and createtxg are those of the snapshot that it was made from. */
export interface Bookmark extends VersionBase {
  /** Which kind of version this is. */
  readonly kind: "bookmark";
}

/** A snapshot or a bookmark. */
export type Version = Snapshot | Bookmark;

/** Full name: `dataset@tag` or `dataset#tag`. */
export function versionName(version: Version): string {
  return `${version.dataset}${relativeName(version)}`;
}

/** Name without the dataset: `@tag` or `#tag`. */
export function relativeName(version: Version): string {
  return `${version.kind === "snapshot" ? "@" : "#"}${version.tag}`;
}

/** Splits `dataset@tag` or `dataset#tag`; `undefined` if there is neither mark. */
export function splitVersionName(name: string): { dataset: string; mark: "@" | "#"; tag: string } | undefined {
  const at = name.search(/[@#]/);
  if (at < 0) return undefined;
  return { dataset: name.slice(0, at), mark: name[at] as "@" | "#", tag: name.slice(at + 1) };
}

/**
 * Orders a history: by createtxg, at equal createtxg bookmarks before snapshots (so that, seen from the newest end, a
 * snapshot wins over its own bookmark), then by name. Source: docs/spec/replication.md §4.1.
 */
export function compareVersions(a: Version, b: Version): number {
  if (a.createtxg !== b.createtxg) return a.createtxg < b.createtxg ? -1 : 1;
  if (a.kind !== b.kind) return a.kind === "bookmark" ? -1 : 1;
  return compareNames(a.tag, b.tag);
}

/** True for snapshots, as a type guard for `filter`. */
export function isSnapshot(version: Version): version is Snapshot {
  return version.kind === "snapshot";
}
