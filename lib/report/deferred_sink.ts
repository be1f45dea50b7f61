/**
 * A sink that holds records back until the line is known that must come first.
 *
 * For monitoring systems, which read the first line of stdout (docs/spec/logging-progress.md §10). The log file does
 * not wait.
 * @module
 */
import type { LogRecord } from "../model/log.ts";
import type { Sink } from "./logger.ts";
import { headlineOf } from "./visible.ts";

/** Holds back what another sink shall show. There are no status lines then. */
export class DeferredSink implements Sink {
  readonly #sink: Sink;
  #held: (readonly [string, LogRecord])[] | undefined = [];

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  write(text: string, record: LogRecord): void {
    if (this.#held === undefined) this.#sink.write(text, record);
    else this.#held.push([text, record]);
  }

  /**
   * Shows the line and then everything that was held back; later calls do nothing.
   *
   * @param numbers performance data for monitoring systems, which stand behind a vertical bar
   */
  release(line: string, numbers?: string): void {
    if (this.#held === undefined) return;
    const held = this.#held;
    this.#held = undefined;
    this.#sink.write(headlineOf(line) + (numbers === undefined ? "" : ` | ${numbers}`), {
      level: "STDOUT",
      label: "",
      text: line,
    });
    for (const [text, record] of held) this.#sink.write(text, record);
  }
}
