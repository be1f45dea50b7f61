/**
 * A limit of time as an abort signal.
 * @module
 */
import { systemClock } from "../host/system.ts";
import { TimeoutError } from "../model/errors.ts";

/** An abort with `TimeoutError` after a while, unless it is disposed of before. */
export class TimeLimit implements Disposable {
  readonly #controller = new AbortController();
  readonly #stop = new AbortController();

  /** @param limitMs `undefined` = never */
  constructor(limitMs: number | undefined) {
    if (limitMs === undefined) return;
    const late = (): void => this.#controller.abort(new TimeoutError(`Timed out after ${limitMs}ms`));
    systemClock.sleep(limitMs * 1e6, { signal: this.#stop.signal }).then(late, () => {});
  }

  /** Aborted when the time is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }
}
