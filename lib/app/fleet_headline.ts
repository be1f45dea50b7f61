/**
 * The first line of a fleet's run that monitors with `--quiet`: what all subjobs print stands behind it.
 * @module
 */
import type { JobrunnerRun } from "../cli/jobrunner/mod.ts";
import type { OutputPolicy } from "../model/job.ts";
import type { FleetEvent, Recorder } from "../report/events.ts";
import type { FleetHealth } from "../report/fleet/mod.ts";
import { DeferredSink } from "../report/logger.ts";
import type { Program } from "./bzfs.ts";
import { usesStandardOutput } from "./outputs.ts";

/** True for a run that a monitoring system may read: one that monitors, and whose subjobs are silent otherwise. */
export function awaitsHeadline({ arguments: args, forwarded }: JobrunnerRun): boolean {
  const monitors = args.flag("--monitor-src-snapshots") || args.flag("--monitor-dst-snapshots");
  const isPlain = args.text("--print-schedule") === undefined && !args.flag("--explain");
  return monitors && isPlain && forwarded.some((word) => word === "--quiet" || /^-[a-z]*q/.test(word));
}

/** Holds back what subjobs print, and makes the line of their events. */
export class FleetHeadline implements Recorder<FleetEvent> {
  readonly isWanted = true;
  /** For subjobs in this process: takes their records. */
  readonly sink: { readonly sink: DeferredSink };
  readonly #health: FleetHealth;
  readonly #notes: string[] = [];

  /** @param outputs if a document goes to standard output, the line goes to standard error */
  constructor({ print }: Pick<Program, "print">, outputs: OutputPolicy, health: FleetHealth) {
    this.#health = health;
    const stream = usesStandardOutput(outputs) ? "err" : "out";
    this.sink = { sink: new DeferredSink({ write: (text) => print(stream, `${text}\n`) }) };
  }

  record(event: FleetEvent): void {
    this.#health.record(event);
  }

  /** Takes what belongs behind the finding. */
  note(text: string): void {
    this.#notes.push(text);
  }

  /** Shows the line and all that was held back. */
  show(exitStatus: number, error: string | undefined): void {
    this.sink.sink.release(
      [this.#health.headline(exitStatus, error), ...this.#notes].join("; "),
      this.#health.numbers(),
    );
  }
}
