/**
 * Texts that are written together if they come in the same turn of the event loop: a write each would be most of the
 * cost of many short lines.
 * @module
 */

/** Texts that wait at most, however long a turn is. */
const MAX_PENDING = 256;

/** Those that have something to write. */
const waiting = new Set<TurnWriter>();

/** Writes what waits anywhere in this process: for the moment before it ends. */
export function writeAllThatWaits(): void {
  for (const writer of [...waiting]) writer.flush();
}

/** Collects texts until the turn is over. */
export class TurnWriter {
  readonly #write: (text: string) => void;
  readonly #onFailure: (error: unknown) => void;
  #pending: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param write writes all of a text, or throws what the system says
   * @param onFailure told what `write` has thrown; the text is lost, later ones are tried again
   */
  constructor(write: (text: string) => void, onFailure: (error: unknown) => void) {
    this.#write = write;
    this.#onFailure = onFailure;
  }

  /**
   * Takes a text, which is written at the latest when the event loop has turned, unless {@linkcode flush} comes first.
   */
  append(text: string): void {
    this.#pending.push(text);
    waiting.add(this);
    if (this.#pending.length >= MAX_PENDING) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), 0);
  }

  /** Writes what waits, at once. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    waiting.delete(this);
    if (this.#pending.length === 0) return;
    const text = this.#pending.join("");
    this.#pending = [];
    try {
      this.#write(text);
    } catch (error) {
      this.#onFailure(error);
    }
  }
}
