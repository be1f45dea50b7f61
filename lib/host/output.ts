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

/** Hands over whole lines as they come, many in one piece; only the very last one may lack its line feed. */
export async function readLines(
  stream: ByteStream,
  onLines: (piece: string) => void,
  cut?: AbortSignal,
): Promise<void> {
  const decoder = newDecoder();
  let rest = "";
  await eachChunk(stream, cut, (chunk) => {
    // Searches only the new text: a long line costs no more.
    const text = decoder.decode(chunk, { stream: true });
    const end = text.lastIndexOf("\n") + 1;
    if (end > 0) onLines(rest + text.slice(0, end));
    rest = end > 0 ? text.slice(end) : rest + text;
  });
  rest += decoder.decode();
  if (rest !== "") onLines(rest);
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
