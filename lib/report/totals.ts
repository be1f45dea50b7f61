/**
 * Sums over all events of a run.
 * @module
 */
import type { RunEvent } from "./events.ts";

/** Sums over all pairs. In a dry run, what would be done counts as if it were. */
export interface Totals {
  readonly streams: number;
  readonly snapshotsSent: number;
  /** Decimal text. Streams without a meter count nothing. */
  readonly bytesSent: string;
  /** Snapshots and bookmarks. */
  readonly created: number;
  /** Datasets (a tree counts once), snapshots and bookmarks. */
  readonly deleted: number;
  readonly rolledBack: number;
  readonly upToDate: number;
  readonly skipped: number;
  readonly retried: number;
  readonly failed: number;
}

/** Nothing has happened. */
export const NO_TOTALS: Totals = {
  streams: 0,
  snapshotsSent: 0,
  bytesSent: "0",
  created: 0,
  deleted: 0,
  rolledBack: 0,
  upToDate: 0,
  skipped: 0,
  retried: 0,
  failed: 0,
};

/** The sums with one more event. */
export function addToTotals(totals: Totals, event: RunEvent): Totals {
  switch (event.event) {
    case "sent":
      return {
        ...totals,
        streams: totals.streams + 1,
        snapshotsSent: totals.snapshotsSent + event.snapshots,
        bytesSent: String(BigInt(totals.bytesSent) + BigInt(event.bytes ?? 0)),
      };
    case "created":
      return event.what === "ancestor" ? totals : { ...totals, created: totals.created + 1 };
    case "deleted":
      return { ...totals, deleted: totals.deleted + (event.what === "dataset" ? 1 : event.versions.length) };
    case "rolled-back":
      return { ...totals, rolledBack: totals.rolledBack + 1 };
    case "up-to-date":
      return { ...totals, upToDate: totals.upToDate + 1 };
    case "skipped":
      return { ...totals, skipped: totals.skipped + 1 };
    case "retried":
      return { ...totals, retried: totals.retried + 1 };
    case "failed":
      return { ...totals, failed: totals.failed + 1 };
    default:
      return totals;
  }
}
