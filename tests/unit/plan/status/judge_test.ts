/** The judgement of `bzfs status`, and how it is shown. Source: docs/spec/status.md §4, §6. */
import {
  type DatasetFacts,
  type Expectations,
  judgeStatus,
  keyOf,
  type LabelFacts,
  type RootFacts,
  type StatusInputs,
} from "../../../../lib/plan/status/mod.ts";
import type { Dataset } from "../../../../lib/model/dataset.ts";
import { ahead, namesake, unrelated } from "../../../../lib/plan/replication/conflicts.ts";
import type { Guid } from "../../../../lib/model/snapshot.ts";
import type { ActionState, StatusReport } from "../../../../lib/model/status/mod.ts";
import { renderNagios, renderTable } from "../../../../lib/report/status/mod.ts";
import { renderPage } from "../../../../lib/report/status/page/mod.ts";
import { jsonOf } from "../../../../lib/report/visible.ts";
import { STATUS_SCHEMA } from "../../../../scripts/status_schema.ts";
import { assert, assertEquals, assertStringIncludes } from "../../../support/assert.ts";
import { schemaErrors } from "../../../support/json_schema.ts";

const NOW = Date.parse("2026-11-29T12:00:00.000Z");
const HOUR = 3_600_000;
const LIMITS = { kind: "latest", label: "a_b_*_hourly", warningMs: 2 * HOUR, criticalMs: 4 * HOUR } as const;
const SOURCE = { host: "web1", dataset: "tank/data" };
const DESTINATION = { host: "nas", dataset: "back/data" };
const EXPECTED: Expectations = {
  routes: [{
    source: { place: SOURCE, limits: [LIMITS] },
    destination: { place: DESTINATION, limits: [LIMITS] },
    isRemovable: false,
  }],
  actions: [],
  busyLimitMs: HOUR,
};

/** A dataset whose newest snapshot is so many milliseconds old; `undefined` = it has none. */
function dataset(name: string, ageMs: number | undefined): DatasetFacts {
  const level = ageMs === undefined || ageMs > LIMITS.criticalMs
    ? "critical"
    : ageMs > LIMITS.warningMs
    ? "warning"
    : "ok";
  const end = ageMs === undefined ? {} : { snapshot: "s", createdAtMs: NOW - ageMs };
  return { dataset: name, snapshots: 1, partial: "none", labels: [{ ...LIMITS, level, ...end }] };
}

function seen(datasets: readonly DatasetFacts[], pool = datasets[0]!.dataset.split("/")[0]!): RootFacts {
  return { kind: "seen", datasets, aside: [], pool: { pool, health: "ONLINE", capacityPercent: 10, guid: "1" } };
}

const FRESH_SOURCE = seen([dataset("tank/data", HOUR)]);
const FRESH_COPY = seen([dataset("back/data", HOUR)]);

interface Changes extends Partial<Omit<StatusInputs, "states">> {
  readonly src?: RootFacts;
  readonly dst?: RootFacts;
  readonly states?: readonly ActionState[];
}

function judge({ src = FRESH_SOURCE, dst = FRESH_COPY, states = [], ...more }: Changes = {}): StatusReport {
  const report = judgeStatus({
    expected: EXPECTED,
    found: new Map([[keyOf(SOURCE), src], [keyOf(DESTINATION), dst]]),
    states: new Map(states.map((state) => [state.action, state])),
    unreadable: new Map(),
    isStranger: false,
    running: [],
    host: "hub",
    jobFile: "/etc/fleet.yaml",
    given: [],
    nowMs: NOW,
    ...more,
  }, { version: "1", jobId: "fleet", offline: false });
  assertEquals(schemaErrors(JSON.parse(JSON.stringify(report)), STATUS_SCHEMA), []);
  return report;
}

function idsOf(report: StatusReport): string[] {
  return report.findings.map(({ id, level }) => `${id} ${level}`);
}

Deno.test("a route is ok if both sides are fresh, and as bad as its worst finding", () => {
  const ok = judge();
  assertEquals([ok.level, idsOf(ok), ok.routes[0]!.newestAt], ["ok", [], "2026-11-29T11:00:00.000Z"]);
  const late = judge({ dst: seen([dataset("back/data", 3 * HOUR)]) });
  assertEquals([late.level, idsOf(late), late.routes[0]!.lateSeconds], ["warning", ["route-late warning"], 3600]);
  const never = judge({ dst: seen([dataset("back/data", undefined)]) });
  assertEquals([idsOf(never), never.routes[0]!.newestAt], [["route-late critical"], undefined]);
});

