/**
 * The result of a run as one document: a pure fold of its events, so that both agree by construction.
 *
 * What is absent is empty or unknown. The published form is docs/result.schema.json.
 * Source: docs/spec/logging-progress.md §12.
 * @module
 */
import type { PairStarted, Retried, RunEnded, RunEvent, RunStarted, Stamped } from "./events.ts";
import { DatasetFold, type DatasetResult, type DetailOf, detailOf } from "./dataset_result.ts";
import type { Failure } from "./failure.ts";
import { type Totals, TotalsFold } from "./totals.ts";

/** How a run ended. */
export interface RunResult extends Omit<RunStarted, "event"> {
  /** Eight characters that no other run has. */
  readonly run: string;
  /** When it began: ISO 8601, UTC. */
  readonly startedAt: string;
  /** Absent if the run did not come to an orderly end, as `exitStatus`. */
  readonly endedAt?: string;
  /** Duration in seconds. */
  readonly seconds?: number;
  /** Status that the process ends with. */
  readonly exitStatus?: number;
  /** What went wrong; absent after a success. */
  readonly error?: Failure;
  /** Over all pairs, and over all rounds of a daemon. */
  readonly totals: Totals;
  /** Results of the pairs, in the order of the command line. */
  readonly pairs: readonly PairResult[];
}

/** What was done for a pair: in a daemon, in its last round. */
export interface PairResult
  extends
    Omit<PairStarted, "event" | "pair" | "options">,
    Pick<RunResult, "startedAt" | "endedAt" | "seconds" | "error"> {
  /** How often the pair was worked on. */
  readonly rounds: number;
  /** Those that something is known about, in the order of their first event. */
  readonly datasets: readonly DatasetResult[];
  /** New attempts at what is not about a single dataset. */
  readonly retried?: readonly DetailOf<Retried>[];
}

/** Takes the events of a run, one after the other. */
export class RunFold {
  #start: Stamped<RunStarted> | undefined;
  #end: Stamped<RunEnded> | undefined;
  readonly #totals = new TotalsFold();
  readonly #pairs = new Map<number, PairFold>();

  /** Takes the next event. */
  add(event: Stamped<RunEvent>): void {
    switch (event.event) {
      case "run-started":
        this.#start = event;
        return;
      case "run-ended":
        this.#end = event;
        return;
      case "round-ended":
        return;
      case "pair-started": {
        const rounds = this.#pairs.get(event.pair)?.rounds ?? 0;
        this.#pairs.set(event.pair, new PairFold(event, rounds + 1));
        return;
      }
      default:
        this.#totals.add(event);
        this.#pairs.get(event.pair)?.add(event);
    }
  }

  /** The document so far; `undefined` before the first event. */
  document(): RunResult | undefined {
    if (this.#start === undefined) return undefined;
    const { event: _event, at, ...start } = this.#start;
    return {
      ...start,
      startedAt: at,
      ...endOf(this.#end),
      totals: this.#totals.document(),
      pairs: [...this.#pairs].sort(([a], [b]) => a - b).map(([, pair]) => pair.document()),
    };
  }
}

/** The end of a run as its document states it. */
export function endOf(
  end: Stamped<Omit<RunEnded, "event">> | undefined,
): Pick<RunResult, "endedAt" | "seconds" | "exitStatus" | "error"> {
  if (end === undefined) return {};
  const { at, exitStatus, seconds, error } = end;
  return { endedAt: at, seconds, exitStatus, ...(error === undefined ? {} : { error }) };
}

type EventOfPair = Stamped<Extract<RunEvent, { pair: number }>>;

class PairFold {
  readonly rounds: number;
  readonly #start: Stamped<PairStarted>;
  #end: Pick<PairResult, "endedAt" | "seconds" | "error"> = {};
  readonly #datasets = new Map<string, DatasetFold>();
  readonly #retried: DetailOf<Retried>[] = [];

  constructor(start: Stamped<PairStarted>, rounds: number) {
    this.#start = start;
    this.rounds = rounds;
  }

  add(event: EventOfPair): void {
    switch (event.event) {
      case "pair-started":
      case "pair-opened":
        return;
      case "pair-ended": {
        const { event: _event, run: _run, pair: _pair, at, ...end } = event;
        this.#end = { endedAt: at, ...end };
        return;
      }
      case "retried":
        if (event.dataset === undefined) this.#retried.push(detailOf(event));
        else this.#dataset(event.side ?? "src", event.dataset).add(event);
        return;
      default:
        this.#dataset(event.side, event.dataset).add(event);
    }
  }

  document(): PairResult {
    const { event: _event, pair: _pair, run: _run, options: _options, at, ...start } = this.#start;
    return {
      ...start,
      startedAt: at,
      ...this.#end,
      rounds: this.rounds,
      datasets: [...this.#datasets.values()].map((dataset) => dataset.document()),
      ...(this.#retried.length === 0 ? {} : { retried: this.#retried }),
    };
  }

  #dataset(side: "src" | "dst", name: string): DatasetFold {
    const key = `${side} ${name}`;
    let found = this.#datasets.get(key);
    if (found === undefined) this.#datasets.set(key, found = new DatasetFold(side, name));
    return found;
  }
}
