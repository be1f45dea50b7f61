/** What runs leave behind: the fold of their events, and reading it again. Source: docs/spec/status.md §5. */
import { readState, StateFold } from "../../../../lib/report/status/mod.ts";
import type { FleetEvent } from "../../../../lib/report/events.ts";
import type { ActionState } from "../../../../lib/model/status/mod.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { schemaErrors } from "../../../support/json_schema.ts";
import { STATE_SCHEMA } from "../../../../scripts/status_schema.ts";

const T0 = "2026-11-29T10:00:00.000Z";
const T1 = "2026-11-29T10:00:30.000Z";
const NOW = "2026-11-29T10:01:00.000Z";
const ABOUT = { jobId: "fleet", host: "nas", actions: ["replicate", "prune-dst-snapshots"] } as const;
const SUBJOB = { subjob: "s" } as const;
const OF_PAIR = { ...SUBJOB, pair: 0, phase: "replicate", side: "src" } as const;

function started(more: Partial<Extract<FleetEvent, { event: "subjob-started" }>> = {}): FleetEvent {
  return {
    event: "subjob-started",
    ...SUBJOB,
    action: "replicate",
    source: "web1",
    destination: "nas",
    arguments: [],
    ...more,
  };
}

const PAIR: readonly FleetEvent[] = [
  { ...SUBJOB, event: "pair-started", pair: 0, source: "web1:tank/data", destination: "-:back/web1/data" },
  {
    ...{ ...SUBJOB, event: "pair-opened", pair: 0 },
    ...{ sourcePlace: { host: "web1", poolGuid: "1" }, destinationPlace: { host: "localhost", poolGuid: "2" } },
  },
];

function sent(dataset: string): FleetEvent {
  return {
    ...{ ...OF_PAIR, event: "sent", performed: true, dataset, destination: dataset.replace("tank", "back/web1") },
    ...{ kind: "incremental", to: "@2", guid: "9", snapshots: 1, bytes: "100", seconds: 1 },
  };
}

const PAIR_ENDED: FleetEvent = { ...SUBJOB, event: "pair-ended", pair: 0, seconds: 20 };
const DONE: FleetEvent = { ...SUBJOB, event: "subjob-ended", exitStatus: 0, seconds: 30 };
const ERROR = {
  ...{ type: "CommandError", message: "cannot receive", exitStatus: 1 },
  command: { text: "zfs receive back", host: "nas", status: 1, fault: "unknown" },
} as const;

/** The state after a run of these events. */
function stateAfter(
  events: readonly FleetEvent[],
  before?: ActionState | "lost",
  action: "replicate" | "prune-dst-snapshots" = "replicate",
): ActionState {
  const fold = new StateFold(ABOUT, T0);
  for (const event of events) fold.add(event.event === "subjob-ended" ? T1 : T0, event);
  const state = fold.stateOf(action, before, NOW)!;
  assertEquals(schemaErrors(JSON.parse(JSON.stringify(state)), STATE_SCHEMA), []);
  assertEquals(readState(JSON.stringify(state)), state);
  return state;
}

const GOOD = [started(), ...PAIR, sent("tank/data"), sent("tank/data/sub"), PAIR_ENDED, DONE];

Deno.test("the state of a run that succeeded", () => {
  const state = stateAfter(GOOD);
  const point = { startedAt: T0, exitStatus: 0, bytes: "200" };
  assertEquals(state.runs, [{ ...point, seconds: 30 }]);
  assertEquals(state.succeededAt, NOW);
  assertEquals(state.routes, [{
    source: { host: "web1", dataset: "tank/data" },
    destination: { host: "nas", dataset: "back/web1/data" },
    sourcePool: "1",
    destinationPool: "2",
    runs: [{ ...point, seconds: 20 }],
    succeededAt: NOW,
    sentAt: NOW,
    datasets: [{ name: "", seenAt: NOW }, { name: "/sub", seenAt: NOW }],
  }]);
});

