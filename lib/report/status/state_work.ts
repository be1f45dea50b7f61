/**
 * What the events of one subjob amount to: the work on its pairs, in one run or in the rounds of a daemon.
 *
 * A round counts when it has ended. What several rounds have done is one piece of work until it is written.
 * Source: docs/spec/status.md §5.
 * @module
 */
import { datasetOf } from "../../model/location.ts";
import { type HeldBack, isDone } from "../../model/status/mod.ts";
import type { FleetEvent, HeldBack as HeldBackEvent, SubjobAbout } from "../events.ts";
import type { Failure } from "../failure.ts";

/** The work on one pair. */
export interface PairWork {
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

/** Why something has failed. */
type Why = Pick<Failure, "message" | "command">;

/** Work of a subjob that has not been written yet, and how the subjob stands. */
export interface SubjobOutcome {
  readonly about: SubjobAbout;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly exitStatus: number;
  readonly error?: Why | undefined;
  /** By their numbers. */
  readonly pairs: ReadonlyMap<number, PairWork>;
  readonly heldBack: readonly HeldBack[];
  /** Something has happened since it was written. */
  readonly isNews: boolean;
}

/** The last round of a daemon that has ended. */
interface Round {
  readonly endedAt: string;
  readonly exitStatus: number;
  readonly error: Why | undefined;
  readonly heldBack: readonly HeldBack[];
}

/** How a subjob has ended. */
interface End {
  readonly at: string;
  readonly exitStatus: number;
}

type EventOfSubjob = Exclude<Extract<FleetEvent, { subjob: string }>, { event: `subjob-${string}` }>;

/** One subjob. */
export class SubjobWork {
  readonly about: SubjobAbout;
  readonly #words: readonly string[];
  #startedAt: string;
  #roundStartedAt: string;
  #end: End | undefined;
  #error: Why | undefined;
  #round: Round | undefined;
  /** The pairs of the round at work. */
  #pairs = new Map<number, PairWork>();
  #heldBack: HeldBack[] = [];
  /** The pairs of rounds that have ended and are not written. */
  #ended = new Map<number, PairWork>();
  #isEndWritten = false;

  /** @param at when it began: ISO 8601, UTC */
  constructor(about: SubjobAbout, at: string, words: readonly string[] = []) {
    this.about = about;
    this.#startedAt = at;
    this.#roundStartedAt = at;
    this.#words = words;
  }

  /** It has ended, or was never begun. */
  end(at: string, exitStatus: number, error: Why | undefined = this.#error): void {
    this.#end = { at, exitStatus };
    this.#error = error;
  }

  /** Takes an event, which happened at a time: ISO 8601, UTC. */
  take(event: EventOfSubjob, at: string): void {
    switch (event.event) {
      case "run-ended":
        this.#error = event.error;
        return;
      case "round-ended": {
        const { exitStatus, error } = event;
        this.#round = { endedAt: at, exitStatus, error, heldBack: this.#heldBack };
        this.#ended = joinedPairs(this.#ended, this.#pairs);
        this.#pairs = new Map();
        this.#heldBack = [];
        return;
      }
      case "pair-started": {
        if (this.#round !== undefined && this.#pairs.size === 0) {
          this.#roundStartedAt = at;
          if (this.#ended.size === 0) this.#startedAt = at;
        }
        const [source, destination] = [datasetOf(event.source), datasetOf(event.destination)];
        const [datasets, gone] = [new Set<string>(), new Set<string>()];
        this.#pairs.set(event.pair, { source, destination, bytes: 0n, seconds: 0, hasSent: false, datasets, gone });
        return;
      }
      case "held-back":
        this.#heldBack.push(heldBackBy(event, this.about, this.#words, at));
        return;
    }
    const pair = "pair" in event ? this.#pairs.get(event.pair) : undefined;
    if (pair !== undefined) takePairEvent(event, pair);
  }

  /** End of the last round; `undefined` if none has ended. */
  get roundEndedAt(): string | undefined {
    return this.#round?.endedAt;
  }

  /** Since when it is silent: since its last round, or else its start; `undefined` if it has ended. */
  get silentSince(): string | undefined {
    return this.#end === undefined ? this.#round?.endedAt ?? this.#startedAt : undefined;
  }

  /**
   * What it has done that is not written, and how it stands; `undefined` if its first round is still at work.
   *
   * @param isOver nothing more will come: what has not ended has failed
   */
  outcome(isOver: boolean): SubjobOutcome | undefined {
    const round = this.#round;
    const end = this.#end;
    if (end === undefined && round === undefined && !isOver) return undefined;
    const isWhole = isOver || end !== undefined;
    // A daemon tolerates what has failed in its rounds, and ends well nevertheless.
    const ended = end === undefined ? isOver ? 3 : undefined : end.exitStatus;
    const isOfRound = round !== undefined && (ended === undefined || isDone(ended));
    const pairs = isWhole ? joinedPairs(this.#ended, this.#pairs) : this.#ended;
    const isEndNews = isWhole && !this.#isEndWritten && !isOfRound;
    return {
      about: this.about,
      startedAt: this.#startedAt,
      endedAt: end?.at ?? round?.endedAt ?? this.#startedAt,
      exitStatus: isOfRound ? round.exitStatus : ended!,
      error: isOfRound ? round.error : this.#error,
      pairs,
      heldBack: isWhole && this.#pairs.size > 0 || round === undefined ? this.#heldBack : round.heldBack,
      isNews: pairs.size > 0 || isEndNews,
    };
  }

  /** Its outcome was written at a time: ISO 8601, UTC. */
  settle(now: string): void {
    if (this.#round === undefined && this.#end === undefined) return;
    const isAtWork = this.#pairs.size > 0;
    this.#ended = new Map();
    this.#startedAt = isAtWork ? this.#roundStartedAt : now;
    if (this.#end === undefined) return;
    this.#pairs = new Map();
    this.#isEndWritten = true;
  }
}

/** What was done before and then, as one. */
function joinedPairs(
  before: ReadonlyMap<number, PairWork>,
  then: ReadonlyMap<number, PairWork>,
): Map<number, PairWork> {
  const joined = new Map(before);
  for (const [index, pair] of then) {
    const earlier = joined.get(index);
    joined.set(
      index,
      earlier === undefined ? pair : {
        ...pair,
        sourcePool: pair.sourcePool ?? earlier.sourcePool,
        destinationPool: pair.destinationPool ?? earlier.destinationPool,
        bytes: earlier.bytes + pair.bytes,
        seconds: earlier.seconds + pair.seconds,
        hasSent: earlier.hasSent || pair.hasSent,
        datasets: earlier.datasets.difference(pair.gone).union(pair.datasets),
        gone: earlier.gone.difference(pair.datasets).union(pair.gone),
      },
    );
  }
  return joined;
}

function takePairEvent(event: EventOfSubjob, pair: PairWork): void {
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
  }
}

const PLURAL = { snapshot: "snapshots", bookmark: "bookmarks", dataset: "datasets", changes: "snapshots" } as const;

function heldBackBy(event: HeldBackEvent, about: SubjobAbout, words: readonly string[], at: string): HeldBack {
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
