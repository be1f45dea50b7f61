/**
 * What a live shell prints for one request, on one of its streams: a mark, the bytes of the command, a mark with the exit
 * status, and a last one. Reads bytes, however they are cut; does nothing else.
 *
 * Marks hold words that are drawn anew for each request, so no command can print them. Whatever is not exactly such a
 * frame is broken: nothing that was read of it may be taken for an answer.
 * @module
 */
import { concat } from "../process/byte_tail.ts";

/** Words that nobody can guess: for the mark before the bytes of the command, and for the one behind them. */
export interface FrameWords {
  readonly begin: string;
  readonly end: string;
}

/** Marks begin with a byte that listings hardly ever hold: they are found at the speed at which memory is searched. */
const SEPARATOR = 0x1e;

const DECODER = new TextDecoder();

/** Words that make a shell print the mark before the bytes. */
export function beginText({ begin }: FrameWords): string {
  return `printf '\\036${begin}\\n'`;
}

/** The same for the mark behind the bytes. It follows the last of them, be that a line feed or not. */
export function statusText({ end }: FrameWords, status: string): string {
  return `printf '\\036${end} %s ' "${status}"`;
}

/** The same for the mark that follows it when nothing more can come. */
export function lastText({ end }: FrameWords): string {
  return `printf '\\036${end}\\n'`;
}

/** Reads one frame. */
export class FrameReader {
  readonly #begin: Uint8Array;
  readonly #end: Uint8Array;
  readonly #last: string;
  #state: "before" | "within" | "ended" | "broken" = "before";
  #status: number | undefined;
  /** What was read and may belong to a mark. */
  #held: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor({ begin, end }: FrameWords) {
    const encoder = new TextEncoder();
    this.#begin = encoder.encode(`\x1e${begin}\n`);
    this.#end = encoder.encode(`\x1e${end}`);
    this.#last = `\x1e${end}\n`;
  }

  /** The first mark was read. */
  get hasBegun(): boolean {
    return this.#state === "within" || this.#state === "ended";
  }

  /** Nothing more is expected, or it is broken. */
  get isOver(): boolean {
    return this.#state === "ended" || this.#state === "broken";
  }

  /** Something else than a frame was read. */
  get isBroken(): boolean {
    return this.#state === "broken";
  }

  /** The exit status, once it was told, although the last mark is yet to come; `undefined` of a broken frame. */
  get status(): number | undefined {
    return this.#state === "broken" ? undefined : this.#status;
  }

  /** What was read and not handed over, once the frame is broken. */
  get rest(): Uint8Array {
    return this.#held;
  }

  /** Reads on; hands over bytes of the command, which are good until `take` returns. */
  feed(chunk: Uint8Array<ArrayBuffer>, take: (bytes: Uint8Array<ArrayBuffer>) => void): void {
    let bytes = this.#held.length === 0 ? chunk : concat(this.#held, chunk);
    if (this.#state === "before") {
      const shown = Math.min(bytes.length, this.#begin.length);
      if (!matches(bytes, 0, this.#begin, shown)) return this.#break(bytes);
      if (shown < this.#begin.length) return this.#hold(bytes);
      this.#state = "within";
      bytes = bytes.subarray(shown);
    }
    if (this.#state === "within") this.#within(bytes, take);
    else if (bytes.length > 0) this.#break(bytes);
  }

  /** There is nothing more to read. */
  finish(): void {
    if (this.#state !== "ended") this.#state = "broken";
  }

  #within(bytes: Uint8Array<ArrayBuffer>, take: (bytes: Uint8Array<ArrayBuffer>) => void): void {
    const hand = (end: number): void => {
      if (end > 0) take(bytes.subarray(0, end));
      this.#hold(bytes.subarray(end));
    };
    for (let from = 0;;) {
      const start = bytes.indexOf(SEPARATOR, from);
      if (start < 0) return hand(bytes.length);
      const shown = Math.min(bytes.length - start, this.#end.length);
      from = start + 1;
      if (!matches(bytes, start, this.#end, shown)) continue;
      hand(start);
      const rest = DECODER.decode(bytes.subarray(start + shown));
      const [told, digits] = /^ (\d{1,3}) /.exec(rest) ?? [];
      if (told === undefined) return /^(?: \d{0,3})?$/.test(rest) ? undefined : this.#break(this.#held);
      this.#status = Number(digits);
      const behind = rest.slice(told.length);
      if (!this.#last.startsWith(behind)) return this.#break(this.#held);
      if (behind !== this.#last) return;
      this.#state = "ended";
      return this.#hold(bytes.subarray(bytes.length));
    }
  }

  #hold(bytes: Uint8Array<ArrayBuffer>): void {
    this.#held = bytes.slice();
  }

  #break(rest: Uint8Array<ArrayBuffer>): void {
    this.#state = "broken";
    this.#hold(rest);
  }
}

/** True if so many bytes from a place on are those that a mark begins with. */
function matches(bytes: Uint8Array, at: number, mark: Uint8Array, count: number): boolean {
  for (let index = 0; index < count; index++) if (bytes[at + index] !== mark[index]) return false;
  return true;
}
