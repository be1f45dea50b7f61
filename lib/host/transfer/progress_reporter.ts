/**
 * Follows the pv files of a run and shows a status line at regular times (docs/spec/logging-progress.md §7.1, §7.3).
 *
 * What a line says is decided in `report/progress.ts`; where it appears is the sinks' business.
 * @module
 */
import { messageOf } from "../../model/errors.ts";
import type { RunLogger } from "../../report/logger.ts";
import { Progress, type ProgressIntervals } from "../../report/progress.ts";
import { totalBytesOf } from "../../report/pv_lines.ts";
import type { Clock } from "../../zfs/world.ts";
import { FollowedFile } from "../files/followed_file.ts";
import { pvTextsOfRun } from "./pv_file.ts";

/** What a reporter needs. */
export interface ProgressReporterOptions {
  readonly log: RunLogger;
  readonly intervals: ProgressIntervals;
  readonly clock: Clock;
  /** The local time, as `2026-01-31 22:08:10`. */
  readonly timestamp: () => string;
}

/** Shows the progress of all transfers. Starts with the first file that it follows. */
export class ProgressReporter {
  readonly #options: ProgressReporterOptions;
  readonly #files = new Map<string, FollowedFile>();
  #progress: Progress | undefined;
  #startNs = 0;
  #lines = 0;
  #isPaused = false;
  #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: ProgressReporterOptions) {
    this.#options = options;
  }

  /** Follows one more file, which need not exist yet. */
  follow(file: string): void {
    if (this.#files.has(file)) return;
    this.#files.set(file, new FollowedFile(file));
    if (this.#progress === undefined) {
      this.#startNs = this.#options.clock.monotonicNs();
      this.#progress = new Progress(this.#options.intervals, this.#startNs);
      this.#running = this.#run(this.#progress);
    }
    this.#progress.follow(file);
  }

  /** Shows nothing until {@linkcode reset}: the daemon sleeps. */
  pause(): void {
    this.#isPaused = true;
    this.#options.log.clearStatus();
  }

  /** Goes on, and counts anew. */
  reset(): void {
    this.#startNs = this.#options.clock.monotonicNs();
    this.#lines = 0;
    this.#progress?.reset(this.#startNs);
    this.#isPaused = false;
  }

  /** Takes the status line away and ends. Throws what ended the reporter before its time. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    try {
      await this.#running;
    } finally {
      this.#options.log.clearStatus();
      for (const file of this.#files.values()) file.close();
      this.#files.clear();
    }
  }

  /** Rejects only in {@linkcode stop}: until then nobody waits for it. */
  #run(progress: Progress): Promise<void> {
    const running = this.#poll(progress).catch((error) => {
      if (this.#stopping.signal.aborted) return;
      this.#options.log.log("ERROR", "", `Progress reporter failed: ${messageOf(error)}`);
      throw error;
    });
    running.catch(() => {});
    return running;
  }

  async #poll(progress: Progress): Promise<void> {
    const { clock, log, timestamp, intervals: { intervalNs } } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const untilDueNs = this.#isPaused ? Infinity : this.#dueNs(intervalNs) - clock.monotonicNs();
      const pauseNs = Math.min(intervalNs / 2.5, untilDueNs);
      if (pauseNs > 0) await clock.sleep(pauseNs, { signal });
      const texts = await Promise.all(
        [...this.#files].map(async ([name, file]) => ({ name, text: await file.read() })),
      );
      const nowNs = clock.monotonicNs();
      if (this.#isPaused) continue;
      for (const { name, text } of texts) progress.read(name, text, nowNs);
      if (nowNs < this.#dueNs(intervalNs)) continue;
      log.status(progress.line(nowNs, timestamp()));
      this.#lines = Math.floor((nowNs - this.#startNs) / intervalNs);
    }
  }

  /** When the next line is due: lines keep to a fixed grid, those that nobody could show in time are left out. */
  #dueNs(intervalNs: number): number {
    return this.#startNs + (this.#lines + 1) * intervalNs;
  }
}

/** Bytes that all pv files of a run account for. */
export function totalBytesOfRun(pvFile: string): number {
  return pvTextsOfRun(pvFile).reduce((sum, text) => sum + totalBytesOf(text), 0);
}
