/**
 * When `--cache-snapshots` may believe what it remembers, and when it may remember at all.
 *
 * ZFS reports for each dataset the second in which its set of snapshots changed last (`snapshots_changed`). A second is
 * long: what was listed in the second of the last change may be followed by another change with the same stamp. So a
 * value is remembered only if it was old enough when it was read, before the snapshots were listed; any later change
 * then has a later stamp, as long as the clock of the host with the pool does not go back. Everything in doubt is
 * listed. Source: docs/spec/replication.md §14.3; the reference also remembers young values and so misses such a
 * change.
 * @module
 */
import type { CacheStamp } from "../model/cache_stamp.ts";

/** A stamp must be older than this, in milliseconds, to be final: one second, and a margin between clocks. */
const MATURITY_MS = 1100;

/** True if a stamp is known and no further change can share it. */
export function isFinal(changed: number, nowMs: number): boolean {
  return changed > 0 && changed * 1000 < nowMs - MATURITY_MS;
}

/** True if the set of snapshots is the one that was stamped. */
export function isUnchanged(stamp: CacheStamp | undefined, live: number, nowMs: number): boolean {
  return stamp !== undefined && stamp.changed === live && isFinal(live, nowMs);
}

/** True if the creation that a stamp of monitoring holds is still the right one; 0 means that there is no snapshot. */
export function isEndKnown(stamp: CacheStamp | undefined, live: number, nowMs: number): stamp is CacheStamp {
  return isUnchanged(stamp, live, nowMs) && stamp!.created >= 0 && stamp!.created <= stamp!.changed;
}

/**
 * True if the creation that a label's stamp holds is still that of the newest snapshot of the label.
 *
 * @param dataset the stamp of the dataset itself, made after those of all its labels
 */
export function isLabelKnown(
  stamp: CacheStamp | undefined,
  dataset: CacheStamp | undefined,
  live: { readonly changed: number; readonly nowMs: number },
): stamp is CacheStamp {
  return isUnchanged(dataset, live.changed, live.nowMs) && isEndKnown(stamp, live.changed, live.nowMs) &&
    stamp.created > 0;
}
