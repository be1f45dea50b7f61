import { StandstillLimit } from "../../../../lib/host/process/standstill.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { ManualClock } from "../../../support/manual_clock.ts";

const LIMIT_MS = 600_000;

function watch(look: () => unknown, clock: ManualClock, limitMs = LIMIT_MS): StandstillLimit {
  return new StandstillLimit({ limitMs, clock, look, reason: () => new Error("stands still") });
}

Deno.test("StandstillLimit ends what stands still, not before the limit and at most a tenth of it later", async () => {
  const clock = new ManualClock();
  using limit = watch(() => 0, clock);
  await clock.pass(0.999 * LIMIT_MS);
  assert(!limit.signal.aborted);
  await clock.pass(0.101 * LIMIT_MS);
  assertEquals(limit.signal.reason?.message, "stands still");
});

Deno.test("StandstillLimit lets go on for ever what moves now and then, also if to look takes time", async () => {
  const clock = new ManualClock();
  let bytes = 0;
  using limit = watch(() => clock.sleep(7e9).then(() => bytes), clock);
  for (let times = 0; times < 8; times++) {
    await clock.pass(0.95 * LIMIT_MS);
    bytes++;
  }
  assert(!limit.signal.aborted);
  await clock.pass(2 * LIMIT_MS);
  assert(limit.signal.aborted);
});

Deno.test("StandstillLimit does not count the time for which we were stopped ourselves", async () => {
  const clock = new ManualClock();
  let bytes = 0;
  using limit = watch(() => bytes, clock);
  await clock.pass(0.5 * LIMIT_MS);
  clock.jump(100 * LIMIT_MS); // as after Ctrl-Z: the timer fires late, once
  await clock.pass(0.3 * LIMIT_MS);
  assert(!limit.signal.aborted);
  bytes++;
  await clock.pass(LIMIT_MS);
  assert(!limit.signal.aborted);
});

Deno.test("StandstillLimit watches nothing without a limit, and after its disposal", async () => {
  const clock = new ManualClock();
  let looks = 0;
  const look = (): number => looks++ < 0 ? 0 : 1;
  using unlimited = watch(look, clock, Infinity);
  await clock.pass(1000 * LIMIT_MS);
  assertEquals([looks, unlimited.signal.aborted], [0, false]);
  const limit = watch(look, clock);
  limit[Symbol.dispose]();
  await clock.pass(2 * LIMIT_MS);
  assertEquals([looks, limit.signal.aborted], [1, false]);
});
