/**
 * A limit on what a test waits for: what would hang for ever fails.
 * @module
 */
import { isSettledWithin } from "../../lib/host/process/patience.ts";
import { assert } from "./assert.ts";

/** The promise's own outcome, unless it takes too long. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  assert(await isSettledWithin(promise, ms), `nothing within ${ms} ms`);
  return await promise;
}
