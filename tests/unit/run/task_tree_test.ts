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

Deno.test("a worker that a task releases is given to another one, and its children wait for its end", async () => {
  const events: string[] = [];
  const answers = new Map<string, () => void>();
  const run = runTaskTree(["a", "a/x", "b", "c", "d"], async (task, place) => {
    events.push(`+${task} ${place.worker}`);
    await settle();
    place.release();
    place.release();
    await new Promise<void>((resolve) => answers.set(task, resolve));
    if (task === "b") {
      await place.hold();
      events.push(`held ${task} ${place.worker}`);
      await settle();
    }
    events.push(`-${task}`);
    return "done";
  }, { workers: 2, signal: NEVER });
  for (let i = 0; i < 10; i++) await settle();
  assertEquals(events, ["+a 0", "+b 1", "+c 0", "+d 1"]);
  answers.get("b")!();
  for (let i = 0; i < 10; i++) await settle();
  answers.get("a")!();
  for (let i = 0; i < 10; i++) await settle();
  assertEquals(events.slice(4), ["held b 0", "-b", "-a", "+a/x 0"]);
  for (const task of ["c", "d", "a/x"]) answers.get(task)!();
  assertEquals(await run, { failed: false, skipped: [] });
});

Deno.test("one worker is released by nobody, and of several only so often that few wait", async () => {
  for (const [workers, most] of [[1, 1], [3, 67]] as const) {
    const waiting: (() => void)[] = [];
    let started = 0;
    const tasks = Array.from({ length: 100 }, (_, index) => `t${index}`);
    const run = runTaskTree(tasks, async (_task, place) => {
      started++;
      place.release();
      await new Promise<void>((resolve) => waiting.push(resolve));
      await place.hold();
      return "done";
    }, { workers, signal: NEVER });
    for (let i = 0; i < 100; i++) await settle();
    assertEquals(started, most);
    while (waiting.length > 0) {
      waiting.shift()!();
      for (let i = 0; i < 5; i++) await settle();
    }
    assertEquals(await run, { failed: false, skipped: [] });
    assertEquals(started, 100);
  }
});

Deno.test("it is said when a worker has nothing to do before a task that runs has ended, and only then", async () => {
  for (const [workers, expected] of [[1, []], [2, ["a,b", "b", "a/x,b"]], [3, ["", "a,b", "b", "a/x,b"]]] as const) {
    const answers = new Map<string, () => void>();
    const idle: string[] = [];
    const run = runTaskTree(["a", "a/x", "b"], async (task, place) => {
      await settle();
      place.release();
      await new Promise<void>((resolve) => answers.set(task, resolve));
      return "done";
    }, { workers, signal: NEVER, onIdle: () => idle.push([...answers.keys()].toSorted().join()) });
    for (const task of ["a", "a/x", "b"]) {
      for (let i = 0; i < 10; i++) await settle();
      answers.get(task)?.();
      if (task !== "b") answers.delete(task);
    }
    for (let i = 0; i < 10; i++) await settle();
    answers.get("b")?.();
    assertEquals(await run, { failed: false, skipped: [] });
    assertEquals([...new Set(idle)], [...expected], `${workers} workers`);
  }
});

Deno.test("those who end without a worker make room for others", async () => {
  const released: boolean[] = [];
  const tasks = Array.from({ length: 200 }, (_, index) => `t${index}`);
  await runTaskTree(tasks, async (_task, place) => {
    await settle();
    released.push(place.release());
    return "done";
  }, { workers: 2, signal: NEVER });
  assertEquals(released.slice(-10), Array(10).fill(true));
});

Deno.test("workers that are released and held at random are never had by two tasks, and every task ends", async () => {
  await forAll((dice: Dice) => dice, async (dice) => {
    const busy = new Set<number>();
    const tasks = dice.times(20, (i) => `t${i % 7}/u${i}`);
    const fails = dice.integer(0, 3) === 0 ? dice.integer(0, 19) : -1;
    let [started, ended] = [0, 0];
    const run = runTaskTree(tasks, async (task, place) => {
      const index = started++;
      try {
        for (let round = 0; round < 3; round++) {
          assertEquals(busy.has(place.worker), false);
          busy.add(place.worker);
          for (let i = dice.integer(0, 9); i > 0; i--) await Promise.resolve();
          if (index === fails) throw new RangeError(task);
          busy.delete(place.worker);
          place.release();
          for (let i = dice.integer(0, 9); i > 0; i--) await Promise.resolve();
          if (dice.integer(0, 2) === 0) return "done";
          await place.hold();
          if (place.signal.aborted) throw place.signal.reason;
        }
        return "done";
      } finally {
        if (index === fails) busy.delete(place.worker);
        ended++;
      }
    }, { workers: dice.integer(2, 4), signal: NEVER });
    if (fails < 0) assertEquals(await run, { failed: false, skipped: [] });
    else await assertRejects(() => run, RangeError);
    assertEquals(started, ended);
  }, { runs: 200 });
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
