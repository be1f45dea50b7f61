/**
 * Sums over all events of a run.
 * @module
 */
import type { RunEvent } from "./events.ts";

/** Sums over all pairs. In a dry run, what would be done counts as if it were. */
export interface Totals {
  /** Streams. */
  readonly streams: number;
  /** Snapshots that destinations have more. */
  readonly snapshotsSent: number;
  /** Decimal text. Streams without a meter count nothing. */
  readonly bytesSent: string;
  /** Snapshots and bookmarks. */
  readonly created: number;
  /** Datasets (a tree counts once), snapshots and bookmarks. */
  readonly deleted: number;
  /** Rollbacks. */
  readonly rolledBack: number;
  /** Snapshots, bookmarks and datasets that were held back. */
  readonly heldBack: number;
  /** Datasets that had everything. */
  readonly upToDate: number;
  /** Datasets that were skipped. */
  readonly skipped: number;
  /** New attempts. */
  readonly retried: number;
  /** Failures. */
  readonly failed: number;
}

/** Adds up events. */
export class TotalsFold {
  #bytesSent = 0n;
  readonly #counts = {
    streams: 0,
    snapshotsSent: 0,
    created: 0,
    deleted: 0,
    rolledBack: 0,
    heldBack: 0,
    upToDate: 0,
    skipped: 0,
    retried: 0,
    failed: 0,
  };

  /** Takes the next event. */
  add(event: RunEvent): void {
    const counts = this.#counts;
    switch (event.event) {
      case "sent":
        counts.streams++;
        counts.snapshotsSent += event.snapshots;
        this.#bytesSent += BigInt(event.bytes ?? 0);
        return;
      case "created":
        if (event.what !== "ancestor") counts.created++;
        return;
      case "deleted":
        counts.deleted += event.what === "dataset" ? 1 : event.versions.length;
        return;
      case "rolled-back":
        counts.rolledBack++;
        return;
      case "held-back":
        counts.heldBack += event.losses.length;
        return;
      case "up-to-date":
        counts.upToDate++;
        return;
      case "skipped":
        counts.skipped++;
        return;
      case "retried":
        counts.retried++;
        return;
      case "failed":
        counts.failed++;
        return;
    }
  }

  /** The sums so far. */
  document(): Totals {
    const { streams, snapshotsSent, ...rest } = this.#counts;
    return { streams, snapshotsSent, bytesSent: String(this.#bytesSent), ...rest };
  }
}
