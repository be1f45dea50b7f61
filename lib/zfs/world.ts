/**
 * The narrow door to the outside: what the program may read and change, as interfaces.
 *
 * Real, dry-run, tracing, faulty and simulated worlds all implement these. Reads never change anything and may be
 * repeated; `undefined` means "gone". Each method states which errors it throws; every call takes a signal, and after
 * an abort its promise rejects with the signal's reason once the child is gone.
 * @module
 */
import type { Dataset } from "../model/dataset.ts";
import type { Guid, Version } from "../model/snapshot.ts";
import type { ChangeAction } from "../model/action.ts";
import type { CacheStamp } from "../model/cache_stamp.ts";
import type { Capabilities } from "../model/capabilities.ts";
import type { Pipeline } from "../model/pipeline.ts";
import type { Level } from "../model/log.ts";

export type { ChangeAction } from "../model/action.ts";

/** Option of every effect. */
export interface Cancel {
  readonly signal?: AbortSignal | undefined;
}

/** End of a command. */
export interface CommandResult {
  /** Exit status; −N if ended by signal N here, 128 + N or 255 elsewhere; 127 if the program could not be started. */
  readonly status: number;
  readonly stdout: string;
  /** The end of stderr, bounded to 64 KiB. */
  readonly stderr: string;
}

/** How to run one command. */
export interface RunOptions extends Cancel {
  /** Level of the `Executing:` record. */
  readonly level?: Level;
  /**
   * Takes stdout as it comes, in pieces of whole lines, instead of collecting it; the result's stdout is then empty.
   * Only the very last line may lack its line feed. Must not throw.
   */
  readonly onLines?: ((piece: string) => void) | undefined;
  /** It changes something. All others are queries, which are ended if they are silent for too long. */
  readonly isChange?: boolean | undefined;
  /** What happens to lines of more than 64 KiB that `onLines` would get; `fail` unless given. */
  readonly longLines?: "fail" | "drop" | undefined;
  /** Bytes of stdout at most; unless given, 64 KiB if it is collected, and as many as a listing may have if not. */
  readonly answerBytes?: number | undefined;
}

/**
 * Runs commands at one host: directly, or by ssh with every word quoted. Never throws for a command's own failure;
 * rejects with `Retryable` if a connection to the host cannot be made, no program can be started here for now, or a
 * command had to be ended (a query was silent for too long, or its output has no end; more was printed than may be), with
 * the signal's reason after an abort.
 */