Deno.test("a run that fails keeps what was known, and says why", () => {
  const before = stateAfter(GOOD);
  for (
    const events of [
      [started(), ...PAIR, { ...PAIR_ENDED, error: ERROR }, { ...DONE, exitStatus: 1 }],
      [started(), { ...SUBJOB, event: "run-ended", exitStatus: 1, seconds: 1, error: ERROR }, {
        ...DONE,
        exitStatus: 1,
      }],
      [started(), ...PAIR, { ...OF_PAIR, event: "failed", dataset: "tank/data", error: ERROR }, PAIR_ENDED, {
        ...DONE,
        exitStatus: 1,
      }],
    ] as readonly (readonly FleetEvent[])[]
  ) {
    const state = stateAfter(events, before);
    const [route] = state.routes;
    assertEquals(route!.runs.map(({ exitStatus, error, command }) => [exitStatus, error, command]), [
      [0, undefined, undefined],
      [1, "cannot receive", "zfs receive back"],
    ]);
    assertEquals([route!.succeededAt, route!.datasets.length, state.runs.length], [NOW, 2, 2]);
  }
});

Deno.test("a subjob that was skipped has failed, and a run without subjobs ends as it says", () => {
  const skipped = stateAfter([
    {
      ...SUBJOB,
      event: "subjob-skipped",
      action: "replicate",
      source: "web1",
      destination: "nas",
      reason: "earlier-failure",
    },
  ], stateAfter(GOOD));
  assertEquals(skipped.routes[0]!.runs.at(-1)!.exitStatus, 3);
  assertEquals(skipped.runs.at(-1)!.error, "it waits for a step that has failed");
  const none = stateAfter([{ event: "fleet-ended", exitStatus: 3, seconds: 1, error: ERROR }]);
  assertEquals([none.runs[0]!.exitStatus, none.succeededAt], [3, undefined]);
  // A subjob that never ended did not succeed.
  assertEquals(stateAfter([started(), ...PAIR]).runs[0]!.exitStatus, 3);
});

Deno.test("of runs the last thirty are kept, and a renamed dataset is expected under its new name only", () => {
  let state = stateAfter(GOOD);
  for (let i = 0; i < 40; i++) state = stateAfter(GOOD, state);
  assertEquals([state.runs.length, state.routes[0]!.runs.length], [30, 30]);
  const renamed = stateAfter([
    started(),
    ...PAIR,
    {
      ...OF_PAIR,
      event: "renamed",
      performed: true,
      dataset: "back/web1/data/new",
      from: "back/web1/data/sub",
      guid: "1",
    },
    sent("tank/data/new"),
    PAIR_ENDED,
    DONE,
  ], state);
  assertEquals(renamed.routes[0]!.datasets.map(({ name }) => name), ["", "/new"]);
});

Deno.test("held back is told since the first run that did it, until one looks there again and does not", () => {
  const prune = { action: "prune-dst-snapshots", arguments: ["--delete-limit=30% and 10"] } as const;
  const held: FleetEvent = {
    ...{ ...OF_PAIR, event: "held-back", side: "dst", dataset: "back/web1/data", performed: true, what: "snapshot" },
    ...{ reason: "limit", of: 20, losses: [{ name: "a@1", guid: "1" }] },
  };
  const pair: FleetEvent = {
    ...SUBJOB,
    event: "pair-started",
    pair: 0,
    source: "dummy",
    destination: "-:back/web1/data",
  };
  const first = stateAfter([started(prune), pair, held, { ...DONE, exitStatus: 5 }], undefined, "prune-dst-snapshots");
  const expected = {
    ...{ host: "nas", dataset: "back/web1/data", what: "snapshots", count: 1, total: 20, since: T0 },
    limit: "30% and 10",
  };
  assertEquals<unknown>(first.heldBack, [expected]);
  assert(first.succeededAt !== undefined);
  const later = { ...first, heldBack: [{ ...first.heldBack[0]!, since: "2026-11-01T00:00:00.000Z" }] };
  const again = stateAfter([started(prune), pair, held, { ...DONE, exitStatus: 5 }], later, "prune-dst-snapshots");
  assertEquals(again.heldBack.map(({ since }) => since), ["2026-11-01T00:00:00.000Z"]);
  const failed = stateAfter([started(prune), pair, { ...DONE, exitStatus: 1 }], later, "prune-dst-snapshots");
  assertEquals(failed.heldBack.length, 1);
  assertEquals(stateAfter([started(prune), pair, DONE], later, "prune-dst-snapshots").heldBack, []);
});

