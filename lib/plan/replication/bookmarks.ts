/**
 * Bookmarks that keep an incremental base alive: names, which snapshots get one, what to promote and what to collect.
 *
 * Invariant (docs/spec/replication.md §13): at every instant after data became visible at the destination, the source
 * has a bookmark with its guid, even if we are killed. So a temporary bookmark is made before each send and turned into
 * a final one only when its guid was seen at the destination.
 * @module
 */
import { base64url, labelMs } from "../../model/text/mod.ts";
import type { Dataset } from "../../model/dataset.ts";
import type { Bookmark, Guid, Snapshot, Version } from "../../model/snapshot.ts";
import type { IncrementalStep } from "../../model/action.ts";
import type { ReplicationPolicy } from "../../model/job.ts";

const TEMPORARY = ".TMPBZFS.";
/** Characters of an encoded guid, pool guid or digest. */
const CODE_LENGTH = 11;
/** ZFS allows no longer full name, in bytes. */
const MAX_NAME_BYTES = 255;

/** One destination, as far as names of temporary bookmarks distinguish it from others. */
export interface DestinationMark {
  /** `.<pool>.<dataset>`: the end of the names of its temporary bookmarks. */
  readonly suffix: string;
}

/**
 * The mark of a destination dataset.
 *
 * @param poolGuid guid of the destination pool
 * @param datasetDigest SHA-256 of the full name of the destination dataset, without host
 */
export function destinationMark(poolGuid: string, datasetDigest: Uint8Array): DestinationMark {
  return { suffix: `.${encodeGuid(poolGuid)}.${encoded(datasetDigest).slice(0, CODE_LENGTH)}` };
}

/** Tags of the two bookmarks of a snapshot. */
export interface BookmarkTags {
  readonly temporary: string;
  readonly final: string;
}

/** Tags of the bookmarks that stand for a snapshot with this tag and guid. */
export function bookmarkTags(snapshotTag: string, guid: Guid, mark: DestinationMark): BookmarkTags {
  const underscore = snapshotTag.lastIndexOf("_");
  const final = underscore < 0
    ? `${snapshotTag}_${guid}`
    : `${snapshotTag.slice(0, underscore)}_${guid}${snapshotTag.slice(underscore)}`;
  return { temporary: `${TEMPORARY}${snapshotTag}.${encodeGuid(guid)}${mark.suffix}`, final };
}

/** True for the tag of a temporary bookmark of whatever destination. */
export function isTemporaryTag(tag: string): boolean {
  return tag.startsWith(TEMPORARY);
}

/** True if a bookmark of this dataset cannot have such a long tag (docs/spec/replication.md §13.1). */
export function isTooLong(dataset: Dataset, tag: string): boolean {
  return new TextEncoder().encode(`${dataset}#${tag}`).length > MAX_NAME_BYTES;
}

const THRESHOLD_MILLIS = { hourly: 3_600_000, minutely: 60_000, secondly: 1_000 } as const;

/**
 * The snapshots of an incremental step that get a bookmark.
 *
 * @param place whether this is the last step: its target gets a bookmark in any mode but `none`
 */
export function snapshotsToBookmark(
  step: IncrementalStep,
  mode: ReplicationPolicy["createBookmarks"],
  place: "last" | "inner",
): readonly Snapshot[] {
  if (mode === "none") return [];
  if (mode === "all") return step.gains;
  const chosen = step.gains.filter((snapshot) => labelMs(snapshot.tag) >= THRESHOLD_MILLIS[mode]);
  if (place === "last" && chosen[chosen.length - 1] !== step.to) chosen.push(step.to);
  return chosen;
}

/** A temporary bookmark and what becomes of it. */
export interface Promotion {
  readonly temporary: string;
  readonly guid: Guid;
  /** Tag of the final bookmark to be made from it; absent if it is only deleted. */
  readonly final: string | undefined;
}

/**
 * What becomes of the temporary bookmarks of one destination after its guids were read back.
 *
 * @param versions what the source listing held, with the bookmarks made since
 * @param committed guids at the destination
 * @returns promotions in the order of `versions`; all promotions come before all deletions
 */
export function planPromotions(
  versions: readonly Version[],
  mark: DestinationMark,
  committed: ReadonlySet<Guid>,
): readonly Promotion[] {
  const guidOfTag = new Map(versions.filter(isBookmark).map((bookmark) => [bookmark.tag, bookmark.guid]));
  return [...guidOfTag]
    .filter(([tag]) => isTemporaryTag(tag) && tag.endsWith(mark.suffix))
    .map(([tag, guid]) => {
      const { final } = bookmarkTags(snapshotTagOf(tag), guid, mark);
      const isNeeded = committed.has(guid) && guidOfTag.get(final) !== guid;
      return { temporary: tag, guid, final: isNeeded ? final : undefined };
    });
}

/**
 * Temporary bookmarks of one destination that are older than another version which it has: increments go on from that.
 *
 * @param versions of the source, oldest first
 * @param present guids at the destination
 */
export function supersededTemporaries(
  versions: readonly Version[],
  mark: DestinationMark,
  present: ReadonlySet<Guid>,
): readonly Bookmark[] {
  const base = versions.findLast((version) =>
    present.has(version.guid) && !(isBookmark(version) && isTemporaryTag(version.tag))
  );
  if (base === undefined) return [];
  return versions.filter(isBookmark).filter(({ tag, createtxg }) =>
    isTemporaryTag(tag) && tag.endsWith(mark.suffix) && createtxg < base.createtxg
  );
}

function snapshotTagOf(temporaryTag: string): string {
  return temporaryTag.slice(TEMPORARY.length, -3 * (CODE_LENGTH + 1));
}

function isBookmark(version: Version): version is Bookmark {
  return version.kind === "bookmark";
}

/** A 64-bit guid as eight big-endian bytes in the alphabet of bookmark names: 11 characters. */
export function encodeGuid(guid: string): string {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(guid));
  return encoded(bytes);
}

/** The inverse of {@linkcode encodeGuid}; empty for what is no such code. */
export function decodeGuid(code: string): string {
  if (!/^[-:A-Za-z0-9]{11}$/.test(code)) return "";
  const bytes = Uint8Array.from(atob(code.replaceAll("-", "+").replaceAll(":", "/")), (byte) => byte.charCodeAt(0));
  return String(new DataView(bytes.buffer).getBigUint64(0));
}

/** Base64url with `:` for `_`, since `_` separates the components of labels. */
function encoded(bytes: Uint8Array): string {
  return base64url(bytes).replaceAll("_", ":");
}
