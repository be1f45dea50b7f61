/**
 * Whether the alert rules of docs/monitoring fire for a report, asked of promtool.
 * @module
 */
import { capture } from "../../scripts/process.ts";
import { assertEquals } from "./assert.ts";
import { type RuleTest, ruleTests } from "./metrics.ts";
import { withTempFolder } from "./temp.ts";

const RULES = new URL("../../docs/monitoring/alerts.yaml", import.meta.url).pathname;

/** When findings have been there for long enough, and the report is not too old yet; seconds. */
export const IN_TIME = { reportedAt: 0, askedAt: 1200 };

/** When the report has become too old; seconds. */
const TOO_LATE = { reportedAt: 0, askedAt: 3700 };

/** Fails unless all expressions have the values that they must have. One process for all tests. */
export async function assertRuleTests(tests: readonly RuleTest[]): Promise<void> {
  await withTempFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/test.yaml`, ruleTests(RULES, tests));
    const { code, stdout, stderr } = await capture(["promtool", "test", "rules", `${folder}/test.yaml`]);
    assertEquals([code, stderr], [0, ""], stdout);
  });
}

/** A state of the world, and the metrics that were written of it; `undefined` if there was no report. */
export interface AlertCase {
  readonly name: string;
  readonly metrics: string | undefined;
}

/**
 * Fails unless an alert fires in each of the cases, and none where all is well.
 *
 * @param well metrics of a report without a finding; where a case has none, these are what the exporter goes on with
 */
export async function assertAlertsFire(cases: readonly AlertCase[], well: string): Promise<void> {
  // A failure names the expression and not the test.
  const isFiring = (name: string): string => `(count(ALERTS{alertstate="firing"}) > bool 0) or vector(0) # ${name}`;
  await assertRuleTests([
    { name: "all is well", metrics: well, ...IN_TIME, expects: [[isFiring("all is well"), 0]] },
    ...cases.map(({ name, metrics }): RuleTest => ({
      ...{ name, metrics: metrics ?? well, ...metrics === undefined ? TOO_LATE : IN_TIME },
      expects: [[isFiring(name), 1]],
    })),
  ]);
}