Deno.test("that a file was lost is remembered until thirty runs are known again", () => {
  let state = stateAfter(GOOD, "lost");
  assertEquals(state.lostAt, NOW);
  for (let i = 0; i < 28; i++) state = stateAfter(GOOD, state);
  assertEquals(state.lostAt, NOW);
  for (let i = 0; i < 2; i++) state = stateAfter(GOOD, state);
  assertEquals(state.lostAt, undefined);
});

Deno.test("readState() takes no file that is cut or changed anywhere", () => {
  const text = JSON.stringify(stateAfter(GOOD, "lost"));
  for (let end = 0; end < text.length; end++) assertEquals(readState(text.slice(0, end)), undefined);
  for (
    const [from, to] of [
      ['"format":1', '"format":2'],
      ['"exitStatus":0', '"exitStatus":"0"'],
      [T0, "yesterday"],
      ['"bytes":"200"', '"bytes":200'],
      ['"host":"web1"', '"host":null'],
      ['"runs":[', '"runs":[null,'],
    ] as const
  ) {
    assert(text.includes(from), from);
    for (let at = text.indexOf(from); at >= 0; at = text.indexOf(from, at + 1)) {
      assertEquals(readState(text.slice(0, at) + to + text.slice(at + from.length)), undefined, `${to} at ${at}`);
    }
  }
  for (const other of ["", "null", "[]", "1", "{}"]) assertEquals(readState(other), undefined);
});

Deno.test("a text that is cut says so, and a run that had nothing to do is no success", () => {
  const long = "zfs destroy ".padEnd(600, "x");
  const error = { ...ERROR, message: long, command: { ...ERROR.command, text: long } };
  const events: FleetEvent[] = [
    started(),
    ...PAIR,
    { ...SUBJOB, event: "pair-ended", pair: 0, seconds: 1, error },
    { ...DONE, exitStatus: 1 } as FleetEvent,
  ];
  const last = stateAfter(events).routes[0]!.runs[0]!;
  assertEquals([last.error, last.command], Array(2).fill(`${long.slice(0, 500)}…`));
  assertEquals([stateAfter([]).runs.length, stateAfter([]).succeededAt], [1, undefined]);
});

const ROUND: FleetEvent = { ...SUBJOB, event: "round-ended", exitStatus: 0, seconds: 1 };
const FAILED_ROUND: FleetEvent = { ...SUBJOB, event: "round-ended", exitStatus: 1, seconds: 1, error: ERROR };
const ROUNDS_ABOUT = { ...ABOUT, actions: ["replicate"] } as const;

/** The time so many seconds after the start. */
function second(seconds: number): string {
  return new Date(Date.parse(T0) + seconds * 1000).toISOString();
}

/** A daemon whose state is written whenever it should be. */
class Daemon {
  readonly fold = new StateFold(ROUNDS_ABOUT, T0);
  /** What is in the file. */
  state: ActionState | undefined;
  /** When it was written. */
  readonly writtenAt: number[] = [];

  take(seconds: number, ...events: readonly FleetEvent[]): this {
    for (const event of events) {
      const action = this.fold.add(second(seconds), event);
      if (action === undefined) continue;
      this.state = this.fold.stateOfRounds(action, this.state, second(seconds))!;
      this.fold.settle(action, second(seconds));
      this.writtenAt.push(seconds);
      assertEquals(schemaErrors(JSON.parse(JSON.stringify(this.state)), STATE_SCHEMA), []);
      assertEquals(readState(JSON.stringify(this.state)), this.state);
    }
    return this;
  }

