/**
 * What a run of the job runner leaves behind for `bzfs status`: a pure fold of its events, joined with what was there before.
 * Source: docs/spec/status.md §5.
 * @module
 */
import { isWithin } from "../../model/dataset.ts";
import { BUSY_STATUS, HELD_BACK_STATUS } from "../../model/errors.ts";
import type { FleetAction } from "../../model/fleet.ts";
import { datasetOf } from "../../model/location.ts";
import {
  type ActionState,
  type HeldBack,
  isDone,
  isFine,
  type Place,
  type RouteState,
  type RunPoint,
  STATE_FORMAT,
} from "../../model/status/mod.ts";
import type { FleetEvent, HeldBack as HeldBackEvent, SubjobAbout } from "../events.ts";
import type { Failure } from "../failure.ts";

/** Runs that are kept, of an action and of each route. */
const MOST_RUNS = 30;

/** How long a dataset is expected after it was last found at the destination. */
const FORGOTTEN_AFTER_MS = 90 * 86_400_000;

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

/** The work on one pair. */
interface PairWork {
  readonly source: string;
  readonly destination: string;
  sourcePool?: string | undefined;
  destinationPool?: string | undefined;
  error?: Failure | undefined;
  bytes: bigint;
  seconds: number;
  hasSent: boolean;
  readonly datasets: Set<string>;
  readonly gone: Set<string>;
}

/** One subjob. */
interface SubjobWork {
  readonly about: SubjobAbout;
  readonly startedAt: string;
  readonly words: readonly string[];
  endedAt: string;
  seconds: number;
  /** `undefined` = it did not end. */
  exitStatus: number | undefined;
  error?: Pick<Failure, "message" | "command"> | undefined;
  readonly pairs: Map<number, PairWork>;
  readonly heldBack: HeldBack[];
}

/** Takes the events of a run. */
export class StateFold {
  readonly #about: FleetRunAbout;
  readonly #startedAt: string;
  readonly #subjobs = new Map<string, SubjobWork>();
  #end: { readonly exitStatus: number; readonly seconds: number; readonly error?: Failure } = {
    exitStatus: 3,
    seconds: 0,
  };

  /** @param startedAt ISO 8601, UTC */
  constructor(about: FleetRunAbout, startedAt: string) {
    this.#about = about;
    this.#startedAt = startedAt;
  }

  /** Takes the next event, which happened at a time: ISO 8601, UTC. */
  add(at: string, event: FleetEvent): void {
    switch (event.event) {
      case "fleet-started":
        return;
      case "fleet-ended":
        this.#end = event;
        return;
      case "subjob-started":
        this.#subjobs.set(event.subjob, workOf(event, at, event.arguments));
        return;
      case "subjob-skipped": {
        const message = event.reason === "interrupted" ? "it was interrupted" : "it waits for a step that has failed";
        this.#subjobs.set(event.subjob, { ...workOf(event, at, []), exitStatus: 3, error: { message } });
        return;
      }
    }
    const subjob = this.#subjobs.get(event.subjob);
    if (subjob === undefined) return;
    if (event.event === "subjob-ended") {
      Object.assign(subjob, { endedAt: at, exitStatus: event.exitStatus, seconds: event.seconds });
    } else takeRunEvent(event, subjob, at);
  }

  /** Actions of which something is to be kept. */
  get actions(): readonly FleetAction[] {
    return this.#about.actions;
  }

  /**
   * The state of an action after this run.
   *
   * @param before what was kept; `lost` = it was there and could not be read
   * @param now ISO 8601, UTC
   */
  stateOf(action: FleetAction, before: ActionState | "lost" | undefined, now: string): ActionState {
    const known = before === "lost" ? undefined : before;
    const subjobs = [...this.#subjobs.values()].filter(({ about }) => about.action === action);
    const point = this.#pointOf(subjobs);
    const lostAt = before === "lost"
      ? now
      : known !== undefined && known.runs.length < MOST_RUNS
      ? known.lostAt
      : undefined;
    return {
      format: STATE_FORMAT,
      program: "bzfs",
      jobId: this.#about.jobId,
      action,
      host: this.#about.host,
      runs: [...known?.runs ?? [], point].slice(-MOST_RUNS),
      // A run that had nothing to do proves nothing.
      ...succeeded(known?.succeededAt, subjobs.length === 0 ? undefined : point, now),
      routes: routesOf(subjobs, known?.routes ?? [], now),
      heldBack: heldBackOf(subjobs, known?.heldBack ?? []),
      ...(lostAt === undefined ? {} : { lostAt }),
    };
  }

  #pointOf(subjobs: readonly SubjobWork[]): RunPoint {
    if (subjobs.length === 0) {
      const { exitStatus, seconds, error } = this.#end;
      return {
        startedAt: this.#startedAt,
        seconds,
        exitStatus: error === undefined ? 0 : exitStatus,
        bytes: "0",
        ...whyOf(error),
      };
    }
    const exitStatus = worstOf(subjobs);
    const culprit = subjobs.find((subjob) => statusOf(subjob) === exitStatus);
    const startedAt = subjobs.map((subjob) => subjob.startedAt).toSorted()[0]!;
    const endedMs = Math.max(...subjobs.map(({ endedAt }) => Date.parse(endedAt)));
    const bytes = subjobs.flatMap(({ pairs }) => [...pairs.values()]).reduce((sum, pair) => sum + pair.bytes, 0n);
    return {
      startedAt,
      seconds: Math.max(0, (endedMs - Date.parse(startedAt)) / 1000),
      exitStatus,
      bytes: String(bytes),
      ...(exitStatus === 0 ? {} : whyOf(culprit?.error)),
    };
  }
}