Deno.test("of a label the worst dataset is told, and how many more are bad", () => {
  const names = ["/a", "/b", "/c"].map((name) => `tank/data${name}`);
  const src = seen(names.map((name) => dataset(name, HOUR)));
  const dst = seen([dataset("back/data/a", 5 * HOUR), dataset("back/data/b", 7 * HOUR), dataset("back/data/c", HOUR)]);
  const report = judge({ src, dst });
  assertEquals(report.findings.length, 1);
  assertEquals(
    report.findings[0]!.message,
    "the newest a_b_*_hourly of back/data/b is 7 h old, more than 4 h, and 1 more",
  );
});

/** A label of the destination with a level. */
function labelled(name: string, level: "warning" | "critical", hours: number): LabelFacts {
  return { ...LIMITS, label: name, level, snapshot: "s", createdAtMs: NOW - hours * HOUR };
}

Deno.test("of two labels of a route the worse one is told first, whatever their order is", () => {
  const labels = [labelled("hourly", "critical", 9), labelled("daily", "warning", 60)];
  for (const order of [labels, labels.toReversed()]) {
    const report = judge({ dst: seen([{ ...dataset("back/data", HOUR), labels: order }]) });
    assertEquals([report.level, report.routes[0]!.level], ["critical", "critical"]);
    assertEquals(idsOf(report), ["route-late critical", "route-late warning"]);
  }
});

Deno.test("a route without a limit on the newest snapshot at its end is not monitored", () => {
  const [route] = EXPECTED.routes;
  const oldest = { ...LIMITS, kind: "oldest" } as const;
  const unlimited = { ...LIMITS, warningMs: Infinity, criticalMs: Infinity };
  for (const limits of [[], [oldest], [unlimited]]) {
    const bare = { ...route!, destination: { place: DESTINATION, limits } };
    const dst = seen([{ ...dataset("back/data", HOUR), labels: [] }]);
    assertEquals(idsOf(judge({ dst, expected: { ...EXPECTED, routes: [bare] } })), ["not-monitored warning"]);
    const source = { place: SOURCE, limits };
    assertEquals(idsOf(judge({ expected: { ...EXPECTED, routes: [{ source, isRemovable: false }] } })), [
      "not-monitored warning",
    ]);
    // What is not known counts as never, although nothing limits it.
    assertEquals(idsOf(judge({ found: new Map(), expected: { ...EXPECTED, routes: [bare] } })), [
      "route-late critical",
      "not-monitored warning",
    ]);
  }
});

Deno.test("a dataset without a snapshot has not been received if the source has some", () => {
  const empty = seen([{ ...dataset("back/data", HOUR), snapshots: 0, labels: [] }]);
  assertEquals(idsOf(judge({ dst: empty })), ["never-received critical"]);
  const src = seen([{ ...dataset("tank/data", HOUR), snapshots: 0, labels: [] }]);
  assertEquals(idsOf(judge({ src, dst: empty })), []);
});

