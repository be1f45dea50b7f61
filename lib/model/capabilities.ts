/**
 * What a host can do: ZFS version, programs, features of the pool; and the predicates derived from it.
 *
 * Filled by `host/probe.ts`. Rules: docs/spec/replication.md §3.
 * @module
 */
import { roundHalfEven } from "./text/number_format.ts";
import type { IntOrPercent } from "./job.ts";

/** What was detected at one host for one pool. */
export interface Capabilities {
  /** Version of the `zfs` program. */
  readonly zfsVersion: readonly [number, number, number];
  /** Keys of detected programs: `sh ssh sudo zpool zstd mbuffer pv ps` (`zstd` = the configured compressor). */
  readonly programs: ReadonlySet<string>;
  /** First word of `uname -a`, empty if unknown. */
  readonly os: string;
  /** CPUs; 8 if unknown. */
  readonly cpus: number;
  /** Pool properties: `feature@…`, `delegation`, `guid`. */
  readonly pool: ReadonlyMap<string, string>;
}

/** True if the version is at least `major.minor.patch`. */
export function zfsAtLeast(c: Capabilities, major: number, minor: number, patch: number): boolean {
  const wanted = [major, minor, patch];
  for (let i = 0; i < 3; i++) {
    const difference = c.zfsVersion[i]! - wanted[i]!;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** True if the pool feature is `enabled` or `active`. */
export function hasFeature(c: Capabilities, name: string): boolean {
  const value = c.pool.get(`feature@${name}`);
  return value === "active" || value === "enabled";
}

/** True if bookmarks can be made from bookmarks and used as base on this pool. */
export function bookmarksEnabled(c: Capabilities): boolean {
  return hasFeature(c, "bookmark_v2") && hasFeature(c, "bookmark_written");
}

/** Why `zfs receive -s` cannot be used at this destination, or `undefined` if it can. */
export function whyNotResumable(c: Capabilities): "feature-missing" | "zfs-too-old" | undefined {
  if (!hasFeature(c, "extensible_dataset")) return "feature-missing";
  return zfsAtLeast(c, 2, 1, 0) ? undefined : "zfs-too-old";
}

/** Guid of the pool; `undefined` if it was not detected, or is none. */
export function poolGuid(c: Capabilities): string | undefined {
  const guid = c.pool.get("guid");
  return guid !== undefined && /^[0-9]{1,20}$/.test(guid) ? guid : undefined;
}

/** Workers that `--threads` means on a host with so many CPUs; at least 1, halves rounded to even. */
export function workerCount(threads: IntOrPercent, cpus: number): number {
  return Math.max(1, roundHalfEven(threads.percent ? (cpus * threads.amount) / 100 : threads.amount));
}
