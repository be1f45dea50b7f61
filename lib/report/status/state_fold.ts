/**
 * What a run of the job runner leaves behind for `bzfs status`: a pure fold of its events, joined with what was there before.
 * Source: docs/spec/status.md §5.
 * @module
 */
import { isWithin } from "../../model/dataset.ts";
import { BUSY_STATUS, HELD_BACK_STATUS } from "../../model/errors.ts";
import type { FleetAction } from "../../model/fleet.ts";
import {
  type ActionState,
  FORGOTTEN_AFTER_MS,
  type HeldBack,
  isDone,
  isFine,
  type Place,
  type RouteState,
  type RunPoint,
  STATE_FORMAT,
} from "../../model/status/mod.ts";
import type { FleetEvent, SubjobAbout } from "../events.ts";
import type { Failure } from "../failure.ts";
import { type PairWork, type SubjobOutcome, SubjobWork } from "./state_work.ts";

/** Runs that are kept, of an action and of each route. */
const MOST_RUNS = 30;

/** Characters of a text of others that are kept. */
const MOST_TEXT = 500;

/** A run of the job runner. */
export interface FleetRunAbout {
  readonly jobId: string;
  /** Name of this host in the job file. */
  readonly host: string;
  /** What was asked for. */
  readonly actions: readonly FleetAction[];
}

/** How often a daemon whose rounds end as before is written, in milliseconds. */
const WRITTEN_EVERY_MS = 60_000;

/** Takes the events of a run. */
export class StateFold {
  readonly #about: FleetRunAbout;
  readonly #startedAt: string;
  readonly #subjobs = new Map<string, SubjobWork>();
  /** When the rounds of an action were written, and how the subjobs stood then. */
  readonly #written = new Map<FleetAction, { readonly at: string; readonly statuses: string }>();
  #end: { readonly exitStatus: number; readonly seconds: number; readonly error?: Failure } = {
    exitStatus: 3,
    seconds: 0,
  };

  /** @param startedAt ISO 8601, UTC */
  constructor(about: FleetRunAbout, startedAt: string) {
    this.#about = about;
    this.#startedAt = startedAt;
  }

  /**
   * Takes the next event, which happened at a time: ISO 8601, UTC.
   *
   * Returns the action of which a state is to be written now, although the run goes on: a round of a daemon has ended, or one
   * of several daemons, with another outcome than before, or long enough after the last one.
   */
  add(at: string, event: FleetEvent): FleetAction | undefined {
    switch (event.event) {
      case "fleet-started":
        return;
      case "fleet-ended":
        this.#end = event;
        return;
      case "subjob-started":
        this.#subjobs.set(event.subjob, new SubjobWork(event, at, event.arguments));
        return;
      case "subjob-skipped": {
        const message = event.reason === "interrupted" ? "it was interrupted" : "it waits for a step that has failed";
        const skipped = new SubjobWork(event, at);
        skipped.end(at, 3, { message });
        this.#subjobs.set(event.subjob, skipped);
        return;
      }
    }
    const subjob = this.#subjobs.get(event.subjob);
    if (subjob === undefined) return;
    if (event.event === "subjob-ended") subjob.end(at, event.exitStatus);
    else subjob.take(event, at);
    if (event.event !== "subjob-ended" && event.event !== "round-ended") return;
    return this.#isDue(subjob.about.action, at) ? subjob.about.action : undefined;
  }

  #isDue(action: FleetAction, at: string): boolean {
    const subjobs = this.#subjobsOf(action);
    // Without a daemon the end of the run is soon enough.
    if (!subjobs.some(({ roundEndedAt }) => roundEndedAt !== undefined)) return false;
    const outcomes = outcomesOf(subjobs, false);
    if (!outcomes.some(({ isNews }) => isNews)) return false;
    const statuses = JSON.stringify(outcomes.map(({ about, exitStatus }) => [about, exitStatus]));
    const written = this.#written.get(action);
    // A clock that was set back must not keep it from being written.
    const isRecent = written !== undefined && Math.abs(Date.parse(at) - Date.parse(written.at)) < WRITTEN_EVERY_MS;
    if (isRecent && statuses === written.statuses) return false;
    this.#written.set(action, { at, statuses });
    return true;
  }

  #subjobsOf(action: FleetAction): SubjobWork[] {
    return [...this.#subjobs.values()].filter(({ about }) => about.action === action);
  }

  /** Actions of which something is to be kept. */
  get actions(): readonly FleetAction[] {
    return this.#about.actions;
  }

  /**
   * The state of an action after this run; `undefined` if nothing has happened since it was written.
   *
   * @param before what was kept; `lost` = it was there and could not be read
   * @param now ISO 8601, UTC
   */
  stateOf(action: FleetAction, before: ActionState | "lost" | undefined, now: string): ActionState | undefined {
    const subjobs = this.#subjobsOf(action);
    return this.#stateOf(action, { subjobs, outcomes: outcomesOf(subjobs, true) }, before, now);
  }

  /** The same after the last rounds of daemons that are at work. */
  stateOfRounds(action: FleetAction, before: ActionState | "lost" | undefined, now: string): ActionState | undefined {
    const subjobs = this.#subjobsOf(action);
    return this.#stateOf(action, { subjobs, outcomes: outcomesOf(subjobs, false) }, before, now);
  }

  /** What {@linkcode stateOfRounds} said was written at a time: ISO 8601, UTC. */
  settle(action: FleetAction, now: string): void {
    for (const subjob of this.#subjobsOf(action)) subjob.settle(now);
  }

  #stateOf(
    action: FleetAction,
    { subjobs, outcomes }: { readonly subjobs: readonly SubjobWork[]; readonly outcomes: readonly SubjobOutcome[] },
    before: ActionState | "lost" | undefined,
    now: string,
  ): ActionState | undefined {
    const news = outcomes.filter(({ isNews }) => isNews);
    if (subjobs.length > 0 && news.length === 0) return undefined;
    const known = before === "lost" ? undefined : before;
    const point = subjobs.length === 0 ? this.#pointOfRun() : pointOf(outcomes, news);
    const lostAt = before === "lost"
      ? now
      : known !== undefined && known.runs.length < MOST_RUNS
      ? known.lostAt
      : undefined;
    // A run that found a daemon at work has not put an end to it.
    const ofOthers = point.exitStatus === BUSY_STATUS ? known?.roundEndedAt : undefined;
    const roundEndedAt = oldestRound(subjobs) ?? ofOthers;
    return {
      format: STATE_FORMAT,
      program: "bzfs",
      jobId: this.#about.jobId,
      action,
      host: this.#about.host,
      runs: [...known?.runs ?? [], point].slice(-MOST_RUNS),
      // A run that had nothing to do proves nothing.
      ...succeeded(known?.succeededAt, subjobs.length === 0 ? undefined : point, now),
      routes: routesOf(news, known?.routes ?? [], now),
      heldBack: heldBackOf(news, known?.heldBack ?? []),
      ...(lostAt === undefined ? {} : { lostAt }),
      ...(roundEndedAt === undefined ? {} : { roundEndedAt }),
    };
  }

  /** Of a run without subjobs. */
  #pointOfRun(): RunPoint {
    const { exitStatus, seconds, error } = this.#end;
    return {
      startedAt: this.#startedAt,
      seconds,
      exitStatus: error === undefined ? 0 : exitStatus,
      bytes: "0",
      ...whyOf(error),
    };
  }
}