Deno.test("a new dataset without any snapshot has the time of its limit, if nothing proves that it is not new", () => {
  const bare = (name: string, hours: number | undefined): DatasetFacts => ({
    ...{ ...dataset(name, undefined), snapshots: 0 },
    createdAtMs: hours === undefined ? undefined : NOW - hours * HOUR,
  });
  const after = (hours: number | undefined, changes: Changes = {}): [level: string, ids: string[], young?: number] => {
    const src = seen([dataset("tank/data", HOUR), bare("tank/data/new", hours)]);
    const report = judge({ src, ...changes });
    const { newDatasets } = report.routes[0]!;
    return [report.level, idsOf(report), ...newDatasets === undefined ? [] : [newDatasets]] as never;
  };
  const late = ["critical", ["source-late critical", "never-received critical"]] as const;
  assertEquals<unknown>(after(3.9), ["ok", [], 1]);
  assertEquals<unknown>(after(4.1), late);
  assertEquals<unknown>(after(undefined), late);
  assertEquals<unknown>(after(-0.05), ["ok", [], 1]);
  assertEquals<unknown>(after(-1), late);
  // It is at the destination, too, and has nothing there.
  const hollow = seen([dataset("back/data", HOUR), bare("back/data/new", 99)]);
  assertEquals<unknown>(after(3.9, { dst: hollow }), ["ok", [], 1]);
  assertEquals<unknown>(after(4.1, { dst: hollow })[1], ["source-late critical", "route-late critical"]);
  // What was replicated, or has snapshots there, is not new at the source.
  const copied = seen([dataset("back/data", HOUR), dataset("back/data/new", HOUR)]);
  assertEquals<unknown>(after(1, { dst: copied }), ["critical", ["source-late critical"]]);
  const known = {
    ...{ source: SOURCE, destination: DESTINATION, runs: [] },
    datasets: [{ name: "/new", seenAt: new Date(NOW).toISOString() }],
  };
  assertEquals<unknown>(after(1, { states: [stateOf("replicate", 1, { routes: [known] })] })[1], [
    "source-late critical",
    "destination-gone critical",
  ]);
  // The others are judged as they are, and tell how old the newest is.
  const [, ids] = after(1, { dst: seen([dataset("back/data", 5 * HOUR)]) });
  assertEquals(ids, ["route-late critical"]);
  const src = seen([dataset("tank/data", HOUR), bare("tank/data/new", 1)]);
  assertEquals(judge({ src }).routes[0]!.newestAt, new Date(NOW - HOUR).toISOString());
  // Without a limit at the destination nothing says how long it may be missing there.
  const [route] = EXPECTED.routes;
  const unlimited = { ...EXPECTED, routes: [{ ...route!, destination: { place: DESTINATION, limits: [] } }] };
  assertEquals<unknown>(after(1, { expected: unlimited })[1], ["never-received critical", "not-monitored warning"]);
});

Deno.test("what is gone from both sides is a warning if the source has told what it has, and nothing if the job excludes it", () => {
  const [src, dst] = [seen([dataset("tank/data", HOUR)]), seen([dataset("back/data", HOUR)])];
  const names = ["", "/a", "/a/b", "/c d: e"];
  const seenAt = new Date(NOW - 80 * 24 * HOUR).toISOString();
  const datasets = names.map((name) => ({ name, seenAt }));
  const known = { source: SOURCE, destination: DESTINATION, runs: [], datasets };
  const states = [stateOf("replicate", 1, { routes: [known] })];
  const report = judge({ src, dst, states });
  assertEquals([report.level, idsOf(report)], ["warning", ["both-gone warning"]]);
  assertEquals(
    report.findings[0]!.message,
    "was replicated, and is gone from both sides: back/data/a, back/data/a/b, back/data/c d: e",
  );
  assertEquals(
    report.findings[0]!.remedy,
    'If that was meant: write bzfs: { exclude-dataset: [/back/data/a, "/back/data/c d: e"] } into the job file, ' +
      "or let runs forget it: it is remembered until 2026-12-09",
  );
  const [{ datasets: count, newestAt }] = report.routes as [StatusReport["routes"][number]];
  assertEquals([count, newestAt], [1, new Date(NOW - HOUR).toISOString()]);
  // At the source it is still there, or nothing is known of the source.
  const atSource = seen([dataset("tank/data", HOUR), dataset("tank/data/a", HOUR)]);
  assertEquals(idsOf(judge({ src: atSource, dst, states })), ["destination-gone critical", "both-gone warning"]);
  for (
    const [blind, id] of [
      [{ kind: "unreachable", message: "off" }, "host-unreachable"],
      [{ kind: "missing", pool: { pool: "tank", health: "ONLINE" } }, "source-missing"],
      [{ ...src, datasets: [] }, "nothing-selected"],
    ] as const
  ) {
    const ids = idsOf(judge({ src: blind as RootFacts, dst, states }));
    assert(ids.includes(`${id} critical`) && ids.includes("destination-gone critical"), ids.join());
  }
  // The root of the destination is gone with them.
  const noRoot: RootFacts = { kind: "missing", pool: { pool: "back", health: "ONLINE" } };
  assertEquals(idsOf(judge({ src, dst: noRoot, states })), ["destination-gone critical"]);
  // What the job does not select is expected nowhere, and is not missed where it is.
  const selecting = (selects: (name: string) => boolean): Expectations => ({
    ...EXPECTED,
    routes: EXPECTED.routes.map((route) => ({ ...route, selects })),
  });
  const withoutA = selecting((name) => name !== "/c d: e" && name !== "/a" && name !== "/a/b");
  assertEquals(idsOf(judge({ src, dst, states, expected: withoutA })), []);
  assertEquals(idsOf(judge({ src: atSource, dst, states, expected: withoutA })), []);
  const left = seen([dataset("back/data", HOUR), dataset("back/data/a", 99 * HOUR)]);
  assertEquals(idsOf(judge({ src, dst: left, states, expected: withoutA })), []);
});

