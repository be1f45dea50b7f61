import { bothDone, mapParallel } from "../../../lib/run/parallel.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";

const later = <T>(value: T): Promise<T> => new Promise((resolve) => setTimeout(() => resolve(value), 1));

Deno.test("bothDone() throws only after both have ended, the first failure first", async () => {
  let isOver = false;
  const slow = later(1).then(() => isOver = true);
  await assertRejects(() => bothDone(Promise.reject(new Error("a")), slow), Error, "a");
  assertEquals(isOver, true);
  const late = later(1).then(() => Promise.reject(new Error("late")));
  await assertRejects(() => bothDone(late, Promise.reject(new Error("b"))), Error, "late");
  assertEquals(await bothDone(later("x"), later(2)), ["x", 2]);
});

Deno.test("mapParallel() keeps the order and the limit, and starts nothing new after a failure", async () => {
  let running = 0;
  let most = 0;
  const started: number[] = [];
  const perform = async (item: number): Promise<number> => {
    started.push(item);
    most = Math.max(most, ++running);
    await later(undefined);
    running--;
    if (item === 3) throw new Error("three");
    return 2 * item;
  };
  assertEquals(await mapParallel([1, 2, 4, 5], 2, perform), [2, 4, 8, 10]);
  assertEquals(most, 2);
  started.length = 0;
  await assertRejects(() => mapParallel([1, 3, 4, 5, 6, 7], 2, perform), Error, "three");
  assertEquals([running, started.includes(7)], [0, false]);
});
