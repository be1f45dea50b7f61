/**
 * Standard output and standard error, which take every byte once and in order, also where another process that shares
 * them has made them non-blocking, and the reader is slow.
 *
 * One object for each of them in a process: each print first sends what earlier ones could not.
 * @module
 */
import { concat } from "../process/byte_tail.ts";
import { standStill } from "../process/patience.ts";
import { pause } from "../system.ts";

/** What bytes are written to. */
export interface ByteSink {
  /** Writes some of the bytes and returns how many; throws `WouldBlock` if it cannot take any now. */
  writeSync(bytes: Uint8Array): number;
  /**
   * True for a sink of the runtime's that keeps the beginning of a line until it can be written (`LineWriter` of Rust).
   * When such a sink throws `WouldBlock` it has taken a text that holds no line feed; of one that does, it is unknown.
   */
  readonly isLineBuffered: boolean;
  isTerminal(): boolean;
}

/** Whole lines up to this length a pipe takes completely or not at all (PIPE_BUF of Linux). */
const MOST_AT_ONCE = 4096;

/** So much of a line the runtime keeps for certain: its buffer holds twice as much. */
const KEPT_AT_ONCE = 512;

/** Bytes that are kept for a reader that takes nothing. */
const MOST_UNSENT = 2 ** 20;

/** How long the run waits once that much is kept. */
const PATIENCE_MS = 1000;

/** How long to wait before a stream that takes nothing is tried again. */
const PAUSE_MS = 5;

const LINE_FEED = 0x0a;
const NOTHING = new Uint8Array();

/** A stream of bytes whose reader may be slow. */
export class StandardStream {
  readonly #sink: ByteSink;
  /** What the sink has not taken yet. */
  #unsent: Uint8Array = NOTHING;
  /** The sink keeps something that the next write, even an empty one, has to get rid of. */
  #isKept = false;
  /** The sink may take a part of a piece: line feeds are written separately, so that it is always known which. */
  #isExact: boolean | undefined;
  /** The reader takes nothing, and there was no use in waiting for it. */
  #isStalled = false;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** Writes a text. What a slow reader does not take is kept for it, up to a limit. Throws what the system says. */
  print(text: string): void {
    this.#add(text);
    this.#send(this.#unsent.length > MOST_UNSENT ? PATIENCE_MS : 0);
  }

  /** Tries again to write what is kept. Throws what the system says. */
  flush(): void {
    if (this.#unsent.length > 0 || this.#isKept) this.#send(0);
  }

  /**
   * Writes a text that is printed only once. Throws what the system says, and `WouldBlock` if the reader takes nothing
   * for so long; then the text is kept.
   */
  printPatiently(text: string, patienceMs: number): void {
    this.#add(text);
    this.#send(patienceMs);
    if (this.#unsent.length > 0) throw new Deno.errors.WouldBlock("The reader takes nothing");
  }

  /** Waits for a slow reader at the end, so long in all, while everything else goes on. Throws what the system says. */
  async drain(limitMs: number): Promise<void> {
    const end = performance.now() + limitMs;
    this.flush();
    while (this.#unsent.length > 0 && !this.#isStalled) {
      if (performance.now() > end) this.#isStalled = true;
      else await pause(PAUSE_MS);
      this.flush();
    }
  }

  #add(text: string): void {
    this.#unsent = concat(this.#unsent, new TextEncoder().encode(text));
  }

  /** Sends what is kept, and waits for the reader at most that long, but not again for one that took nothing. */
  #send(patienceMs: number): void {
    const before = this.#unsent.length;
    try {
      this.#write(this.#isStalled ? 0 : patienceMs);
    } catch (error) {
      this.#unsent = NOTHING;
      throw error;
    }
    if (this.#unsent.length < before) this.#isStalled = false;
    else if (patienceMs > 0 && before > 0) this.#isStalled = true;
    if (this.#unsent.length <= MOST_UNSENT) return;
    const fitting = this.#unsent.subarray(0, MOST_UNSENT);
    this.#unsent = fitting.slice(0, fitting.lastIndexOf(LINE_FEED) + 1);
  }

  #write(patienceMs: number): void {
    for (let waitedMs = 0; this.#unsent.length > 0 || this.#isKept;) {
      const piece = this.#isKept ? NOTHING : this.#nextPiece();
      if (this.#takes(piece)) {
        waitedMs = 0;
        continue;
      }
      if (waitedMs >= patienceMs) return;
      standStill(PAUSE_MS);
      waitedMs += PAUSE_MS;
    }
  }

  /** True if the sink has written something, or what it had kept. */
  #takes(piece: Uint8Array): boolean {
    try {
      const count = this.#sink.writeSync(piece);
      this.#unsent = this.#unsent.subarray(count);
      this.#isKept = false;
      return count > 0 || piece.length === 0;
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      this.#isExact = true;
      if (this.#sink.isLineBuffered && piece.length > 0 && piece.at(-1) !== LINE_FEED) {
        this.#unsent = this.#unsent.subarray(piece.length);
        this.#isKept = true;
      }
      return false;
    }
  }

  #nextPiece(): Uint8Array {
    const bytes = this.#unsent;
    if (!this.#sink.isLineBuffered) return bytes;
    this.#isExact ??= this.#sink.isTerminal();
    const line = bytes.indexOf(LINE_FEED);
    if (this.#isExact) {
      if (line === 0) return bytes.subarray(0, 1);
      return bytes.subarray(0, Math.min(KEPT_AT_ONCE, line < 0 ? bytes.length : line));
    }
    if (line < 0) return bytes.subarray(0, KEPT_AT_ONCE);
    // A longer line goes as a whole: so it stays whole in a file that several processes append to.
    return bytes.subarray(0, Math.max(line, bytes.subarray(0, MOST_AT_ONCE).lastIndexOf(LINE_FEED)) + 1);
  }
}

function streamOf(device: typeof Deno.stdout, isLineBuffered: boolean): StandardStream {
  return new StandardStream({
    writeSync: (bytes) => device.writeSync(bytes),
    isLineBuffered,
    isTerminal: () => device.isTerminal(),
  });
}

/** Standard output of this process. */
export const STANDARD_OUTPUT_STREAM: StandardStream = streamOf(Deno.stdout, true);

/** Standard error of this process. */
export const STANDARD_ERROR_STREAM: StandardStream = streamOf(Deno.stderr, false);
