/**
 * Whether a resume token of the destination may be used, from what `zfs send -nvt` says about it.
 *
 * A token whose snapshot is not selected any more, or belongs to another dataset, must be cleared, never completed
 * (docs/spec/replication.md §7.2). Tokens are untrusted input: only part of them is covered by a checksum
 * (openzfs/zfs#10517).
 * @module
 */
import type { Guid } from "../../model/snapshot.ts";

/** What a token says. */
export interface DecodedToken {
  /** Name of the version to be received, with dataset: `dataset@tag`. */
  readonly name: string;
  readonly guid: Guid;
  readonly raw: boolean;
}

/** Reads the dump of a token; `undefined` if it lacks name or guid. */
export function readDecodedToken(text: string): DecodedToken | undefined {
  const name = /^\s+toname\s=\s(.+)$/m.exec(text)?.[1];
  const guid = /^\s+toguid\s=\s(.+)$/m.exec(text)?.[1];
  if (name === undefined || guid === undefined || !/^(0x)?[0-9a-fA-F]{1,16}$/.test(guid)) return undefined;
  return {
    name,
    guid: BigInt(guid.startsWith("0x") ? guid : `0x${guid}`).toString() as Guid,
    raw: /^\s+rawok\s=/m.test(text),
  };
}

/** Compares a token with the dataset and with what is selected; raw mode is {@linkcode rawModeQuestion}'s business. */
export function objectionTo(
  token: DecodedToken,
  source: string,
  selected: ReadonlySet<Guid>,
): "other-dataset" | "not-selected" | undefined {
  if (token.name.split(/[@#]/, 1)[0] !== source) return "other-dataset";
  return selected.has(token.guid) ? undefined : "not-selected";
}

/**
 * Whether the token's raw mode fits the send options: `fits`, `conflict`, or `ask-encryption` if that depends on
 * whether the source is encrypted at all.
 */
export function rawModeQuestion(
  token: DecodedToken,
  sendOptions: readonly string[],
): "fits" | "conflict" | "ask-encryption" {
  const sendsRaw = sendOptions.some((word) => word === "--raw" || /^-[^-]*w/.test(word));
  if (sendsRaw === token.raw) return "fits";
  return token.raw ? "conflict" : "ask-encryption";
}
