/**
 * What is expected by a job file, and what was found: the inputs of the judgement. Source: docs/spec/status.md §2, §3.
 * @module
 */
import type { Guid } from "../../model/snapshot.ts";
import type { ActionState, Level, Place } from "../../model/status/mod.ts";

/** Limits on the age of the newest or oldest snapshot of a label, in milliseconds; `Infinity` = none. */
export interface LabelLimits {
  readonly kind: "latest" | "oldest";
  /** With `*` for the time. */
  readonly label: string;
  readonly warningMs: number;
  readonly criticalMs: number;
}

/** True if it limits anything. */
export function isLimited({ warningMs, criticalMs }: LabelLimits): boolean {
  return Number.isFinite(Math.min(warningMs, criticalMs));
}

/** A root dataset that is looked at. */
export interface ExpectedRoot {
  readonly place: Place;
  /** What its snapshots are judged by; empty = nothing is monitored there. */
  readonly limits: readonly LabelLimits[];
  /** Levels of ages that are told and do not count (`monitor-snapshots-dont-warn`, `monitor-snapshots-dont-crit`); absent = none. */
  readonly uncounted?: readonly Level[];
}

/** A source root, and where its snapshots go. */
export interface ExpectedRoute {
  readonly source: ExpectedRoot;
  /** Absent for sources whose snapshots go nowhere. */
  readonly destination?: ExpectedRoot;
  /** The destination may be away. */
  readonly isRemovable: boolean;
  /** True for datasets that the job replicates, by their names below the roots; absent = all. */
  readonly selects?: (name: string) => boolean;
}

/** An action that the schedule of this host has. */
export interface ExpectedAction {
  readonly action: string;
  /** How long after its last success it is late, and far too late, in milliseconds. */
  readonly warningMs: number;
  readonly criticalMs: number;
}

/** All that is expected. */
export interface Expectations {
  /** In the order of the file. */
  readonly routes: readonly ExpectedRoute[];
  /** None if this host has no part in the schedule. */
  readonly actions: readonly ExpectedAction[];
  /** How long a run may be at work, in milliseconds. */
  readonly busyLimitMs: number;
}

/** Age of one end of a label's snapshots in a dataset. */
export interface LabelFacts extends LabelLimits {
  readonly level: Level;
  /** Without `@`. */
  readonly snapshot?: string | undefined;
  /** Milliseconds since 1970; absent = there is none. */
  readonly createdAtMs?: number | undefined;
  /** Its identity on every host. */
  readonly guid?: Guid | undefined;
}

/** What was found of a dataset. */
export interface DatasetFacts {
  readonly dataset: string;
  /** Milliseconds since 1970; absent = not known. */
  readonly createdAtMs?: number | undefined;
  /** How many there are. */
  readonly snapshots: number;
  readonly labels: readonly LabelFacts[];
  /** It holds a partial receive, and whether somebody is at work on it. */
  readonly partial: "none" | "receiving" | "waiting";
}

/** What `zpool get` says of a pool; absent = it does not say. */
export interface PoolFacts {
  readonly pool: string;
  readonly guid?: string | undefined;
  readonly health?: string | undefined;
  readonly capacityPercent?: number | undefined;
  readonly sizeBytes?: string | undefined;
  readonly freeBytes?: string | undefined;
}

/** What became of a look at a root dataset. */
export type RootFacts =
  | {
    readonly kind: "seen";
    /** The selected ones; of a destination without those that were set aside. */
    readonly datasets: readonly DatasetFacts[];
    /** Full names of datasets that were set aside. */
    readonly aside: readonly string[];
    readonly pool: PoolFacts;
  }
  /** There is no such dataset. */
  | { readonly kind: "missing"; readonly pool: PoolFacts }
  /** The host answers, and its pool is not there. */
  | { readonly kind: "no-pool"; readonly pool: string; readonly message: string }
  /** The host does not answer, or not what can be understood. */
  | { readonly kind: "unreachable"; readonly message: string; readonly hint?: string | undefined }
  /** It was not asked. */
  | { readonly kind: "not-asked" };

/** A run of this job that is at work on this host. */
export interface RunningFacts {
  readonly action: string;
  readonly processId: number;
  readonly startedAtMs: number;
}

/** What runs have left behind and cannot be used. */
export interface UnreadableState {
  readonly why: string;
  /** When a run wrote it, in milliseconds since 1970; absent = not known. */
  readonly writtenAtMs?: number | undefined;
}

/** Everything that the judgement depends on. */
export interface StatusInputs {
  readonly expected: Expectations;
  /** By {@linkcode keyOf}; what is not in it was not asked. */
  readonly found: ReadonlyMap<string, RootFacts>;
  /** What runs of this host have left behind, by action. */
  readonly states: ReadonlyMap<string, ActionState>;
  /** Files of actions that cannot be used, by action. */
  readonly unreadable: ReadonlyMap<string, UnreadableState>;
  /** Runs of this job have been here, under another name of this host or although the schedule has no part for it. */
  readonly isStranger: boolean;
  /** Runs of this job on this host that are at work. */
  readonly running: readonly RunningFacts[];
  /** Name of this host. */
  readonly host: string;
  /** Path of the job file, as it was given. */
  readonly jobFile: string;
  /** Options of the command line that commands about the same need, too: `--localhost=nas`. */
  readonly given: readonly string[];
  readonly nowMs: number;
}

/** Name of a place, for maps. */
export function keyOf({ host, dataset }: Place): string {
  return `${host}\0${dataset}`;
}