Deno.test("levels that the job file tells not to count are told, and make nothing worse", () => {
  const names = ["/a", "/b", "/c"].map((name) => `tank/data${name}`);
  const src = seen(names.map((name) => dataset(name, HOUR)));
  const [route] = EXPECTED.routes;
  const told = (uncounted: readonly ("warning" | "critical")[], ages: readonly (number | undefined)[]): unknown[] => {
    const dst = seen(ages.map((age, i) => dataset(`back/data${["/a", "/b", "/c"][i]}`, age && age * HOUR)));
    const destination = { ...route!.destination!, uncounted };
    const report = judge({ src, dst, expected: { ...EXPECTED, routes: [{ ...route!, destination }] } });
    const others = (report.uncounted ?? []).map(({ id, level, message }) => `${id} ${level} ${message}`);
    const limits = report.routes[0]!.labels.find(({ side }) => side === "dst")!;
    return [report.level, idsOf(report), others, limits.level, limits.warningSeconds, limits.criticalSeconds];
  };
  const a3 = "the newest a_b_*_hourly of back/data/a is 3 h old, more than 2 h";
  const b5 = "the newest a_b_*_hourly of back/data/b is 5 h old, more than 4 h";
  const [warning, critical] = [`route-late warning ${a3}`, `route-late critical ${b5}`];
  assertEquals(told([], [3, 1, 1]), ["warning", ["route-late warning"], [], "warning", 7200, 14400]);
  assertEquals(told(["warning"], [3, 1, 1]), ["ok", [], [warning], "ok", undefined, 14400]);
  assertEquals(told(["critical"], [1, 5, 1]), ["ok", [], [critical], "ok", 7200, undefined]);
  assertEquals(told(["warning", "critical"], [3, 5, 1]), [
    ...["ok", [], [`${critical}, and 1 more`], "ok", undefined, undefined],
  ]);
  // What does not count hides nothing that does.
  assertEquals(told(["critical"], [3, 5, 1]), [
    ...["warning", ["route-late warning"], [critical], "warning", 7200, undefined],
  ]);
  assertEquals(told(["warning"], [3, 5, 1]), [
    ...["critical", ["route-late critical"], [warning], "critical", undefined, 14400],
  ]);
  // That there is none is an age as any other, but that a dataset never arrived is none.
  assertEquals(told(["critical"], [1, undefined, 1])[0], "ok");
  assertEquals(told(["warning", "critical"], [1, 1])[1], ["never-received critical"]);
});

Deno.test("without a look, and in every form, what does not count is told as such", () => {
  const [route] = EXPECTED.routes;
  const destination = { ...route!.destination!, uncounted: ["critical"] as const };
  const expected = { ...EXPECTED, routes: [{ ...route!, destination }] };
  const report = judge({ expected, found: new Map() });
  assertEquals([report.level, idsOf(report), report.uncounted!.length], ["ok", [], 1]);
  const zone = { offsetAt: () => ({ seconds: 0 }) } as never;
  const text = "not counted: critical  web1 tank/data → nas: no snapshots of back/data on nas were ever replicated";
  assertStringIncludes(renderTable(report, zone), text);
  assert(/^OK - 1 route of fleet \|.*\nnot counted: CRITICAL: web1 .* \[route-late\]\n$/.test(renderNagios(report)));
  assertStringIncludes(renderPage(report), '<h2 id="uncounted">Not counted');
});

