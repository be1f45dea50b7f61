import { Cancelled, RefusedError, Retryable } from "../../../lib/model/errors.ts";
import { retry, retryBounds, type RetryContext } from "../../../lib/model/retry.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";

function context(changes: Partial<RetryContext> = {}): RetryContext {
  return {
    policy: { retries: 2, minSleepNs: 0, initialMaxSleepNs: 10, maxSleepNs: 100, maxElapsedNs: 1000 },
    clock: { monotonicNs: () => 0, sleep: () => Promise.resolve() },
    random: { integer: (_low, high) => high },
    log: { log: () => {} },
    ...changes,
  };
}

Deno.test("retry() throws the cause of the last failure", async () => {
  let attempts = 0;
  const fail = (): Promise<void> => Promise.reject(new Retryable(new RefusedError(`failure ${++attempts}`)));
  await assertRejects(() => retry(fail, context()), RefusedError, "failure 3");
});

Deno.test("retry() leaves other errors alone", async () => {
  let attempts = 0;
  const fail = (): Promise<void> => Promise.reject(new RefusedError(`failure ${++attempts}`));
  await assertRejects(() => retry(fail, context()), RefusedError, "failure 1");
});

Deno.test("retry() attempts nothing after an abort, and throws its reason", async () => {
  const controller = new AbortController();
  const reason = new Cancelled("SIGTERM", 15);
  const fail = (): Promise<void> => {
    controller.abort(reason);
    return Promise.reject(new Retryable(new RefusedError("killed")));
  };
  const error = await assertRejects(() => retry(fail, context({ signal: controller.signal })), Cancelled);
  assert(error === reason);
});

Deno.test("retryBounds() puts bounds in order and refuses endless ones", () => {
  const given = { retries: 1, minSleepSecs: 2, initialMaxSleepSecs: 0.125, maxSleepSecs: 1, maxElapsedSecs: 3 };
  assertEquals(retryBounds(given), {
    retries: 1,
    minSleepNs: 2e9,
    initialMaxSleepNs: 2e9,
    maxSleepNs: 2e9,
    maxElapsedNs: 3e9,
  });
  assertThrows(() => retryBounds({ ...given, maxElapsedSecs: Infinity }), RefusedError);
});