export interface Runner {
  /** `localhost` or the name of the remote host with its user, for messages. */
  readonly host: string;
  run(argv: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /**
   * Runs queries one after the other in one request. `undefined` where queries cannot be asked together, of which some may
   * have run. Rejects as `run` does. Absent if there is no such way.
   */
  runTogether?(argvs: readonly (readonly string[])[], options?: Cancel): Promise<TogetherResult | undefined>;
  /** The command as it can be pasted into a shell here, ssh prefix included. */
  describe(argv: readonly string[]): string;
  /** Bytes that the command line of this host may hold for arguments (docs/spec/replication.md §16.1). */
  readonly maxCommandLineBytes: number;
}

/** The end of several queries that were asked together. */
export interface TogetherResult {
  /**
   * For each of them what it printed on stdout, without its last line feed, if it ended with 0; of all together no more than
   * 64 KiB for each.
   */
  readonly stdouts: readonly (string | undefined)[];
  /** The end of what all of them printed on stderr, bounded to 64 KiB. */
  readonly stderr: string;
}

/** What a listing of datasets holds. */
export interface DatasetInfo {
  readonly dataset: Dataset;
  readonly type: "filesystem" | "volume";
  /** recordsize of a filesystem, volblocksize of a volume, in bytes. 0 where the listing did not ask. */
  readonly blockSize: number;
  /** Unix seconds of the last change to the set of snapshots; 0 = unknown or not asked. */
  readonly snapshotsChanged: number;
  /** True if `zfs receive -s` has left a part of a snapshot here. False where the listing did not ask. */
  readonly isPartial: boolean;
  /** The snapshot that the dataset is a clone of; empty if it is none, or the listing did not ask. */
  readonly origin: string;
  /** ZFS guid of the dataset itself; empty where the listing did not ask. */
  readonly guid: Guid;
  /** Unix seconds; absent where the listing did not ask, or it is not told. */
  readonly createdAt?: number;
}

/** What a listing of datasets shall hold. */
export interface DatasetListing extends Cancel {
  readonly recursive: boolean;
  /** With `recursive`: only the datasets directly below. */
  readonly oneLevel?: boolean;
  readonly blockSizes: boolean;
  readonly snapshotsChanged: boolean;
  /** Fill `isPartial`, `origin` and `guid`. */
  readonly forDestroying?: boolean;
  /** Fill `createdAt`. */
  readonly creation?: boolean;
}

/** All versions of one dataset. */
export interface History {
  readonly dataset: Dataset;
  /** Ordered by `compareVersions`; `undefined` = the dataset does not exist. May be made anew each time it is read. */
  readonly versions: readonly Version[] | undefined;
  /** Number of versions; costs nothing. 0 if the dataset does not exist. */
  readonly count: number;
  /** Guids of the same versions, in no order; cheaper than the versions. None if the dataset does not exist. */
  readonly guids: readonly Guid[];
  /** The same versions, each made when its turn comes: for callers that need only a few. */
  newestFirst(): Iterable<Version>;
  oldestFirst(): Iterable<Version>;
}

/** What a listing of versions shall hold. */
export interface HistoryListing extends Cancel {
  readonly bookmarks: boolean;
  /** False: only bookmarks. */
  readonly snapshots?: boolean;
  /** Fill `createdAt`; costs ZFS its fast listing. */
  readonly creation: boolean;
  /** Fill `holds`. */
  readonly holds?: boolean;
  /** Fill `written`. */
  readonly written?: boolean;
}

/** One property, value verbatim: may hold tabs and newlines. */
export interface Property {
  readonly name: string;
  readonly value: string;
}

/** What a pool answers when it is asked for a dataset, a snapshot or a bookmark by name. */
export type Answer =
  | { readonly kind: "present"; readonly guid: Guid }
  /** `zfs` said that there is nothing of this name. */
  | { readonly kind: "absent" }
  /** Neither a row nor a clear denial came, or both did: nothing follows from that. */
  | { readonly kind: "unknown"; readonly why: string };

/** Answers about names, and about the root that vouches for them. */
export interface Witness {
  /** Worst of all answers about the root, which is asked before and after the names. */
  readonly root: Answer;
  /** The answer about a name that was asked; `unknown` for each of them unless the root is present. */
  about(name: string): Answer;
}

/** What is known about a change that was made, or simulated. */
export interface ChangeReport {
  /**
   * Bytes that `zfs destroy -v` of snapshots frees by its own words, with as many digits as it prints; absent where it
   * says nothing.
   */
  readonly freedBytes?: number;
}

/** How processes are looked for. */
export interface BusyOptions extends Cancel {
  readonly fresh?: boolean;
}

/** The pools of one host. */
export interface Zfs {
  readonly capabilities: Capabilities;

  /**
   * The dataset and, if asked, its descendants, sorted by name; `undefined` if it does not exist.
   * Throws `Retryable` for any other failure.
   */
  datasets(root: Dataset, options: DatasetListing): Promise<readonly DatasetInfo[] | undefined>;

  /**
   * Histories of many datasets with few commands: batches within the command line's limit, some of them in flight at
   * once. One history for each dataset, in the order of the batches; always drained to the end.
   * Throws `Retryable` for any failure other than "gone".
   */
  histories(of: readonly Dataset[], options: HistoryListing): AsyncIterable<History>;

  /**
   * Asks for a root dataset and, between two questions for it, for datasets, snapshots and bookmarks of the same pool,
   * each by its name. Unlike a listing this passes through no iteration that may end early, so that absence is proved:
   * what is absent was denied by name while the root was there. Batches within the limits of a command line. Throws
   * `Retryable` if a command did not come to its end or printed what cannot be read.
   */
  witness(root: Dataset, names: readonly string[], options?: Cancel): Promise<Witness>;

