/**
 * When something is due: the next moment of a period, whether it has come, and when to wake up for it.
 *
 * "Next" is a wall clock (`calendar.ts`); comparing wall clocks gives one snapshot per calendar period. Only within the
 * second pass of a repeated hour, and only for hours and shorter, instants decide, so that real time has no hole.
 * Sources: docs/spec/snapshots.md §1.6, docs/spec/jobrunner.md §7.7.
 * @module
 */
import { floorDiv, formatOffset, formatWall, instantsOf, MICROS, wallClockOf, type Zone } from "../model/time/mod.ts";
import type { Period, PeriodUnit } from "../model/text/mod.ts";
import { roundUp } from "./calendar.ts";
import type { CalendarAnchors } from "../model/job.ts";

/** The calendar of a run. */
export interface Calendar {
  readonly zone: Zone;
  /** False for the system's zone: times are then printed without offset. */
  readonly namesZone: boolean;
  readonly anchors: CalendarAnchors;
}

/** What is known when a period is judged. */
export interface DueQuestion {
  readonly period: Period;
  /** Unix seconds of the newest snapshot's creation; 0 = there is none. */
  readonly newest: number;
  /** Start of the run: microseconds since 1970 UTC. */
  readonly now: bigint;
}

/** When the next snapshot of a label is due. */
export interface DueAnswer {
  /** Wall clock in microseconds. */
  readonly next: bigint;
  readonly isDue: boolean;
}

const HOUR_AND_SHORTER: ReadonlySet<PeriodUnit> = new Set(["hourly", "minutely", "secondly", "millisecondly"]);

/** Decides whether a label is due in a dataset. */
export function judgeDue({ period, newest, now }: DueQuestion, calendar: Calendar): DueAnswer {
  const { zone, anchors } = calendar;
  const created = BigInt(newest) * MICROS.second;
  const createdWall = wallClockOf(zone, created);
  const next = roundUp(createdWall + 1n, period, anchors);
  const nowWall = wallClockOf(zone, now);
  if (nowWall >= next) return { next, isDue: true };
  if (!HOUR_AND_SHORTER.has(period.unit) || !isRepeated(zone, { created, createdWall, now, nowWall })) {
    return { next, isDue: false };
  }
  return { next, isDue: now - created >= next - createdWall };
}

/** True if the snapshot is of the first pass of a repeated hour and now is its second pass. */
function isRepeated(
  zone: Zone,
  times: { readonly created: bigint; readonly createdWall: bigint; readonly now: bigint; readonly nowWall: bigint },
): boolean {
  const atCreation = instantsOf(zone, times.createdWall);
  const atNow = instantsOf(zone, times.nowWall);
  return atCreation.kind === "fold" && atCreation.earlier === times.created &&
    atNow.kind === "fold" && atNow.later === times.now && atCreation.transition?.at === atNow.transition?.at;
}

/**
 * The first instant after `now` at which one of the periods may be due: where a daemon sleeps until. `undefined` if
 * there is no period.
 */
export function nextWakeUp(
  periods: readonly (Period | undefined)[],
  now: bigint,
  calendar: Calendar,
): bigint | undefined {
  const instants = periods.flatMap((period) => period === undefined ? [] : [nextInstant(period, now, calendar)]);
  return instants.length === 0 ? undefined : instants.reduce((a, b) => a < b ? a : b);
}

function nextInstant(period: Period, now: bigint, { zone, anchors }: Calendar): bigint {
  const nowWall = wallClockOf(zone, now);
  const next = roundUp(nowWall + 1n, period, anchors);
  const byClock = firstInstantShowing(zone, next, now);
  if (!HOUR_AND_SHORTER.has(period.unit)) return byClock;
  const byElapsedTime = now + (next - nowWall);
  return byElapsedTime < byClock ? byElapsedTime : byClock;
}

/** The first instant after `now` whose clock shows `wall`, or has skipped it. */
function firstInstantShowing(zone: Zone, wall: bigint, now: bigint): bigint {
  const { kind, earlier, later, transition } = instantsOf(zone, wall);
  if (kind === "gap" && transition !== undefined) return BigInt(transition.at) * MICROS.second;
  return earlier > now ? earlier : later;
}

/** A wall clock as the log prints it: `2024-11-06 08:30:05`, with the offset if the zone is a named one. */
export function formatMoment(wall: bigint, calendar: Calendar): string {
  if (!calendar.namesZone) return formatWall(wall);
  const offset = Number(floorDiv(wall - instantsOf(calendar.zone, wall).earlier, MICROS.second));
  return formatWall(wall) + formatOffset(offset);
}
