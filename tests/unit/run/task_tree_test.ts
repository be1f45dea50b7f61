import type { TaskOutcome } from "../../../lib/plan/task_schedule.ts";
import { runTaskTree } from "../../../lib/run/task_tree.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
import { Dice, forAll } from "../../support/for_all.ts";

const NEVER = new AbortController().signal;

/** Lets everything that is ready run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

Deno.test("runTaskTree() starts children only after their parent has ended", async () => {
  const events: string[] = [];
  const result = await runTaskTree(["a", "a/b", "a/c", "a-b"], async (task) => {
    events.push(`+${task}`);
    await settle();
    events.push(`-${task}`);
    return "done";
  }, { workers: 8, signal: NEVER });
  assertEquals(result, { failed: false, skipped: [] });
  for (const child of ["a/b", "a/c"]) {
    assertEquals(events.indexOf(`+${child}`) > events.indexOf("-a"), true, `${child} came too early: ${events}`);
  }
});

Deno.test("runTaskTree() gives out the lowest free worker and no more than it has", async () => {
  const busy = new Set<number>();
  let most = 0;
  await forAll((dice: Dice) => dice, async (dice) => {
    const tasks = dice.times(20, (i) => `t${i}`);
    await runTaskTree(tasks, async (_task, { worker }) => {
      assertEquals(busy.has(worker), false);
      assertEquals(worker < 3, true);
      busy.add(worker);
      most = Math.max(most, busy.size);
      for (let i = dice.integer(0, 30); i > 0; i--) await Promise.resolve();
      busy.delete(worker);
      return "done";
    }, { workers: 3, signal: NEVER });
  }, { runs: 50 });
  assertEquals(most, 3);
});

Deno.test("runTaskTree() skips what is below a failure and goes on elsewhere", async () => {
  const outcomes: Record<string, TaskOutcome> = { a: "failed", c: "failed-but-continue", d: "skip-subtree" };
  const started: string[] = [];
  const result = await runTaskTree(["a", "a/x", "b", "c", "c/x", "d", "d/x"], (task) => {
    started.push(task);
    return Promise.resolve(outcomes[task] ?? "done");
  }, { workers: 2, signal: NEVER });
  assertEquals(result, { failed: true, skipped: ["a/x", "d/x"] });
  assertEquals(started.toSorted(), ["a", "b", "c", "c/x", "d"]);
});

Deno.test("runTaskTree() aborts and awaits the others when a task throws", async () => {
  let othersEnded = false;
  const run = runTaskTree(["a", "b", "c"], async (task, { signal }) => {
    if (task === "a") throw new TypeError("broken");
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    await settle();
    othersEnded = true;
    return "done";
  }, { workers: 2, signal: NEVER });
  await assertRejects(() => run, TypeError, "broken");
  assertEquals(othersEnded, true);
});

Deno.test("runTaskTree() starts nothing after an abort and throws its reason", async () => {
  const abort = new AbortController();
  const started: string[] = [];
  const run = runTaskTree(["a", "b"], (task) => {
    started.push(task);
    abort.abort(new RangeError("stop"));
    return Promise.resolve("done");
  }, { workers: 1, signal: abort.signal });
  await assertRejects(() => run, RangeError, "stop");
  assertEquals(started, ["a"]);
});
