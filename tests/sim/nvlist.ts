/**
 * Packed nvlists in the native encoding of a little-endian host, as libnvpair makes, takes and prints them.
 *
 * Written beside `lib/model/nvlist/nvlist.ts`, of which it shares nothing: a pair that both take for something else is found.
 * @module
 */

/** A value that is packed as a flag, a number of 64 bits, a text, or a list of such numbers. */
export type Value = true | bigint | string | readonly bigint[];

/** Pairs in their order; a name may come twice. */
export type Pairs = readonly (readonly [name: string, value: Value])[];

/** Packs pairs. */
export function packPairs(pairs: Pairs): Uint8Array<ArrayBuffer> {
  const packed = pairs.map(([name, value]) => packPair(name, value));
  return concat([Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0), ...packed, new Uint8Array(4)]);
}

function packPair(name: string, value: Value): Uint8Array {
  const [type, count, bytes] = packValue(value);
  const named = padded(concat([new Uint8Array(16), terminated(name)]));
  const pair = concat([named, padded(bytes)]);
  const view = new DataView(pair.buffer);
  view.setInt32(0, pair.length, true);
  view.setInt16(4, name.length + 1, true);
  view.setInt32(8, count, true);
  view.setInt32(12, type, true);
  return pair;
}

function packValue(value: Value): readonly [type: number, count: number, bytes: Uint8Array] {
  if (value === true) return [1, 0, new Uint8Array()];
  if (typeof value === "string") return [9, 1, terminated(value)];
  if (typeof value === "bigint") return [8, 1, words([value])];
  return [16, value.length, words(value)];
}

/** Unpacks what {@linkcode packPairs} has packed; throws for anything else. */
export function unpackPairs(packed: Uint8Array): Pairs {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  const pairs: [string, Value][] = [];
  for (let at = 12; view.getInt32(at, true) !== 0; at += view.getInt32(at, true)) {
    const nameBytes = view.getInt16(at + 4, true);
    const value = at + 8 * Math.ceil((16 + nameBytes) / 8);
    pairs.push([
      textAt(packed, at + 16),
      unpackValue(packed, value, view.getInt32(at + 12, true), view.getInt32(at + 8, true)),
    ]);
  }
  return pairs;
}

function unpackValue(packed: Uint8Array, at: number, type: number, count: number): Value {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  if (type === 1) return true;
  if (type === 8) return view.getBigUint64(at, true);
  if (type === 9) return textAt(packed, at);
  if (type === 16) return Array.from({ length: count }, (_, index) => view.getBigUint64(at + 8 * index, true));
  throw new Error(`no type of a token: ${type}`);
}

/** As `nvlist_print` shows them: texts as they are. */
export function printPairs(pairs: Pairs): string {
  return ["nvlist version: 0", ...pairs.map(([name, value]) => `\t${name} = ${printValue(value)}`)].join("\n") + "\n";
}

function printValue(value: Value): string {
  if (value === true) return "1";
  if (typeof value === "string") return value;
  return typeof value === "bigint" ? hexadecimal(value) : value.map(hexadecimal).join(" ");
}

/** `0x…` as `%#llx` prints it. */
export function hexadecimal(value: bigint): string {
  return `0x${value.toString(16)}`;
}

function terminated(text: string): Uint8Array {
  return concat([new TextEncoder().encode(text), new Uint8Array(1)]);
}

function textAt(bytes: Uint8Array, start: number): string {
  return new TextDecoder().decode(bytes.subarray(start, bytes.indexOf(0, start)));
}

function words(values: readonly bigint[]): Uint8Array {
  return new Uint8Array(new BigUint64Array(values).buffer);
}

function padded(bytes: Uint8Array): Uint8Array {
  return concat([bytes, new Uint8Array(-bytes.length & 7)]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
