/**
 * Splitting long argument lists by the limits of a command line (docs/spec/replication.md §16.1).
 * @module
 */

const ENCODER = new TextEncoder();
const KIB = 1024;

/** Limits of one batch. */
export interface BatchLimits {
  /** Most items in a batch. */
  readonly maxItems: number;
  /** Most bytes of arguments: each costs its length in UTF-8 and one byte more. */
  readonly maxBytes: number;
}

/** Cuts `items` into batches, in order. A batch holds at least one item, even one that is too long alone. */
export function* batches<T extends string>(items: Iterable<T>, limits: BatchLimits): Generator<T[]> {
  let batch: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const cost = byteLength(item) + 1;
    if (batch.length > 0 && (batch.length >= limits.maxItems || bytes + cost > limits.maxBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += cost;
  }
  if (batch.length > 0) yield batch;
}

/** Longest comma-joined list that one argument may be: a limit of Linux for a single word, in bytes. */
export const MAX_SINGLE_ARGUMENT_BYTES = 131_071;

/** Length in UTF-8, in bytes. */
export function byteLength(text: string): number {
  return IS_ASCII.test(text) ? text.length : ENCODER.encode(text).length;
}

/** Names are, and need not be encoded to be counted. */
const IS_ASCII = /^[\0-\x7f]*$/;

const ARGUMENT_SPACE: Readonly<Record<string, number>> = {
  Linux: 2048 * KIB,
  FreeBSD: 256 * KIB,
  Darwin: 1024 * KIB,
  Windows: 32 * KIB,
};

/**
 * Bytes that a command line may hold on an operating system, with a margin for environment and pointers.
 *
 * @param os first word of `uname -a`; anything unknown counts as the smallest common one
 */
export function maxCommandLineBytes(os: string): number {
  const space = ARGUMENT_SPACE[os] ?? 256 * KIB;
  const margin = space >= 1024 * KIB ? 68 * KIB : 8 * KIB;
  return Math.max(4 * KIB, space - 4 * KIB - margin);
}
