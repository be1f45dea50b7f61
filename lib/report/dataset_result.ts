/**
 * What happened to one dataset of one side: the part of a result that most readers are after.
 * @module
 */
import type {
  Compared,
  Created,
  Deleted,
  EventSide,
  Monitored,
  PairEvent,
  PropertiesSet,
  Retried,
  RolledBack,
  Sent,
  SkipReason,
} from "./events.ts";
import type { Failure } from "./failure.ts";

/**
 * How it stands with a dataset; the first that is true counts. `failed`: work on it was given up. `changed`: something
 * was done, or would be in a dry run. `unchanged`: it was only looked at.
 */
export type DatasetOutcome = "failed" | "changed" | "skipped" | "up-to-date" | "unchanged";

/** An event about a dataset, without what its place in the document tells. */
export type About<E extends PairEvent> = Omit<E, "event" | "side" | "dataset" | "performed">;

/** What happened to one dataset. Lists are absent if they are empty. */
export interface DatasetResult {
  readonly side: EventSide;
  readonly dataset: string;
  /** Where a dataset of the source is replicated to, if it was looked at for that. */
  readonly destination?: string;
  readonly outcome: DatasetOutcome;
  readonly skipped?: SkipReason;
  readonly error?: Failure;
  readonly sent?: readonly Omit<About<Sent>, "destination">[];
  readonly created?: readonly About<Created>[];
  readonly deleted?: readonly About<Deleted>[];
  readonly rolledBack?: readonly About<RolledBack>[];
  readonly propertiesSet?: readonly About<PropertiesSet>[];
  readonly retried?: readonly About<Retried>[];
  readonly monitored?: readonly About<Monitored>[];
  readonly compared?: readonly About<Compared>[];
}

/** Takes the events about one dataset. */
export class DatasetFold {
  readonly #side: EventSide;
  readonly #dataset: string;
  #destination: string | undefined;
  #skipped: SkipReason | undefined;
  #error: Failure | undefined;
  #isUpToDate = false;
  readonly #lists: Lists = {};

  constructor(side: EventSide, dataset: string) {
    this.#side = side;
    this.#dataset = dataset;
  }

  /** Takes the next event. */
  add(event: PairEvent): void {
    if (event.event === "up-to-date" || event.event === "sent") this.#destination = event.destination;
    switch (event.event) {
      case "up-to-date":
        this.#isUpToDate = true;
        return;
      case "skipped":
        this.#skipped = event.reason;
        return;
      case "failed":
        this.#error = event.error;
        return;
      case "sent": {
        const { destination: _destination, ...stream } = detailOf(event);
        (this.#lists.sent ??= []).push(stream);
        return;
      }
      case "created":
        (this.#lists.created ??= []).push(detailOf(event));
        return;
      case "deleted":
        (this.#lists.deleted ??= []).push(detailOf(event));
        return;
      case "rolled-back":
        (this.#lists.rolledBack ??= []).push(detailOf(event));
        return;
      case "properties-set":
        (this.#lists.propertiesSet ??= []).push(detailOf(event));
        return;
      case "retried":
        (this.#lists.retried ??= []).push(detailOf(event));
        return;
      case "monitored":
        (this.#lists.monitored ??= []).push(detailOf(event));
        return;
      case "compared":
        (this.#lists.compared ??= []).push(detailOf(event));
        return;
    }
  }

  /** What is known so far. */
  document(): DatasetResult {
    const [side, dataset, destination, outcome] = [this.#side, this.#dataset, this.#destination, this.#outcome()];
    const known: Writable<DatasetResult> = destination === undefined
      ? { side, dataset, outcome }
      : { side, dataset, destination, outcome };
    if (this.#skipped !== undefined) known.skipped = this.#skipped;
    if (this.#error !== undefined) known.error = this.#error;
    return Object.assign(known, this.#lists);
  }

  #outcome(): DatasetOutcome {
    const { sent, created, deleted, rolledBack, propertiesSet } = this.#lists;
    if (this.#error !== undefined) return "failed";
    if ((sent ?? created ?? deleted ?? rolledBack ?? propertiesSet) !== undefined) return "changed";
    if (this.#skipped !== undefined) return "skipped";
    return this.#isUpToDate ? "up-to-date" : "unchanged";
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The lists of a {@linkcode DatasetResult}, being filled. */
type Lists = {
  -readonly [K in keyof DatasetResult as NonNullable<DatasetResult[K]> extends readonly object[] ? K : never]?:
    NonNullable<DatasetResult[K]> extends readonly (infer T)[] ? T[] : never;
};

/** The event, as it is or as it is written, without what its place in the document tells. */
export function detailOf<E extends PairEvent>(event: E): About<E> {
  const { event: _event, side: _side, dataset: _dataset, performed: _performed, ...rest } = {
    performed: true,
    ...event,
  };
  const { at: _at, run: _run, pair: _pair, ...detail } = { at: "", run: "", pair: 0, ...rest };
  return detail as unknown as About<E>;
}
