/**
 * The retry loop: what a fresh attempt may cure is attempted again, with growing random pauses.
 *
 * An attempt says that it is worth a retry by throwing {@linkcode Retryable}; anything else ends the loop. Time, chance
 * and log are arguments. Rules: docs/spec/replication.md §11.
 * @module
 */
import { RefusedError, Retryable } from "./errors.ts";
import type { RetryPolicy } from "./job.ts";
import { formatDuration } from "./text/number_format.ts";

/** The bounds of a retry loop as a user gives them, in seconds and in any relation. */
export interface RetrySeconds {
  readonly retries: number;
  readonly minSleepSecs: number;
  readonly initialMaxSleepSecs: number;
  readonly maxSleepSecs: number;
  readonly maxElapsedSecs: number;
}

/** What the loop needs from outside; a `Clock`, a `Random` and a `Logger` will do. */
export interface RetryContext {
  readonly policy: RetryPolicy;
  readonly clock: {
    monotonicNs(): number;
    sleep(ns: number, options: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  };
  readonly random: { integer(low: number, high: number): number };
  readonly log: { log(level: "INFO" | "WARN", label: string, text: string): void };
  readonly signal?: AbortSignal | undefined;
  /** Told each new attempt before its pause. Must not throw. */
  readonly onRetry?: (retry: RetryFacts) => void;
}

/** A new attempt. */
export interface RetryFacts {
  /** What is retried; empty for generic failures. */
  readonly display: string;
  /** From 1, of `attempts`. */
  readonly attempt: number;
  readonly attempts: number;
  readonly waitNs: number;
  /** What failed. */
  readonly error: unknown;
}

/** Brings the bounds into order. Throws `RefusedError` for a time without end. */
export function retryBounds(given: RetrySeconds): RetryPolicy {
  const min = nanoseconds(given.minSleepSecs);
  const max = Math.max(min, nanoseconds(given.maxSleepSecs));
  return {
    retries: given.retries,
    minSleepNs: min,
    initialMaxSleepNs: Math.min(max, Math.max(min, nanoseconds(given.initialMaxSleepSecs))),
    maxSleepNs: max,
    maxElapsedNs: nanoseconds(given.maxElapsedSecs),
  };
}

function nanoseconds(seconds: number): number {
  if (!Number.isFinite(seconds)) throw new RefusedError(`Cannot wait for ${seconds} seconds between retries`);
  return Math.trunc(seconds * 1e9);
}

/**
 * Runs `attempt` until it succeeds. Throws what it throws, and for the last of too many `Retryable` errors their cause;
 * after an abort the signal's reason.
 */
export async function retry<T>(attempt: () => Promise<T>, context: RetryContext): Promise<T> {
  const { policy, clock, signal } = context;
  const startNs = clock.monotonicNs();
  let currentMaxNs = policy.initialMaxSleepNs;
  for (let retries = 0;; retries++) {
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Retryable)) throw error;
      const elapsedNs = clock.monotonicNs() - startNs;
      if (retries >= policy.retries || elapsedNs >= policy.maxElapsedNs) {
        sayExhausted(error, { retries, elapsedNs }, context);
        throw error.cause;
      }
      const atOnce = policy.maxSleepNs === 0 || (retries === 0 && error.immediatelyOnce);
      const sleepNs = atOnce ? 0 : draw(policy.minSleepNs, currentMaxNs, context);
      if (!atOnce) currentMaxNs = Math.min(2 * currentMaxNs, policy.maxSleepNs);
      const count = `[${retries + 1}/${policy.retries}]`;
      context.log.log("INFO", "", `Retrying ${displayed(error)}${count} in ${formatDuration(sleepNs, "ns")} ...`);
      const facts = { display: error.display, attempt: retries + 1, attempts: policy.retries, waitNs: sleepNs };
      context.onRetry?.({ ...facts, error: error.cause });
      await clock.sleep(sleepNs, { signal });
    }
  }
}

function draw(lowNs: number, highNs: number, context: RetryContext): number {
  const high = Math.min(highNs, Number.MAX_SAFE_INTEGER);
  return lowNs >= high ? lowNs : context.random.integer(lowNs, high);
}

function displayed(error: Retryable): string {
  return error.display === "" ? "" : `${error.display} `;
}

function sayExhausted(
  error: Retryable,
  done: { readonly retries: number; readonly elapsedNs: number },
  context: RetryContext,
): void {
  const { retries, maxElapsedNs } = context.policy;
  if (retries === 0) return;
  const times = `${formatDuration(done.elapsedNs, "ns")}/${formatDuration(maxElapsedNs, "ns")}`;
  const text = `Retrying ${displayed(error)}exhausted; giving up because the last ` +
    `[${done.retries}/${retries}] retries across [${times}] failed`;
  context.log.log("WARN", "", text);
}
