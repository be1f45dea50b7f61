/**
 * What happened to one dataset of one side: the part of a result that most readers are after.
 * @module
 */
import type {
  Compared,
  Created,
  Deleted,
  EventSide,
  GuardMoved,
  HeldBack,
  Kept,
  Monitored,
  PairEvent,
  Permitted,
  PropertiesSet,
  Renamed,
  Retried,
  RolledBack,
  Sent,
  SetAside,
  SkipReason,
} from "./events.ts";
import type { Failure } from "./failure.ts";

/**
 * How it stands with a dataset; the first that is true counts. `failed`: work on it was given up. `changed`: something
 * was done, or would be in a dry run. `unchanged`: it was only looked at.
 */
export type DatasetOutcome = "failed" | "changed" | "skipped" | "up-to-date" | "unchanged";

/** An event about a dataset, without what its place in the document says. */
export type DetailOf<E extends PairEvent> = Omit<E, "event" | "side" | "dataset" | "performed">;

/** What happened to one dataset. Lists are absent if they are empty. */
export interface DatasetResult {
  /** Which end of the pair it belongs to. */
  readonly side: EventSide;
  /** Name of the dataset. */
  readonly dataset: string;
  /** Where a dataset of the source is replicated to, if it was looked at for that. */
  readonly destination?: string;
  /** How it stands with the dataset. */
  readonly outcome: DatasetOutcome;
  /** Why it was skipped. */
  readonly skipped?: SkipReason;
  /** What went wrong; absent after a success. */
  readonly error?: Failure;
  /** Streams. */
  readonly sent?: readonly Omit<DetailOf<Sent>, "destination">[];
  /** What was created. */
  readonly created?: readonly DetailOf<Created>[];
  /** What was deleted, and why. */
  readonly deleted?: readonly DetailOf<Deleted>[];
  /** Rollbacks. */
  readonly rolledBack?: readonly DetailOf<RolledBack>[];
  /** What would have been deleted otherwise; in dry runs only. */
  readonly kept?: readonly DetailOf<Kept>[];
  /** What was held back. */
  readonly heldBack?: readonly DetailOf<HeldBack>[];
  /** What a person has permitted. */
  readonly permitted?: readonly DetailOf<Permitted>[];
  /** Properties that were set. */
  readonly propertiesSet?: readonly DetailOf<PropertiesSet>[];
  /** Moves of the bookmarks that stand for the newest snapshot of a destination. */
  readonly guardMoved?: readonly DetailOf<GuardMoved>[];
  /** What the dataset was set aside as. */
  readonly setAside?: readonly DetailOf<SetAside>[];
  /** What it was called before. */
  readonly renamed?: readonly DetailOf<Renamed>[];
  /** New attempts. */
  readonly retried?: readonly DetailOf<Retried>[];
  /** Findings. */
  readonly monitored?: readonly DetailOf<Monitored>[];
  /** Comparisons. */
  readonly compared?: readonly DetailOf<Compared>[];
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
      default: {
        const list: unknown[] = this.#lists[LIST_OF[event.event]] ??= [];
        list.push(detailOf(event));
      }
    }
  }

  /** What is known so far. */
  document(): DatasetResult {
    const [destination, skipped, error] = [this.#destination, this.#skipped, this.#error];
    return {
      side: this.#side,
      dataset: this.#dataset,
      ...(destination === undefined ? {} : { destination }),
      outcome: this.#outcome(),
      ...(skipped === undefined ? {} : { skipped }),
      ...(error === undefined ? {} : { error }),
      ...this.#lists,
    };
  }

  #outcome(): DatasetOutcome {
    const { sent, created, deleted, rolledBack, propertiesSet, setAside, renamed } = this.#lists;
    if (this.#error !== undefined) return "failed";
    const changes = [sent, created, deleted, rolledBack, propertiesSet, setAside, renamed];
    if (changes.some((list) => list !== undefined)) return "changed";
    if (this.#skipped !== undefined) return "skipped";
    return this.#isUpToDate ? "up-to-date" : "unchanged";
  }
}

/** The lists of a {@linkcode DatasetResult}, being filled. */
type Lists = {
  -readonly [K in keyof DatasetResult as NonNullable<DatasetResult[K]> extends readonly object[] ? K : never]?:
    NonNullable<DatasetResult[K]> extends readonly (infer T)[] ? T[] : never;
};

/** The list that takes the events of a kind, as they are. */
const LIST_OF = {
  created: "created",
  deleted: "deleted",
  "rolled-back": "rolledBack",
  kept: "kept",
  "held-back": "heldBack",
  permitted: "permitted",
  "properties-set": "propertiesSet",
  "guard-moved": "guardMoved",
  "set-aside": "setAside",
  renamed: "renamed",
  retried: "retried",
  monitored: "monitored",
  compared: "compared",
} as const;

/** The event, as it is or as it is written, without what its place in the document says. */
export function detailOf<E extends PairEvent>(event: E): DetailOf<E> {
  const { event: _event, side: _side, dataset: _dataset, performed: _performed, ...rest } = {
    performed: true,
    ...event,
  };
  const { at: _at, run: _run, pair: _pair, ...detail } = { at: "", run: "", pair: 0, ...rest };
  return detail as unknown as DetailOf<E>;
}
