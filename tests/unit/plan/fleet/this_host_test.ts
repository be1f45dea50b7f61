/** What an explanation says of this host, and of names that hardly are what is meant. */
import { makeFleet } from "../../../../lib/cli/jobrunner/fleet.ts";
import { parseJobrunnerArgv } from "../../../../lib/cli/jobrunner/arguments.ts";
import type { Fleet } from "../../../../lib/model/fleet.ts";
import type { SharedWork } from "../../../../lib/plan/fleet/roles.ts";
import { describeThisHost, hostSuspicions } from "../../../../lib/plan/fleet/this_host.ts";
import { assertEquals } from "../../../support/assert.ts";
import { JOB_CONTEXT } from "../../../support/jobs.ts";

const JOB_FILE = `root-dataset-pairs: [{both: tank/a}]
src-hosts: [desktop]
dst-hosts: [{name: nas, root-dataset: bak/^SRC_HOST}]
src-snapshot-plan: {mine: {onsite: {hourly: 36}}}
`;

function fleet(): Fleet {
  const files = { read: () => new TextEncoder().encode(JOB_FILE) };
  const outcome = parseJobrunnerArgv(["--config=home.yaml"], { ...JOB_CONTEXT, files });
  if (outcome.kind !== "arguments") throw new TypeError("no arguments");
  return makeFleet(outcome.arguments, () => undefined);
}

const bastion = (name: string): SharedWork => ({ mode: "bastion", bastion: name, stays: false });
const PULL: SharedWork = { mode: "pull", bastion: undefined, stays: false };

Deno.test("describeThisHost() says what the schedule runs here", () => {
  const of = (host: string, shared: SharedWork): string => describeThisHost(host, fleet(), shared);
  assertEquals(of("nas", bastion("nas")), "This host is nas. It runs everything (schedule: bastion nas).");
  assertEquals(of("nas", bastion("nas1")), "This host is nas. It runs nothing (schedule: bastion nas1).");
  assertEquals(
    of("desktop", PULL),
    "This host is desktop. It runs create-src-snapshots, prune-src-snapshots, prune-src-bookmarks (schedule: pull).",
  );
});

Deno.test("hostSuspicions() finds a host without its name, and a bastion that there is not", () => {
  const of = (host: string, shared: SharedWork): string[] => hostSuspicions(host, fleet(), shared);
  const unnamed = "This host is called vm, which the job file does not name: add --localhost=NAME.";
  const foreign = "schedule.bastion is nas1, which is neither a host of this file nor this host.";
  assertEquals([of("nas", bastion("nas")), of("desktop", bastion("nas")), of("desktop", PULL)], [[], [], []]);
  assertEquals(of("hub", bastion("hub")), []);
  assertEquals([of("vm", bastion("nas")), of("vm", PULL)], [[unnamed], [unnamed]]);
  assertEquals(of("nas", bastion("nas1")), [foreign]);
  assertEquals(of("vm", bastion("nas1")), [unnamed, foreign]);
});

Deno.test("hostSuspicions() says where the job file has nearly the name of this host", () => {
  const of = (host: string, shared: SharedWork): string[] => hostSuspicions(host, fleet(), shared);
  const told = (host: string, end: string): string =>
    `This host is called ${host}, which the job file does not name: add --localhost=NAME, or correct the name: ${end}.`;
  assertEquals(of("nass", PULL), [told("nass", "nas stands in dst-hosts")]);
  assertEquals(of("dekstop", PULL), [told("dekstop", "desktop stands in src-hosts")]);
  const foreign = "schedule.bastion is relay1, which is neither a host of this file nor this host.";
  assertEquals(of("relay2", bastion("relay1")), [told("relay2", "relay1 stands in schedule.bastion"), foreign]);
});
