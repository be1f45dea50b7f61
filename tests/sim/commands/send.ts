/**
 * `zfs send`: makes a stream, or says how large it would be.
 * @module
 */
import { isWithin } from "../../../lib/model/dataset.ts";
import { ZfsFailure } from "../failure.ts";
import type { SimHost } from "../host.ts";
import type { Pool } from "../pool.ts";
import { blockSizeOf, ownPropertyNames, propertyOf } from "../properties.ts";
import type { BookmarkState, DatasetState, SnapshotState, StreamTraits } from "../state.ts";
import type { Stream, StreamPart } from "../stream.ts";
import { hexadecimalGuid, readToken } from "../token.ts";
import { openSnapshot } from "./names.ts";
import { type Outcome, success } from "./outcome.ts";
import { splitWords, type Words } from "./words.ts";

const LONG = {
  raw: "w",
  compressed: "c",
  "large-block": "L",
  embed: "e",
  props: "p",
  parsable: "P",
  replicate: "R",
  "skip-missing": "s",
  backup: "b",
  holds: "h",
  verbose: "v",
  dryrun: "n",
};

/** One planned part, before its writes are taken. */
interface PlannedPart {
  readonly pool: Pool;
  readonly dataset: DatasetState;
  readonly from: SnapshotState | BookmarkState | undefined;
  /** As the estimate shows it. */
  readonly fromText: string;
  readonly to: SnapshotState;
  readonly skipped: number;
}

/** `zfs send`. */
export function send(host: SimHost, argv: readonly string[]): Outcome {
  const words = splitWords(argv, { flags: "wcLepPRsbhvnD", values: "iItXd", long: LONG });
  if (words.has("t")) return resume(host, words);
  const { pool, dataset, snapshot: to } = openSnapshotToSend(host, words.operands[0] ?? "");
  requireKey(dataset, to, words);
  const planned = words.has("R")
    ? planReplicate(pool, dataset, to, words)
    : words.has("I")
    ? planRange(host, pool, dataset, to, words)
    : [planStep(host, pool, dataset, to, words)];
  if (words.has("n")) return success(words.has("v") ? describe(planned, words) : "");
  const packaged = ["I", "p", "R", "h", "b"].some((letter) => words.has(letter));
  const stream: Stream = {
    packaged,
    parts: planned.map((part) => toPart(part, words, false)),
    truncated: false,
    root: dataset.name,
  };
  const said = words.has("v") ? describe(planned, words) : "";
  return { ...success("", `${warnings(pool, dataset, to, words)}${said}`), stream };
}

function openSnapshotToSend(host: SimHost, name: string): ReturnType<typeof openSnapshot> {
  if (name.includes("@") || !host.poolOf(name)?.find(name)) return openSnapshot(host, name);
  throw new ZfsFailure(`warning: cannot send '${name}': Invalid argument`);
}

function requireKey(dataset: DatasetState, to: SnapshotState, words: Words): void {
  if (dataset.encryptionRoot === undefined || words.has("w")) return;
  const name = `${dataset.name}@${to.tag}`;
  if (words.has("p")) {
    throw new ZfsFailure(
      `cannot send ${name}: encrypted dataset ${dataset.name} may not be sent with properties without the raw flag\n` +
        `warning: cannot send '${name}': backup failed`,
    );
  }
  if (dataset.keyLoaded || words.has("n")) return;
  throw new ZfsFailure(`warning: cannot send '${name}': dataset key must be loaded`);
}

