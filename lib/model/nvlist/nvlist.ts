/**
 * Packed name-value lists in the native encoding of libnvpair, as ZFS puts them into resume tokens.
 *
 * Layout (openzfs `module/nvpair/nvpair.c`): encoding, byte order, two reserved bytes; version and flags; the pairs; four
 * zero bytes. A pair is its size, the size of its name with the NUL, a reserved word, the number of elements, the type,
 * the name and the value, both padded to eight bytes.
 * @module
 */

/** A value; a flag, which has none, is `true`. */
export type NvValue = bigint | string | true | readonly bigint[];

/** One pair. */
export interface NvPair {
  readonly name: string;
  readonly value: NvValue;
}

const HEADER_BYTES = 12;
const PAIR_BYTES = 16;
const END_BYTES = 4;

/** Numbers of the types that are read. */
const TYPE = { boolean: 1, uint64: 8, string: 9, uint64Array: 16 } as const;

/**
 * The pairs of a list in their order, a name that comes twice twice; `undefined` if the bytes are not exactly such a list,
 * or hold a value of another type than a flag, a text, or numbers of 64 bits without sign. Each byte of a text becomes one
 * character.
 */
export function readNvlist(bytes: Uint8Array): readonly NvPair[] | undefined {
  const view = viewOf(bytes);
  if (bytes.length < HEADER_BYTES + END_BYTES || bytes[0] !== 0 || bytes[1]! > 1) return undefined;
  const isLittle = bytes[1] === 1;
  if (view.getUint16(2) !== 0 || view.getInt32(4) !== 0) return undefined;
  const pairs: NvPair[] = [];
  const end = bytes.length - END_BYTES;
  let at = HEADER_BYTES;
  while (at < end) {
    const size = view.getInt32(at, isLittle);
    if (size < PAIR_BYTES || at + size > end) return undefined;
    const pair = readPair(bytes.subarray(at, at + size), isLittle);
    if (pair === undefined) return undefined;
    pairs.push(pair);
    at += size;
  }
  return at === end && view.getInt32(end) === 0 ? pairs : undefined;
}

function readPair(bytes: Uint8Array, isLittle: boolean): NvPair | undefined {
  const view = viewOf(bytes);
  const nameEnd = PAIR_BYTES + view.getInt16(4, isLittle);
  const valueStart = aligned(nameEnd);
  if (nameEnd <= PAIR_BYTES || valueStart > bytes.length) return undefined;
  const name = readText(bytes.subarray(PAIR_BYTES, nameEnd));
  const count = view.getInt32(8, isLittle);
  const value = readValue(view.getInt32(12, isLittle), count, bytes.subarray(valueStart), isLittle);
  return name === undefined || value === undefined ? undefined : { name, value };
}

function readValue(type: number, count: number, bytes: Uint8Array, isLittle: boolean): NvValue | undefined {
  switch (type) {
    case TYPE.boolean:
      return count === 0 && bytes.length === 0 ? true : undefined;
    case TYPE.uint64:
      return count === 1 && bytes.length === 8 ? viewOf(bytes).getBigUint64(0, isLittle) : undefined;
    case TYPE.uint64Array:
      if (count < 0 || bytes.length !== 8 * count) return undefined;
      return Array.from({ length: count }, (_, index) => viewOf(bytes).getBigUint64(8 * index, isLittle));
    case TYPE.string: {
      const length = bytes.indexOf(0) + 1;
      return count === 1 && aligned(length) === bytes.length ? readText(bytes.subarray(0, length)) : undefined;
    }
    default:
      return undefined;
  }
}

/** A text that ends in its only NUL. */
function readText(bytes: Uint8Array): string | undefined {
  const length = bytes.indexOf(0);
  return length >= 0 && length === bytes.length - 1 ? LATIN_1.decode(bytes.subarray(0, length)) : undefined;
}

const LATIN_1 = new TextDecoder("latin1");

function aligned(length: number): number {
  return (length + 7) & ~7;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
