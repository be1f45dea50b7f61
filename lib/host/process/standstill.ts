/**
 * A limit on standing still, not on duration: what makes progress may take as long as it needs.
 * Source: docs/spec/replication.md §16.4.
 * @module
 */
import type { Clock } from "../../zfs/world.ts";

/**
 * How many looks fall within the limit. Looks are counted instead of time: while this process is stopped (Ctrl-Z), or
 * busy with what it has read, no look is taken and nothing counts as standing still.
 */
const LOOKS = 20;

/** A reason that costs no stack trace. */
const DISPOSED = "disposed";

/** What is watched, and how. */
export interface StandstillOptions {
  /** How long nothing may change; `Infinity` = without limit. */
  readonly limitMs: number;
  readonly clock: Clock;
  /** A value that changes whenever there is progress. Must not throw. */
  readonly look: () => unknown;
  /** The reason of the abort. */
  readonly reason: () => Error;
}

/**
 * Aborts its signal when nothing has changed for the limit, at most a tenth of it later, unless it is disposed before.
 */
export class StandstillLimit implements Disposable {
  readonly #controller = new AbortController();
  readonly #stop = new AbortController();

  constructor(options: StandstillOptions) {
    if (Number.isFinite(options.limitMs)) this.#watch(options).catch(() => {}); // ends by its disposal
  }

  /** Aborted when nothing has changed for too long. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the watch. */
  [Symbol.dispose](): void {
    this.#stop.abort(DISPOSED);
  }

  async #watch({ limitMs, clock, look, reason }: StandstillOptions): Promise<void> {
    const { signal } = this.#stop;
    let seen: unknown = await look();
    for (let still = 0; still < LOOKS;) {
      await clock.sleep((limitMs * 1e6) / LOOKS, { signal });
      const now: unknown = await look();
      signal.throwIfAborted();
      still = Object.is(now, seen) ? still + 1 : 0;
      seen = now;
    }
    this.#controller.abort(reason());
  }
}
