/**
 * What replication is handed for one pair, and for one dataset of it.
 * Source: docs/spec/replication.md §1.
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import type { Fault } from "../../model/errors.ts";
import type { ReplicationPolicy } from "../../model/job.ts";
import type { R2rMode } from "../../plan/replication/mod.ts";
import type { ReadBack } from "./read_back.ts";
import type { PairFacts, PairState, WorkContext } from "../job/context.ts";

/** What is settled about a pair that is replicated. Frozen. */
export interface ReplicationFacts extends Pick<PairFacts, "route" | "workers" | "digest" | "filter"> {
  /** Effective mode of this pair. */
  readonly r2r: R2rMode;
  /** All datasets of the source that were listed, also those that are not selected. */
  readonly sources: readonly Dataset[];
}

/** What changes while a pair is replicated. */
export interface ReplicationState extends Pick<PairState, "cache" | "told" | "existing" | "force" | "counters"> {
  /** Snapshots that were sent without a bookmark, by name, and why (docs/spec/replication.md §13.1). */
  readonly withoutBookmark: Map<string, string>;
  /** What the source refuses to do with bookmarks: changes of a kind in a dataset, or in a whole pool. */
  readonly refusals: Map<string, Fault>;
  /** Source datasets that are sent without embedded blocks, since their encrypted destination takes none. */
  readonly withoutEmbedding: Set<Dataset>;
  /** Tasks for which processes at the destination were looked for. */
  readonly gated: WeakSet<DatasetTask>;
  /** What has arrived. */
  readonly readBack: ReadBack;
  /** What receive options demanded and ZFS did not do, although the data was received: name and reason, by destination. */
  readonly unapplied: Map<Dataset, Map<string, string>>;
  /** Destination datasets that an earlier attempt, or run, has not finished to set aside. */
  readonly unfinished: Set<Dataset>;
}

/** The context of replication: its policy with everything that depends on the pair filled in. */
export interface ReplicationContext extends WorkContext {
  /** Send options include `--large-block` where the destination pool can take it. */
  readonly policy: ReplicationPolicy;
  readonly facts: ReplicationFacts;
  readonly state: ReplicationState;
  /** Names of properties that can be set at the destination; asked once. Throws `Retryable`. */
  readonly settableProperties: () => Promise<ReadonlySet<string>>;
}

/** One dataset of a phase. */
export interface DatasetTask {
  readonly source: Dataset;
  readonly destination: Dataset;
  readonly type: "filesystem" | "volume";
  /** recordsize or volblocksize of the source, in bytes. */
  readonly blockSize: number;
  /** `k/N`: number of the dataset in the order of starts, of all. */
  readonly tid: string;
  /** Index of the worker, for the name of its pv file. */
  readonly worker: number;
  /** Lets another dataset have the worker; false if it keeps it. */
  release(): boolean;
  /** Waits for a worker, unless it has one. */
  hold(): Promise<void>;
  readonly signal: AbortSignal;
}