function outcomesOf(subjobs: readonly SubjobWork[], isOver: boolean): SubjobOutcome[] {
  return subjobs.flatMap((subjob) => subjob.outcome(isOver) ?? []);
}

/** When the daemon that is silent for longest has ended its last round, or was started; `undefined` if none is a daemon. */
function oldestRound(subjobs: readonly SubjobWork[]): string | undefined {
  const rounds = subjobs.flatMap(({ roundEndedAt }) => roundEndedAt ?? []).toSorted();
  if (rounds.length === 0) return undefined;
  const silent = subjobs.flatMap(({ silentSince }) => silentSince ?? []).toSorted();
  return silent[0] ?? rounds.at(-1)!;
}

/** How the action stands, and what was done for it since it was written. */
function pointOf(outcomes: readonly SubjobOutcome[], news: readonly SubjobOutcome[]): RunPoint {
  const exitStatus = worstOf(outcomes);
  const culprit = outcomes.find((outcome) => outcome.exitStatus === exitStatus);
  const startedAt = news.map((outcome) => outcome.startedAt).toSorted()[0]!;
  const endedMs = Math.max(...news.map(({ endedAt }) => Date.parse(endedAt)));
  const bytes = news.flatMap(({ pairs }) => [...pairs.values()]).reduce((sum, pair) => sum + pair.bytes, 0n);
  return {
    startedAt,
    seconds: Math.max(0, (endedMs - Date.parse(startedAt)) / 1000),
    exitStatus,
    bytes: String(bytes),
    ...(exitStatus === 0 ? {} : whyOf(culprit?.error)),
  };
}

/** The worst status: failures before "held back", that before "busy", that before success. */
function worstOf(outcomes: readonly SubjobOutcome[]): number {
  const statuses = outcomes.map(({ exitStatus }) => exitStatus);
  return statuses.find((status) => !isFine(status)) ??
    [HELD_BACK_STATUS, BUSY_STATUS].find((status) => statuses.includes(status)) ?? 0;
}

function whyOf(error: Pick<Failure, "message" | "command"> | undefined): Pick<RunPoint, "error" | "command"> {
  if (error === undefined) return {};
  const { message, command } = error;
  return {
    error: cut(message),
    ...(command === undefined ? {} : { command: cut(command.text) }),
  };
}

