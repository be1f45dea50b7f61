/**
 * A fleet: source hosts, destination hosts, and the policy that they share. Source: docs/spec/jobrunner.md §2.
 * @module
 */
import type { OperandPair } from "./job.ts";
import type { PeriodTable } from "./period_table.ts";

/** One of the things that can be done for a fleet. */
export type FleetAction =
  | "create-src-snapshots"
  | "replicate"
  | "prune-src-snapshots"
  | "prune-src-bookmarks"
  | "prune-dst-snapshots"
  | "monitor-src-snapshots"
  | "monitor-dst-snapshots"
  | "forget-destination";

/** All that a schedule does, in the order in which they are done. */
export const FLEET_ACTIONS: readonly FleetAction[] = [
  "create-src-snapshots",
  "replicate",
  "prune-src-snapshots",
  "prune-src-bookmarks",
  "prune-dst-snapshots",
  "monitor-src-snapshots",
  "monitor-dst-snapshots",
];

/** Actions that are done once for each destination host. */
export const FAN_OUT_ACTIONS: ReadonlySet<FleetAction> = new Set([
  "replicate",
  "prune-dst-snapshots",
  "monitor-dst-snapshots",
  "forget-destination",
]);

/** How many snapshots of a period are kept. The notation of plans also allows `True` for 1. */
export type Amount = bigint | boolean;

/** More snapshots than a dataset ever has: what is kept for ever. */
export const KEPT_FOREVER = 1_000_000_000n;

/** What is created, replicated and kept. */
export type RetentionPlan = PeriodTable<Amount>;

/** What is alarming about one period: `warning`, `critical`, and how many cycles are no reason to worry. */
export type AlertEntry = ReadonlyMap<string, string | Amount>;

/** Which snapshots are alarming: `warning` and `critical` are how late they are, beyond their period. */
export type AlertPlan = PeriodTable<AlertEntry>;

/** The same as `bzfs --monitor-snapshots` takes it: `latest` and `oldest` for each period. */
export type MonitorPlan = PeriodTable<ReadonlyMap<"latest" | "oldest", AlertEntry>>;

/** Pairs of datasets, and the plans that they share. */
export interface PairGroup {
  /** Names of datasets without hosts, the same on all hosts of a side. */
  readonly pairs: readonly OperandPair[];
  readonly srcSnapshots: RetentionPlan;
  readonly srcBookmarks: RetentionPlan;
  readonly dstSnapshots: RetentionPlan;
  readonly alerts: AlertPlan;
}

/** The policy of a fleet, checked, restricted to the hosts of this run. */
export interface Fleet {
  readonly actions: readonly FleetAction[];
  /** At least one, in the order of the user. Datasets of different groups do not contain each other. */
  readonly groups: readonly PairGroup[];
  /** Source hosts of this run. */
  readonly sources: readonly string[];
  /** How many source hosts the policy defines. */
  readonly definedSources: number;
  /** Destination hosts of this run -> targets that are replicated there. */
  readonly destinations: ReadonlyMap<string, readonly string[]>;
  readonly definedDestinations: number;
  /** Destination host -> targets that pruning retains there. */
  readonly retained: ReadonlyMap<string, readonly string[]>;
  /** Destination host -> dataset in front of all names, with its placeholders. */
  readonly roots: ReadonlyMap<string, string>;
  /** Somebody else creates and prunes the snapshots of the sources, which get them by replication for example. */
  readonly hasExternalSnapshots: boolean;
}

/** The policy as it is for one group of pairs. */
export type GroupPolicy = Omit<Fleet, "groups"> & PairGroup;

/** The policy of each group. */
export function groupPolicies({ groups, ...common }: Fleet): GroupPolicy[] {
  return groups.map((group) => ({ ...common, ...group }));
}

/** Hosts that differ by nothing but their names, in the order of the policy: the first of them stands for all. */
export type AlikeHosts = readonly [string, ...string[]];

/** In a root dataset: the source host in turn. */
export const SRC_HOST_TOKEN = "^SRC_HOST";
/** In a root dataset: the destination host in turn. */
export const DST_HOST_TOKEN = "^DST_HOST";

/** Keys of alerts that say how many cycles are no reason to worry. */
export const CYCLES_KEYS: ReadonlySet<string> = new Set(["cycles", "src_snapshot_cycles", "dst_snapshot_cycles"]);

/** Who replicates: the destinations, the sources, or one host in between that does everything. */
export const FLEET_MODES = ["pull", "push", "bastion"] as const;

/** One of the modes. */
export type FleetMode = typeof FLEET_MODES[number];
