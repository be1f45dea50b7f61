/**
 * What a verb is handed for one pair of dataset trees: the world and the log, frozen facts, and state. Nothing here is
 * global.
 * Source: docs/spec/replication.md §1.
 * @module
 */
import { counted } from "../../model/text/mod.ts";
import type { TextHash } from "../../plan/cache_names.ts";
import type { Dataset } from "../../model/dataset.ts";
import { type Version, versionName } from "../../model/snapshot.ts";
import type { SnapshotFilterGroup } from "../../model/snapshot_filter.ts";
import type { BothSides, ForcePolicy, Job, MonitorPolicy, OperandPair, VerbPolicies } from "../../model/job.ts";
import type { PipelineEnd } from "../../plan/replication/mod.ts";
import type { PairEvent, PhaseName, Recorder } from "../../report/events.ts";
import type { Logger } from "../../model/log.ts";
import type { Zone } from "../../model/time/mod.ts";
import type { Calendar } from "../../plan/schedule.ts";
import { type Finding, MONITOR_LABEL, worstFinding } from "../../plan/health.ts";
import {
  type CompiledFilters,
  compileFilters,
  needsCreation,
  selectedOf,
  selectVersions,
  type VersionVerdict,
} from "../../plan/selection.ts";
import type { ReportFolder, StateFiles, World } from "../../zfs/world.ts";
import type { SnapshotCache } from "../cache.ts";
import type { DeletionGuard } from "../limits/mod.ts";

/** The snapshot filters, compiled. */
export interface VersionFilter {
  /** True if the listing must tell creation times. */
  readonly needsCreation: boolean;
  /** Those that pass, in order; bookmarks always pass. Logs its reasons at debug level. */
  select(versions: readonly Version[]): readonly Version[];
}

/** Compiles the filters. Throws `RefusedError` for a pattern that is none. */
export function versionFilter(
  groups: readonly SnapshotFilterGroup[],
  context: { readonly nowMs: number; readonly log: Logger },
): VersionFilter {
  const compiled = compileFilters(groups);
  return {
    needsCreation: needsCreation(groups),
    select(versions: readonly Version[]): readonly Version[] {
      const verdicts = selectVersions(versions, compiled, { nowMs: context.nowMs, bookmarks: "keep" });
      if (context.log.isEnabled("DEBUG")) { for (const verdict of verdicts) tell(verdict, context.log); }
      return selectedOf(verdicts);
    },
  };
}

/** Bookmarks always pass, and no filters exclude nothing: neither is worth a record. */
function tell({ version, verdict, reason }: VersionVerdict, log: Logger): void {
  if (reason.ground === "bookmark" || reason.ground === "no snapshot filter") return;
  const verb = verdict === "selected" ? "Including" : "Excluding";
  log.log("DEBUG", `${verb} b/c ${reason.ground}: `, `${versionName(version)} (${reason.rule})`);
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

/**
 * What monitoring has found in all pairs of a run. With `--quiet` a monitoring system reads the first line of stdout
 * (docs/spec/logging-progress.md §10), so that has the form of its plugins: `OK`, `WARNING`, `CRITICAL` or `UNKNOWN`, a
 * dash and a text.
 */
export class HealthReport {
  #worst: Finding | undefined;
  #datasets = 0;

  /** Takes the findings of a pair, made in so many datasets; returns the worst of them that counts. */
  add(findings: readonly Finding[], datasets: number, policy: MonitorPolicy): Finding | undefined {
    const worst = worstFinding(findings, policy);
    this.#datasets += datasets;
    this.#worst = worstFinding([this.#worst, worst].filter((finding) => finding !== undefined), policy);
    return worst;
  }

  /** The worst finding, or that all is well, in one line. */
  headline(): string {
    if (this.#worst === undefined) return `OK - ${counted(this.#datasets, "dataset")} monitored`;
    return `${this.#worst.severity.toUpperCase()} - ${MONITOR_LABEL}${this.#worst.text}`;
  }
}

/** Numbers for the last lines of the log. */
export interface Counters {
  snapshotsFound: number;
  snapshotsReplicated: number;
  /** Source datasets of which the filters select a snapshot, or of which that is remembered. */
  datasetsSelected: number;
}

/** What any work on a pair is done with. */
export interface WorkContext {
  readonly job: Job;
  readonly world: World;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Roots. */
  readonly roots: BothSides<Dataset>;
  readonly recorder: Recorder<PairEvent>;
  /** Limits on what is destroyed, and what a person has said about it. */
  readonly guard: DeletionGuard;
  /** What the pair is worked on for, as events tell it. */
  readonly phase: PhaseName;
}

/** How data gets from one end of a pair to the other. */
export interface Route {
  readonly ends: BothSides<PipelineEnd>;
  /** Programs detected on this host. */
  readonly localPrograms: ReadonlySet<string>;
  /** Words before commands that change something. */
  readonly privilegePrefix: BothSides<readonly string[]>;
}

/** What is settled about a pair before the work on it begins. Frozen. */
export interface PairFacts {
  /** The operands as given, for messages. */
  readonly operands: OperandPair;
  /** True for the virtual dataset that is always empty. */
  readonly isDummy: BothSides<boolean>;
  /** Name of this host, as `--exclude-dataset-property` knows it. */
  readonly hostName: string;
  readonly route: Route;
  /** `user@host` of the destination; empty = this host. */
  readonly destinationHost: string;
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
}

/** What changes while pairs are worked on. */
export interface PairState {
  readonly cache: SnapshotCache;
  /** Plans that pruning has carried out. */
  readonly plans: StateFiles;
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
}

/** What a verb is handed for one pair: what any work needs, the facts that it uses, and the state that it changes. */
export interface VerbContext<F extends keyof PairFacts, S extends keyof PairState = never> extends WorkContext {
  readonly facts: Pick<PairFacts, F>;
  readonly state: Pick<PairState, S>;
}

/** One pair of dataset trees, ready to be worked on by all verbs. */
export type PairContext = VerbContext<keyof PairFacts, keyof PairState>;

/** `S -r --> D ...`: how the messages about a phase name the pair. */
export function directionOf({ roots, job }: WorkContext): string {
  return `${roots.src} ${job.datasets.recursive ? "-r " : ""}--> ${roots.dst} ...`;
}

/** `Dry ` in dry runs: the beginning of messages about changes. */
export function dryPrefix(job: Job): string {
  return job.dryRun === "off" ? "" : "Dry ";
}

/** True if a job deletes, compares or monitors. */
export function looksAtDestination(verbs: VerbPolicies): boolean {
  return verbs.deleteDatasets || verbs.deleteSnapshots !== undefined || verbs.deleteEmptyDatasets !== undefined ||
    verbs.compare !== undefined || verbs.monitor !== undefined;
}
