/**
 * `--timeout`: an abort after a while.
 * @module
 */
import { TimeoutError } from "../../model/errors.ts";
import type { Clock } from "../../zfs/world.ts";

/** Aborts its signal with a `TimeoutError` when the time is over, unless it is disposed before. */
export class TimeLimit implements Disposable {
  readonly #controller = new AbortController();
  readonly #stop = new AbortController();

  /** @param limitMs `undefined` = no limit */
  constructor(limitMs: number | undefined, clock: Clock) {
    if (limitMs === undefined) return;
    const late = (): void => this.#controller.abort(new TimeoutError(`Timed out after ${limitMs}ms`));
    clock.sleep(limitMs * 1e6, { signal: this.#stop.signal }).then(late, () => {});
  }

  /** Aborted when the time is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Stops the clock. */
  [Symbol.dispose](): void {
    this.#stop.abort();
  }
}
