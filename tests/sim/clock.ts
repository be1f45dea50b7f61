/**
 * Time that stands still until somebody moves it.
 * @module
 */
import type { Cancel, Clock } from "../../lib/zfs/world.ts";

/** 2024-11-06 08:30:05 UTC. */
export const SIMULATION_START_MS = 1_730_881_805_000;

/** Sleeps after which a test is taken for one that never ends. */
const MOST_SLEEPS = 20_000;

/** Looks at a time that does not pass, after which a test is taken for one that never ends. */
const MOST_LOOKS = 200_000;

/** A clock that sleeps by moving itself. It fails those who sleep, or look at it without sleeping, for ever. */
export class SimClock implements Clock {
  #origin: number;
  #nowMs: number;
  #sleeps = 0;
  #looks = 0;

  constructor(startMs: number = SIMULATION_START_MS) {
    this.#origin = startMs;
    this.#nowMs = startMs;
  }

  now(): number {
    this.#countLook();
    return this.#nowMs;
  }

  monotonicNs(): number {
    this.#countLook();
    return Math.round((this.#nowMs - this.#origin) * 1e6);
  }

  /** Moves time forward. */
  advance(ms: number): void {
    this.#nowMs += ms;
    this.#looks = 0;
  }

  /** Sets the time back, as somebody who corrects a clock does; what is monotonic stays so. */
  setBack(ms: number): void {
    this.#nowMs -= ms;
    this.#origin -= ms;
  }

  async sleep(ns: number, options: Cancel = {}): Promise<void> {
    const deadline = this.#nowMs + ns / 1e6;
    options.signal?.throwIfAborted();
    if (++this.#sleeps > MOST_SLEEPS) throw new Error(`Somebody sleeps for ever: ${MOST_SLEEPS} times so far`);
    await Promise.resolve();
    options.signal?.throwIfAborted();
    if (deadline > this.#nowMs) this.#looks = 0;
    this.#nowMs = Math.max(this.#nowMs, deadline);
  }

  #countLook(): void {
    if (++this.#looks > MOST_LOOKS) throw new Error(`Somebody waits for ever: time was asked for ${MOST_LOOKS} times`);
  }
}