Deno.test("the newest snapshots of one name are the same on both sides, or the destination has diverged", () => {
  const withGuid = (name: string, guid: string, snapshot = "s"): RootFacts => {
    const facts = dataset(name, HOUR);
    return seen([{ ...facts, labels: facts.labels.map((label) => ({ ...label, snapshot, guid: guid as Guid })) }]);
  };
  const src = withGuid("tank/data", "18446744073709551615");
  assertEquals(idsOf(judge({ src, dst: withGuid("back/data", "18446744073709551615") })), []);
  assertEquals(idsOf(judge({ src, dst: withGuid("back/data", "18446744073709551614") })), ["diverged critical"]);
  assertEquals(idsOf(judge({ src, dst: withGuid("back/data", "5", "other") })), []);
});

Deno.test("no remedy of what a conflict has stopped is the command that it has stopped", () => {
  const told = (error: string): (readonly [string, string | undefined])[] => {
    const runs = [{ ...RUN, exitStatus: 3, error }];
    const report = judge({
      dst: seen([dataset("back/data", 9 * HOUR)]),
      states: [
        stateOf("replicate", 0, { runs, routes: [{ source: SOURCE, destination: DESTINATION, runs, datasets: [] }] }),
      ],
      expected: { ...EXPECTED, actions: [{ action: "replicate", warningMs: HOUR, criticalMs: HOUR }] },
    });
    return report.findings.map((
      { id, remedy },
    ) => [id, remedy?.replace("bzfs jobrunner --config /etc/fleet.yaml ", "")]);
  };
  const aside = "--replicate --on-conflict=set-aside  # keeps both: bzfs help diverged";
  const pair = { source: "tank/data" as Dataset, destination: "back/data" as Dataset };
  const snapshot = {
    kind: "snapshot",
    dataset: pair.destination,
    tag: "a",
    guid: "1" as Guid,
    createtxg: 1n,
    createdAt: 1,
  } as const;
  for (
    const { message } of [
      ahead(pair, snapshot, [snapshot], "add"),
      unrelated(pair, [snapshot], "add"),
      namesake({ incoming: snapshot, present: snapshot }, "add"),
    ]
  ) {
    assertEquals(told(message), [["route-late", aside], ["diverged", aside], ["run-failed", aside]]);
    const failed = told(`${message} It cannot be set aside: no rights`);
    assertEquals(failed.slice(1), [["run-failed", "bzfs help diverged"], ["run-failed", "bzfs help diverged"]]);
  }
  const usual = told("cannot receive");
  assertEquals(usual, [
    ["route-late", "--create-src-snapshots --replicate"],
    ["run-failed", "--replicate"],
    ["run-failed", "--replicate"],
  ]);
});

Deno.test("a pool of very many datasets is judged", () => {
  const many = (root: string): RootFacts =>
    seen(Array.from({ length: 200_000 }, (_, index) => dataset(`${root}/${index}`, HOUR)));
  assertEquals(judge({ src: many("tank/data"), dst: many("back/data") }).level, "ok");
});

Deno.test("a remedy is a command of this program, on this host, for what is named", () => {
  const command = "zfs destroy back/data@a,b,c";
  const runs = [{ ...RUN, exitStatus: 1, error: "no", command }];
  const held = { host: "nas", dataset: "back/data", what: "snapshots", count: 1, total: 2 } as const;
  const heldBack = [{ ...held, since: RUN.startedAt, limit: "1" }];
  const report = judge({
    states: [
      stateOf("replicate", 0, { runs, routes: [{ source: SOURCE, destination: DESTINATION, runs, datasets: [] }] }),
      stateOf("prune-dst-snapshots", 0, { runs, heldBack }),
      stateOf("prune-src-snapshots", 0, { heldBack: [{ ...heldBack[0]!, host: "web1" }] }),
    ],
  });
  const runner = "bzfs jobrunner --config /etc/fleet.yaml";
  assertEquals(report.findings.map(({ remedy }) => remedy), [
    `${runner} --replicate`,
    `${runner} --replicate`,
    `${runner} --prune-dst-snapshots`,
    `${runner} --prune-dst-snapshots --dst-host nas --allow-deletions back/data`,
    `${runner} --prune-src-snapshots --src-host web1 --allow-deletions back/data`,
  ]);
});

