import { poolGuid, workerCount } from "../../../lib/model/capabilities.ts";
import { fullCapabilities } from "../../support/job.ts";
import { assertEquals } from "../../support/assert.ts";

Deno.test("poolGuid() takes no word for a number", () => {
  const guid = (text: string): string | undefined => poolGuid(fullCapabilities({ poolProperties: { guid: text } }));
  assertEquals(guid("18446744073709551615"), "18446744073709551615");
  assertEquals(["", "-", "0x5", "5 ", "abc"].map(guid), [undefined, undefined, undefined, undefined, undefined]);
});

Deno.test("workerCount() rounds half to even, and is at least one", () => {
  const count = (amount: number, percent: boolean, cpus: number): number => workerCount({ amount, percent }, cpus);
  assertEquals([count(2.5, false, 9), count(3.5, false, 9), count(1, true, 4), count(50, true, 5)], [2, 4, 1, 2]);
});
