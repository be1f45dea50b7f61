/** What the findings of `bzfs status` mean: all of them, and nothing else, as docs/spec/status.md and the runbook have them. */
import { FINDING_MEANINGS } from "../../../../lib/plan/status/mod.ts";
import { assert, assertEquals } from "../../../support/assert.ts";

const root = new URL("../../../../", import.meta.url);

Deno.test("each finding of the specification has a meaning, and each meaning is one of a finding", async () => {
  const spec = await Deno.readTextFile(new URL("docs/spec/status.md", root));
  const rows = spec.split("\n").filter((line) => /^\| `[a-z-]+`/.test(line)).map((line) => line.split("|")[1]!);
  const told = [...rows, ...spec.match(/`pool-(?:health|full)`/g)!].flatMap((cell) => cell.match(/[a-z-]{4,}/g)!);
  const ids = FINDING_MEANINGS.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length);
  assertEquals(ids.toSorted(), [...new Set(told)].toSorted());
});

Deno.test("each section that a finding names is one of the runbook", async () => {
  const runbook = await Deno.readTextFile(new URL("docs/runbook.md", root));
  for (const { id, section } of FINDING_MEANINGS) {
    assert(section === undefined || runbook.includes(`\n## ${section}\n`), `${id}: ${section}`);
  }
});
