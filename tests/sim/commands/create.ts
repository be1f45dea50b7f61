/**
 * `zfs create`, `zfs snapshot`, `zfs bookmark`, `zfs hold`, `zfs release`.
 * @module
 */
import { ZfsFailure } from "../failure.ts";
import type { SimHost } from "../host.ts";
import type { Pool } from "../pool.ts";
import { whyNotSettable } from "../properties.ts";
import type { DatasetState } from "../state.ts";
import { parseValue } from "./get.ts";
import { openBookmark, openDataset, openSnapshot } from "./names.ts";
import { type Outcome, success, usage } from "./outcome.ts";
import { splitWords } from "./words.ts";

/** `zfs create [-p] [-u] [-V size [-s] [-b size]] [-o name=value]… name`. */
export function create(host: SimHost, argv: readonly string[]): Outcome {
  const words = splitWords(argv, { flags: "puvnsP", values: "oVb" });
  const name = words.operands[0] ?? "";
  const fail = (reason: string): ZfsFailure => new ZfsFailure(`cannot create '${name}': ${reason}`);
  const bad = /[^-A-Za-z0-9_.: /]/u.exec(name);
  if (bad) throw fail(bad[0] === "%" ? "invalid character % in name" : `invalid character '${bad[0]}' in name`);
  const pool = host.poolOf(name);
  if (pool?.find(name)) {
    if (words.has("p")) return success();
    throw fail("dataset already exists");
  }
  if (!name.includes("/")) throw fail("missing dataset name");
  if (!pool) throw fail(`no such pool '${name.split("/")[0]}'`);
  const parent = name.slice(0, name.lastIndexOf("/"));
  if (!pool.find(parent) && !words.has("p")) throw fail("parent does not exist");
  const size = words.last("V");
  const type = size === undefined ? "filesystem" : "volume";
  const local = assignmentsOf(words.all("o"));
  for (const property of Object.keys(local)) {
    const reason = ["encryption", "keyformat", "keylocation", "volblocksize"].includes(property)
      ? undefined
      : whyNotSettable(property, type);
    if (reason) throw fail(reason);
  }
  const ancestors = missingAncestors(pool, parent);
  if (nearest(pool, parent).type === "volume") throw fail("parent is not a filesystem");
  if (nearest(pool, parent).encryptionRoot !== undefined && !nearest(pool, parent).keyLoaded) {
    throw fail("encryption root's key is not loaded or provided");
  }
  for (const ancestor of ancestors) addChild(pool, { name: ancestor, type: "filesystem" });
  const encrypted = local.encryption !== undefined && local.encryption !== "off";
  for (const property of ["encryption", "keyformat", "keylocation"]) delete local[property];
  addChild(pool, {
    name,
    type,
    local,
    ...(size === undefined ? {} : { volumeSize: Number(parseValue(size)) }),
    ...(words.has("b") ? { volumeBlockSize: Number(parseValue(words.last("b")!)) } : {}),
    ...(encrypted ? { encryptionRoot: name, keyLoaded: true } : {}),
  });
  return success();
}

function addChild(pool: Pool, dataset: Parameters<Pool["add"]>[0]): void {
  const parent = nearest(pool, dataset.name.slice(0, dataset.name.lastIndexOf("/")));
  const inherited = parent.encryptionRoot === undefined
    ? {}
    : { encryptionRoot: parent.encryptionRoot, keyLoaded: parent.keyLoaded };
  pool.add({ ...inherited, ...dataset });
}

function nearest(pool: Pool, name: string): DatasetState {
  return pool.find(name) ?? nearest(pool, name.slice(0, name.lastIndexOf("/")));
}

function missingAncestors(pool: Pool, name: string): string[] {
  if (pool.find(name)) return [];
  return [...missingAncestors(pool, name.slice(0, name.lastIndexOf("/"))), name];
}

/** `name=value` words as an object. */
export function assignmentsOf(words: readonly string[]): Record<string, string> {
  const pairs = words.map((word) => [word.slice(0, word.indexOf("=")), parseValue(word.slice(word.indexOf("=") + 1))]);
  return Object.fromEntries(pairs) as Record<string, string>;
}

const SNAPSHOT_USAGE = "snapshot [-r] [-o property=value] ... <filesystem|volume>@<snap> ...";

