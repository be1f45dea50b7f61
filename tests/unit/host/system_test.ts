import { completePath } from "../../../lib/host/process/environment.ts";
import { fineClock, randomName, restrictUmask, systemClock, systemRandom, whoAmI } from "../../../lib/host/system.ts";
import { Cancelled } from "../../../lib/model/errors.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../support/assert.ts";

Deno.test("completePath() appends the system folders that are missing", () => {
  assertEquals(completePath("/usr/bin:/sbin"), "/usr/bin:/sbin:/usr/local/sbin:/usr/sbin");
});

Deno.test("completePath() uses the usual folders where a PATH has none", () => {
  const usual = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";
  for (const path of [undefined, "", ":", "usr", "/nonexistent:/dev/null:."]) assertEquals(completePath(path), usual);
  assertEquals(completePath(".:/nonexistent:/tmp:/sbin"), ".:/nonexistent:/tmp:/sbin:/usr/local/sbin:/usr/sbin");
});

Deno.test("whoAmI() does not believe HOME", () => {
  const before = Deno.env.get("HOME");
  Deno.env.set("HOME", "/nonexistent");
  try {
    assert(whoAmI().home !== "/nonexistent");
  } finally {
    if (before === undefined) Deno.env.delete("HOME");
    else Deno.env.set("HOME", before);
  }
});

Deno.test("restrictUmask() keeps others out of whatever is made, by us or by children", () => {
  const before = Deno.umask(0);
  try {
    restrictUmask();
    assertEquals(Deno.umask(), 0o077);
  } finally {
    Deno.umask(before);
  }
});

Deno.test("systemRandom.integer() hits both ends and nothing beyond", () => {
  const seen = new Set(Array.from({ length: 500 }, () => systemRandom.integer(-1, 2)));
  assertEquals([...seen].sort((a, b) => a - b), [-1, 0, 1, 2]);
  assertEquals(systemRandom.integer(7, 7), 7);
  const large = systemRandom.integer(2 ** 52, 2 ** 53 - 1);
  assert(large >= 2 ** 52 && Number.isSafeInteger(large));
});

Deno.test("randomName() uses characters that need no quoting", () => {
  assertMatch(randomName(systemRandom, 8), /^[a-z0-9_]{8}$/);
});

Deno.test("systemClock.now() tells microseconds, within the millisecond of the wall clock", () => {
  const fractions = new Set<number>();
  for (let i = 0; i < 2000; i++) {
    const before = Date.now();
    const now = systemClock.now();
    assert(before <= now && now < Date.now() + 1, `${before} ${now}`);
    fractions.add(Math.floor((now % 1) * 1000));
  }
  assert(fractions.size > 20, `only ${fractions.size} different fractions`);
});

Deno.test("fineClock() follows a clock that is set or drifts, and forgives an interruption", () => {
  let [wall, monotonic] = [1000.25, 0.25];
  const clock = fineClock({ wallMs: () => Math.floor(wall), monotonicMs: () => monotonic, originMs: 1000 });
  const pass = (ms: number, drift = 0): number => {
    wall += ms + drift;
    monotonic += ms;
    return clock();
  };
  assertEquals(clock(), 1000.25);
  assertEquals([pass(0.5), pass(10)], [1000.75, 1010.75]);
  assertEquals([pass(1, -500), pass(0.5)], [511.999, 512.499]);
  assertEquals([pass(1, 90_000), pass(0.125)], [90_513, 90_513.125]);
  for (let i = 0; i < 500; i++) {
    const now = pass(7, i % 50 < 25 ? 0.003 : -0.004);
    assert(Math.floor(wall) <= now && now < Math.floor(wall) + 1);
  }
  let asked = 0;
  const interrupted = fineClock({
    wallMs: () => asked++ === 0 ? 50 : 70 + asked,
    monotonicMs: () => 20.125,
    originMs: 50,
  });
  assertEquals([interrupted(), interrupted()], [70.125, 73]);
});

Deno.test("systemClock.sleep() takes its time and ends with the signal's reason", async () => {
  const start = systemClock.monotonicNs();
  await systemClock.sleep(3e6);
  assert(systemClock.monotonicNs() - start >= 3e6);
  const controller = new AbortController();
  queueMicrotask(() => controller.abort(new Cancelled("SIGTERM", 15)));
  await assertRejects(() => systemClock.sleep(1e15, controller), Cancelled);
  await assertRejects(() => systemClock.sleep(0, controller), Cancelled);
});
