/** Plans as filters: the groups are those of the options that the log names. */
import { planGroups, planWords, readPlanFilters } from "../../../../lib/cli/options/plan_options.ts";
import { foldFilters } from "../../../../lib/cli/settings/snapshot_filters.ts";
import { UsageError } from "../../../../lib/model/errors.ts";
import { assertEquals, assertThrows } from "../../../support/assert.ts";
import { type Dice, forAll } from "../../../support/for_all.ts";
import { parsedArguments } from "../../../support/jobs.ts";

const TEXTS = ["", "prod", "on.site", "a b", "+x", "-", "*"];
const PERIODS = ["", "daily", "hourly", "10minutely", "adhoc", "99999999999999999999yearly", "0hourly", "13monthly"];
const AMOUNTS = ["0", "1", "36", "9007199254740993", "1" + "0".repeat(400)];

function plan(dice: Dice): string {
  const dict = (keys: readonly string[], value: () => string): string =>
    `{${keys.filter(() => dice.chance(0.4)).map((key) => `'${key}': ${value()}`).join(", ")}}`;
  return dict(TEXTS, () => dict(TEXTS, () => dict(PERIODS, () => dice.pick(AMOUNTS))));
}

Deno.test("planGroups() makes the groups of the options that planWords() names", async () => {
  let groups = 0;
  await forAll(plan, (text) => {
    const filters = readPlanFilters("include", text);
    const words = parsedArguments(["p/a", "q/b", ...planWords(filters)]).words.occurrences;
    assertEquals(planGroups(filters), foldFilters(words));
    groups += filters.entries.length;
  }, { runs: 300 });
  assertEquals(groups > 1000, true);
});

Deno.test("readPlanFilters() refuses an empty plan of what to retain", () => {
  for (const text of ["{}", "{'a': {}}", "{'a': {'b': {}}}"]) {
    assertThrows(() => readPlanFilters("except", text), UsageError, "Cowardly refusing");
    assertEquals(readPlanFilters("include", text).entries, []);
  }
});
