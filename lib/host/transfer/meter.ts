/**
 * A meter and rate limiter on the way of a stream through us, in the place of `pv`.
 * @module
 */
import { meterLine, type MeterOptions, type MeterReading, readMeterOptions } from "../../report/meter.ts";
import { pause } from "../system.ts";
import { every, type Timer } from "../timers.ts";
import type { PvFile } from "./pv_file.ts";

/** Slices per second to which a limited stream is cut: the fewer, the jerkier. */
const SLICES_PER_SECOND = 20;

/** How far a stream that was held up may catch up: a bucket for so many seconds of the rate. */
const BURST_SECONDS = 0.1;

/** Counts bytes, holds them back, and appends lines as `pv` does. */
export class Meter {
  readonly #options: MeterOptions;
  readonly #file: PvFile;
  readonly #startedAt = performance.now();
  readonly #timer: Timer;
  #bytes = 0;
  #previous = { bytes: 0, at: performance.now() };
  /** When all bytes that have passed are paid for. */
  #paidUntil = performance.now();

  constructor(argv: readonly string[], file: PvFile) {
    this.#options = readMeterOptions(argv);
    this.#file = file;
    this.#timer = every(this.#options.intervalMs, () => this.#tell("\r"));
  }

  /** Parts of the chunk, each when its time has come. */
  async *pass(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
    const rate = this.#options.rateLimit;
    if (rate === undefined) {
      yield chunk;
      this.#bytes += chunk.length;
      return;
    }
    const slice = Math.max(1, Math.floor(rate / SLICES_PER_SECOND));
    for (let at = 0; at < chunk.length; at += slice) {
      const part = chunk.subarray(at, at + slice);
      const now = performance.now();
      this.#paidUntil = Math.max(this.#paidUntil, now - BURST_SECONDS * 1000) + (part.length * 1000) / rate;
      if (this.#paidUntil > now) await pause(this.#paidUntil - now);
      yield part;
      this.#bytes += part.length;
    }
  }

  /** Tells the last line. Nothing may follow it: of the lines of a stream the last one counts beside those that end. */
  end(): void {
    this.#timer.stop();
    this.#tell("\n");
  }

  #tell(end: "\r" | "\n"): void {
    const now = performance.now();
    const reading: MeterReading = {
      bytes: this.#bytes,
      elapsedNs: (now - this.#startedAt) * 1e6,
      recent: { bytes: this.#bytes - this.#previous.bytes, elapsedNs: (now - this.#previous.at) * 1e6 },
    };
    this.#previous = { bytes: this.#bytes, at: now };
    this.#file.append(meterLine(this.#options, reading, localTimeIn) + end);
  }
}

function localTimeIn(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toTimeString().slice(0, 8);
}
