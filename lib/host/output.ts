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

/** Reads to the end, and ends early when `cut` is aborted: what was read until then counts. */
async function eachChunk(
  stream: ByteStream,
  cut: AbortSignal | undefined,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  const reader = stream.getReader();
  const stop = (): void => void reader.cancel().catch(() => {});
  cut?.addEventListener("abort", stop, { once: true });
  try {
    if (cut?.aborted) return stop();
    for (let next = await reader.read(); !next.done; next = await reader.read()) take(next.value);
  } finally {
    cut?.removeEventListener("abort", stop);
  }
}

/** A decoder that keeps a byte order mark and replaces what is no UTF-8. */
function newDecoder(): TextDecoder {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}

/** All of a stream as one text. */
export async function readText(stream: ByteStream, cut?: AbortSignal): Promise<string> {
  const decoder = newDecoder();
  let text = "";
  await eachChunk(stream, cut, (chunk) => void (text += decoder.decode(chunk, { stream: true })));
  return text + decoder.decode();
}

/** Hands over each line without its line feed, also a last one that has none. */
export async function readLines(
  stream: ByteStream,
  onLine: (line: string) => void,
  cut?: AbortSignal,
): Promise<void> {
  const decoder = newDecoder();
  let rest = "";
  await eachChunk(stream, cut, (chunk) => {
    rest = deliverLines(rest, decoder.decode(chunk, { stream: true }), onLine);
  });
  rest = deliverLines(rest, decoder.decode(), onLine);
  if (rest !== "") onLine(rest);
}

/** Delivers what `text` completes, and returns what is left. Searches only the new text: a long line costs no more. */
function deliverLines(rest: string, text: string, onLine: (line: string) => void): string {
  let end = text.indexOf("\n");
  if (end < 0) return rest + text;
  onLine(rest + text.slice(0, end));
  let start = end + 1;
  while ((end = text.indexOf("\n", start)) >= 0) {
    onLine(text.slice(start, end));
    start = end + 1;
  }
  return text.slice(start);
}

/** The last {@linkcode TAIL_BYTES} of a stream; all of it is read. */
export async function readTail(stream: ByteStream, cut?: AbortSignal): Promise<string> {
  let kept: Uint8Array[] = [];
  let bytes = 0;
  await eachChunk(stream, cut, (chunk) => {
    kept.push(chunk);
    bytes += chunk.length;
    if (bytes > 4 * TAIL_BYTES) {
      kept = [lastBytes(kept)];
      bytes = TAIL_BYTES;
    }
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
