/**
 * Judges the pools that routes need. Source: docs/spec/status.md §4.2.
 * @module
 */
import { poolOf } from "../../model/dataset.ts";
import type { PoolStatus, StatusFinding } from "../../model/status/mod.ts";
import { keyOf, type PoolFacts, type RootFacts, type StatusInputs } from "./facts.ts";
import { worstLevel } from "./levels.ts";

/** A pool with what is wrong with it. */
interface JudgedPool {
  readonly status: PoolStatus;
  readonly findings: readonly StatusFinding[];
}

/** How full a pool may be, in percent: above, ZFS becomes slow; far above, receives fail. */
const WARNING_PERCENT = 90;
const CRITICAL_PERCENT = 97;

/** Judges each pool once, in the order of the routes; none that was not asked. */
export function judgePools({ expected, found }: StatusInputs): JudgedPool[] {
  const pools = new Map<string, JudgedPool>();
  for (const { source, destination, isRemovable } of expected.routes) {
    for (const root of destination === undefined ? [source] : [source, destination]) {
      const { host, dataset } = root.place;
      const pool = poolOf(dataset);
      const key = `${host}\0${pool}`;
      const facts = found.get(keyOf(root.place));
      if (facts === undefined || facts.kind === "not-asked" || pools.has(key)) continue;
      pools.set(key, judgePool({ host, pool }, facts, isRemovable && root === destination));
    }
  }
  return [...pools.values()];
}

function judgePool(
  about: { readonly host: string; readonly pool: string },
  facts: Exclude<RootFacts, { kind: "not-asked" }>,
  isRemovable: boolean,
): JudgedPool {
  if (facts.kind === "unreachable" || facts.kind === "no-pool") {
    const level = isRemovable ? "ok" : "critical";
    const message = isRemovable ? "away" : facts.kind === "no-pool" ? "not imported" : "its host does not answer";
    return { status: { ...about, level, message }, findings: [] };
  }
  return judgeFacts(about, facts.pool);
}

function judgeFacts(about: { readonly host: string; readonly pool: string }, facts: PoolFacts): JudgedPool {
  const { health, capacityPercent, sizeBytes, freeBytes } = facts;
  const findings: StatusFinding[] = [];
  const name = `${about.host} pool ${about.pool}`;
  if (health !== "ONLINE") {
    const level = health === undefined || health === "DEGRADED" ? "warning" : "critical";
    const message = health ?? "its health is not known";
    findings.push({ id: "pool-health", level, about: name, message, remedy: `zpool status ${about.pool}` });
  }
  if (capacityPercent !== undefined && capacityPercent >= WARNING_PERCENT) {
    const level = capacityPercent >= CRITICAL_PERCENT ? "critical" : "warning";
    const message = `${capacityPercent} % full`;
    findings.push({ id: "pool-full", level, about: name, message, remedy: `zfs list -o space -r ${about.pool}` });
  }
  const status: PoolStatus = {
    ...about,
    level: worstLevel(findings),
    ...(findings.length === 0 ? {} : { message: findings.map(({ message }) => message).join(", ") }),
    ...(health === undefined ? {} : { health }),
    ...(capacityPercent === undefined ? {} : { capacityPercent }),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(freeBytes === undefined ? {} : { freeBytes }),
  };
  return { status, findings };
}
