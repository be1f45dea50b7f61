/**
 * A clock that a test moves, for what waits beside real processes.
 * @module
 */
import type { Cancel, Clock } from "../../lib/zfs/world.ts";

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Time that passes only in {@linkcode pass}. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicNs(): number {
    return Math.round(this.#nowMs * 1e6);
  }

  sleep(ns: number, { signal }: Cancel = {}): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { dueMs: this.#nowMs + ns / 1e6, wake: resolve };
    const stop = (): void => reject(signal?.reason);
    if (signal?.aborted) stop();
    else this.#sleepers.add(sleeper);
    signal?.addEventListener("abort", stop, { once: true });
    return promise.finally(() => {
      this.#sleepers.delete(sleeper);
      signal?.removeEventListener("abort", stop);
    });
  }

  /** Moves time with nobody awake: who should have woken meanwhile wakes late, with the next {@linkcode pass}. */
  jump(ms: number): void {
    this.#nowMs += ms;
  }

  /** Lets time pass: who sleeps wakes in turn, and each comes to an end of what it does before the next one. */
  async pass(ms: number): Promise<void> {
    const end = this.#nowMs + ms;
    for (;;) {
      await settled();
      const next = [...this.#sleepers].toSorted((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined || next.dueMs > end) break;
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      this.#sleepers.delete(next);
      next.wake();
    }
    this.#nowMs = end;
  }
}

/** Resolves after everything that is ready to run has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
