import { unlessStuck } from "../../../../lib/host/process/defects.ts";
import { Cancelled, exitCodeOf, UnawaitedFailure } from "../../../../lib/model/errors.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../../../support/assert.ts";

const never = (): Promise<string> => new Promise(() => {});

for (const when of ["before", "after"]) {
  Deno.test(`unlessStuck() gives up what does not end after a defect, aborted ${when} it begins`, async () => {
    const controller = new AbortController();
    const failure = new UnawaitedFailure(new TypeError("x"));
    if (when === "before") controller.abort(failure);
    const outcome = unlessStuck(never(), controller.signal, 10);
    if (when === "after") controller.abort(failure);
    assert(await assertRejects(() => outcome, UnawaitedFailure) === failure);
  });
}

Deno.test("unlessStuck() waits for what ends by itself, and is patient with an interrupt", async () => {
  const controller = new AbortController();
  assertEquals(await unlessStuck(Promise.resolve("done"), controller.signal, 10), "done");
  const slow = new Promise<string>((resolve) => setTimeout(() => resolve("late"), 50));
  const outcome = unlessStuck(slow, controller.signal, 10);
  controller.abort(new Cancelled("SIGTERM", 15));
  assertEquals(await outcome, "late");
});

Deno.test("UnawaitedFailure tells where the cause arose", () => {
  const cause = new TypeError("x");
  const failure = new UnawaitedFailure(cause);
  assertEquals([failure.message, exitCodeOf(failure)], ["Failed where nobody waits for it: x", 3]);
  assertStringIncludes(failure.stack!, cause.stack!);
  assertEquals(new UnawaitedFailure(undefined).message, "Failed where nobody waits for it: undefined");
});
