import { compileRegex } from "../../../../lib/model/regex/regex.ts";
import { makeAutomaton, mayRunAway } from "../../../../lib/model/regex/automaton.ts";
import { readRegex } from "../../../../lib/model/regex/reader.ts";
import { writeRegex } from "../../../../lib/model/regex/writer.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { type Dice, forAll } from "../../../support/for_all.ts";

Deno.test("compileRegex() answers at once for patterns that run away elsewhere", () => {
  const started = performance.now();
  for (
    const pattern of ["(a+)+b", "(a|a)*b", "(a|aa)+x", "(.*)*x", ".*.*.*.*.*.*x", "(?:a?){50}a{50}b", "^(\\w+\\s?)*$"]
  ) {
    assertEquals(compileRegex(pattern, "name").matches(`${"a".repeat(254)}!`), false, pattern);
  }
  assert(performance.now() - started < 30_000);
});

Deno.test("mayRunAway() leaves usual patterns to RegExp", () => {
  for (
    const pattern of ["prod_.*_hourly", "(?:.*/)?[Tt][Ee]?[Mm][Pp][-_]?[0-9]*(?:/.*)?", "(a|b)c(?:/.*)?", "[a-z]+"]
  ) {
    assertEquals(mayRunAway(readRegex(pattern)), false, pattern);
  }
});

Deno.test("makeAutomaton() leaves out what automata cannot do", () => {
  for (const pattern of ["(?=a)b", "(a)\\1", "(?>a)b", "a++b", "(?:a{0,999}){0,999}"]) {
    assertEquals(makeAutomaton(readRegex(pattern)), undefined, pattern);
  }
});

function randomPattern(dice: Dice, depth: number): string {
  const kind = dice.integer(0, depth === 0 ? 1 : 4);
  if (kind <= 1) {
    const atom = dice.pick(["a", "b", ".", "[^a]", "\\w", "\\W", "\\b", "\\B", "^", "$", "\\Z", "-", "[\\W_a]"]);
    return /^(?:\\[bBZ]|[$^])$/.test(atom) ? atom : atom + dice.pick(["", "", "*", "+?", "?", "{1,2}", "{2}"]);
  }
  const [a, b] = [randomPattern(dice, depth - 1), randomPattern(dice, depth - 1)];
  if (kind === 2) return a + b;
  return kind === 3 ? `(${a}|${b})${dice.pick(["", "*", "+", "{0,2}"])}` : `(?${dice.pick(["i", "s", "m"])}:${a})`;
}

Deno.test("makeAutomaton() agrees with RegExp", async () => {
  await forAll((dice) => ({
    pattern: randomPattern(dice, 4),
    texts: dice.times(
      10,
      () => dice.times(dice.integer(0, 6), () => dice.pick(["a", "b", "A", "-", "\n", "é"])).join(""),
    ),
  }), ({ pattern, texts }) => {
    const tree = readRegex(pattern);
    const automaton = makeAutomaton(tree)!;
    const regex = writeRegex(tree);
    for (const text of texts) assertEquals(automaton(text), regex.test(text), `${pattern} on ${JSON.stringify(text)}`);
  }, { runs: 1500 });
});
