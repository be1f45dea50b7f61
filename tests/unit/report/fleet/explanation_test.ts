/** What `--explain` says of a policy. */
import { parseJobrunnerArgv } from "../../../../lib/cli/jobrunner/arguments.ts";
import { makeFleet } from "../../../../lib/cli/jobrunner/fleet.ts";
import { describeFleet } from "../../../../lib/report/fleet/explanation.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { JOB_CONTEXT } from "../../../support/jobs.ts";

const JOB_FILE = `root-dataset-pairs: [{both: tank/a}]
src-hosts: [web]
dst-hosts:
  - {name: nas, root-dataset: bak, targets: [on]}
src-snapshot-plan: {p: {on: {hourly: 36, yearly: forever}, off: {daily: 7}}}
monitor-snapshot-plan:
  p:
    on: { hourly: { warning: 30 minutes, critical: 2 hours }, yearly: {} }
    off: { daily: { age: { critical: 32 hours } } }
`;

function lines(): string[] {
  const files = { read: () => new TextEncoder().encode(JOB_FILE) };
  const run = parseJobrunnerArgv(["--config=f.yaml"], { ...JOB_CONTEXT, files });
  assert(run.kind === "arguments");
  const fleet = makeFleet(run.arguments, () => undefined);
  return describeFleet({
    thisHost: undefined,
    showsCommands: false,
    fleet,
    sources: [["web"]],
    destinations: [["nas"]],
    routes: [],
    subjobs: [],
    subjobCount: 0,
    suspicions: [],
    limits: [],
    next: undefined,
  }).split("\n");
}

Deno.test("describeFleet() says at which age the newest snapshots alarm", () => {
  assertEquals(lines().filter((line) => line.includes("alarms")), [
    "  alarms when the newest p_on_hourly is older than 1 h 30 min (1 h period + 30 min), critical 3 h (1 h period + 2 h)",
    "  alarms when the newest p_off_daily is older than 1 d 8 h (1 d period + 8 h), critical",
    "  alarms when the newest p_on_hourly is older than 1 h 30 min (1 h period + 30 min), critical 3 h (1 h period + 2 h)",
  ]);
});

Deno.test("describeFleet() says what is kept for ever", () => {
  assert(lines().includes("  creates and keeps p_on: 36 hourly (1.5d), yearly for ever"));
});