Deno.test("a remedy repeats what was given, and prints a schedule of the whole job", () => {
  const held = { host: "nas", dataset: "back/data", what: "snapshots", count: 1, total: 2 } as const;
  const report = judge({
    given: ["--localhost=nas", "--log-dir=/var/log/it's", "--dst-host=nas"],
    dst: { kind: "missing", pool: { pool: "back", health: "ONLINE" } },
    expected: { ...EXPECTED, actions: [{ action: "replicate", warningMs: HOUR, criticalMs: HOUR }] },
    states: [stateOf("prune-dst-snapshots", 0, { heldBack: [{ ...held, since: RUN.startedAt, limit: "1" }] })],
  });
  const runner = "bzfs jobrunner --config /etc/fleet.yaml --localhost=nas '--log-dir=/var/log/it'\\''s'";
  assertEquals(report.findings.map(({ id, remedy }) => [id, remedy]), [
    ["never-received", `${runner} --dst-host=nas --create-src-snapshots --replicate`],
    ["run-missing", `${runner} --print-schedule=cron`],
    ["held-back", `${runner} --prune-dst-snapshots --dst-host nas --allow-deletions back/data`],
  ]);
});

Deno.test("what is not there is critical, and the same is told once however many routes it has", () => {
  const gone: RootFacts = { kind: "unreachable", message: "ssh: no route to host" };
  const report = judge({ dst: gone, expected: { ...EXPECTED, routes: [...EXPECTED.routes, ...EXPECTED.routes] } });
  assertEquals(idsOf(report), ["host-unreachable critical"]);
  assertEquals(report.totals.routesCritical, 2);
  const late = seen([dataset("tank/data", 5 * HOUR), dataset("tank/data/a", undefined)]);
  const other = { place: { host: "vault", dataset: "back/data" }, limits: [LIMITS] };
  const twice = judge({
    src: late,
    dst: seen([dataset("back/data", HOUR), dataset("back/data/a", HOUR)]),
    found: new Map([
      [keyOf(SOURCE), late],
      [keyOf(DESTINATION), seen([dataset("back/data", HOUR), dataset("back/data/a", HOUR)])],
      [keyOf(other.place), seen([dataset("back/data", HOUR), dataset("back/data/a", HOUR)])],
    ]),
    expected: { ...EXPECTED, routes: [...EXPECTED.routes, { ...EXPECTED.routes[0]!, destination: other }] },
  });
  assertEquals([idsOf(twice), twice.findings[0]!.about], [["source-late critical"], "web1 tank/data"]);
  assertEquals(twice.totals.routesCritical, 2);
  const pool = { pool: "back", health: "ONLINE" };
  assertEquals(idsOf(judge({ dst: { kind: "missing", pool } })), ["never-received critical"]);
  assertEquals(idsOf(judge({ src: { ...FRESH_SOURCE, datasets: [] } as RootFacts })), [
    "nothing-selected critical",
  ]);
  assertEquals(idsOf(judge({ found: new Map() })), ["route-late critical"]);
});

Deno.test("pools are judged by health and by how full they are", () => {
  for (
    const [change, id] of [
      [{ health: "DEGRADED" }, "pool-health warning"],
      [{ health: "SUSPENDED" }, "pool-health critical"],
      [{ health: undefined }, "pool-health warning"],
      [{ health: "ONLINE", capacityPercent: 89 }, undefined],
      [{ health: "ONLINE", capacityPercent: 90 }, "pool-full warning"],
      [{ health: "ONLINE", capacityPercent: 97 }, "pool-full critical"],
    ] as const
  ) {
    const dst = { ...FRESH_COPY, pool: { pool: "back", ...change } } as RootFacts;
    assertEquals(idsOf(judge({ dst })), id === undefined ? [] : [id]);
  }
});

const RUN = { startedAt: new Date(NOW).toISOString(), seconds: 0, exitStatus: 0, bytes: "0" };

/** The state of an action whose last run began and succeeded so many hours ago. */
function stateOf(action: string, hours: number, more: Partial<ActionState> = {}): ActionState {
  const at = new Date(NOW - hours * HOUR).toISOString();
  const run = { startedAt: at, seconds: 0, exitStatus: 0, bytes: "0" };
  const about = { format: 1, program: "bzfs", jobId: "fleet", action, host: "hub" } as const;
  return { ...about, runs: [run], succeededAt: at, routes: [], heldBack: [], ...more };
}

