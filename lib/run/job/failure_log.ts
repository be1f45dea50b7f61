/**
 * Remembers the failures that a run goes on in spite of (docs/spec/cli.md §3, docs/spec/replication.md §12).
 *
 * The first one decides about the exit status, unless it is a finding of monitoring and there is something worse.
 * @module
 */
import { counted } from "../../model/text/mod.ts";
import {
  adviceOf,
  AlertError,
  briefOf,
  exitCodeOf,
  HeldBackError,
  isIsolatedRoot,
  messageOf,
  PartialFailure,
} from "../../model/errors.ts";
import type { Logger } from "../../model/log.ts";

/** Severity of what is held back: below all failures and a critical finding, above a warning. */
const HELD_BACK = 1.5;

/** More messages than these are not kept. */
const MAX_MESSAGES = 10_000;

/** The failures tolerated so far, oldest first. */
export class FailureLog {
  readonly #log: Logger;
  readonly #messages: string[] = [];
  /** What is said again of each. */
  readonly #briefs: string[] = [];
  #worst: { readonly error: unknown; readonly severity: number } | undefined;
  #count = 0;
  #holdsBack = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Logs a failure and the task that it was the end of, and keeps it for the end of the run. */
  record(error: unknown, task: string): void {
    const message = messageOf(error);
    this.#count++;
    const severity = severityOf(error);
    if (this.#worst === undefined || severity > this.#worst.severity) this.#worst = { error, severity };
    this.#log.log("ERROR", "", adviceOf(error));
    this.#log.log("ERROR", `#${this.#count}: Done with `, task);
    if (this.#messages.length >= MAX_MESSAGES) return;
    this.#messages.push(message);
    this.#briefs.push(briefOf(error));
  }

  /** Says that something was held back, which was told when it was. That is no failure. */
  holdBack(): void {
    this.#holdsBack = true;
    const isWorst = this.#worst === undefined || this.#worst.severity < HELD_BACK;
    if (isWorst) this.#worst = { error: new HeldBackError(), severity: HELD_BACK };
  }

  /** True if something was held back. */
  get holdsBack(): boolean {
    return this.#holdsBack;
  }

  /** Number of the failures that were tolerated. */
  get count(): number {
    return this.#count;
  }

  /** Logs what was tolerated, if anything was. */
  summarise(): void {
    if (this.#count === 0) return;
    const summary = this.#briefs.map((text, i) => `${i + 1}/${this.#count}: ${text}`).join("\n");
    // A single one has just been told.
    const level = this.#count === 1 ? "INFO" : "ERROR";
    const errors = counted(this.#count, "error");
    this.#log.log(level, "", `Tolerated ${errors}. Error Summary: \n${summary}`);
  }

  /** What was tolerated, or held back; `undefined` if there is nothing of the kind. */
  get outcome(): PartialFailure | undefined {
    return this.#worst && new PartialFailure(this.#worst.error, this.#messages);
  }

  /** Throws {@linkcode PartialFailure} if anything was tolerated. */
  conclude(): void {
    this.summarise();
    if (this.outcome !== undefined) throw this.outcome;
  }

  /** A line for a monitoring system if something other than its findings has failed. */
  unhealthy(): string | undefined {
    const { error } = this.#worst ?? {};
    if (error === undefined || error instanceof AlertError || error instanceof HeldBackError) return undefined;
    return `UNKNOWN - ${briefOf(error)}`;
  }
}

/**
 * Findings of monitoring rank below all failures, a warning below a critical one, and missing roots that are isolated
 * below all other failures; among equals the first counts.
 */
function severityOf(error: unknown): number {
  if (error instanceof AlertError) return exitCodeOf(error);
  return isIsolatedRoot(error) ? 3 : 4;
}
