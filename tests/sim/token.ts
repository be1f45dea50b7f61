/**
 * Resume tokens: what `receive_resume_token` shows, and what `zfs send -t` makes of it.
 *
 * The form is that of OpenZFS: `1-CHECKSUM-SIZE-HEX`, a compressed nvlist. Like ZFS, the simulator believes what a token
 * says: a guid is looked for in the whole pool, and texts are printed as they are.
 * @module
 */
import { ZfsFailure } from "./failure.ts";
import { hexadecimal, packPairs, type Pairs, printPairs, unpackPairs, type Value } from "./nvlist.ts";
import type { PartialReceive } from "./state.ts";
import { payloadBytes } from "./stream.ts";

/** What a token says. */
export interface TokenContents {
  readonly fromGuid?: string | undefined;
  readonly object: number;
  readonly toGuid: string;
  readonly toName: string;
  readonly largeblockok: boolean;
  readonly embedok: boolean;
  readonly compressok: boolean;
  readonly rawok: boolean;
  /** All of it, as it is printed. */
  readonly text: string;
}

/** The part of Node's zlib that is used. */
interface Zlib {
  deflateSync(bytes: Uint8Array, options: { readonly level: number }): Uint8Array;
  inflateSync(bytes: Uint8Array): Uint8Array;
}

const zlib = (globalThis as unknown as { process: { getBuiltinModule(name: "node:zlib"): Zlib } }).process
  .getBuiltinModule("node:zlib");

/** The token of a partial receive: one that somebody made up, if there is one. */
export function tokenOf(partial: PartialReceive): string {
  return partial.forgedToken ?? tokenOfPairs(pairsOf(partial));
}

/** What the token of a partial receive holds. */
export function pairsOf({ traits, writes }: PartialReceive): Pairs {
  const flags = {
    largeblockok: traits.largeBlocks,
    embedok: traits.embedded,
    compressok: traits.compressed,
    rawok: traits.raw,
  };
  return [
    ...(traits.fromGuid === undefined ? [] : [["fromguid", BigInt(traits.fromGuid)] as const]),
    ["object", BigInt(writes.length)],
    ["offset", 0n],
    ["bytes", BigInt(payloadBytes(writes))],
    ["toguid", BigInt(traits.toGuid)],
    ["toname", traits.toName],
    ...Object.entries(flags).filter(([, isSet]) => isSet).map(([name]) => [name, true] as const),
  ];
}

/** The token that holds these pairs. */
export function tokenOfPairs(pairs: Pairs): string {
  const packed = packPairs(pairs);
  const compressed = zlib.deflateSync(packed, { level: 6 });
  const hex = Array.from(compressed, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `1-${checksum(compressed)}-${packed.length.toString(16)}-${hex}`;
}

/** Reads a token; fails with the words of `zfs send -t`. */
export function readToken(token: string): TokenContents {
  const match = /^1-([0-9a-f]+)-([0-9a-f]+)-([0-9a-f]+)$/.exec(token);
  if (!match) throw new ZfsFailure("cannot resume send: resume token is corrupt (invalid format)", 255);
  const compressed = Uint8Array.from(match[3]!.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  if (checksum(compressed) !== match[1]) {
    throw new ZfsFailure("cannot resume send: resume token is corrupt (incorrect checksum)", 255);
  }
  const pairs = unpackPairs(zlib.inflateSync(compressed));
  // The last one of a name counts: libnvpair replaces those before it in a list of unique names.
  const values = new Map<string, Value>(pairs);
  const number = (name: string): bigint | undefined => values.get(name) as bigint | undefined;
  return {
    fromGuid: number("fromguid")?.toString(),
    object: Number(number("object")),
    toGuid: String(number("toguid")),
    toName: String(values.get("toname")),
    largeblockok: values.has("largeblockok"),
    embedok: values.has("embedok"),
    compressok: values.has("compressok"),
    rawok: values.has("rawok"),
    text: `resume token contents:\n${printPairs(pairs)}`,
  };
}

/** A guid as ZFS prints it in its messages. */
export function hexadecimalGuid(decimal: string): string {
  return hexadecimal(BigInt(decimal));
}

/** The first word of Fletcher-4. */
function checksum(bytes: Uint8Array): string {
  let sum = 0n;
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    sum += BigInt(new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0, true));
  }
  return sum.toString(16);
}
