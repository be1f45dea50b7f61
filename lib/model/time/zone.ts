/**
 * A time zone as a table of offsets: instant to wall clock and back, with its folds and gaps.
 *
 * Instants are microseconds since 1970 UTC as `bigint`, wall clocks as in `civil.ts`; tables count whole seconds. Zones
 * come from files (`tzif.ts`) or POSIX texts (`posix_zone.ts`); which one is the local zone is `host/zoneinfo.ts`'s
 * business.
 * @module
 */
import { floorDiv, MICROS } from "./civil.ts";

/** What a zone says about an instant. */
export interface ZoneOffset {
  /** Seconds to add to UTC. */
  readonly seconds: number;
  /** Such as `CEST`. */
  readonly abbreviation: string;
  /** True for summer time; absent where that is not known. */
  readonly isSummer?: boolean;
}

/** A change of the offset. */
export interface Transition {
  /** Unix seconds of the first instant with the new offset. */
  readonly at: number;
  readonly before: ZoneOffset;
  readonly after: ZoneOffset;
}

/** A time zone. */
export interface Zone {
  /** For messages: `Europe/Vienna`, `+05:30`, `UTC`, or what the local zone is called. */
  readonly name: string;
  /** The offset at an instant given in Unix seconds. */
  offsetAt(unixSeconds: number): ZoneOffset;
  /** Transitions with `from <= at < to` (Unix seconds), in order of time. */
  transitionsBetween(from: number, to: number): readonly Transition[];
}

/** No offset is larger than this, in seconds; wall clocks lie at most so far from UTC. */
const LARGEST_OFFSET = 26 * 3600;

/** A zone with one offset forever. */
export function fixedZone(name: string, seconds: number, abbreviation: string = name): Zone {
  const offset = { seconds, abbreviation };
  return { name, offsetAt: () => offset, transitionsBetween: () => [] };
}

/** Coordinated Universal Time. */
export const UTC: Zone = fixedZone("UTC", 0);

/** A zone made of transitions and of what holds after the last of them: another zone (a rule), or the last offset. */
export function tableZone(
  name: string,
  table: { readonly first: ZoneOffset; readonly transitions: readonly Transition[]; readonly after: Zone | undefined },
): Zone {
  const { first, transitions, after } = table;
  const end = transitions.at(-1)?.at ?? -Infinity;
  return {
    name,
    offsetAt(unixSeconds): ZoneOffset {
      if (unixSeconds > end && after !== undefined) return after.offsetAt(unixSeconds);
      return transitions[countUntil(transitions, unixSeconds) - 1]?.after ?? first;
    },
    transitionsBetween(from, to): readonly Transition[] {
      const own = transitions.filter(({ at }) => from <= at && at < to);
      if (after === undefined || to <= end) return own;
      return [...own, ...after.transitionsBetween(Math.max(from, end + 1), to)];
    },
  };
}

/** Number of transitions at or before an instant. */
function countUntil(transitions: readonly Transition[], unixSeconds: number): number {
  let low = 0;
  let high = transitions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (transitions[middle]!.at <= unixSeconds) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The wall clock of an instant. */
export function wallClockOf(zone: Zone, instant: bigint): bigint {
  const { seconds } = zone.offsetAt(Number(floorDiv(instant, MICROS.second)));
  return instant + BigInt(seconds) * MICROS.second;
}

/**
 * Which instants show a wall clock: one, two in a fold (earlier and later pass), none in a gap. For a gap the clock is
 * read with the offset before it (`earlier`, as Python does by default) and with the one after it.
 */
export interface Instants {
  readonly kind: "unique" | "fold" | "gap";
  /** The instant itself; the first pass of a fold; the reading with the offset before a gap. */
  readonly earlier: bigint;
  /** The instant itself; the second pass of a fold; the reading with the offset after a gap. */
  readonly later: bigint;
  /** The change of offset that makes the fold or the gap. */
  readonly transition: Transition | undefined;
}

/** Finds the instants that show a wall clock. */
export function instantsOf(zone: Zone, wall: bigint): Instants {
  const seconds = Number(floorDiv(wall, MICROS.second));
  const near = zone.transitionsBetween(seconds - LARGEST_OFFSET, seconds + LARGEST_OFFSET);
  const read = (offset: ZoneOffset): bigint => wall - BigInt(offset.seconds) * MICROS.second;
  for (const transition of near) {
    const { at, before, after } = transition;
    const low = at + Math.min(before.seconds, after.seconds);
    const high = at + Math.max(before.seconds, after.seconds);
    if (seconds < low || seconds >= high) continue;
    return {
      kind: before.seconds < after.seconds ? "gap" : "fold",
      earlier: read(before),
      later: read(after),
      transition,
    };
  }
  const last = near.findLast(({ at, after }) => seconds >= at + after.seconds);
  const instant = read(last?.after ?? near[0]?.before ?? zone.offsetAt(seconds));
  return { kind: "unique", earlier: instant, later: instant, transition: undefined };
}

/** The instant that a wall clock means: the first pass of a fold, the offset before a gap. */
export function instantOf(zone: Zone, wall: bigint): bigint {
  return instantsOf(zone, wall).earlier;
}

/** `+01:00`, with seconds if there are any. */
export function formatOffset(seconds: number): string {
  const size = Math.abs(seconds);
  const parts = [Math.floor(size / 3600), Math.floor(size / 60) % 60, ...(size % 60 === 0 ? [] : [size % 60])];
  return (seconds < 0 ? "-" : "+") + parts.map((n) => `${n}`.padStart(2, "0")).join(":");
}
