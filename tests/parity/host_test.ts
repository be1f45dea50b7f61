/** Recorded answers for the host layer and the retry loop. */
import { quoteInsideDoubleQuotes, quoteWord } from "../../lib/host/shell.ts";
import { AppError, Retryable } from "../../lib/model/errors.ts";
import { retry, retryBounds } from "../../lib/model/retry.ts";
import { parity } from "../support/parity.ts";

parity<{ readonly text: string }>("shell-quote", ({ text }) => ({
  word: quoteWord(text),
  insideDoubleQuotes: quoteInsideDoubleQuotes(text),
}));

interface RetryInput {
  readonly retries: number;
  readonly minSecs: number;
  readonly initialMaxSecs: number;
  readonly maxSecs: number;
  readonly maxElapsedSecs: number;
  readonly failures: number;
  readonly attemptNanos: number;
  readonly immediateOnce: boolean;
  readonly display: string;
  readonly jitter: "low" | "high" | "mid";
}

parity<RetryInput>("retry", async (input) => {
  const policy = retryBounds({
    retries: input.retries,
    minSleepSecs: input.minSecs,
    initialMaxSleepSecs: input.initialMaxSecs,
    maxSleepSecs: input.maxSecs,
    maxElapsedSecs: input.maxElapsedSecs,
  });
  let now = 0;
  let attempts = 0;
  const sleeps: number[] = [];
  const log: [string, string][] = [];
  const randomRanges: [number, number][] = [];
  const attempt = (): Promise<string> => {
    attempts++;
    now += input.attemptNanos;
    if (attempts > input.failures) return Promise.resolve("ok");
    const options = { display: input.display, immediatelyOnce: input.immediateOnce };
    return Promise.reject(new Retryable(new AppError("failed"), options));
  };
  const sleep = (ns: number): Promise<void> => {
    sleeps.push(ns);
    now += ns;
    return Promise.resolve();
  };
  const integer = (low: number, high: number): number => {
    randomRanges.push([low, high]);
    return { low, high, mid: Math.floor((low + high) / 2) }[input.jitter];
  };
  const result = await retry(attempt, {
    policy,
    clock: { monotonicNs: () => now, sleep },
    random: { integer },
    log: { log: (level, _label, text) => void log.push([level, text]) },
  }).catch(() => "failed");
  return {
    normalisedNanos: {
      min: policy.minSleepNs,
      initialMax: policy.initialMaxSleepNs,
      max: policy.maxSleepNs,
      maxElapsed: policy.maxElapsedNs,
    },
    result,
    attempts,
    randomRanges,
    sleeps,
    log,
  };
});