function planStep(
  host: SimHost,
  pool: Pool,
  dataset: DatasetState,
  to: SnapshotState,
  words: Words,
): PlannedPart {
  const fromWord = words.last("i");
  if (fromWord === undefined) return { pool, dataset, from: undefined, fromText: "", to, skipped: 0 };
  const fromText = completeName(fromWord, dataset);
  const isBookmark = fromText.includes("#");
  const from = isBookmark
    ? dataset.bookmarks.find((bookmark) => `${dataset.name}#${bookmark.tag}` === fromText)
    : openSnapshot(host, fromText).snapshot;
  const fail = (reason: string): ZfsFailure =>
    new ZfsFailure(`warning: cannot send '${dataset.name}@${to.tag}': ${reason}`);
  if (!from) throw fail(words.has("n") ? "No such process" : `incremental source (${fromText}) does not exist`);
  if (fromText.split(/[@#]/)[0] !== dataset.name || from.createtxg >= to.createtxg) {
    throw fail("not an earlier snapshot from the same fs");
  }
  return { pool, dataset, from, fromText, to, skipped: 0 };
}

function completeName(word: string, dataset: DatasetState): string {
  if (/^[@#]/.test(word)) return `${dataset.name}${word}`;
  return /[@#]/.test(word) ? word : `${dataset.name}@${word}`;
}

function planRange(host: SimHost, pool: Pool, dataset: DatasetState, to: SnapshotState, words: Words): PlannedPart[] {
  const fromText = completeName(words.last("I")!, dataset);
  if (fromText.includes("#")) throw new ZfsFailure("Error: multiple snapshots cannot be sent from a bookmark.");
  const from = openSnapshot(host, fromText).snapshot;
  const first = dataset.snapshots.indexOf(from);
  const last = dataset.snapshots.indexOf(to);
  if (first < 0 || first >= last) {
    throw new ZfsFailure(
      `WARNING: could not send ${dataset.name}@${to.tag}:\nincremental source (${fromText}) does not exist`,
      1,
      words.has("n") && words.has("P") ? "size\t0\n" : "",
    );
  }
  return dataset.snapshots.slice(first + 1, last + 1).map((snapshot, index) => {
    const previous = dataset.snapshots[first + index]!;
    return { pool, dataset, from: previous, fromText: previous.tag, to: snapshot, skipped: 0 };
  });
}

/** `-R`: all descendants that have the snapshot, each with its own history up to it. */
function planReplicate(pool: Pool, root: DatasetState, to: SnapshotState, words: Words): PlannedPart[] {
  const base = words.last("I") ?? words.last("i");
  const baseTag = base?.replace(/^.*@/s, "");
  const missing = missingIn(pool, root, to);
  if (missing.length > 0 && !words.has("s")) {
    throw new ZfsFailure(
      `cannot send ${root.name}@${to.tag} recursively: snapshot ${missing[0]}@${to.tag} does not exist\n` +
        `warning: cannot send '${root.name}@${to.tag}': backup failed`,
    );
  }
  const datasets = pool.tree(root.name).filter(({ name }) => !missing.some((skipped) => isWithin(name, skipped)));
  return datasets.flatMap((dataset) => {
    const last = dataset.snapshots.findIndex((snapshot) => snapshot.tag === to.tag);
    const first = dataset.snapshots.findIndex((snapshot) => snapshot.tag === baseTag);
    return dataset.snapshots.slice(first + 1, last + 1).map((snapshot, index) => {
      const previous = dataset.snapshots[first + index];
      return { pool, dataset, from: previous, fromText: previous?.tag ?? "", to: snapshot, skipped: 0 };
    });
  });
}

/** Topmost descendants without the snapshot. */
function missingIn(pool: Pool, root: DatasetState, to: SnapshotState): string[] {
  const missing: string[] = [];
  for (const { name, snapshots } of pool.tree(root.name)) {
    if (missing.some((skipped) => isWithin(name, skipped))) continue;
    if (!snapshots.some((snapshot) => snapshot.tag === to.tag)) missing.push(name);
  }
  return missing;
}

function warnings(pool: Pool, root: DatasetState, to: SnapshotState, words: Words): string {
  if (!words.has("R") || !words.has("s")) return "";
  return missingIn(pool, root, to)
    .map((name) => `WARNING: skipping dataset ${name} and its children: snapshot ${to.tag} does not exist\n`)
    .join("");
}

function toPart(part: PlannedPart, words: Words, resuming: boolean): StreamPart {
  const { dataset, from, to, skipped } = part;
  const start = (from?.length ?? 0) + skipped;
  return {
    traits: traitsOf(part, words),
    skipped,
    resuming,
    writes: dataset.log.slice(start, to.length),
    complete: true,
  };
}

function traitsOf({ pool, dataset, from, to }: PlannedPart, words: Words): StreamTraits {
  const encrypted = dataset.encryptionRoot !== undefined;
  return {
    toName: `${dataset.name}@${to.tag}`,
    toGuid: to.guid,
    fromGuid: from?.guid,
    creation: to.creation,
    type: dataset.type,
    blockSize: blockSizeOf(pool, dataset),
    volumeSize: dataset.volumeSize,
    raw: words.has("w") && encrypted,
    compressed: words.has("c") || words.has("w"),
    embedded: words.has("e") || (words.has("w") && !encrypted),
    largeBlocks: words.has("L"),
    ...(words.has("p") || words.has("R") ? { properties: propertiesToSend(pool, dataset) } : {}),
  };
}

/** Local and received values, as `-p` and `-R` send them. */
function propertiesToSend(pool: Pool, dataset: DatasetState): Record<string, string> {
  const names = ownPropertyNames(dataset).filter((name) => name !== "volsize");
  return Object.fromEntries(names.map((name) => [name, propertyOf(pool, dataset, name)!.value]));
}

function describe(planned: readonly PlannedPart[], words: Words): string {
  const sizes = planned.map((part) => estimatedBytes(part));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const lines = planned.map((part, index) => {
    const to = `${part.dataset.name}@${part.to.tag}`;
    const size = sizes[index]!;
    if (words.has("P")) return part.from ? `incremental\t${part.fromText}\t${to}\t${size}` : `full\t${to}\t${size}`;
    if (!part.from) return `full send of ${to} estimated size is ${niceBytes(size)}`;
    const from = /[@#]/.test(part.fromText) ? part.fromText : `@${part.fromText}`;
    return `send from ${from} to ${to} estimated size is ${niceBytes(size)}`;
  });
  const sum = words.has("P") ? `size\t${total}` : `total estimated size is ${niceBytes(total)}`;
  return `${[...lines, sum].join("\n")}\n`;
}

function estimatedBytes({ dataset, from, to, skipped }: PlannedPart): number {
  const writes = dataset.log.slice((from?.length ?? 0) + skipped, to.length);
  return writes.reduce((sum, write) => sum + write.bytes, 624);
}

/** As libzfs prints sizes: three significant digits. */
function niceBytes(bytes: number): string {
  const exponent = bytes < 1024 ? 0 : Math.floor(Math.log2(bytes) / 10);
  if (exponent === 0) return `${bytes}B`;
  const value = bytes / 1024 ** exponent;
  const digits = Number.isInteger(value) || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${"BKMGT"[exponent]}`;
}

/** Looks for a snapshot in a dataset and below it, then in its parent and below that, and so on: as libzfs does. */
function findByGuid(
  pool: Pool,
  near: string,
  guid: string,
): { readonly dataset: DatasetState; readonly to: SnapshotState } | undefined {
  for (let root = near; root !== ""; root = root.slice(0, Math.max(0, root.lastIndexOf("/")))) {
    for (const dataset of pool.tree(root)) {
      const to = dataset.snapshots.find((snapshot) => snapshot.guid === guid);
      if (to !== undefined) return { dataset, to };
    }
  }
  return undefined;
}

/** `zfs send -t token`. */
function resume(host: SimHost, words: Words): Outcome {
  const token = readToken(words.last("t")!);
  const verbose = words.has("v");
  const printed = verbose ? token.text : "";
  const outOf = words.has("n") ? printed : "";
  const fail = (reason: string): ZfsFailure => {
    const stderr = `cannot resume send: ${reason}`;
    return new ZfsFailure(outOf === "" ? `${printed}${stderr}` : stderr, 255, outOf);
  };
  const at = token.toName.indexOf("@");
  const pool = host.poolOf(token.toName);
  const named = pool?.find(token.toName.slice(0, at));
  const { dataset, to } = (pool && findByGuid(pool, token.toName.slice(0, at), token.toGuid)) ?? {};
  if (!pool || !dataset || !to) {
    const same = named?.snapshots.some((snapshot) => snapshot.tag === token.toName.slice(at + 1));
    throw fail(
      same
        ? `'${token.toName}' is no longer the same snapshot used in the initial send`
        : `'${token.toName}' used in the initial send no longer exists`,
    );
  }
  const snapshot = dataset.snapshots.find((candidate) => candidate.guid === token.fromGuid);
  const bookmark = dataset.bookmarks.find((candidate) => candidate.guid === token.fromGuid);
  const from = snapshot ?? bookmark;
  if (token.fromGuid !== undefined && !from) {
    throw fail(`incremental source ${hexadecimalGuid(token.fromGuid)} no longer exists`);
  }
  const fromText = from ? `${dataset.name}${snapshot ? "@" : "#"}${from.tag}` : "";
  const part: PlannedPart = { pool, dataset, from, fromText, to, skipped: token.object };
  const text = verbose ? printed + describe([part], words) : "";
  if (words.has("n")) return success(text);
  const made = toPart(part, words, true);
  const traits: StreamTraits = {
    ...made.traits,
    raw: token.rawok || made.traits.raw,
    compressed: made.traits.compressed || token.compressok,
    embedded: made.traits.embedded || token.embedok,
    largeBlocks: made.traits.largeBlocks || token.largeblockok,
  };
  const stream = { packaged: false, parts: [{ ...made, traits }], truncated: false, root: dataset.name };
  return { ...success("", text), stream };
}
