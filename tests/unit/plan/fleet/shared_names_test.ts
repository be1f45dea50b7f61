/**
 * Which destinations have datasets of the same names, so that a guard at the source does not say by itself whose it is.
 */
import { sharesNames, type Subjob } from "../../../../lib/plan/fleet/subjobs.ts";
import { assertEquals } from "../../../support/assert.ts";

type Route = readonly [source: string, destination: string, src: string, dst: string];

function subjob([source, destination, src, dst]: Route): Subjob {
  const operands = [{ src: `${source}:${src}`, dst: `${destination}:${dst}` }];
  return { name: "", serial: "000000", action: "forget-destination", source, destination, plan: new Map(), operands };
}

const CASES: Readonly<Record<string, readonly [other: Route, shared: boolean]>> = {
  "the same root": [["web", "off", "tank/a", "back/a"], true],
  "the same root, of another source": [["db", "off", "tank/a", "back/a"], false],
  "another root": [["web", "off", "tank/a", "vault/a"], false],
  "a root above": [["web", "off", "tank", "back"], true],
  "a root below": [["web", "off", "tank/a/b", "back/a/b"], true],
  "a root below, of another dataset": [["web", "off", "tank/a/c", "back/a/b"], false],
  "a root with a longer name": [["web", "off", "tank/ab", "back/ab"], false],
};

for (const [name, [other, shared]] of Object.entries(CASES)) {
  Deno.test(`destinations that share names: ${name}`, () => {
    assertEquals(sharesNames("nas", [["web", "nas", "tank/a", "back/a"] as const, other].map(subjob)), shared);
  });
}
