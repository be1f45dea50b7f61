/** The limit on the time of work with a host. Source: docs/spec/status.md §3. */
import { within } from "../../../lib/app/status/within.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { ManualClock } from "../../support/manual_clock.ts";

Deno.test("within() gives up work that never ends, and tells it", async () => {
  const clock = new ManualClock();
  let told: AbortSignal | undefined;
  const result = within(5000, { clock, signal: new AbortController().signal }, (signal) => {
    told = signal;
    return new Promise<string>(() => {});
  });
  await clock.pass(5000);
  assertEquals(await result, undefined);
  assert(told!.aborted);
});

Deno.test("within() is what the work is if it ends in time, and leaves no sleeper behind", async () => {
  const clock = new ManualClock();
  const parts = { clock, signal: new AbortController().signal };
  assertEquals(await within(5000, parts, () => Promise.resolve(7)), 7);
  assertEquals(await within(Infinity, parts, () => Promise.resolve(8)), 8);
  const failure = new Error("no");
  await assertRejects(() => within(5000, parts, () => Promise.reject(failure)), Error, "no");
});

Deno.test("within() hands on an interrupt", async () => {
  const interrupt = new AbortController();
  const clock = new ManualClock();
  const result = within(
    5000,
    { clock, signal: interrupt.signal },
    (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  );
  interrupt.abort(new Error("SIGINT"));
  await assertRejects(() => result, Error, "SIGINT");
});
