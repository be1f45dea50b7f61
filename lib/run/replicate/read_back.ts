/**
 * What destinations have committed: those who ask while a listing is under way share the next one.
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import type { Guid } from "../../model/snapshot.ts";
import type { Cancel, Clock, Zfs } from "../../zfs/world.ts";
import { historiesByDataset } from "../lookahead.ts";

/** Datasets in one listing at most: the destination may have many snapshots of each. */
const MOST = 16;

/**
 * Time from the beginning of a listing to that of the next one at least, in nanoseconds, unless somebody cannot wait, or so
 * many ask that one listing does not do for them. The first question is never late.
 */
const PACE_NS = 50e6;

/**
 * The same as a multiple of what the last listing took: the farther the destination, the more datasets share a listing, so
 * that few round trips are for reading back. Not where a worker has nothing else to do.
 */
const PACE_IN_LISTINGS = 10;

/** The pace is no slower than this. */
const SLOWEST_PACE_NS = 3e9;

/** A question. */
interface ReadBackOptions extends Cancel {
  /** For a short while, if others may ask then. */
  readonly mayWait: boolean;
}

type Answer = ReadonlySet<Guid> | "ask alone";

/** Reads back guids of the destination. */
export class ReadBack {
  readonly #destination: Pick<Zfs, "histories">;
  readonly #clock: Pick<Clock, "monotonicNs" | "sleep">;
  #waiting = new Map<Dataset, ((answer: Answer) => void)[]>();
  #isAtWork = false;
  #beganNs = -Infinity;
  #tookNs = 0;
  #isUrgent = false;
  #isHurried = false;
  /** Ends the time in which others may come. */
  #cut = new AbortController();

  constructor(destination: Pick<Zfs, "histories">, clock: Pick<Clock, "monotonicNs" | "sleep">) {
    this.#destination = destination;
    this.#clock = clock;
  }

  /**
   * Guids of the snapshots of a dataset, listed after this call; none if the dataset is gone. Throws `Retryable` for any
   * other failure of a listing of this dataset alone, and the signal's reason.
   */
  async guidsOf(dataset: Dataset, { mayWait, ...cancel }: ReadBackOptions): Promise<ReadonlySet<Guid>> {
    const answer = new Promise<Answer>((resolve) => {
      const others = this.#waiting.get(dataset);
      if (others === undefined) this.#waiting.set(dataset, [resolve]);
      else others.push(resolve);
    });
    this.#isUrgent ||= !mayWait;
    if (this.#isUrgent || this.#waiting.size >= MOST) this.#cut.abort();
    if (!this.#isAtWork) void this.#work(cancel);
    const guids = await answer;
    if (guids !== "ask alone") return guids;
    cancel.signal?.throwIfAborted();
    return (await this.#list([dataset], cancel)).get(dataset) ?? new Set();
  }

  /** Says that somebody has nothing to do before those who wait are answered: they wait for {@linkcode PACE_NS} at most. */
  hurry(): void {
    this.#isHurried = this.#waiting.size > 0;
    if (this.#isHurried) this.#cut.abort();
  }

  /** Answers all who wait, and those who come meanwhile. Never rejects. */
  async #work(cancel: Cancel): Promise<void> {
    this.#isAtWork = true;
    while (this.#waiting.size > 0) {
      await this.#pause(cancel);
      const batch = [...this.#waiting].slice(0, MOST);
      for (const [dataset] of batch) this.#waiting.delete(dataset);
      this.#isUrgent &&= this.#waiting.size > 0;
      this.#isHurried &&= this.#waiting.size > 0;
      this.#beganNs = this.#clock.monotonicNs();
      const found = await this.#list(batch.map(([dataset]) => dataset), cancel).catch(() => undefined);
      this.#tookNs = this.#clock.monotonicNs() - this.#beganNs;
      for (const [dataset, asking] of batch) {
        for (const tell of asking) tell(found?.get(dataset) ?? "ask alone");
      }
    }
    this.#isAtWork = false;
  }

  async #pause({ signal }: Cancel): Promise<void> {
    while (!this.#isUrgent && this.#waiting.size < MOST && !signal?.aborted) {
      const farNs = this.#isHurried ? 0 : Math.min(PACE_IN_LISTINGS * this.#tookNs, SLOWEST_PACE_NS);
      const restNs = this.#beganNs + Math.max(PACE_NS, farNs) - this.#clock.monotonicNs();
      if (restNs <= 0) return;
      this.#cut = new AbortController();
      const cut = AbortSignal.any([this.#cut.signal, ...(signal === undefined ? [] : [signal])]);
      await this.#clock.sleep(restNs, { signal: cut }).catch(() => {}); // it may be time
    }
  }

  async #list(datasets: readonly Dataset[], { signal }: Cancel): Promise<ReadonlyMap<Dataset, ReadonlySet<Guid>>> {
    const listing = { bookmarks: false, creation: false, signal };
    const histories = await historiesByDataset(this.#destination, datasets, listing);
    return new Map([...histories].map(([dataset, { guids }]) => [dataset, new Set(guids)]));
  }
}
