import { readFreedBytes } from "../../../lib/zfs/dialect.ts";
import { assertEquals } from "../../support/assert.ts";

Deno.test("readFreedBytes() reads what zfs destroy says about space, in all its units", () => {
  const cases: Readonly<Record<string, number | undefined>> = {
    "would destroy back/d@a\nwould reclaim 0B\n": 0,
    "would destroy back/d@a\nwould reclaim 512B\n": 512,
    "will destroy back/d@a\nwill reclaim 1.50K\n": 1536,
    "would reclaim 125M\n": 125 * 1024 ** 2,
    "would reclaim 1.1T\n": Math.round(1.1 * 1024 ** 4),
    "destroy\tback/d@a\nreclaim\t123456789\n": 123456789,
    "would destroy back/d@would reclaim 5K\n": undefined,
    "": undefined,
  };
  for (const [stdout, bytes] of Object.entries(cases)) assertEquals(readFreedBytes(stdout), bytes, stdout);
});
