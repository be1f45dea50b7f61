/**
 * Which part of a fleet's plans counts where. How it becomes subjobs is in `subjobs.ts`.
 *
 * Source: docs/spec/jobrunner.md §5.
 * @module
 */
import {
  type AlertPlan,
  CYCLES_KEYS,
  type FleetAction,
  type GroupPolicy,
  type MonitorPlan,
  type RetentionPlan,
} from "../../model/fleet.ts";
import { mapPeriods } from "../../model/period_table.ts";

/** The part of a plan that keeps something; organisations that keep nothing are left out, targets stay. */
export function onlyKept(plan: RetentionPlan): RetentionPlan {
  const kept = mapValues(
    plan,
    (targets) => mapValues(targets, (periods) => filterMap(periods, (amount) => Number(amount) > 0)),
  );
  return filterMap(kept, (targets) => [...targets.values()].some((periods) => periods.size > 0));
}

/** True if the plan keeps at least one snapshot. */
export function keepsSomething(plan: RetentionPlan): boolean {
  return onlyKept(plan).size > 0;
}

/** The actions that the policy has a plan for. */
export function plannedActions(actions: readonly FleetAction[], policy: GroupPolicy): FleetAction[] {
  const hasPlan: Readonly<Record<FleetAction, boolean>> = {
    "create-src-snapshots": keepsSomething(policy.srcSnapshots) && !policy.hasExternalSnapshots,
    "replicate": keepsSomething(policy.dstSnapshots),
    "prune-src-snapshots": keepsSomething(policy.srcSnapshots) && !policy.hasExternalSnapshots,
    "prune-src-bookmarks": keepsSomething(policy.srcBookmarks),
    "prune-dst-snapshots": keepsSomething(policy.dstSnapshots),
    "monitor-src-snapshots": policy.alerts.size > 0,
    "monitor-dst-snapshots": policy.alerts.size > 0,
    "forget-destination": true,
  };
  return actions.filter((action) => hasPlan[action]);
}

/**
 * The alerts of one side: the newest snapshot must not be too old, the oldest not older than what is retained.
 * Source: docs/spec/jobrunner.md §5.2.
 */
export function expandAlerts(alerts: AlertPlan, side: "src" | "dst", retained: RetentionPlan): MonitorPlan {
  return mapPeriods(alerts, ({ organisation, target, period, value }) => {
    const base = filterMap(value, (_, key) => !CYCLES_KEYS.has(key));
    const cycles = value.get(`${side}_snapshot_cycles`) ?? retained.get(organisation)?.get(target)?.get(period) ?? 1n;
    return new Map([
      ["latest", filterMap(base, (_, key) => key !== "oldest_skip_holds")],
      ["oldest", new Map([...base, ["cycles", BigInt(cycles)]])],
    ]);
  });
}

/** Lists in another order, drawn without bias; `draw` returns a number between both bounds, which count. */
export function shuffled<T>(items: readonly T[], draw: (low: number, high: number) => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = draw(0, i);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

function mapValues<K, V, W>(map: ReadonlyMap<K, V>, change: (value: V) => W): ReadonlyMap<K, W> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}

function filterMap<K, V>(map: ReadonlyMap<K, V>, keep: (value: V, key: K) => boolean): ReadonlyMap<K, V> {
  return new Map([...map].filter(([key, value]) => keep(value, key)));
}
