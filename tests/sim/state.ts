/**
 * The simulated pools as plain data: what `tests/sim/bin/zfs` keeps in its state file and what laws compare.
 *
 * Content is modelled as a log of writes per dataset: a snapshot is a prefix of that log, a stream carries the writes
 * between two prefixes, so equality of contents after a replication is the equality of two prefixes.
 * @module
 */

/** One change of a dataset's content. */
export interface Write {
  /** Which write it was: unique within a simulation. */
  readonly id: number;
  readonly bytes: number;
}

/** A snapshot. */
export interface SnapshotState {
  readonly tag: string;
  /** 64 bits as decimal text. */
  readonly guid: string;
  readonly createtxg: number;
  /** Unix seconds. */
  readonly creation: number;
  /** How many writes of its dataset's log it holds. */
  readonly length: number;
  /** Tags of its holds. */
  readonly holds: readonly string[];
}

/** A bookmark: the identity of a snapshot without its content. */
export interface BookmarkState {
  readonly tag: string;
  readonly guid: string;
  readonly createtxg: number;
  readonly creation: number;
  readonly length: number;
}

/** What a stream said about itself in its first record. */
export interface StreamTraits {
  /** `dataset@snapshot` at the sender. */
  readonly toName: string;
  readonly toGuid: string;
  /** Absent in a full stream. */
  readonly fromGuid?: string | undefined;
  readonly creation: number;
  readonly type: "filesystem" | "volume";
  readonly blockSize: number;
  readonly volumeSize?: number | undefined;
  readonly raw: boolean;
  readonly compressed: boolean;
  readonly embedded: boolean;
  readonly largeBlocks: boolean;
  /** Sent with `-p` or `-R`. */
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/** What an interrupted `zfs receive -s` left. */
export interface PartialReceive {
  readonly traits: StreamTraits;
  /** Writes that arrived. */
  readonly writes: readonly Write[];
  /** True if the dataset itself is the unfinished one; false if the state hides in `dataset/%recv`. */
  readonly newDataset: boolean;
  /** Guid of the snapshot that `dataset/%recv` is a clone of; absent in full streams. */
  readonly baseGuid?: string | undefined;
  /** Unix seconds at which it began. */
  readonly creation?: number;
  /** Local properties from `-o`. */
  readonly properties: Readonly<Record<string, string>>;
  /** What the host shows instead of the state's own token. */
  readonly forgedToken?: string | undefined;
}

/** A filesystem or volume. */
export interface DatasetState {
  name: string;
  type: "filesystem" | "volume";
  guid: string;
  createtxg: number;
  creation: number;
  /** The live content. */
  log: readonly Write[];
  /** Oldest first. */
  snapshots: readonly SnapshotState[];
  /** In order of creation. */
  bookmarks: readonly BookmarkState[];
  local: Record<string, string>;
  received: Record<string, string>;
  /** `dataset@snapshot` that it is a clone of. */
  origin?: string | undefined;
  volumeSize?: number | undefined;
  /** Volume block size; for filesystems the property `recordsize` counts. */
  volumeBlockSize?: number | undefined;
  /** Unix seconds; 0 = never. */
  snapshotsChanged: number;
  partial?: PartialReceive | undefined;
  /** Name of the encryption root; absent = not encrypted. */
  encryptionRoot?: string | undefined;
  keyLoaded?: boolean | undefined;
  isMounted?: boolean;
}

/** A pool. */
export interface PoolState {
  name: string;
  guid: string;
  txg: number;
  /** Value per feature, without `feature@`. */
  features: Record<string, string>;
  delegation: "on" | "off";
  /** Root dataset first, in order of creation. */
  datasets: DatasetState[];
  /** Bytes that new data may take; absent = unlimited. */
  free?: number | undefined;
  /** Absent = `ONLINE`. */
  health?: string;
  /** Percent. */
  capacity?: number;
  /** `on` if it was imported so. */
  readonly?: string;
  /** What `zpool status` says about scrubs and errors. */
  scan?: string;
  errors?: string;
}

/** A host: what a `zfs` on its PATH can see. */
export interface HostState {
  name: string;
  zfsVersion: string;
  /** Milliseconds since 1970. */
  nowMs: number;
  /** State of the generator of guids and orders. */
  random: number;
  pools: PoolState[];
}

/** Features that both OpenZFS 2.1 and 2.3 have and that the product asks for. */
export const STANDARD_FEATURES: Readonly<Record<string, string>> = {
  async_destroy: "enabled",
  empty_bpobj: "active",
  lz4_compress: "active",
  extensible_dataset: "active",
  embedded_data: "active",
  bookmarks: "enabled",
  large_blocks: "enabled",
  bookmark_v2: "enabled",
  bookmark_written: "enabled",
  encryption: "enabled",
  resilver_defer: "enabled",
};
