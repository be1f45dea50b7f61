/** Timers of the host, in the turn of the event loop in which the runtime calls what was cleared. */
import { after, every, type Timer } from "../../../lib/host/timers.ts";
import { assertEquals } from "../../support/assert.ts";

/** How often a timer that has become due calls its function although it was stopped as soon as a program had ended. */
async function callsAfterStop(start: (act: () => void) => Timer): Promise<number> {
  let isStopped = false;
  let calls = 0;
  const child = new Deno.Command("true").spawn();
  const timer = start(() => void (calls += isStopped ? 1 : 0));
  const due = performance.now() + 50;
  while (performance.now() < due); // so that both are due in the same turn
  await child.status;
  timer.stop();
  isStopped = true;
  await new Promise((resolve) => setTimeout(resolve, 10));
  timer.stop();
  return calls;
}

Deno.test("a timer that was stopped calls nothing, not even in the turn in which it is due", async () => {
  for (let tries = 0; tries < 5; tries++) {
    assertEquals([await callsAfterStop((act) => after(5, act)), await callsAfterStop((act) => every(5, act))], [0, 0]);
  }
});

Deno.test("a timer calls once, or again and again, until it is stopped", async () => {
  let once = 0;
  after(1, () => void once++);
  const { promise, resolve } = Promise.withResolvers<void>();
  let calls = 0;
  const timer = every(1, () => ++calls === 3 && resolve());
  await promise;
  timer.stop();
  await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals([once, calls], [1, 3]);
});