Deno.test("runs that do not take place, fail or do not end are found at their limits", () => {
  const expected = { ...EXPECTED, actions: [{ action: "replicate", warningMs: 2 * HOUR, criticalMs: 4 * HOUR }] };
  const failed = (hours: number): Partial<ActionState> => ({
    runs: [{ startedAt: new Date(NOW).toISOString(), seconds: 0, exitStatus: 1, bytes: "0", error: "no room" }],
    succeededAt: new Date(NOW - hours * HOUR).toISOString(),
  });
  const busy = (hours: number): Partial<ActionState> => ({ ...failed(hours), runs: [{ ...RUN, exitStatus: 4 }] });
  const torn = (hours: number | undefined): StatusInputs["unreadable"] => {
    const writtenAtMs = hours === undefined ? undefined : NOW - hours * HOUR;
    return new Map([["replicate", { why: "torn", writtenAtMs }]]);
  };
  const daemon = (hours: number, more: Partial<ActionState> = {}): ActionState =>
    stateOf("replicate", hours, { roundEndedAt: new Date(NOW - hours * HOUR).toISOString(), ...more });
  const running = (hours: number) => [{ action: "replicate", processId: 7, startedAtMs: NOW - hours * HOUR }];
  for (
    const [changes, ids] of [
      [{ states: [stateOf("replicate", 2)] }, []],
      [{ states: [stateOf("replicate", 2.1)] }, ["run-missing warning"]],
      [{ states: [stateOf("replicate", 4.1)] }, ["run-missing critical"]],
      [{}, ["run-missing warning"]],
      // An answer that another run is at work is none.
      [{ states: [stateOf("replicate", 0, busy(3))] }, []],
      [{ states: [stateOf("replicate", 0, busy(5))] }, ["run-failing critical"]],
      // What lies ahead proves nothing.
      [{ states: [stateOf("replicate", -0.05)] }, []],
      [{ states: [stateOf("replicate", -0.5)] }, ["clock-behind warning", "run-missing warning"]],
      [{ states: [stateOf("replicate", -1.5)] }, ["clock-behind critical", "run-missing warning"]],
      [{ states: [stateOf("replicate", 9, { runs: [{ ...RUN, seconds: 1e15 }] })] }, [
        "clock-behind critical",
        "run-missing warning",
      ]],
      [{ states: [stateOf("replicate", 0, { ...failed(1), succeededAt: "2027-01-01T00:00:00.000Z" })] }, [
        "clock-behind critical",
        "run-failing critical",
      ]],
      [{ states: [stateOf("replicate", 0, failed(1))] }, ["run-failed warning"]],
      [{ states: [stateOf("replicate", 0, failed(5))] }, ["run-failing critical"]],
      [{ states: [stateOf("replicate", 9)], running: running(0.9) }, []],
      [{ states: [stateOf("replicate", 9)], running: running(1.1) }, ["run-stuck warning"]],
      // A daemon is at work for long, and has to end rounds.
      [{ states: [daemon(0.5)], running: running(99) }, []],
      [{ states: [daemon(2.1)], running: running(99) }, ["run-stuck warning"]],
      [{ states: [daemon(4.1)], running: running(99) }, ["run-stuck critical"]],
      [{ states: [daemon(4.1)], running: running(0.1) }, []],
      [{ states: [daemon(-0.05)], running: running(99) }, []],
      [{ states: [daemon(-9)], running: running(99) }, ["clock-behind critical", "run-stuck critical"]],
      [{ states: [daemon(4.1)] }, ["run-missing critical"]],
      [{ states: [daemon(0.5, failed(1))], running: running(99) }, ["run-failed warning"]],
      [{ states: [daemon(0.5, failed(5))], running: running(99) }, ["run-failing critical"]],
      [{ unreadable: torn(1) }, ["state-unreadable warning"]],
      [{ unreadable: torn(5) }, ["run-missing critical", "state-unreadable warning"]],
      [{ unreadable: torn(undefined) }, ["state-unreadable warning", "run-missing warning"]],
      [{ isStranger: true }, ["run-missing warning"]],
      [{ states: [stateOf("replicate", 0, { lostAt: "2026-11-29T11:00:00.000Z" })] }, ["state-lost warning"]],
    ] as const
  ) assertEquals<readonly string[]>(idsOf(judge({ expected, ...changes })), ids, JSON.stringify(changes));
});

