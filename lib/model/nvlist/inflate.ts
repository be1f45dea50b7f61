/**
 * Decompression of short texts from elsewhere.
 * @module
 */

/** Bytes that are handed over at once: deflate makes a thousand times as much of them at most. */
const SLICE_BYTES = 256;

/**
 * What a zlib stream holds, if that is `size` bytes; otherwise `undefined`. Never makes much more than `size` bytes.
 */
export async function inflate(compressed: Uint8Array<ArrayBuffer>, size: number): Promise<Uint8Array | undefined> {
  const inflated = new Uint8Array(size);
  let length = 0;
  try {
    for await (const chunk of slicesOf(compressed).pipeThrough(new DecompressionStream("deflate"))) {
      if (length + chunk.length > size) return undefined;
      inflated.set(chunk, length);
      length += chunk.length;
    }
  } catch {
    return undefined;
  }
  return length === size ? inflated : undefined;
}

function slicesOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller): void {
      if (at < bytes.length) controller.enqueue(bytes.subarray(at, at += SLICE_BYTES));
      else controller.close();
    },
  });
}
