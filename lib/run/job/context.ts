/**
 * What a verb is handed for one pair of dataset trees: policies, the world, the log. Nothing here is global.
 * Source: docs/spec/replication.md §1.
 * @module
 */
import type { TextHash } from "../../plan/cache_names.ts";
import type { Dataset } from "../../model/dataset.ts";
import type { Version } from "../../model/snapshot.ts";
import type { BothSides, ForcePolicy, Job, OperandPair, ReplicationPolicy } from "../../model/job.ts";
import type { PipelineEnd, R2rMode } from "../../plan/replication/mod.ts";
import type { PairEvent, PhaseName, Recorder } from "../../report/events.ts";
import type { Logger } from "../../model/log.ts";
import type { Zone } from "../../model/time/mod.ts";
import type { Calendar } from "../../plan/schedule.ts";
import type { CompiledFilters } from "../../plan/selection.ts";
import type { ReportFolder, World } from "../../zfs/world.ts";
import type { SnapshotCache } from "../cache.ts";
import type { HealthReport } from "../health_report.ts";

/** The snapshot filters, compiled. */
export interface VersionFilter {
  /** True if the listing must tell creation times. */
  readonly needsCreation: boolean;
  /** Those that pass, in order; bookmarks always pass. Logs its reasons at debug level. */
  select(versions: readonly Version[]): readonly Version[];
}

/**
 * What may still be destroyed to resolve conflicts. `--force-once` is for one dataset: the first one whose conflict is
 * about to be resolved takes it, may try again until that has worked, and then nobody may any more for the rest of the
 * run (docs/spec/cli.md §7.4).
 */
export class ForceBudget {
  readonly #policy: ForcePolicy;
  /** `undefined` = nobody so far, `spent` = the conflict is resolved. */
  #taker: object | "spent" | undefined;

  constructor(policy: ForcePolicy) {
    this.#policy = policy;
  }

  /** What is allowed now for a task. */
  of(task: object): ForcePolicy {
    if (this.#taker === undefined || this.#taker === task) return this.#policy;
    return { ...this.#policy, rollbackToLatestCommon: false, replaceUnrelated: false };
  }

  /** Says that a task, which is allowed to, is about to resolve a conflict by force. */
  take(task: object): void {
    if (this.#policy.once) this.#taker = task;
  }

  /** Says that it has. */
  spend(): void {
    if (this.#policy.once) this.#taker = "spent";
  }
}

/** Numbers for the last lines of the log. */
export interface Counters {
  snapshotsFound: number;
  snapshotsReplicated: number;
  /** Source datasets of which the filters select a snapshot, or of which that is remembered. */
  datasetsSelected: number;
}

/** One pair of dataset trees, ready to be worked on. */
export interface PairContext {
  readonly job: Job;
  readonly world: World;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Name of this host, as `--exclude-dataset-property` knows it. */
  readonly hostName: string;
  /** Roots. */
  readonly roots: BothSides<Dataset>;
  /** The operands as given, for messages. */
  readonly operands: OperandPair;
  readonly ends: BothSides<PipelineEnd>;
  /** Programs detected on this host. */
  readonly localPrograms: ReadonlySet<string>;
  /** Words before commands that change something. */
  readonly privilegePrefix: BothSides<readonly string[]>;
  /** Datasets at once. */
  readonly workers: number;
  readonly digest: TextHash;
  readonly filter: VersionFilter;
  /** The filters behind {@linkcode filter}, for verbs that treat bookmarks in other ways. */
  readonly filters: CompiledFilters;
  /** Start of the run, or of this round of a daemon: milliseconds since 1970. */
  readonly nowMs: number;
  readonly calendar: Calendar;
  readonly localZone: Zone;
  /** True for the virtual dataset that is always empty. */
  readonly isDummy: BothSides<boolean>;
  readonly cache: SnapshotCache;
  /** Where comparisons are written. */
  readonly reports: ReportFolder;
  /** What monitoring has found in all pairs so far. */
  readonly health: HealthReport;
  /** Warnings that need not be repeated, for other pairs of the same hosts or in other rounds of a daemon. */
  readonly told: Set<string>;
  /** Datasets known to exist at the destination; shared by all pairs of the same destination host. */
  readonly existing: Set<Dataset>;
  readonly force: ForceBudget;
  readonly counters: Counters;
  readonly recorder: Recorder<PairEvent>;
  /** What the pair is worked on for, as events tell it. */
  readonly phase: PhaseName;
}

/** The context of replication: its policy with everything that depends on the pair filled in. */
export interface ReplicationContext extends PairContext {
  /** Send options include `--large-block` where the destination pool can take it. */
  readonly policy: ReplicationPolicy;
  /**
   * Names of snapshots that were sent without a bookmark, since its name would be too long (docs/spec/replication.md
   * §13.1).
   */
  readonly withoutBookmark: Set<string>;
  /** Source datasets that are sent without embedded blocks, since their encrypted destination takes none. */
  readonly withoutEmbedding: Set<Dataset>;
  /** Effective mode of this pair. */
  readonly r2r: R2rMode;
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
  readonly signal: AbortSignal;
}

/** `S -r --> D ...`: how the messages about a phase name the pair. */
export function directionOf({ roots, job }: PairContext): string {
  return `${roots.src} ${job.datasets.recursive ? "-r " : ""}--> ${roots.dst} ...`;
}

/** `Dry ` in dry runs: the beginning of messages about changes. */
export function dryPrefix(job: Job): string {
  return job.dryRun === "off" ? "" : "Dry ";
}