  end(seconds: number, ...events: readonly FleetEvent[]): ActionState | undefined {
    this.take(seconds, ...events);
    return this.fold.stateOf("replicate", this.state, second(seconds));
  }

  get runs(): readonly (readonly [seconds: number, exitStatus: number, bytes: string])[] {
    return this.state!.runs.map(({ startedAt, exitStatus, bytes }) => [
      (Date.parse(startedAt) - Date.parse(T0)) / 1000,
      exitStatus,
      bytes,
    ]);
  }
}

/** Pairs of a round, as if they began with it. */
const SENT_ROUND = [...PAIR, sent("tank/data"), PAIR_ENDED];

Deno.test("a daemon's rounds are written as runs: the first one, another outcome, otherwise each minute", () => {
  const daemon = new Daemon().take(0, started()).take(1, ...SENT_ROUND, ROUND);
  assertEquals([daemon.writtenAt, daemon.state!.succeededAt], [[1], second(1)]);
  for (let now = 2; now < 61; now++) daemon.take(now, ...SENT_ROUND, ROUND);
  assertEquals(daemon.writtenAt, [1]);
  daemon.take(61, ...SENT_ROUND, ROUND);
  // What was not written is told with the next one.
  assertEquals([daemon.writtenAt, daemon.runs], [[1, 61], [[0, 0, "100"], [2, 0, "6000"]]]);
  daemon.take(62, ...PAIR, { ...PAIR_ENDED, error: ERROR }, FAILED_ROUND);
  const { runs, succeededAt, routes: [route] } = daemon.state!;
  assertEquals([runs.at(-1)!.exitStatus, runs.at(-1)!.error, succeededAt], [1, "cannot receive", second(61)]);
  assertEquals([route!.runs.at(-1)!.exitStatus, route!.sentAt, route!.datasets.length], [1, second(61), 1]);
  for (let now = 63; now < 100; now++) daemon.take(now, ...PAIR, { ...PAIR_ENDED, error: ERROR }, FAILED_ROUND);
  assertEquals(daemon.writtenAt, [1, 61, 62]);
  daemon.take(100, ...SENT_ROUND, ROUND);
  assertEquals([daemon.writtenAt, daemon.state!.succeededAt], [[1, 61, 62, 100], second(100)]);
  assertEquals(daemon.state!.routes[0]!.runs.map(({ exitStatus }) => exitStatus), [0, 0, 1, 0]);
  // A clock that was set back keeps nothing from being written.
  daemon.take(-5000, ...SENT_ROUND, ROUND);
  assertEquals(daemon.writtenAt.at(-1), -5000);
});

Deno.test("a daemon that is killed leaves its last written round, and what is in the middle is none", () => {
  const daemon = new Daemon().take(0, started()).take(1, ...SENT_ROUND, ROUND);
  const written = JSON.stringify(daemon.state);
  // SIGKILL: nothing follows.
  daemon.take(2, ...PAIR, sent("tank/data"));
  assertEquals([JSON.stringify(daemon.state), daemon.runs], [written, [[0, 0, "100"]]]);
  assertEquals(daemon.state!.roundEndedAt, second(1));
});

