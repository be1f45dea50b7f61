/**
 * Resume tokens: what `receive_resume_token` shows, and what `zfs send -t` makes of it.
 *
 * The form `1-CHECKSUM-LENGTH-HEX` is that of OpenZFS; the packed contents are JSON instead of a compressed nvlist.
 * @module
 */
import { ZfsFailure } from "./failure.ts";
import type { PartialReceive } from "./state.ts";
import { payloadBytes } from "./stream.ts";

/** What a token says. */
export interface TokenContents {
  readonly fromGuid?: string | undefined;
  readonly object: number;
  readonly bytes: number;
  readonly toGuid: string;
  readonly toName: string;
  readonly largeblockok: boolean;
  readonly embedok: boolean;
  readonly compressok: boolean;
  readonly rawok: boolean;
}

/** The token of a partial receive. */
export function tokenOf(partial: PartialReceive): string {
  const { traits, writes } = partial;
  const contents: TokenContents = {
    fromGuid: traits.fromGuid,
    object: writes.length,
    bytes: payloadBytes(writes),
    toGuid: traits.toGuid,
    toName: traits.toName,
    largeblockok: traits.largeBlocks,
    embedok: traits.embedded,
    compressok: traits.compressed,
    rawok: traits.raw,
  };
  const text = JSON.stringify(contents);
  const hex = [...text].map((c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  return `1-${checksum(hex)}-${text.length.toString(16)}-${hex}`;
}

/** Reads a token; fails with the words of `zfs send -t`. */
export function readToken(token: string): TokenContents {
  const match = /^1-([0-9a-f]+)-([0-9a-f]+)-([0-9a-f]+)$/.exec(token);
  if (!match) throw new ZfsFailure("cannot resume send: resume token is corrupt (invalid format)", 255);
  const hex = match[3]!;
  if (checksum(hex) !== match[1]) {
    throw new ZfsFailure("cannot resume send: resume token is corrupt (incorrect checksum)", 255);
  }
  const text = hex.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)));
  return JSON.parse(text) as TokenContents;
}

/** The text that `zfs send -v -t` prints about a token. */
export function describeToken(contents: TokenContents): string {
  const lines = ["resume token contents:", "nvlist version: 0"];
  if (contents.fromGuid !== undefined) lines.push(`\tfromguid = ${hexadecimal(contents.fromGuid)}`);
  lines.push(`\tobject = ${hexadecimal(String(contents.object))}`, "\toffset = 0x0");
  lines.push(`\tbytes = ${hexadecimal(String(contents.bytes))}`, `\ttoguid = ${hexadecimal(contents.toGuid)}`);
  lines.push(`\ttoname = ${contents.toName}`);
  for (const flag of ["largeblockok", "embedok", "compressok", "rawok"] as const) {
    if (contents[flag]) lines.push(`\t${flag} = 1`);
  }
  return `${lines.join("\n")}\n`;
}

/** `0x…` as `%#llx` prints it. */
export function hexadecimal(decimal: string): string {
  return `0x${BigInt(decimal).toString(16)}`;
}

/** FNV-1a. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash.toString(16);
}
