/**
 * Remembers the failures that a run goes on in spite of (spec/cli-bzfs.md chapter 3, spec/replication.md chapter 12).
 * @module
 */
import { adviceOf, messageOf, PartialFailure } from "../model/errors.ts";
import type { Logger } from "../report/log.ts";

/** More messages than these are not kept. */
const MAX_MESSAGES = 10_000;

/** The failures tolerated so far, oldest first. */
export class Tolerance {
  readonly #log: Logger;
  readonly #messages: string[] = [];
  #first: unknown;
  #count = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Logs a failure and the task that it was the end of, and keeps it for the end of the run. */
  record(error: unknown, task: string): void {
    const message = messageOf(error);
    if (this.#count++ === 0) this.#first = error;
    this.#log.log("ERROR", "", adviceOf(error));
    this.#log.log("ERROR", `#${this.#count}: Done with `, task);
    if (this.#messages.length < MAX_MESSAGES) this.#messages.push(message);
  }

  /** Throws {@linkcode PartialFailure} if anything was tolerated. */
  conclude(): void {
    if (this.#count === 0) return;
    const summary = this.#messages.map((message, i) => `${i + 1}/${this.#count}: ${message}`).join("\n");
    this.#log.log("ERROR", "", `Tolerated ${this.#count} errors. Error Summary: \n${summary}`);
    throw new PartialFailure(this.#first, this.#messages);
  }
}
