import { historyFrom, lineage } from "../../../../lib/plan/replication/lineage.ts";
import { assertEquals } from "../../../support/assert.ts";
import { history, notation, snapshots } from "../../../support/history.ts";

function verdict(source: string, destination: string): string {
  const result = lineage(history(source), snapshots(destination));
  switch (result.kind) {
    case "empty":
      return "empty";
    case "common":
      return `common ${notation([result.base])}`;
    case "diverged":
      return `diverged ${notation([result.base])} ${notation([result.common])} | ${notation(result.destinationOnly)}`;
    case "unrelated":
      return `unrelated ${notation(result.destinationOnly)}`;
  }
}

const CASES: readonly (readonly [source: string, destination: string, expected: string])[] = [
  ["@a @b", "", "empty"],
  ["", "", "empty"],
  ["@a @b @c", "@a @b", "common @b"],
  ["@a @b", "@a @b", "common @b"],
  ["@a @b", "@b", "common @b"],
  ["#b @c", "@a @b", "common #b"],
  ["#b @b @c", "@b", "common @b"],
  ["@a @b", "@a @x @y", "diverged @a @a | @x @y"],
  ["@a @b", "@old=a @x", "diverged @a @old | @x"],
  ["@a=1", "@a=2", "unrelated @a"],
  ["@a @b", "@x @y", "unrelated @x @y"],
  ["", "@x", "unrelated @x"],
];

for (const [source, destination, expected] of CASES) {
  Deno.test(`lineage() of "${source}" and "${destination}" is ${expected}`, () => {
    assertEquals(verdict(source, destination), expected);
  });
}

Deno.test("historyFrom() begins with the base and drops bookmarks behind it", () => {
  const source = history("@a #b @b #c @c #d @e");
  const base = source[2]!;
  assertEquals(notation(historyFrom(base, source)), "@b @c @e");
});

Deno.test("historyFrom() lets a bookmark base give way to its snapshot", () => {
  const source = history("#b @b @c");
  assertEquals(notation(historyFrom(source[0]!, source)), "@b @c");
});
