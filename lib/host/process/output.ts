/**
 * What a child process prints, as text: collected, line by line, or only the end of it.
 *
 * Bytes that are no UTF-8 become U+FFFD; characters split over two reads are put together again.
 * @module
 */

/** A stream of bytes as a child process has it. */
export type ByteStream = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Bytes of stderr that are kept: enough for every message of `zfs`, bounded for a program that never stops to talk. */
export const TAIL_BYTES = 65_536;

/** Bytes that are read at once: more than a pipe holds. */
const READ_BYTES = 128 * 1024;

/** How a stream is read. */
export interface ReadOptions {
  /** Ends the reading early when it is aborted; what was read until then counts. */
  readonly cut?: AbortSignal;
  /** Called with the number of bytes of each read. */
  readonly onBytes?: (count: number) => void;
}

/** Takes what was read, behind what it kept of the chunk before; returns how many bytes at the end it wants to keep. */
type TakeChunk = (chunk: Uint8Array) => number;

/**
 * Reads to the end, unless it is cut. All reads share one buffer, so a chunk is only good until `take` returns.
 *
 * @returns what was kept of the last chunk
 */
async function eachChunk(stream: ByteStream, { cut, onBytes }: ReadOptions, take: TakeChunk): Promise<Uint8Array> {
  const reader = stream.getReader({ mode: "byob" });
  const stop = (): void => void reader.cancel().catch(() => {});
  cut?.addEventListener("abort", stop, { once: true });
  let kept = new Uint8Array();
  try {
    if (cut?.aborted) stop();
    let buffer = new ArrayBuffer(READ_BYTES);
    while (true) {
      const { done, value } = await reader.read(new Uint8Array(buffer, kept.length));
      if (done) return kept;
      onBytes?.(value.length);
      buffer = value.buffer;
      const chunk = new Uint8Array(buffer, 0, kept.length + value.length);
      chunk.set(kept);
      kept = chunk.slice(chunk.length - take(chunk));
      if (kept.length > buffer.byteLength / 2) buffer = new ArrayBuffer(2 * buffer.byteLength);
    }
  } finally {
    cut?.removeEventListener("abort", stop);
  }
}

/** A decoder that keeps a byte order mark and replaces what is no UTF-8. */
function newDecoder(): TextDecoder {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}

/** All of a stream as one text. */
export async function readText(stream: ByteStream, options: ReadOptions = {}): Promise<string> {
  const decoder = newDecoder();
  let text = "";
  await eachChunk(stream, options, (chunk) => {
    text += decoder.decode(chunk, { stream: true });
    return 0;
  });
  return text + decoder.decode();
}

const LINE_FEED = 0x0a;

/**
 * Hands over whole lines as they come, many in one piece; only the very last one may lack its line feed. Bytes are
 * decoded up to a line feed, so that a piece is one flat string: one that was put together from two takes twice as long
 * to search.
 */
export async function readLines(
  stream: ByteStream,
  onLines: (piece: string) => void,
  options: ReadOptions = {},
): Promise<void> {
  const decoder = newDecoder();
  const rest = await eachChunk(stream, options, (chunk) => {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) onLines(decoder.decode(chunk.subarray(0, end)));
    return chunk.length - end;
  });
  if (rest.length > 0) onLines(decoder.decode(rest));
}

/** The last {@linkcode TAIL_BYTES} of a stream; all of it is read. */
export async function readTail(stream: ByteStream, options: ReadOptions = {}): Promise<string> {
  let kept: Uint8Array[] = [];
  let bytes = 0;
  await eachChunk(stream, options, (chunk) => {
    kept.push(chunk.slice());
    bytes += chunk.length;
    if (bytes > 4 * TAIL_BYTES) {
      kept = [lastBytes(kept)];
      bytes = TAIL_BYTES;
    }
    return 0;
  });
  return newDecoder().decode(lastBytes(kept));
}

function lastBytes(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  let start = Math.max(0, all.length - TAIL_BYTES);
  // Not in the middle of a character: continuation bytes of UTF-8 look like 10xxxxxx.
  if (start > 0) { while (start < all.length && (all[start]! & 0xc0) === 0x80) start++; }
  return all.subarray(start);
}