  /**
   * Asks for a root if anything was listed, or said to be gone, since it was last seen: a pool that leaves in the middle of
   * a listing cuts it without a word. Throws `RootLostError` if the root is denied, `Retryable` if the answer is not clear.
   */
  confirm(root: Dataset, options?: Cancel): Promise<void>;

  /**
   * Names (`names` absent), or names and values, of properties whose source is in `sources` (as for `zfs get -s`).
   * User properties are asked one by one. Throws `Retryable`.
   */
  propertyNames(of: Dataset, sources: string, options?: Cancel): Promise<readonly string[]>;
  /** Values of these properties, those of another source left out. Throws `Retryable`. */
  propertyValues(
    of: Dataset,
    sources: string,
    names: readonly string[],
    options?: Cancel,
  ): Promise<readonly Property[]>;

  /**
   * When the set of snapshots of each dataset changed last: Unix seconds, 0 = unknown or gone. Never throws for a
   * failure of the command, which only makes values unknown. Needs ZFS 2.2.
   */
  snapshotsChanged(of: readonly Dataset[], options?: Cancel): Promise<ReadonlyMap<Dataset, number>>;

  /**
   * Whether each dataset holds the partial state of a receive. A dataset is missing if it is gone, or nothing is known of it:
   * never throws for a failure of the command.
   */
  partialReceives(of: readonly Dataset[], options?: Cancel): Promise<ReadonlyMap<Dataset, boolean>>;

  /**
   * One column of `zfs list` for a dataset, a user property for example, without its final newline; `undefined` if the
   * dataset does not exist. Throws `Retryable` for any other failure.
   */
  column(of: Dataset, name: string, options?: Cancel): Promise<string | undefined>;

  /** Clones of a snapshot, at whatever place in its pool; partial receives among them are left out. Throws `Retryable`. */
  clonesOf(snapshot: string, options?: Cancel): Promise<readonly Dataset[]>;

  /** The token of a partial receive; `undefined` if there is none. Throws `Retryable` (also if the dataset is gone). */
  receiveToken(of: Dataset, options?: Cancel): Promise<string | undefined>;
  /** Has `zfs send -nvt` look for what a token is about. Throws `CommandError` if it is not there. */
  checkToken(token: string, options?: Cancel): Promise<void>;
  /** The dataset's encryption root, `-` for none. Throws `Retryable`. */
  encryptionRoot(of: Dataset, options?: Cancel): Promise<string>;

  /** Estimated bytes of a send with these words; 0 if the source vanished. Throws `CommandError`. */
  estimate(sendArguments: readonly string[], options?: Cancel): Promise<number>;

  /**
   * Estimates of several sends, asked together. `undefined` for one that is to be asked by itself: it was refused or not
   * understood, or there is no way to ask together. Rejects with the signal's reason only.
   */
  estimates(
    of: readonly (readonly string[])[],
    options?: Cancel,
  ): Promise<readonly (number | undefined)[]>;

  /**
   * True if a process of the host sends from or receives into the dataset, of which `receive` minds the receives only.
   * False where the host's processes cannot be listed. An answer of the last second that shows none will do, unless it has to
   * be `fresh`. Throws `Retryable`.
   */
  isBusy(of: Dataset, against: "send-and-receive" | "receive", options?: BusyOptions): Promise<boolean>;

