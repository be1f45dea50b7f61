/**
 * One suite for the simulator and for real ZFS: where they disagree, the simulator is wrong.
 *
 * Scenarios are lists of commands with what must come of them; a ground plays them. `conformance_test.ts` plays them on
 * the simulator, `tests/vm/conformance_test.ts` on OpenZFS 2.1 and 2.3.
 * @module
 */
import { diagnose } from "../../lib/zfs/diagnosis.ts";
import { assertEquals } from "../support/assert.ts";
import { creating } from "./conformance/creating.ts";
import { denying } from "./conformance/denying.ts";
import { destroying } from "./conformance/destroying.ts";
import { encryption } from "./conformance/encryption.ts";
import { listing } from "./conformance/listing.ts";
import { moving } from "./conformance/moving.ts";
import { packages } from "./conformance/packages.ts";
import { receiving } from "./conformance/receiving.ts";
import { resuming } from "./conformance/resuming.ts";
import { sending } from "./conformance/sending.ts";
import {
  type Expectation,
  forVersion,
  type Ground,
  type Scenario,
  type Step,
  type StepResult,
} from "./conformance/step.ts";
import type { SimVersion } from "./host.ts";

/** All scenarios. */
export const scenarios: readonly Scenario[] = [
  ...listing,
  ...creating,
  ...destroying,
  ...sending,
  ...receiving,
  ...resuming,
  ...encryption,
  ...moving,
  ...denying,
  ...packages,
];

const samples = new URL("../samples/", import.meta.url);

/**
 * Registers one test per scenario. What stands on stderr of steps that name a fault must be the sample of this version,
 * a file in tests/samples.
 *
 * @param mode `record` writes the samples instead, for real ZFS only
 */
export function conformance(name: string, ground: Ground, mode: "compare" | "record" = "compare"): void {
  const { source, destination } = ground.pools;
  for (const scenario of scenarios) {
    Deno.test(`${name}: ${scenario.name.replaceAll("-", " ")}`, async () => {
      const steps = scenario.steps(`${source}/${scenario.name}`, `${destination}/${scenario.name}`);
      const results = await ground.play(scenario.name, steps);
      const problems = steps.flatMap((step, index) => {
        const result = results[index]!;
        const problem = judge(step.expected, result, ground.version);
        return problem === undefined ? [] : [`step ${index}: ${describe(step)}\n${problem}`];
      });
      assertEquals(problems.join("\n\n"), "");
      for (const { index, file } of samplesOf(scenario, ground.version)) {
        const url = new URL(`zfs-${ground.version}/${file}`, samples);
        const text = results[index]!.stderr.replaceAll(source, "tank").replaceAll(destination, "back");
        if (mode === "record") Deno.writeTextFileSync(url, text);
        else assertEquals(withoutGuids(text), withoutGuids(Deno.readTextFileSync(url)), file);
      }
    });
  }
}

function withoutGuids(text: string): string {
  return text.replaceAll(/\b0x[0-9a-f]+/g, "0xGUID");
}

/** Steps whose stderr is recorded, with the names of the samples. */
export function samplesOf(
  { name, steps }: Scenario,
  version: SimVersion,
): readonly { readonly index: number; readonly file: string }[] {
  return steps(`tank/${name}`, `back/${name}`).flatMap(({ expected: { fault } }, index) =>
    fault ? [{ index, file: `${forVersion(fault, version)}.${name}-${index}.txt` }] : []
  );
}

/** What is wrong with a result; `undefined` if nothing is. */
function judge(expected: Expectation, result: StepResult, version: SimVersion): string | undefined {
  const status = forVersion(expected.status ?? 0, version);
  const stderr = forVersion(expected.stderr ?? (status === 0 ? "" : /./), version);
  const stdout = expected.stdout === undefined ? /^/ : forVersion(expected.stdout, version);
  const shown = `  status ${result.status}\n  stdout ${JSON.stringify(result.stdout)}\n  stderr ${
    JSON.stringify(result.stderr)
  }`;
  if (result.status !== status) return `  status ${status} expected\n${shown}`;
  if (!agrees(result.stderr, stderr)) return `  stderr expected: ${show(stderr)}\n${shown}`;
  if (!agrees(result.stdout, stdout)) return `  stdout expected: ${show(stdout)}\n${shown}`;
  const lines = result.stdout.split("\n").slice(0, -1).sort().join("\n");
  if (expected.lines && lines !== expected.lines.toSorted().join("\n")) {
    return `  lines expected: ${JSON.stringify(expected.lines)}\n${shown}`;
  }
  const wanted = expected.fault && forVersion(expected.fault, version);
  const fault = wanted && diagnose(result.stderr).fault;
  return fault === wanted ? undefined : `  diagnosed as ${fault}, expected ${wanted}\n${shown}`;
}

function agrees(text: string, expected: string | RegExp): boolean {
  return typeof expected === "string" ? text === expected : expected.test(text);
}

function show(expected: string | RegExp): string {
  return typeof expected === "string" ? JSON.stringify(expected) : String(expected);
}

function describe({ deed }: Step): string {
  switch (deed.do) {
    case "run":
      return deed.argv.join(" ");
    case "pipe": {
      const middle = deed.cutAfter === undefined ? "|" : `| head -c ${deed.cutAfter} |`;
      return `zfs send ${deed.send.join(" ")} ${middle} zfs receive ${deed.receive.join(" ")}`;
    }
    case "write":
      return `write ${deed.bytes} bytes to ${deed.dataset}`;
    case "remember":
      return `${deed.name}=token of ${deed.dataset}`;
  }
}