/** `zfs snapshot [-r] name…`: all or none. */
export function snapshot(host: SimHost, argv: readonly string[]): Outcome {
  const words = splitWords(argv, { flags: "r", values: "o" });
  const wrong = (text: string): ZfsFailure => new ZfsFailure(`${text}${usage(host, SNAPSHOT_USAGE)}`, 2);
  if (words.operands.length === 0) throw wrong("missing snapshot argument\n");
  const taken: { dataset: DatasetState; tag: string; pool: Pool }[] = [];
  for (const name of words.operands) {
    const at = name.indexOf("@");
    if (at < 0) throw wrong("");
    const pool = host.poolOf(name);
    const root = pool?.find(name.slice(0, at));
    if (!pool || !root) throw wrong(`cannot open '${name.slice(0, at)}': dataset does not exist\n`);
    const datasets = words.has("r") ? pool.tree(root.name) : [root];
    taken.push(...datasets.map((dataset) => ({ dataset, tag: name.slice(at + 1), pool })));
  }
  const names = taken.map(({ dataset, tag }) => `${dataset.name}@${tag}`);
  if (new Set(taken.map(({ pool }) => pool)).size > 1 || new Set(names).size < names.length) {
    throw new ZfsFailure(
      "cannot create snapshots : multiple snapshots of same fs not allowed\nno snapshots were created",
    );
  }
  const problems = taken.flatMap(({ dataset, tag }) => {
    const reason = whyNoSnapshot(dataset, tag);
    return reason ? [`cannot create snapshot '${dataset.name}@${tag}': ${reason}`] : [];
  });
  if (problems.length > 0) {
    throw new ZfsFailure([...problems, ...(taken.length > 1 ? ["no snapshots were created"] : [])].join("\n"));
  }
  taken[0]!.pool.addSnapshots(taken);
  return success();
}

function whyNoSnapshot(dataset: DatasetState, tag: string): string | undefined {
  if (dataset.partial?.newDataset) return "dataset is busy";
  return dataset.snapshots.some((snapshot) => snapshot.tag === tag) ? "dataset already exists" : undefined;
}

/** `zfs bookmark source target`. */
export function bookmark(host: SimHost, argv: readonly string[]): Outcome {
  const [from = "", to = ""] = splitWords(argv, { flags: "" }).operands;
  try {
    const { pool, dataset, ...found } = from.includes("@") ? openSnapshot(host, from) : openBookmark(host, from);
    const target = to.startsWith("#") ? `${dataset.name}${to}` : to;
    const mark = target.indexOf("#");
    if (target.slice(0, mark) !== dataset.name) {
      const reason = "source is not an ancestor of the new bookmark's dataset";
      return { status: 1, stdout: "", stderr: `cannot create bookmark '${target}': ${reason}\n` };
    }
    const tag = target.slice(mark + 1);
    if (dataset.bookmarks.some((existing) => existing.tag === tag)) {
      return { status: 1, stdout: "", stderr: `cannot create bookmark '${target}': bookmark exists\n` };
    }
    pool.addBookmark(dataset, tag, "snapshot" in found ? found.snapshot : found.bookmark);
    return success();
  } catch (error) {
    if (!(error instanceof ZfsFailure)) throw error;
    throw new ZfsFailure(`${error.stderr}${usage(host, "bookmark <snapshot|bookmark> <newbookmark>")}`, 2);
  }
}

/** `zfs hold tag snapshot…`. */
export function hold(host: SimHost, argv: readonly string[]): Outcome {
  const [tag = "", ...names] = splitWords(argv, { flags: "r" }).operands;
  for (const name of names) {
    const { pool, dataset, snapshot } = openSnapshot(host, name);
    if (snapshot.holds.includes(tag)) {
      throw new ZfsFailure(`cannot hold snapshot '${name}': tag already exists on this dataset`);
    }
    pool.replaceSnapshot(dataset, { ...snapshot, holds: [...snapshot.holds, tag] });
  }
  return success();
}

/** `zfs release tag snapshot…`. */
export function release(host: SimHost, argv: readonly string[]): Outcome {
  const [tag = "", ...names] = splitWords(argv, { flags: "r" }).operands;
  for (const name of names) {
    const { pool, dataset, snapshot } = openSnapshot(host, name);
    if (!snapshot.holds.includes(tag)) {
      throw new ZfsFailure(`cannot release hold from snapshot '${name}': no such tag on this dataset`);
    }
    pool.replaceSnapshot(dataset, { ...snapshot, holds: snapshot.holds.filter((held) => held !== tag) });
  }
  return success();
}

/** Loads or unloads the key of an encryption root: `zfs load-key`, `zfs unload-key`. */
export function setKey(host: SimHost, argv: readonly string[], loaded: boolean): Outcome {
  for (const name of splitWords(argv, { flags: "arn", values: "L" }).operands) {
    const { pool, dataset } = openDataset(host, name);
    for (const member of pool.tree(dataset.name)) if (member.encryptionRoot === name) member.keyLoaded = loaded;
  }
  return success();
}
