/** What looks suspicious in a policy, and what the hosts of a fleet have to do. */
import { makeFleet } from "../../../../lib/cli/jobrunner/fleet.ts";
import { parseJobrunnerArgv } from "../../../../lib/cli/jobrunner/arguments.ts";
import { type Fleet, FLEET_ACTIONS } from "../../../../lib/model/fleet.ts";
import { nothingSent, orderOf, type ReviewOptions, suspicionsOf } from "../../../../lib/plan/fleet/review.ts";
import {
  busyLimitMsOf,
  cadenceMsOf,
  mayUnmount,
  runLimitMsOf,
  scheduleOf,
  type SharedWork,
} from "../../../../lib/plan/fleet/roles.ts";
import { planSubjobs } from "../../../../lib/plan/fleet/subjobs.ts";
import { assertEquals } from "../../../support/assert.ts";
import { JOB_CONTEXT } from "../../../support/jobs.ts";

const GOOD = `root-dataset-pairs: [{both: tank/a}]
src-hosts: [web]
dst-hosts:
  - {name: nas, root-dataset: bak/^SRC_HOST}
src-snapshot-plan: {prod: {onsite: {hourly: 36}}}
monitor-snapshot-plan: {prod: {onsite: {hourly: {warning: 2 hours, critical: 3 hours}}}}
`;

function fleetOf(jobFile: string, actions: readonly string[] = FLEET_ACTIONS): Fleet {
  const files = { read: () => new TextEncoder().encode(jobFile) };
  const argv = ["--config=fleet.yaml", ...actions.map((action) => `--${action}`)];
  const outcome = parseJobrunnerArgv(argv, { ...JOB_CONTEXT, files });
  if (outcome.kind !== "arguments") throw new TypeError("no arguments");
  return makeFleet(outcome.arguments, () => undefined, outcome.groups);
}

function suspicions(jobFile: string, actions?: readonly string[], options: Partial<ReviewOptions> = {}): string[] {
  const fleet = fleetOf(jobFile, actions);
  const thisHost = { names: new Set<string>(), loginName: "root", loopbackAddress: undefined };
  const around = { thisHost, users: { src: "", dst: "" }, localPools: new Set<string>(), removable: "all" as const };
  const { subjobs } = planSubjobs({ ...fleet, actions: ["replicate"] }, around);
  return suspicionsOf(fleet, { routes: subjobs, cadenceMs: 60_000, ...options });
}

Deno.test("suspicionsOf() finds nothing in a good policy", () => assertEquals(suspicions(GOOD), []));

Deno.test("suspicionsOf() says what a target that is misspelt at one end means", () => {
  const home = `${GOOD}dst-snapshot-plan: {prod: {ofsite: {hourly: 48}}}\n`;
  assertEquals(suspicions(home), [
    "prod_onsite of web is sent to no destination: nothing will be copied.",
    "Destinations keep prod_ofsite_hourly, which no source creates.",
    "nas is not monitored: monitor-snapshot-plan has no limits for what it receives (ofsite).",
  ]);
  assertEquals(nothingSent(fleetOf(home)).length, 1);
  assertEquals(nothingSent(fleetOf(home, ["create-src-snapshots"])), []);
  const partly = home.replace("onsite: {hourly: 36}", "onsite: {hourly: 36}, local: {daily: 2}")
    .replace("ofsite: {hourly: 48}", "local: {daily: 3}, ofsite: {hourly: 48}");
  assertEquals(suspicions(partly).slice(0, 2), [
    "Destinations keep prod_ofsite_hourly, which no source creates.",
    "prod_onsite of web is sent to no destination.",
  ]);
  const kept = GOOD.replace("onsite: {hourly: 36}", "onsite: {hourly: 36}, local: {daily: 2}");
  const meant = `${kept}dst-snapshot-plan: {prod: {onsite: {hourly: 48}}}\n`;
  assertEquals(suspicions(meant), []);
});

