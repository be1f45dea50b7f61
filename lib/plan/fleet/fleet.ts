/**
 * Which part of a fleet's plans counts where. How it becomes subjobs is in `subjobs.ts`.
 *
 * Source: docs/spec/jobrunner.md §5.
 * @module
 */
import {
  type AlertPlan,
  CYCLES_KEYS,
  type MonitorPlan,
  type PeriodEntry,
  type PeriodTable,
  type RetentionPlan,
} from "../../model/fleet.ts";

/** The part of a plan that is about these targets; organisations stay, even if nothing of them is left. */
export function onlyTargets<V>(plan: PeriodTable<V>, targets: readonly string[]): PeriodTable<V> {
  return mapValues(plan, (ofOrganisation) => filterMap(ofOrganisation, (_, target) => targets.includes(target)));
}

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

/** All periods of a plan in its order. */
export function periodsOf<V>(plan: PeriodTable<V>): PeriodEntry<V>[] {
  return [...plan].flatMap(([organisation, targets]) =>
    [...targets].flatMap(([target, periods]) =>
      [...periods].map(([period, value]) => ({ organisation, target, period, value }))
    )
  );
}

/**
 * The alerts of one side: the newest snapshot must not be too old, the oldest not older than what is retained.
 * Source: docs/spec/jobrunner.md §5.2.
 */
export function expandAlerts(alerts: AlertPlan, side: "src" | "dst", retained: RetentionPlan): MonitorPlan {
  return mapValues(
    alerts,
    (targets, organisation) =>
      mapValues(targets, (periods, target) =>
        mapValues(periods, (entry, period) => {
          const base = filterMap(entry, (_, key) => !CYCLES_KEYS.has(key));
          const cycles = entry.get(`${side}_snapshot_cycles`) ?? retained.get(organisation)?.get(target)?.get(period) ??
            1n;
          return new Map([
            ["latest", filterMap(base, (_, key) => key !== "oldest_skip_holds")],
            ["oldest", new Map([...base, ["cycles", BigInt(cycles)]])],
          ]);
        })),
  );
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

function mapValues<K, V, W>(map: ReadonlyMap<K, V>, change: (value: V, key: K) => W): ReadonlyMap<K, W> {
  return new Map([...map].map(([key, value]) => [key, change(value, key)]));
}

function filterMap<K, V>(map: ReadonlyMap<K, V>, keep: (value: V, key: K) => boolean): ReadonlyMap<K, V> {
  return new Map([...map].filter(([key, value]) => keep(value, key)));
}
