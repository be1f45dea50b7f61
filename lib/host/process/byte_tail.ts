/**
 * Bytes in memory: put in a row, decoded, and only the last of them kept.
 * @module
 */

/** All bytes in a row. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A decoder that keeps a byte order mark and replaces what is no UTF-8. */
export function newDecoder(): TextDecoder {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}

/** Bytes of stderr that are kept: enough for every message of `zfs`, bounded for a program that never stops to talk. */
const TAIL_BYTES = 65_536;

/** Chunks that are kept before they are put together. */
const MOST_CHUNKS = 1000;

/** The end of a stream of bytes: the last {@linkcode TAIL_BYTES}. */
export class Tail {
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  /** Appends a copy. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk.slice(-TAIL_BYTES));
    this.#bytes += this.#chunks.at(-1)!.length;
    if (this.#bytes > 4 * TAIL_BYTES || this.#chunks.length > MOST_CHUNKS) this.#compact();
  }

  /** As text; what is no UTF-8 becomes U+FFFD. */
  text(): string {
    if (this.#bytes === 0) return "";
    this.#compact();
    const bytes = this.#chunks[0]!;
    let start = 0;
    // Not in the middle of a character: continuation bytes of UTF-8 look like 10xxxxxx.
    if (bytes.length === TAIL_BYTES) { while (start < 4 && (bytes[start]! & 0xc0) === 0x80) start++; }
    return newDecoder().decode(bytes.subarray(start));
  }

  #compact(): void {
    this.#chunks = [concat(...this.#chunks).slice(-TAIL_BYTES)];
    this.#bytes = this.#chunks[0]!.length;
  }
}