const findings: Readonly<Record<string, readonly [string, string, (readonly string[])?]>> = {
  "a plan that keeps nothing": [
    GOOD.replace("36", "0") + "src-bookmark-plan: {p: {onsite: {daily: 1}}}\n",
    "The plan of source snapshots keeps nothing.",
  ],
  "a destination that receives but is not pruned": [
    GOOD,
    "Destination nas receives snapshots, but this run does not prune them: some other run has to.",
    ["replicate"],
  ],
  "a fleet without destinations": [
    GOOD.replace("dst-hosts:\n  - {name: nas, root-dataset: bak/^SRC_HOST}", "dst-hosts: []"),
    "There is no destination host.",
    ["replicate"],
  ],
  "a destination that receives nothing": [
    GOOD.replace("onsite: {hourly: 36}", "onsite: {hourly: 36}, offsite: {daily: 0}").replace(
      "name: nas",
      "name: nas, targets: [offsite]",
    ),
    "Destination nas receives nothing: the plan keeps no snapshots of its targets.",
  ],
  "a target that is received and deleted in turn": [
    GOOD.replace("name: nas", "name: nas, retain-targets: []"),
    "Destination nas receives snapshots of target 'onsite', but retains none of them.",
  ],
  "snapshots that are kept but never made": [
    `${GOOD}dst-snapshot-plan: {prod: {onsite: {hourly: 36, daily: 7}}}\n`,
    "Destinations keep prod_onsite_daily, which no source creates.",
  ],
  "two sources of one dataset": [
    GOOD.replace("[{both: tank/a}]", "[{src: tank/a, dst: x}, {src: tank/b, dst: x}]"),
    "Several sources write to nas:bak/web/x: web:tank/a, web:tank/b.",
  ],
  "monitoring of what nobody makes": [
    GOOD.replace("hourly: {warning", "daily: {warning"),
    "Monitoring expects prod_onsite_daily, which no plan keeps: it will always raise an alarm.",
  ],
  "limits shorter than the pause between runs": [
    GOOD.replace("2 hours", "30 seconds"),
    "Monitoring of prod_onsite_hourly: the limit for warning is shorter than the time between two runs, 1m.",
  ],
  "limits in the wrong order": [
    GOOD.replace("3 hours", "1 hours"),
    "Monitoring of prod_onsite_hourly: the limit for critical is shorter than that for warning.",
  ],
  "a source that is somebody's destination": [
    GOOD.replace("[web]", "[web, nas]").replace("bak/", "tank/a/"),
    "Source nas:tank/a is the destination of web:tank/a: snapshots that are created or pruned there stop that " +
    "replication. Give it a job file of its own with src-snapshots: external.",
  ],
  "a policy that monitors nothing": [
    GOOD.replace(/monitor-snapshot-plan.*/, ""),
    "Nothing is monitored: without monitor-snapshot-plan nobody learns that snapshots have stopped.",
  ],
  "limits that are none": [
    GOOD.replace("warning: 2 hours, critical: 3 hours", "src_snapshot_cycles: 2"),
    "Monitoring of prod_onsite_hourly: there is no limit, so it never raises an alarm.",
  ],
};

for (const [name, [jobFile, finding, actions]] of Object.entries(findings)) {
  Deno.test(`suspicionsOf() finds ${name}`, () => {
    assertEquals(suspicions(jobFile, actions).filter((text) => text === finding), [finding]);
  });
}

Deno.test("external snapshots are neither created nor pruned by a schedule, and a relay of them is not suspicious", () => {
  const relay = GOOD.replace("[web]", "[web, nas]").replace("bak/", "tank/a/");
  const fleet = { ...fleetOf(relay), hasExternalSnapshots: true };
  const actions = scheduleOf("nas", fleet, { mode: "pull", bastion: undefined, stays: false }).roles.flatMap((role) =>
    role.actions
  );
  assertEquals(actions, [
    "prune-src-bookmarks",
    "monitor-src-snapshots",
    "replicate",
    "prune-dst-snapshots",
    "monitor-dst-snapshots",
  ]);
  const operands = [{ src: "web:tank/a", dst: "nas:tank/a/x" }, { src: "nas:tank/a", dst: "c:b" }];
  const routes = [{
    name: "",
    serial: "",
    action: "replicate",
    source: "",
    destination: "",
    plan: new Map(),
    operands,
  }] as const;
  const count = (hasExternalSnapshots: boolean): number =>
    suspicionsOf({ ...fleet, hasExternalSnapshots }, { routes, cadenceMs: 60_000 }).filter((text) =>
      /external/.test(text)
    ).length;
  assertEquals([count(true), count(false)], [0, 1]);
});

const AWAY = GOOD.replace("critical: 3 hours", "critical: 1 days");

