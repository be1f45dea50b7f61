/**
 * Time that stands still until somebody moves it.
 * @module
 */
import type { Cancel, Clock } from "../../lib/zfs/world.ts";

/** 2024-11-06 08:30:05 UTC. */
export const SIMULATION_START_MS = 1_730_881_805_000;

/** A clock that sleeps by moving itself. */
export class SimClock implements Clock {
  #origin: number;
  #nowMs: number;

  constructor(startMs: number = SIMULATION_START_MS) {
    this.#origin = startMs;
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicNs(): number {
    return Math.round((this.#nowMs - this.#origin) * 1e6);
  }

  /** Moves time forward. */
  advance(ms: number): void {
    this.#nowMs += ms;
  }

  /** Sets the time back, as somebody who corrects a clock does; what is monotonic stays so. */
  setBack(ms: number): void {
    this.#nowMs -= ms;
    this.#origin -= ms;
  }

  async sleep(ns: number, options: Cancel = {}): Promise<void> {
    const deadline = this.#nowMs + ns / 1e6;
    options.signal?.throwIfAborted();
    await Promise.resolve();
    options.signal?.throwIfAborted();
    this.#nowMs = Math.max(this.#nowMs, deadline);
  }
}
