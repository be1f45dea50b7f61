/**
 * Waiting that ends: for a time, or for a promise but no longer than a time.
 * @module
 */
import { systemClock } from "../system.ts";

/** True if the promise resolves within the time. Rejects if the promise does. */
export async function isSettledWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const settled = new AbortController();
  const late = systemClock.sleep(milliseconds * 1e6, settled).then(() => false, () => false);
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    settled.abort("settled"); // a reason of its own costs no stack trace
  }
}

/** Stands still for the time, the whole process with it: for code that has to be synchronous. */
export function standStill(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
