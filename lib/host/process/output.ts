/**
 * What a child process prints, as text: collected, line by line, or only the end of it; never more than the caller allows.
 *
 * Bytes that are no UTF-8 become U+FFFD; characters split over two reads are put together again. The time that a reader
 * takes is proportional to the bytes, however they are cut into reads.
 * @module
 */
import { newDecoder, Tail } from "./byte_tail.ts";

/** A stream of bytes as a child process has it. */
export type ByteStream = ReadableStream<Uint8Array<ArrayBuffer>>;

/** How much of a stream is read. */
export interface ReadLimits {
  /** Bytes beyond which reading fails with {@linkcode OutputExcess}. */
  readonly mostBytes: number;
  /** Who sets that limit, for the message; absent if it is fixed. */
  readonly setBy?: string;
  /** Ends the reading early when it is aborted: what was read until then counts. */
  readonly cut?: AbortSignal | undefined;
  /** Called with the number of bytes of each read. */
  readonly onBytes?: (count: number) => void;
}

/** More was printed than the reader takes. The stream is cancelled by then. */
export class OutputExcess extends Error {
  override readonly name = "OutputExcess";
}

/** Bytes of a line, without its line feed, beyond which it is too long. Names and values of ZFS have 8 KiB at most. */
const LONGEST_LINE_BYTES = 65_536;

/** A buffer for what is read at once. */
interface ReadBuffer {
  readonly bytes: number;
  /** Bytes in front of what is read, which its reader may write to. */
  readonly room: number;
}

/** For answers, most of which are short. */
const SHORT: ReadBuffer = { bytes: 4096, room: 0 };

/** For listings: what a pipe holds, behind room for the beginning of a line that came before. */
const LONG: ReadBuffer = { bytes: 65_536, room: LONGEST_LINE_BYTES };

/**
 * Reads to the end. All reads share one buffer, so a chunk is only good until `take` returns. Throws
 * {@linkcode OutputExcess}.
 */
export async function eachChunk(
  stream: ByteStream,
  { mostBytes, setBy, cut, onBytes }: ReadLimits,
  take: (chunk: Uint8Array<ArrayBuffer>) => void,
  { bytes: size, room }: ReadBuffer = SHORT,
): Promise<void> {
  const reader = stream.getReader({ mode: "byob" });
  const stop = (): void => void reader.cancel().catch(() => {});
  cut?.addEventListener("abort", stop, { once: true });
  try {
    if (cut?.aborted) stop();
    let buffer = new ArrayBuffer(room + size);
    let bytes = 0;
    while (true) {
      const { done, value } = await reader.read(new Uint8Array(buffer, room));
      if (done) return;
      onBytes?.(value.length);
      buffer = value.buffer;
      bytes += value.length;
      if (bytes > mostBytes) {
        throw new OutputExcess(`more than ${bytesText(mostBytes)}${setBy === undefined ? "" : ` (${setBy})`}`);
      }
      take(value);
    }
  } catch (error) {
    stop();
    throw error;
  } finally {
    cut?.removeEventListener("abort", stop);
  }
}

function bytesText(bytes: number): string {
  const unit = UNITS.find(([size]) => bytes % size === 0);
  return unit === undefined ? `${bytes} bytes` : `${bytes / unit[0]} ${unit[1]}`;
}

const UNITS = [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]] as const;

/** All of a stream as one text. Throws {@linkcode OutputExcess}. */
export async function readText(stream: ByteStream, limits: ReadLimits): Promise<string> {
  const decoder = newDecoder();
  let text = "";
  await eachChunk(stream, limits, (chunk) => {
    text += decoder.decode(chunk, { stream: true });
  });
  return text + decoder.decode();
}

const LINE_FEED = 0x0a;

/** How lines are handed over. */
export interface LineLimits extends ReadLimits {
  /** What happens to a line of more than {@linkcode LONGEST_LINE_BYTES}. */
  readonly longLines: "fail" | "drop";
}

/**
 * Hands over whole lines as they come, many in one piece; only the very last one may lack its line feed. Bytes are
 * decoded up to a line feed, so that a piece is one flat string: one that was put together from two takes twice as long
 * to search. Throws {@linkcode OutputExcess}.
 */
export async function readLines(
  stream: ByteStream,
  onLines: (piece: string) => void,
  limits: LineLimits,
): Promise<void> {
  const decoder = newDecoder();
  const line = new LineBeginning(limits.longLines);
  await eachChunk(stream, limits, (chunk) => {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) {
      const piece = line.completedBy(chunk, end);
      if (piece.length > 0) onLines(decoder.decode(piece));
    }
    line.grow(chunk.subarray(end));
  }, LONG);
  const rest = line.bytes();
  if (rest.length > 0) onLines(decoder.decode(rest));
}

/** What has come of a line whose end has not. */
class LineBeginning {
  readonly #longLines: LineLimits["longLines"];
  #kept = new Uint8Array(0);
  #length = 0;
  /** The line is too long, and what comes of it is dropped. */
  #isDropped = false;

  constructor(longLines: LineLimits["longLines"]) {
    this.#longLines = longLines;
  }

  bytes(): Uint8Array {
    return this.#kept.subarray(0, this.#length);
  }

  /** Takes more of the line. */
  grow(bytes: Uint8Array): void {
    if (this.#isDropped) return;
    if (this.#length + bytes.length > LONGEST_LINE_BYTES) return this.#drop();
    if (this.#length + bytes.length > this.#kept.length) this.#makeRoom();
    this.#kept.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** The line, whose end the chunk holds, and all that follows up to `end`, where a line ends. A new line begins then. */
  completedBy(chunk: Uint8Array<ArrayBuffer>, end: number): Uint8Array {
    if (this.#length + chunk.indexOf(LINE_FEED) > LONGEST_LINE_BYTES) this.#drop();
    const start = this.#isDropped ? chunk.indexOf(LINE_FEED) + 1 : -this.#length;
    const piece = new Uint8Array(chunk.buffer, chunk.byteOffset + start, end - start);
    if (start < 0) piece.set(this.bytes());
    this.#length = 0;
    this.#isDropped = false;
    return piece;
  }

  #makeRoom(): void {
    const kept = new Uint8Array(LONGEST_LINE_BYTES);
    kept.set(this.bytes());
    this.#kept = kept;
  }

  #drop(): void {
    if (this.#longLines === "fail") throw new OutputExcess(`a line of more than ${bytesText(LONGEST_LINE_BYTES)}`);
    this.#length = 0;
    this.#isDropped = true;
  }
}

/** What a {@linkcode Tail} keeps of a stream; all of it is read. Throws {@linkcode OutputExcess}. */
export async function readTail(stream: ByteStream, limits: ReadLimits): Promise<string> {
  const tail = new Tail();
  await eachChunk(stream, limits, (chunk) => tail.push(chunk));
  return tail.text();
}