/** What is cut says so: half a command must not be taken for a whole one. */
function cut(text: string): string {
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}…`;
}

function succeeded(
  before: string | undefined,
  point: RunPoint | undefined,
  now: string,
): Pick<ActionState, "succeededAt"> {
  const succeededAt = point !== undefined && isDone(point.exitStatus) ? now : before;
  return succeededAt === undefined ? {} : { succeededAt };
}

/** Held back is what these subjobs have held back, and what was so before at places that they did not look at. */
function heldBackOf(subjobs: readonly SubjobOutcome[], before: readonly HeldBack[]): HeldBack[] {
  const isSame = (a: HeldBack, b: HeldBack): boolean =>
    a.host === b.host && a.dataset === b.dataset && a.what === b.what;
  const now = subjobs.flatMap(({ heldBack }) => heldBack).map((held) => ({
    ...held,
    since: before.find((other) => isSame(other, held))?.since ?? held.since,
  }));
  const isLookedAt = ({ host, dataset }: HeldBack): boolean =>
    subjobs.some(({ about, exitStatus, pairs }) =>
      isDone(exitStatus) && (about.destination ?? about.source) === host &&
      [...pairs.values()].some(({ source, destination }) =>
        [source, destination].some((root) => isWithin(dataset, root))
      )
    );
  return [...before.filter((held) => !isLookedAt(held) && !now.some((other) => isSame(other, held))), ...now];
}

/** Actions of which routes are kept. */
const WITH_ROUTES: ReadonlySet<FleetAction> = new Set(["create-src-snapshots", "replicate"]);

function routesOf(subjobs: readonly SubjobOutcome[], before: readonly RouteState[], now: string): RouteState[] {
  const routes = new Map(before.map((route) => [keyOf(route), route]));
  for (const subjob of subjobs.filter(({ about }) => WITH_ROUTES.has(about.action))) {
    const { about, pairs } = subjob;
    const touched = new Set<string>();
    const isExplained = [...pairs.values()].some(({ error }) => error !== undefined);
    for (const pair of pairs.values()) {
      const places = placesOf(about, pair);
      touched.add(keyOf(places));
      const own = pair.error === undefined && isExplained ? 0 : subjob.exitStatus;
      const error = pair.error ?? (own === 0 ? undefined : subjob.error);
      const point: RunPoint = {
        startedAt: subjob.startedAt,
        seconds: pair.seconds,
        exitStatus: pair.error?.exitStatus ?? own,
        bytes: String(pair.bytes),
        ...whyOf(error),
      };
      routes.set(keyOf(places), joined(places, pair, { point, before: routes.get(keyOf(places)), now }));
    }
    if (isDone(subjob.exitStatus)) continue;
    // Pairs that it did not come to.
    for (const [key, route] of routes) {
      const isIts = route.source.host === about.source && route.destination?.host === about.destination &&
        (about.datasets?.includes(route.source.dataset) ?? true);
      if (!isIts || touched.has(key)) continue;
      const { startedAt, endedAt, error } = subjob;
      const seconds = Math.max(0, (Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
      const point = { startedAt, seconds, exitStatus: subjob.exitStatus, bytes: "0", ...whyOf(error) };
      routes.set(key, { ...route, runs: [...route.runs, point].slice(-MOST_RUNS) });
    }
  }
  return [...routes.values()];
}

/** A source root, and its destination. */
type Places = Pick<RouteState, "source" | "destination">;

function keyOf({ source, destination }: Places): string {
  return JSON.stringify([source.host, source.dataset, destination?.host, destination?.dataset]);
}

function placesOf(about: SubjobAbout, { source, destination }: PairWork): Places {
  const from: Place = { host: about.source, dataset: source };
  return about.destination === undefined
    ? { source: from }
    : { source: from, destination: { host: about.destination, dataset: destination } };
}

function joined(
  places: Places,
  pair: PairWork,
  { point, before, now }: { readonly point: RunPoint; readonly before: RouteState | undefined; readonly now: string },
): RouteState {
  const oldest = Date.parse(now) - FORGOTTEN_AFTER_MS;
  const datasets = new Map(
    (before?.datasets ?? []).filter(({ seenAt }) => Date.parse(seenAt) >= oldest).map((
      { name, seenAt },
    ) => [name, seenAt]),
  );
  for (const name of pair.gone) datasets.delete(name);
  if (places.destination !== undefined) { for (const name of pair.datasets) datasets.set(name, now); }
  const sentAt = pair.hasSent ? now : before?.sentAt;
  const sourcePool = pair.sourcePool ?? before?.sourcePool;
  const destinationPool = pair.destinationPool ?? before?.destinationPool;
  return {
    ...places,
    ...(sourcePool === undefined ? {} : { sourcePool }),
    ...(destinationPool === undefined || places.destination === undefined ? {} : { destinationPool }),
    runs: [...before?.runs ?? [], point].slice(-MOST_RUNS),
    ...succeeded(before?.succeededAt, point, now),
    ...(sentAt === undefined ? {} : { sentAt }),
    datasets: [...datasets].map(([name, seenAt]) => ({ name, seenAt })),
  };
}
