/**
 * Times that lie ahead of this clock: they prove nothing, and make whatever is compared with them look young.
 * Source: docs/spec/status.md §4.1.
 * @module
 */
import { formatSpan } from "../../model/text/mod.ts";
import type { StatusFinding } from "../../model/status/mod.ts";

/** Clocks that are apart by more than this make monitoring blind. */
const CRITICAL_MS = 3_600_000;

/** How far clocks may be apart without a word. */
export const CLOCK_TOLERANCE_MS = 300_000;

/** Milliseconds since 1970 of a time that runs have kept; `undefined` if there is none, or if it lies ahead. */
export function pastMs(iso: string | undefined, nowMs: number): number | undefined {
  const ms = iso === undefined ? NaN : Date.parse(iso);
  return ms - nowMs <= CLOCK_TOLERANCE_MS ? ms : undefined;
}

/** The finding about times that lie ahead; `undefined` if they do so by no more than clocks may be apart. */
export function clockFinding(
  aheadMs: number,
  { host, about, what, example }: {
    readonly host: string;
    readonly about: string;
    readonly what: "snapshots" | "runs";
    readonly example: string;
  },
): StatusFinding | undefined {
  if (!(aheadMs > CLOCK_TOLERANCE_MS)) return undefined;
  return {
    id: "clock-behind",
    level: aheadMs > CRITICAL_MS ? "critical" : "warning",
    about,
    message: `the clock of ${host} is behind, or ${what} are from the future, by ${formatSpan(aheadMs)}: ${example}`,
    remedy: "timedatectl status",
  };
}
