import { completePath } from "../../../lib/host/environment.ts";
import { randomName, systemClock, systemRandom, whoAmI } from "../../../lib/host/system.ts";
import { Cancelled } from "../../../lib/model/errors.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../support/assert.ts";

Deno.test("completePath() appends the system folders that are missing", () => {
  assertEquals(completePath("/usr/bin:/sbin"), "/usr/bin:/sbin:/usr/local/sbin:/usr/sbin");
  assertEquals(completePath(undefined), "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin");
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

Deno.test("systemClock.sleep() takes its time and ends with the signal's reason", async () => {
  const start = systemClock.monotonicNs();
  await systemClock.sleep(3e6);
  assert(systemClock.monotonicNs() - start >= 3e6);
  const controller = new AbortController();
  queueMicrotask(() => controller.abort(new Cancelled("SIGTERM", 15)));
  await assertRejects(() => systemClock.sleep(1e15, controller), Cancelled);
  await assertRejects(() => systemClock.sleep(0, controller), Cancelled);
});
