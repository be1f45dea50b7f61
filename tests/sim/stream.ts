/**
 * A send stream as a value and as bytes.
 *
 * A stream has one part per snapshot; `-I`, `-p` and `-R` wrap the parts in a package. Sizes are those of the byte
 * form, so that a cut after N bytes means the same for a value in memory and for a pipe between two processes.
 * @module
 */
import type { StreamTraits, Write } from "./state.ts";

/** What one snapshot contributes to a stream. */
export interface StreamPart {
  readonly traits: StreamTraits;
  /** Writes that the receiver has already: more than 0 only in a resumed stream. */
  readonly skipped: number;
  /** Made by `zfs send -t`. */
  readonly resuming: boolean;
  readonly writes: readonly Write[];
  /** False if the stream ends within this part. */
  readonly complete: boolean;
}

/** What `zfs send` writes. */
export interface Stream {
  /** True if the parts are wrapped. */
  readonly packaged: boolean;
  readonly parts: readonly StreamPart[];
  /** True if the stream ends too early: within its last part or behind it. */
  readonly truncated: boolean;
  /** Dataset given to `zfs send`: names of parts are relative to it. */
  readonly root: string;
}

/** What is left of a stream when nothing was sent. */
export const EMPTY_STREAM: Stream = { packaged: false, parts: [], truncated: true, root: "" };

const END = "SIM-END\n";
const WRITE_HEADER_BYTES = 32;

/** Bytes of the stream. */
export function streamBytes(stream: Stream): number {
  const parts = stream.parts.reduce((sum, part) => sum + partBytes(part), 0);
  return parts + (stream.packaged ? packageHeader(stream).length + END.length : 0);
}

/** Bytes of the payload of some writes. */
export function payloadBytes(writes: readonly Write[]): number {
  return writes.reduce((sum, write) => sum + WRITE_HEADER_BYTES + write.bytes, 0);
}

function partBytes(part: StreamPart): number {
  return partHeader(part).length + payloadBytes(part.writes) + END.length;
}

/** The stream as far as its first `bytes` bytes go. */
export function cutStream(stream: Stream, bytes: number): Stream {
  let left = bytes - (stream.packaged ? packageHeader(stream).length : 0);
  if (left < 0) return EMPTY_STREAM;
  const parts: StreamPart[] = [];
  for (const part of stream.parts) {
    if (left >= partBytes(part)) {
      parts.push(part);
      left -= partBytes(part);
      continue;
    }
    const room = left - partHeader(part).length;
    if (room >= 0) parts.push({ ...part, writes: writesWithin(part.writes, room), complete: false });
    return { ...stream, parts, truncated: true };
  }
  const whole = !stream.packaged || left >= END.length;
  return { ...stream, parts, truncated: stream.truncated || !whole };
}

function writesWithin(writes: readonly Write[], bytes: number): Write[] {
  const fitting: Write[] = [];
  let left = bytes;
  for (const write of writes) {
    left -= WRITE_HEADER_BYTES + write.bytes;
    if (left < 0) break;
    fitting.push(write);
  }
  return fitting;
}

/** The byte form; a truncated stream must be cut as bytes, not encoded. */
export function encodeStream(stream: Stream): Uint8Array {
  const texts: string[] = [];
  if (stream.packaged) texts.push(packageHeader(stream));
  for (const part of stream.parts) {
    texts.push(partHeader(part));
    for (const write of part.writes) texts.push(writeHeader(write), "x".repeat(write.bytes));
    texts.push(END);
  }
  if (stream.packaged) texts.push(END);
  return new TextEncoder().encode(texts.join(""));
}

/** Reads the byte form, complete or not. */
export function decodeStream(bytes: Uint8Array): Stream {
  const text = new TextDecoder("latin1").decode(bytes);
  const reader = new Reader(text);
  const head = reader.header("SIM-PACKAGE ");
  const root = head === undefined ? undefined : String(head.root);
  const parts: StreamPart[] = [];
  for (let part = readPart(reader); part !== undefined; part = readPart(reader)) {
    parts.push(part);
    if (!part.complete || root === undefined) break;
  }
  const whole = parts.every((part) => part.complete) && (root === undefined ? parts.length > 0 : reader.take(END));
  const ownRoot = parts[0]?.traits.toName.replace(/@.*/s, "") ?? "";
  return { packaged: root !== undefined, parts, truncated: !whole, root: root ?? ownRoot };
}

function readPart(reader: Reader): StreamPart | undefined {
  const head = reader.header("SIM-BEGIN ");
  if (head === undefined) return undefined;
  const { skipped, resuming, ...traits } = head as unknown as StreamTraits & Pick<StreamPart, "skipped" | "resuming">;
  const writes: Write[] = [];
  for (let write = reader.write(); write !== undefined; write = reader.write()) writes.push(write);
  return { traits, skipped, resuming, writes, complete: reader.take(END) };
}

/** Names are ASCII in ZFS, property values need not be: JSON escapes keep the header one byte per character. */
function header(mark: string, value: unknown): string {
  const json = JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${mark}${json}\n`;
}

function packageHeader(stream: Stream): string {
  return header("SIM-PACKAGE ", { root: stream.root });
}

function partHeader(part: StreamPart): string {
  return header("SIM-BEGIN ", { ...part.traits, skipped: part.skipped, resuming: part.resuming });
}

function writeHeader(write: Write): string {
  return `W ${write.id} ${write.bytes}`.padEnd(WRITE_HEADER_BYTES - 1) + "\n";
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  header(mark: string): Record<string, unknown> | undefined {
    const end = this.#text.indexOf("\n", this.#at);
    if (end < 0 || !this.#text.startsWith(mark, this.#at)) return undefined;
    const value = JSON.parse(this.#text.slice(this.#at + mark.length, end)) as Record<string, unknown>;
    this.#at = end + 1;
    return value;
  }

  write(): Write | undefined {
    const match = /^W (\d+) (\d+) *\n$/.exec(this.#text.slice(this.#at, this.#at + WRITE_HEADER_BYTES));
    if (!match) return undefined;
    const end = this.#at + WRITE_HEADER_BYTES + Number(match[2]);
    if (end > this.#text.length) return undefined;
    this.#at = end;
    return { id: Number(match[1]), bytes: Number(match[2]) };
  }

  take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
}