Deno.test("a host without a part in the schedule says so, and warns if runs have been there", () => {
  const inSchedule = judge({
    expected: { ...EXPECTED, actions: [{ action: "a", warningMs: HOUR, criticalMs: HOUR }] },
  });
  const zone = { offsetAt: () => ({ seconds: 0 }) } as never;
  assertEquals(renderTable(inSchedule, zone).includes("no run is expected"), false);
  const [alone, stranger] = [judge(), judge({ isStranger: true })];
  assertStringIncludes(renderTable(alone, zone), "1 route: 1 ok, 0 warning, 0 critical; no run is expected of hub\n");
  assertEquals([idsOf(alone), idsOf(stranger)], [[], ["host-not-in-job warning"]]);
});

Deno.test("what was set aside is listed with the time that its name says, if there is such a time", () => {
  const aside = ["01-02_03:04:05", "02-30_03:04:05"].map((time) => `back/data/a_aside_2026-${time}`);
  const report = judge({
    dst: { ...seen([dataset("back/data", HOUR)]), aside: [...aside, "back/data/a_aside_new"] } as RootFacts,
  });
  assertEquals(report.aside.map(({ since }) => since), ["2026-01-02T03:04:05.000Z", undefined, undefined]);
});

Deno.test("a removable destination that is away is judged by what arrived last", () => {
  const expected = { ...EXPECTED, routes: EXPECTED.routes.map((route) => ({ ...route, isRemovable: true })) };
  const dst: RootFacts = { kind: "no-pool", pool: "back", message: "not imported" };
  const known = (hours: number): ActionState =>
    stateOf("replicate", 0, {
      routes: [{
        ...{ source: SOURCE, destination: DESTINATION, runs: [], datasets: [] },
        sentAt: new Date(NOW - hours * HOUR).toISOString(),
      }],
    });
  assertEquals(idsOf(judge({ expected, dst, states: [known(1)] })), []);
  assertEquals(idsOf(judge({ expected, dst, states: [known(3)] })), ["removable-away warning"]);
  assertEquals(idsOf(judge({ expected, dst, states: [known(5)] })), ["removable-away critical"]);
  assertEquals(idsOf(judge({ expected, dst })), ["removable-away critical"]);
  assertEquals(idsOf(judge({ expected, dst, states: [known(-2)] })), [
    "clock-behind critical",
    "removable-away critical",
  ]);
  assertEquals(idsOf(judge({ dst, states: [known(1)] })), ["pool-not-imported critical"]);
});

Deno.test("a name of others steers no terminal, ends no line and adds no numbers, in any form", () => {
  const evil = "a\x1b[2J\n|; x=1 {} <script>\u202e\x07\r";
  const place = { host: evil, dataset: `tank/${evil}` };
  const report = judge({
    expected: { ...EXPECTED, routes: [{ source: { place, limits: [LIMITS] }, isRemovable: false }] },
    found: new Map([[keyOf(place), { kind: "unreachable", message: evil, hint: evil } as const]]),
    states: [stateOf("replicate", 0, {
      runs: [{
        startedAt: "2026-11-29T11:00:00.000Z",
        seconds: 1,
        exitStatus: 1,
        bytes: "0",
        error: evil,
        command: evil,
      }],
      heldBack: [{
        host: evil,
        dataset: evil,
        what: "snapshots",
        count: 1,
        total: 2,
        since: "2026-11-29T11:00:00.000Z",
        limit: evil,
      }],
    })],
    host: evil,
    jobFile: evil,
  });
  const table = renderTable(report, { offsetAt: () => ({ seconds: 0 }) } as never);
  const nagios = renderNagios(report);
  const json = jsonOf(report, 2);
  for (const text of [table, nagios, json]) assertEquals(text.match(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/g), null);
  assertEquals(nagios.split("\n").length - 1, 1 + report.findings.length);
  for (const [index, line] of nagios.trimEnd().split("\n").entries()) {
    assertEquals(line.split("|").length, index === 0 ? 2 : 1, line);
  }
  assertEquals(JSON.parse(json), JSON.parse(JSON.stringify(report)));
  assertEquals(
    table.split("\n").filter((line) => line.startsWith("CRITICAL") || line.startsWith("WARNING")).length,
    report.findings.length,
  );
  assertStringIncludes(table, "\\x1b[2J");
  assert(report.findings.length >= 3);
});
