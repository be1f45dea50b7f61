/**
 * The time in the names of snapshots: what it is made of must be allowed by ZFS, and must not come again.
 * @module
 */
import { DAY_MS } from "../../model/text/mod.ts";
import { UTC } from "../../model/time/mod.ts";
import { labelTimestamp } from "../../plan/labels.ts";
import type { JobFileEntry } from "./entry.ts";

/** A Tuesday in January, the 7th, in the morning, in milliseconds since 1970 UTC. */
const START_MS = Date.UTC(2025, 0, 7, 9, 8, 7);

/** After which times formats repeat that leave something out: half days, days, weeks, months, years. */
const CYCLES_MS = [DAY_MS / 2, DAY_MS, 7 * DAY_MS, 31 * DAY_MS, 365 * DAY_MS];

/**
 * Snapshots whose names do not change with the time are made once; a name that ZFS refuses is never made.
 *
 * @param shortestMs the shortest period of the plans; `Infinity` if they have none
 */
export function checkTimeFormat(entry: JobFileEntry, shortestMs: number): void {
  if (entry.isAbsent) return;
  const format = entry.text();
  const at = (ms: number): string =>
    labelTimestamp({ instant: BigInt(ms) * 1000n, zone: UTC, namesZone: true, localZone: UTC }, format);
  const first = at(START_MS);
  if (!CYCLES_MS.some((ms) => at(START_MS + ms) !== first)) {
    throw entry.error("must hold a time, such as %Y-%m-%d_%H:%M:%S");
  }
  if (!/^[\w.: -]*$/.test(first)) {
    throw entry.error(
      "makes names that ZFS refuses",
      `Such as ${JSON.stringify(first)}: no / @ % and the like may be in them.`,
    );
  }
  const period = Number.isFinite(shortestMs) ? [shortestMs] : [];
  if ([...period, ...CYCLES_MS.filter((ms) => ms > shortestMs)].some((ms) => at(START_MS + ms) === first)) {
    throw entry.error("gives different snapshots the same name", "Write the whole time, such as %Y-%m-%d_%H:%M:%S.");
  }
}
