/**
 * What the monitoring of a fleet has found, as the first line of a run with `--quiet`, for monitoring systems: one line for
 * all hosts, the worst first, with numbers of all (docs/spec/logging-progress.md §10).
 * @module
 */
import { counted } from "../../model/text/mod.ts";
import type { FleetEvent, SubjobAbout } from "../events.ts";

/** Words of monitoring systems, by exit status. */
const WORDS = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const;

/** Subjobs that are named; of the others there is a number. */
const MOST_TOLD = 5;

interface SubjobHealth {
  about: SubjobAbout;
  /** Exit status; `undefined` = it did not end. */
  status: number | undefined;
  message: string;
}

/** Takes the events of a fleet's run. */
export class FleetHealth {
  readonly #subjobs = new Map<string, SubjobHealth>();
  readonly #datasets = new Set<string>();
  readonly #counts = { ok: 0, warning: 0, critical: 0 };

  /** Takes the next event. */
  record(event: FleetEvent): void {
    switch (event.event) {
      case "subjob-started":
        this.#subjobs.set(event.subjob, { about: event, status: undefined, message: "did not end" });
        return;
      case "subjob-skipped": {
        const message = event.reason === "interrupted" ? "was interrupted" : "waits for a step that has failed";
        this.#subjobs.set(event.subjob, { about: event, status: undefined, message });
        return;
      }
      case "subjob-ended": {
        const subjob = this.#subjobs.get(event.subjob);
        if (subjob === undefined) return;
        if (subjob.status === undefined) subjob.message = `ended with status ${event.exitStatus}`;
        subjob.status = event.exitStatus;
        return;
      }
      case "run-ended": {
        const subjob = "subjob" in event ? this.#subjobs.get(event.subjob) : undefined;
        if (subjob === undefined || event.error === undefined) return;
        subjob.status = event.exitStatus;
        subjob.message = event.error.brief ?? event.error.message;
        return;
      }
      case "monitored":
        this.#counts[event.severity]++;
        this.#datasets.add(`${event.subjob}\0${event.dataset}`);
    }
  }

  /** The line, whose first word stands for the exit status of the run. */
  headline(exitStatus: number, error?: string): string {
    const word = WORDS[exitStatus] ?? (exitStatus === 4 ? "OK" : "UNKNOWN");
    const bad = this.#bad();
    const told = bad.slice(0, MOST_TOLD).map(({ about, message }) => `${hostOf(about)}: ${message}`);
    if (error !== undefined) told.unshift(error);
    if (told.length === 0) return `${word} - ${counted(this.#datasets.size, "dataset")} monitored`;
    const rest = bad.length > MOST_TOLD ? `; and ${bad.length - MOST_TOLD} more` : "";
    return `${word} - ${told.join("; ")}${rest}`;
  }

  /** The numbers of the run in the notation of monitoring systems. */
  numbers(): string {
    const { ok, warning, critical } = this.#counts;
    const unseen = this.#bad().filter(({ status }) => rankOf(status) === 3).length;
    return `datasets=${this.#datasets.size} ok=${ok} warning=${warning} critical=${critical} failed=${unseen}`;
  }

  /** A table of what is not well: a line for each subjob with host, action, status and cause. None if all is well. */
  failures(): string[] {
    const rows = this.#bad().map(({ about, status, message }) => [
      (about.destination === undefined ? about.source : `${about.source} -> ${about.destination}`) +
      (about.datasets === undefined ? "" : ` (${about.datasets.join(", ")})`),
      about.action,
      status === undefined ? "-" : String(status),
      message.split("\n", 1)[0]!,
    ]);
    const width = (column: number): number => Math.max(...rows.map((row) => row[column]!.length));
    return rows.map((row) => row.map((cell, i) => i === 3 ? cell : cell.padEnd(width(i))).join("  "));
  }

  /** Subjobs that are not well, the worst first: what failed, critical findings, warnings. */
  #bad(): SubjobHealth[] {
    const byName = [...this.#subjobs].sort(([a], [b]) => a < b ? -1 : 1).map(([, subjob]) => subjob);
    return byName.filter(({ status }) => rankOf(status) > 0).sort((a, b) => rankOf(b.status) - rankOf(a.status));
  }
}

/** 3 = it failed, 2 = critical, 1 = warning, 0 = all is well, or an earlier run is still at work. */
function rankOf(status: number | undefined): number {
  return status === 0 || status === 4 ? 0 : status === 1 || status === 2 ? status : 3;
}

function hostOf({ action, source, destination }: SubjobAbout): string {
  if (action === "monitor-src-snapshots") return source;
  if (action === "monitor-dst-snapshots") return `${destination} (${source})`;
  return `${action} of ${source}${destination === undefined ? "" : ` at ${destination}`}`;
}