Deno.test("suspicionsOf() finds destinations that may be away for longer than sources keep what to go on from", () => {
  const lost = (file: string, options: Partial<ReviewOptions> = {}, actions?: readonly string[]): string[] =>
    suspicions(file, actions, options).filter((text) => text.includes("go on from"));
  const end = " sources have neither snapshot nor bookmark left to go on from: keep more in src-bookmark-plan.";
  assertEquals(lost(AWAY), []);
  assertEquals(lost(AWAY.replace("36", "24")), [
    `Destination nas may be away for 1.04d until monitoring calls that critical, but after 1d${end}`,
  ]);
  const bookmarks = `${AWAY.replace("36", "24")}src-bookmark-plan: {prod: {onsite: {hourly: 25}}}\n`;
  assertEquals(lost(bookmarks), []);
  assertEquals(lost(bookmarks, { bookmarkedFromMs: 86_400_000 }).length, 1);
  assertEquals(lost(bookmarks, { bookmarkedFromMs: 86_400_000, isGuarded: true }), []);
  assertEquals(lost(AWAY.replace("36", "24"), {}, ["replicate"]), []);
  assertEquals(lost(`${AWAY.replace("36", "24")}src-bookmark-plan: {}\n`), []);
  assertEquals(lost(`${AWAY.replace("36", "24")}src-bookmark-plan: {prod: {onsite: {hourly: forever}}}\n`), []);
  const removable = { removable: new Set(["nas"]) };
  assertEquals(lost(AWAY, removable), [`Destination nas is removable, but after 1.5d${end}`]);
  assertEquals(lost(AWAY.replace("36", "800"), removable), []);
  assertEquals(lost(AWAY.replace("36", "24").replace(/monitor.*\n/, "")), []);
});

Deno.test("suspicionsOf() finds force in a schedule", () => {
  assertEquals(suspicions(GOOD, undefined, { forces: ["--force"] }), [
    "Every scheduled run has --force, which destroys what is in its way at the destinations, also after a mistake at a " +
    "source. Give it on the command line, for the one run that needs it.",
  ]);
});

const MIXED = GOOD.replace(
  "{both: tank/a}",
  "{both: tank/a}, {both: tank/b, src-snapshot-plan: {prod: {onsite: {daily: 7}}}}",
);

Deno.test("suspicionsOf() says which pairs of datasets it is about, where they have plans of their own", () => {
  assertEquals(suspicions(MIXED), [
    "tank/b: Monitoring expects prod_onsite_hourly, which no plan keeps: it will always raise an alarm.",
  ]);
  const unmonitored = MIXED.replace("daily: 7}}}", "daily: 7}}}, monitor-snapshot-plan: {}");
  assertEquals(suspicions(unmonitored), [
    "Not monitored: tank/b: without monitor-snapshot-plan nobody learns that snapshots have stopped.",
  ]);
});

Deno.test("planSubjobs() makes a chain of subjobs for each group of pairs, and leaves alone what has no plan", () => {
  const around = {
    thisHost: { names: new Set<string>(), loginName: "root", loopbackAddress: undefined },
    users: { src: "", dst: "" },
    localPools: new Set<string>(),
    removable: "all" as const,
  };
  const none = MIXED.replace("{prod: {onsite: {daily: 7}}}", "{}");
  const namesOf = (file: string): string[] => planSubjobs(fleetOf(file), around).subjobs.map(({ name }) => name);
  assertEquals(namesOf(GOOD).length, 7);
  assertEquals(namesOf(MIXED).map((name) => name.split("/").slice(0, 2).join("/")), [
    ...Array.from({ length: 7 }, () => "000000src-host/000000pairs"),
    ...Array.from({ length: 7 }, () => "000000src-host/000001pairs"),
  ]);
  assertEquals(new Set(namesOf(MIXED)).size, 14);
  const { subjobs } = planSubjobs(fleetOf(MIXED), around);
  assertEquals(subjobs.map(({ serial }) => Number(serial)), [...subjobs.keys()]);
  assertEquals(subjobs.map(({ operands }) => operands.map(({ src }) => src).join()).filter((src) => src !== "dummy"), [
    "web:tank/a",
    "web:tank/a",
    "web:tank/b",
    "web:tank/b",
  ]);
  assertEquals(namesOf(none).filter((name) => name.includes("000001pairs")), [
    "000000src-host/000001pairs/monitor-src-snapshots",
    "000000src-host/000001pairs/monitor-src-snapshots/000000monitor-dst-snapshots",
  ]);
});

Deno.test("suspicionsOf() finds source hosts that are none, or twice", () => {
  const options = { routes: [], cadenceMs: 60_000 };
  const found = (sources: readonly string[]): string[] =>
    suspicionsOf({ ...fleetOf(GOOD), sources }, options).filter((text) => /source/i.test(text));
  assertEquals(found([]), ["There is no source host, so nothing is done."]);
  assertEquals(found(["a", "b", "a", "a"]), ["Source a occurs twice, so what is done for it is done twice."]);
});

Deno.test("orderOf() is the order of a single worker", () => {
  assertEquals(orderOf(["a/~/x", "a/c", "a/b", "a"]), ["a", "a/b", "a/c", "a/~/x"]);
});

const PULL: SharedWork = { mode: "pull", bastion: undefined, stays: false };

/** Roles as `name: actions`. */
function roles(host: string, shared: SharedWork, jobFile = GOOD): string[] {
  return scheduleOf(host, fleetOf(jobFile), shared).roles.map(({ name, actions }) => `${name}: ${actions.join(" ")}`);
}

