/**
 * Sizes of streams that will be sent, asked for together: one request for those of the next datasets replaces one for each.
 * @module
 */
import type { Cancel, Zfs } from "../../zfs/world.ts";

/** Sizes in one request at most. */
const MOST = 16;

/**
 * Sizes of known streams, each for one who asks. The first request is for one size alone, so that nobody waits for what is
 * not needed yet; then twice as many each time.
 */
export class EstimatesAhead {
  readonly #source: Pick<Zfs, "estimates">;
  /** Streams whose sizes nobody has asked for, in the order in which they will be sent. */
  readonly #ahead = new Map<string, readonly string[]>();
  readonly #asked = new Map<string, Promise<number | undefined>>();
  #next = 1;

  constructor(source: Pick<Zfs, "estimates">) {
    this.#source = source;
  }

  /** Says which streams will be sent, by the words behind `zfs send`. */
  expect(streams: Iterable<readonly string[]>): void {
    for (const words of streams) this.#ahead.set(keyOf(words), words);
  }

  /**
   * The size of a stream in bytes; `undefined` if it was not expected, was told before, or is to be asked for by itself.
   * Rejects with the signal's reason.
   */
  async take(words: readonly string[], options: Cancel): Promise<number | undefined> {
    const key = keyOf(words);
    if (this.#ahead.has(key)) this.#ask(key, options);
    const size = this.#asked.get(key);
    this.#asked.delete(key);
    return await size;
  }

  /** Asks for the size of one stream and those of the streams behind it. Those before it are sent by others, or not at all. */
  #ask(first: string, options: Cancel): void {
    const batch = new Map<string, readonly string[]>();
    for (const [key, words] of this.#ahead) {
      if (batch.size === 0 && key !== first) continue;
      batch.set(key, words);
      if (batch.size === this.#next) break;
    }
    this.#next = Math.min(MOST, 2 * this.#next);
    const sizes = this.#source.estimates([...batch.values()], options);
    for (const [index, key] of [...batch.keys()].entries()) {
      this.#ahead.delete(key);
      const size = sizes.then((all) => all[index]);
      size.catch(() => {}); // counts for whoever asks for it
      this.#asked.set(key, size);
    }
  }
}

function keyOf(words: readonly string[]): string {
  return words.join("\0");
}
