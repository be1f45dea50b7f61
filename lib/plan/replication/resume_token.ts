/**
 * Resume tokens: what one says, and whether it may be used.
 *
 * A token comes from the destination, which may have made it up. Only part of it is covered by its checksum
 * (openzfs/zfs#10517), and `zfs send -t` sends whatever snapshot of the pool has the guid that it names. So it is taken
 * apart here, and what `zfs send -nvt` prints about it is not read: that prints texts as they are, line feeds and all. A
 * token whose snapshot is not selected any more, or belongs to another dataset, must be cleared, never completed
 * (docs/spec/replication.md §7.2).
 *
 * Form: `1-CHECKSUM-SIZE-HEX`, where HEX is a zlib stream of a packed nvlist of SIZE bytes, and CHECKSUM the first word of
 * the Fletcher-4 checksum of the stream (openzfs `module/zfs/dsl_dataset.c`, `lib/libzfs/libzfs_sendrecv.c`).
 * @module
 */
import type { NvPair, NvValue } from "../../model/nvlist/mod.ts";
import type { Guid } from "../../model/snapshot.ts";
import { sendsRaw } from "./send_options.ts";

/** A token whose contents are still compressed. */
export interface SealedToken {
  readonly compressed: Uint8Array<ArrayBuffer>;
  /** Size of the contents, in bytes. */
  readonly size: number;
}

/** What a token says. */
export interface ResumeToken {
  /** Name of the version to be received, with dataset: `dataset@tag`. */
  readonly name: string;
  readonly guid: Guid;
  /** Absent in a full stream. */
  readonly fromGuid: Guid | undefined;
  readonly raw: boolean;
}

/** Characters of a token beyond which it is not read. One without lists of redaction snapshots has about 400. */
const LONGEST_TOKEN = 16_384;

/** Bytes of its contents beyond which they are not read. */
const LARGEST_CONTENTS = 65_536;

const TOKEN = /^1-([0-9a-f]{1,16})-([0-9a-f]{1,8})-((?:[0-9a-f]{2})+)$/;

/** Takes a token apart and verifies its checksum; `undefined` if it is none. */
export function openToken(text: string): SealedToken | undefined {
  if (text.length > LONGEST_TOKEN) return undefined;
  const [, checksum = "", size = "", hex = ""] = TOKEN.exec(text) ?? [];
  if (hex === "" || parseInt(size, 16) > LARGEST_CONTENTS) return undefined;
  const compressed = new Uint8Array(hex.length / 2);
  for (let at = 0; at < compressed.length; at++) compressed[at] = parseInt(hex.slice(2 * at, 2 * at + 2), 16);
  const expected = BigInt(`0x${checksum}`);
  const isIntact = [true, false].some((isLittleEndian) => sumOfWords(compressed, isLittleEndian) === expected);
  return isIntact ? { compressed, size: parseInt(size, 16) } : undefined;
}

/** The first word of Fletcher-4: the sum of all whole words of 32 bits, in the byte order of the host that made it. */
function sumOfWords({ buffer, length }: Uint8Array<ArrayBuffer>, isLittleEndian: boolean): bigint {
  const view = new DataView(buffer);
  let sum = 0;
  for (let at = 0; at + 4 <= length; at += 4) sum += view.getUint32(at, isLittleEndian);
  return BigInt(sum);
}

/** How a value has to look. */
type Check = (value: NvValue) => boolean;

const isNumber: Check = (value) => typeof value === "bigint";
const isFlag: Check = (value) => value === true;
const isList: Check = (value) => Array.isArray(value);
/** A name of ZFS: printable ASCII, 255 characters at most. */
const isName: Check = (value) => typeof value === "string" && /^[ -~]{1,255}$/.test(value);

/** All that tokens of OpenZFS up to 2.3 hold. */
const KEYS: ReadonlyMap<string, Check> = new Map([
  ["toname", isName],
  ["toguid", isNumber],
  ["object", isNumber],
  ["offset", isNumber],
  ["bytes", isNumber],
  ["fromguid", isNumber],
  ["largeblockok", isFlag],
  ["embedok", isFlag],
  ["compressok", isFlag],
  ["rawok", isFlag],
  ["redact_snaps", isList],
  ["book_redact_snaps", isList],
]);

const REQUIRED = ["toname", "toguid", "object", "offset", "bytes"];

/** Reads the contents of a token; a text says what about them no token of ZFS has. */
export function readToken(pairs: readonly NvPair[]): ResumeToken | string {
  const values = new Map<string, NvValue>();
  for (const { name, value } of pairs) {
    const check = KEYS.get(name);
    if (check === undefined) return `it holds ${JSON.stringify(name.slice(0, 40))}, which is not known`;
    if (values.has(name)) return `it holds ${name} twice`;
    if (!check(value)) return `its ${name} is malformed`;
    values.set(name, value);
  }
  const missing = REQUIRED.find((name) => !values.has(name));
  if (missing !== undefined) return `it holds no ${missing}`;
  const guidOf = (name: string): Guid | undefined => values.get(name)?.toString() as Guid | undefined;
  return {
    name: values.get("toname") as string,
    guid: guidOf("toguid")!,
    fromGuid: guidOf("fromguid"),
    raw: values.has("rawok"),
  };
}

/** What a token has to fit. */
export interface TokenFit {
  readonly source: string;
  /** Guids of the snapshots of the source that are selected. */
  readonly selected: ReadonlySet<Guid>;
  /** Guid of what both sides have; absent if they have nothing in common. */
  readonly base: Guid | undefined;
  /** Guids of all snapshots of the source that were listed: one of them is to be sent. */
  readonly snapshots: ReadonlySet<Guid>;
  /** Guids of all versions that were listed: one of them is the base. */
  readonly versions: ReadonlySet<Guid>;
}

/** Why a token may not be completed. */
export interface TokenObjection {
  readonly kind: "stale" | "not-selected";
  /** Guid that the token needs and that was not listed at the source, which therefore has to be asked for it. */
  readonly unlisted?: Guid;
}

/**
 * Compares a token with the source's listing; raw mode is {@linkcode rawModeQuestion}'s business. The tag is not compared:
 * the snapshot may have been renamed, and its guid is what `zfs send -t` looks for.
 */
export function objectionTo(token: ResumeToken, fit: TokenFit): TokenObjection | undefined {
  const { guid, fromGuid } = token;
  if (token.name.split(/[@#]/, 1)[0] !== fit.source) return { kind: "stale" };
  if (!fit.selected.has(guid)) return { kind: "not-selected", ...(fit.snapshots.has(guid) ? {} : { unlisted: guid }) };
  if (fromGuid === fit.base) return undefined;
  const isListed = fromGuid === undefined || fit.versions.has(fromGuid);
  return { kind: "stale", ...(isListed ? {} : { unlisted: fromGuid }) };
}

/**
 * Whether the token's raw mode fits the send options: `fits`, `conflict`, or `ask-encryption` if that depends on
 * whether the source is encrypted at all.
 */
export function rawModeQuestion(
  token: ResumeToken,
  sendOptions: readonly string[],
): "fits" | "conflict" | "ask-encryption" {
  if (sendsRaw(sendOptions) === token.raw) return "fits";
  return token.raw ? "conflict" : "ask-encryption";
}
