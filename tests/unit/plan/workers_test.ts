import { workerCount } from "../../../lib/plan/workers.ts";
import { assertEquals } from "../../support/assert.ts";

Deno.test("workerCount() rounds half to even, and is at least one", () => {
  const count = (amount: number, percent: boolean, cpus: number): number => workerCount({ amount, percent }, cpus);
  assertEquals([count(2.5, false, 9), count(3.5, false, 9), count(1, true, 4), count(50, true, 5)], [2, 4, 1, 2]);
});