function workOf(about: SubjobAbout, at: string, words: readonly string[]): SubjobWork {
  return {
    about,
    startedAt: at,
    endedAt: at,
    words,
    seconds: 0,
    exitStatus: undefined,
    pairs: new Map(),
    heldBack: [],
  };
}

type EventOfSubjob = Exclude<Extract<FleetEvent, { subjob: string }>, { event: `subjob-${string}` }>;

function takeRunEvent(event: EventOfSubjob, subjob: SubjobWork, at: string): void {
  switch (event.event) {
    case "run-ended":
      subjob.error = event.error;
      return;
    case "pair-started": {
      // A daemon works on a pair again and again.
      const { hasSent = false, datasets = new Set<string>(), gone = new Set<string>() } =
        subjob.pairs.get(event.pair) ?? {};
      const [source, destination] = [datasetOf(event.source), datasetOf(event.destination)];
      subjob.pairs.set(event.pair, { source, destination, bytes: 0n, seconds: 0, hasSent, datasets, gone });
      return;
    }
  }
  const pair = "pair" in event ? subjob.pairs.get(event.pair) : undefined;
  if (pair === undefined) return;
  switch (event.event) {
    case "pair-opened":
      pair.sourcePool = event.sourcePlace.poolGuid;
      pair.destinationPool = event.destinationPlace.poolGuid;
      return;
    case "pair-ended":
      pair.seconds = event.seconds;
      pair.error = event.error ?? pair.error;
      return;
    case "failed":
      pair.error ??= event.error;
      return;
    case "sent":
      if (!event.performed) return;
      pair.bytes += BigInt(event.bytes ?? 0);
      pair.hasSent = true;
      pair.datasets.add(event.dataset.slice(pair.source.length));
      return;
    case "up-to-date":
      pair.datasets.add(event.dataset.slice(pair.source.length));
      return;
    case "renamed":
      if (event.performed) pair.gone.add(event.from.slice(pair.destination.length));
      return;
    case "held-back":
      subjob.heldBack.push(heldBackBy(event, subjob, at));
  }
}

const PLURAL = { snapshot: "snapshots", bookmark: "bookmarks", dataset: "datasets", changes: "snapshots" } as const;

function heldBackBy(event: HeldBackEvent, { about, words }: SubjobWork, at: string): HeldBack {
  const { side, dataset, what, reason, of, losses } = event;
  const isSource = about.destination === undefined || side === "src";
  const option = what === "dataset" ? "--delete-datasets-limit=" : "--delete-limit=";
  const limit = words.findLast((word) => word.startsWith(option))?.slice(option.length) ?? "";
  return {
    host: isSource ? about.source : about.destination!,
    dataset,
    what: PLURAL[what],
    count: losses.length,
    total: of,
    since: at,
    limit: reason === "limit" ? limit : reason,
  };
}

function statusOf({ exitStatus = 3 }: SubjobWork): number {
  return exitStatus;
}

/** The worst status: failures before "held back", that before "busy", that before success. */
function worstOf(subjobs: readonly SubjobWork[]): number {
  const statuses = subjobs.map(statusOf);
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
function heldBackOf(subjobs: readonly SubjobWork[], before: readonly HeldBack[]): HeldBack[] {
  const isSame = (a: HeldBack, b: HeldBack): boolean =>
    a.host === b.host && a.dataset === b.dataset && a.what === b.what;
  const now = subjobs.flatMap(({ heldBack }) => heldBack).map((held) => ({
    ...held,
    since: before.find((other) => isSame(other, held))?.since ?? held.since,
  }));
  const isLookedAt = ({ host, dataset }: HeldBack): boolean =>
    subjobs.some(({ about, exitStatus = 3, pairs }) =>
      isDone(exitStatus) && (about.destination ?? about.source) === host &&
      [...pairs.values()].some(({ source, destination }) =>
        [source, destination].some((root) => isWithin(dataset, root))
      )
    );
  return [...before.filter((held) => !isLookedAt(held) && !now.some((other) => isSame(other, held))), ...now];
}

/** Actions of which routes are kept. */
const WITH_ROUTES: ReadonlySet<FleetAction> = new Set(["create-src-snapshots", "replicate"]);

function routesOf(subjobs: readonly SubjobWork[], before: readonly RouteState[], now: string): RouteState[] {
  const routes = new Map(before.map((route) => [keyOf(route), route]));
  for (const subjob of subjobs.filter(({ about }) => WITH_ROUTES.has(about.action))) {
    const { about, pairs } = subjob;
    const touched = new Set<string>();
    const isExplained = [...pairs.values()].some(({ error }) => error !== undefined);
    for (const pair of pairs.values()) {
      const places = placesOf(about, pair);
      touched.add(keyOf(places));
      const own = pair.error === undefined && isExplained ? 0 : statusOf(subjob);
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
    if (isDone(statusOf(subjob))) continue;
    // Pairs that it did not come to.
    for (const [key, route] of routes) {
      const isIts = route.source.host === about.source && route.destination?.host === about.destination &&
        (about.datasets?.includes(route.source.dataset) ?? true);
      if (!isIts || touched.has(key)) continue;
      const { startedAt, seconds, error } = subjob;
      const point = { startedAt, seconds, exitStatus: statusOf(subjob), bytes: "0", ...whyOf(error) };
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
