import { poolGuid } from "../../../lib/plan/capabilities.ts";
import { fullCapabilities } from "../../support/job.ts";
import { assertEquals } from "../../support/assert.ts";

Deno.test("poolGuid() takes no word for a number", () => {
  const guid = (text: string): string | undefined => poolGuid(fullCapabilities({ poolProperties: { guid: text } }));
  assertEquals(guid("18446744073709551615"), "18446744073709551615");
  assertEquals(["", "-", "0x5", "5 ", "abc"].map(guid), [undefined, undefined, undefined, undefined, undefined]);
});