  /**
   * Changes the pool. Throws `CommandError`, `ConflictError` (bookmark exists with another guid). Not repeated by the
   * door; the caller observes again before the next try. Output of `zfs` is logged.
   */
  apply(action: ChangeAction, options?: Cancel): Promise<ChangeReport>;
  /** The commands that {@linkcode apply} would run, as they can be pasted into a shell. */
  describe(action: ChangeAction): readonly string[];
  /** The same change as actions of one command each: what fails then is a part that the caller knows. */
  split<A extends ChangeAction>(action: A): readonly A[];
}

/** Options of one transfer. */
export interface TransferOptions extends Cancel {
  /** Index of the worker, for the name of its pv file. */
  readonly worker: number;
  /** Log what would be run, and run nothing. */
  readonly suppress: boolean;
  /** By its estimate the stream is so small that starting a shell for it is a considerable part of what it costs. */
  readonly isBrief?: boolean;
  /**
   * Asks the destination for something that changes while the stream arrives, such as the resume token; `undefined` if
   * there is no answer. Must not throw. Absent if there is no such thing.
   */
  readonly arrival?: (() => Promise<string | undefined>) | undefined;
  /** What has to be done at the source before the stream begins; the stream does not begin if that fails. */
  readonly first?: FirstChange | undefined;
}

/** One change at the source, which may be made with the command that sends, or by itself. */
export interface FirstChange {
  /** The command. */
  readonly argv: readonly string[];
  /** The same as the log shows it. */
  readonly shown: string;
  /** Called once the change was made with the command that sends, also if what follows it fails. */
  readonly onMade: () => void;
  /** Makes it by itself, where it cannot be made with the command that sends, or has failed there. Throws what it likes. */
  readonly separately: () => Promise<void>;
}

/** What is known about a transfer that succeeded. */
export interface TransferReport {
  /** From the start of the first process to the end of the last one. 0 if suppressed. */
  readonly elapsedMs: number;
  /** What the meter counted; `undefined` without a meter. */
  readonly bytes: number | undefined;
  /** Properties that `zfs receive` could not set or exclude, and returned 0 all the same; absent if there are none. */
  readonly unapplied?: readonly UnappliedProperty[];
}

/** A property that was not set, or not excluded, although the data was received. */
export interface UnappliedProperty {
  /** `undefined` = ZFS has only told that there are more of them. */
  readonly name: string | undefined;
  /** Why, as ZFS tells it. */
  readonly why: string;
}

/** Time, as an argument instead of a global. */
export interface Clock {
  /** Milliseconds since 1970, with fractions where the system has them. */
  now(): number;
  /** Monotonic nanoseconds from an arbitrary origin. Below 2^53 for 104 days. */
  monotonicNs(): number;
  /** Resolves after `ns` nanoseconds; rejects with the signal's reason. */
  sleep(ns: number, options?: Cancel): Promise<void>;
}

/** Randomness, as an argument. */
export interface Random {
  /** A whole number in [low, high], both included, below 2^53. */
  integer(low: number, high: number): number;
}

/**
 * Cache stamps: pairs of times that are kept between runs, by name. What they mean is in `plan/cache_trust.ts`. Nothing here
 * throws for what other processes do at the same time: a stamp is lost rather.
 */
export interface CacheStamps {
  /** The stamp of this name; `undefined` if there is none that can be taken for ours. */
  read(name: string): CacheStamp | undefined;
  /** Keeps a stamp, unless the one that is there is newer or the same. */
  write(name: string, stamp: CacheStamp): void;
  /** Forgets all stamps directly in a folder, not those in folders below. */
  forget(folder: string): void;
}

/** Small texts that are kept between runs, by name. Nothing here throws: a text is lost rather. */
export interface StateFiles {
  /** The text of this name; `undefined` if there is none that can be taken for ours. */
  read(name: string): string | undefined;
  /** Keeps a text, in whole or not at all; false if it cannot be kept. */
  write(name: string, text: string): boolean;
}

/** A text file of results that appears under its name only when it is complete. */
export interface ReportFile {
  readonly path: string;
  /** Where it is written. */
  readonly temporaryPath: string;
  append(text: string): void;
  /** Gives the file its name. */
  finish(): void;
  /** Removes what was written, unless it is finished; may be called at any time. */
  discard(): void;
}

/** A folder for results of one run; made with the first file. */
export interface ReportFolder {
  open(name: string): ReportFile;
}

/** Everything outside, for one pair of dataset trees. */
export interface World {
  readonly source: Zfs;
  readonly destination: Zfs;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Runs a send/receive pipeline. Throws `CommandError` with what is known about the stage that failed; `Retryable` if the
   * stream stood still for too long.
   */
  transfer(pipeline: Pipeline, options: TransferOptions): Promise<TransferReport>;
}