Deno.test("scheduleOf() lets destinations fetch, or sources send, or a bastion do everything", () => {
  const source = "create-src-snapshots";
  const maintain = "prune-src-snapshots prune-src-bookmarks";
  assertEquals(roles("web", PULL), [`source: ${source} ${maintain}`, "monitor-source: monitor-src-snapshots"]);
  assertEquals(roles("nas", PULL), [
    "destination: replicate prune-dst-snapshots",
    "monitor-destination: monitor-dst-snapshots",
  ]);
  const push: SharedWork = { ...PULL, mode: "push" };
  assertEquals(roles("web", push)[0], `source: ${source} replicate ${maintain}`);
  assertEquals(roles("nas", push)[0], "destination: prune-dst-snapshots");
  const bastion: SharedWork = { ...PULL, mode: "bastion", bastion: "hub" };
  assertEquals(roles("hub", bastion), [
    `backup: ${source} replicate ${maintain} prune-dst-snapshots`,
    "monitor: monitor-src-snapshots monitor-dst-snapshots",
  ]);
  assertEquals(roles("web", bastion), []);
  assertEquals(roles("other", PULL), []);
});

Deno.test("mayUnmount() is true for roles that replace or destroy what may be mounted", () => {
  const unmounting = (host: string, shared: SharedWork): string[] =>
    scheduleOf(host, fleetOf(GOOD), shared).roles.filter(mayUnmount).map(({ name }) => name);
  assertEquals(unmounting("web", PULL), ["source"]);
  assertEquals(unmounting("nas", PULL), ["destination"]);
  assertEquals(unmounting("web", { ...PULL, stays: true }), ["prune-src-snapshots"]);
  assertEquals(unmounting("nas", { ...PULL, stays: true }), ["replicate", "prune-dst-snapshots"]);
  assertEquals(unmounting("hub", { ...PULL, mode: "bastion", bastion: "hub" }), ["backup"]);
});

Deno.test("scheduleOf() lets a host that is its own destination do everything", () => {
  assertEquals(roles("web", PULL, GOOD.replace("name: nas", "name: web"))[0]?.split(":")[0], "backup");
});

Deno.test("scheduleOf() starts often enough, and lets the program stay if seconds count", () => {
  const every = (period: string): number | "always" =>
    scheduleOf("web", fleetOf(GOOD.replace("hourly: 36", `${period}: 36`)), PULL).every;
  assertEquals(["minutely", "10minutely", "hourly", "daily", "yearly"].map(every), [1, 1, 5, 15, 15]);
  assertEquals(every("secondly"), "always");
  assertEquals(roles("web", { ...PULL, stays: true }).map((role) => role.split(":")[0]), [
    "create-src-snapshots",
    "prune-src-snapshots",
    "prune-src-bookmarks",
    "monitor-src-snapshots",
  ]);
});

Deno.test("cadenceMsOf() is the time between two runs of the schedule, or what subjobs that stay were told", () => {
  const cadence = (period: string, stays?: number): number =>
    cadenceMsOf(fleetOf(GOOD.replace("hourly: 36", `${period}: 36`)), stays);
  assertEquals(["secondly", "minutely", "hourly", "daily"].map((period) => cadence(period)), [
    1000,
    60_000,
    300_000,
    900_000,
  ]);
  assertEquals(cadence("hourly", 10_000), 10_000);
});

Deno.test("busyLimitMsOf() is ten times the shortest period of the plans, at least an hour", () => {
  const hours = (plan: string, more = ""): number =>
    busyLimitMsOf(fleetOf(GOOD.replace("{hourly: 36}", plan) + more)) / 3_600_000;
  assertEquals(hours("{hourly: 36}"), 10);
  assertEquals(hours("{daily: 1, weekly: 1}"), 240);
  assertEquals(hours("{12minutely: 1}"), 2);
  assertEquals(hours("{minutely: 1}"), 1);
  assertEquals(hours("{secondly: 1}"), 1);
  assertEquals(hours("{daily: 1, hourly: 0}"), 240);
  assertEquals(hours("{daily: 1}", "dst-snapshot-plan: {prod: {onsite: {hourly: 3}}}\n"), 10);
  assertEquals(hours("{adhoc: 1}", "always-due: [adhoc]\n"), 24);
});

Deno.test("runLimitMsOf() is twice the busy limit, at least a week, beyond the life of a daemon", () => {
  const days = (busyDays: number, lifetimeDays = 0): number =>
    runLimitMsOf(busyDays * 86_400_000, lifetimeDays * 86_400_000) / 86_400_000;
  assertEquals([days(1), days(10), days(1, 1), days(10, 2), days(Infinity)], [7, 20, 8, 22, Infinity]);
});