Deno.test("the end of a daemon is written if it says more than its last round", () => {
  const after = (): Daemon => new Daemon().take(0, started()).take(1, ...SENT_ROUND, ROUND);
  const ended = (exitStatus: number): FleetEvent => ({ ...DONE, exitStatus } as FleetEvent);
  assertEquals(after().end(2, ended(0)), undefined);
  const unwritten = after().take(2, ...SENT_ROUND, ROUND).end(3, ended(0))!;
  assertEquals(unwritten.runs.map(({ exitStatus, bytes }) => [exitStatus, bytes]), [[0, "100"], [0, "100"]]);
  assertEquals([unwritten.succeededAt, unwritten.roundEndedAt], [second(3), second(2)]);
  const interrupted = after().take(2, ...PAIR);
  // Another outcome is written at once, and needs not be written again.
  assertEquals(interrupted.end(3, ended(1)), undefined);
  assertEquals(interrupted.runs, [[0, 0, "100"], [2, 1, "0"]]);
  // Of a failure that was tolerated, the daemon does not end with its status.
  const tolerated = after().take(2, ...PAIR, { ...PAIR_ENDED, error: ERROR }, FAILED_ROUND);
  assertEquals(tolerated.end(3, ended(0)), undefined);
  assertEquals(tolerated.state!.runs.at(-1)!.exitStatus, 1);
});

Deno.test("of several daemons of an action the worst counts, and the one that is silent for longest", () => {
  const of = (subjob: string, event: FleetEvent): FleetEvent => ({ ...event, subjob }) as FleetEvent;
  const round = (subjob: string, end: FleetEvent = ROUND): FleetEvent[] =>
    [...SENT_ROUND, end].map((event) => of(subjob, event));
  const daemon = new Daemon().take(0, of("a", started()), of("b", started({ destination: "hub" })));
  daemon.take(1, ...round("a"));
  // The other one is in its first round since the start.
  assertEquals([daemon.state!.succeededAt, daemon.state!.roundEndedAt], [second(1), T0]);
  daemon.take(100, ...round("b", FAILED_ROUND));
  assertEquals([daemon.runs.at(-1)![1], daemon.state!.succeededAt], [1, second(1)]);
  daemon.take(200, ...round("a"));
  assertEquals([daemon.runs.at(-1)![1], daemon.state!.succeededAt], [1, second(1)]);
  assertEquals(daemon.state!.roundEndedAt, second(100));
  daemon.take(201, ...round("b"));
  assertEquals([daemon.state!.succeededAt, daemon.state!.roundEndedAt], [second(201), second(200)]);
  // One that has ended badly is not made good by the others.
  daemon.take(202, of("b", { ...DONE, exitStatus: 1 } as FleetEvent));
  daemon.take(300, ...round("a"));
  assertEquals([daemon.writtenAt.slice(-2), daemon.runs.at(-1)![1]], [[202, 300], 1]);
  assertEquals(daemon.state!.roundEndedAt, second(300));
  assertEquals(daemon.state!.routes.map(({ runs }) => runs.at(-1)!.exitStatus), [0, 1]);
});

Deno.test("what a daemon holds back is that of its last round", () => {
  const held: FleetEvent = {
    ...{ ...OF_PAIR, event: "held-back", side: "dst", dataset: "back/web1/data", performed: true, what: "snapshot" },
    ...{ reason: "limit", of: 20, losses: [{ name: "a@1", guid: "1" }] },
  };
  const daemon = new Daemon().take(0, started());
  for (let now = 1; now < 200; now++) {
    daemon.take(now, ...PAIR, held, PAIR_ENDED, { ...ROUND, exitStatus: 5 } as FleetEvent);
  }
  assertEquals(daemon.state!.heldBack.map(({ since, count }) => [since, count]), [[second(1), 1]]);
  daemon.take(200, ...SENT_ROUND, ROUND);
  assertEquals(daemon.state!.heldBack, []);
});

Deno.test("a run that is no daemon is written at its end only, and one that finds a daemon at work does not hide it", () => {
  const fold = new StateFold(ROUNDS_ABOUT, T0);
  assertEquals(GOOD.flatMap((event) => fold.add(T0, event) ?? []), []);
  const { state } = new Daemon().take(0, started()).take(1, ...SENT_ROUND, ROUND);
  assertEquals(stateAfter(GOOD, state).roundEndedAt, undefined);
  const busy = stateAfter([started(), { ...DONE, exitStatus: 4 } as FleetEvent], state);
  assertEquals([busy.runs.at(-1)!.exitStatus, busy.roundEndedAt], [4, second(1)]);
});
