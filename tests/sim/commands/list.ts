/**
 * `zfs list`: rows of datasets, snapshots and bookmarks.
 *
 * Without `-s` real ZFS sorts by name in a way that does not keep the rows of a dataset together; nothing about that
 * order may be relied upon, therefore it is shuffled here, deterministically.
 * @module
 */
import { ZfsFailure } from "../failure.ts";
import type { Interruption, SimHost } from "../host.ts";
import type { Pool } from "../pool.ts";
import { bytesBetween } from "../pool.ts";
import { isNativeProperty, isUserProperty, propertyOf } from "../properties.ts";
import type { BookmarkState, DatasetState, SnapshotState } from "../state.ts";
import { tokenOf } from "../token.ts";
import { baseOfPartial, openBookmark, openDataset, openSnapshot } from "./names.ts";
import { type Outcome, success } from "./outcome.ts";
import { splitWords, type Words } from "./words.ts";

/** One row before its columns are chosen. */
export interface Listed {
  readonly type: "filesystem" | "volume" | "snapshot" | "bookmark";
  readonly name: string;
  readonly pool: Pool;
  readonly dataset: DatasetState;
  readonly version?: SnapshotState | BookmarkState | undefined;
}

/** `zfs list`. */
export function list(host: SimHost, argv: readonly string[]): Outcome {
  const words = splitWords(argv, { flags: "Hpr", values: "dostS" });
  const columns = (words.last("o") ?? "name,used,available,referenced,mountpoint").split(",");
  const invalid = columns.find((column) => !isColumn(host, column));
  if (invalid) throw new ZfsFailure(`bad property list: invalid property '${invalid}'\nusage:\n`, 2);
  const { rows, stderr, status } = collect(host, words);
  const ordered = order(host, rows, words);
  const parsable = words.has("p");
  const stdout = ordered.map((row) => columns.map((column) => cell(row, column, parsable)).join("\t") + "\n");
  return { status, stdout: stdout.join(""), stderr };
}

/**
 * Opens the operands, in order, and iterates over what is below each. Only an operand that cannot be opened is a
 * failure.
 */
function collect(host: SimHost, words: Words): { rows: Listed[]; stderr: string; status: number } {
  const types = typesOf(words);
  const depth = words.has("r") ? Infinity : Number(words.last("d") ?? NaN);
  const rows = new Map<string, Listed>();
  let stderr = "";
  let status = 0;
  const operands = words.operands.length > 0 ? words.operands : host.pools.map((pool) => pool.name);
  const reach = Number.isNaN(depth) ? (words.operands.length > 0 ? 0 : Infinity) : depth;
  for (const operand of operands) {
    try {
      const found = rowsOf(host, operand, types, reach);
      for (const row of found.rows) rows.set(row.name, row);
      stderr += found.stderr;
    } catch (error) {
      if (!(error instanceof ZfsFailure)) throw error;
      stderr += error.stderr;
      status = 1;
    }
  }
  return { rows: [...rows.values()], stderr, status };
}

function typesOf(words: Words): Set<string> {
  const given = (words.last("t") ?? "filesystem,volume").split(",");
  const full: Record<string, string> = { fs: "filesystem", vol: "volume", snap: "snapshot" };
  if (given.includes("all")) return new Set(["filesystem", "volume", "snapshot", "bookmark"]);
  return new Set(given.map((type) => full[type] ?? type));
}

interface Found {
  readonly rows: Listed[];
  readonly stderr: string;
}

function rowsOf(host: SimHost, operand: string, types: ReadonlySet<string>, reach: number): Found {
  if (operand.includes("@")) {
    const { pool, dataset, snapshot } = openSnapshot(host, operand);
    return { rows: [{ type: "snapshot", name: operand, pool, dataset, version: snapshot }], stderr: "" };
  }
  if (operand.includes("#")) {
    const { pool, dataset, bookmark } = openBookmark(host, operand);
    return { rows: [{ type: "bookmark", name: operand, pool, dataset, version: bookmark }], stderr: "" };
  }
  const { pool, dataset } = openDataset(host, operand);
  // A listing of snapshots or bookmarks without depth shows those of the dataset itself.
  const versionsOnly = !types.has("filesystem") && !types.has("volume");
  const walk = new Walk(host, pool, { root: operand, types, limit: reach === 0 && versionsOnly ? 1 : reach });
  walk.enter(dataset, 0);
  return walk;
}

/** The way of `zfs list` through a tree: the row of a dataset first, then iterators over what it has. */
class Walk implements Found {
  readonly rows: Listed[] = [];
  stderr = "";
  readonly #host: SimHost;
  readonly #pool: Pool;
  readonly #types: ReadonlySet<string>;
  readonly #limit: number;
  readonly #children: Map<string, DatasetState[]>;

  constructor(
    host: SimHost,
    pool: Pool,
    { root, types, limit }: { readonly root: string; readonly types: ReadonlySet<string>; readonly limit: number },
  ) {
    this.#host = host;
    this.#pool = pool;
    this.#types = types;
    this.#limit = limit;
    const tree = limit === 0 ? [] : pool.tree(root);
    this.#children = Map.groupBy(tree, ({ name }) => name.slice(0, Math.max(0, name.lastIndexOf("/"))));
  }

  enter(dataset: DatasetState, level: number): void {
    const pool = this.#pool;
    if (this.#types.has(dataset.type)) this.rows.push({ type: dataset.type, name: dataset.name, pool, dataset });
    if (level >= this.#limit) return;
    for (const child of this.#iterate(this.#children.get(dataset.name) ?? [])) this.enter(child, level + 1);
    if (this.#types.has("snapshot")) this.#versions("snapshot", dataset, dataset.snapshots);
    if (this.#types.has("bookmark")) this.#versions("bookmark", dataset, dataset.bookmarks);
  }

  #versions(
    type: "snapshot" | "bookmark",
    dataset: DatasetState,
    versions: readonly (SnapshotState | BookmarkState)[],
  ): void {
    const mark = type === "snapshot" ? "@" : "#";
    for (const version of this.#iterate(versions)) {
      this.rows.push({ type, name: `${dataset.name}${mark}${version.tag}`, pool: this.#pool, dataset, version });
    }
  }

  get #interruption(): Interruption | undefined {
    const { interruption } = this.#host;
    return interruption?.pool === this.#pool.name ? interruption : undefined;
  }

  /** One iterator. It ends without a word where the pool is gone, and where an {@linkcode Interruption} says so. */
  *#iterate<T>(items: readonly T[]): Generator<T> {
    const isWhole = this.#interruption === undefined;
    for (const item of isWhole ? items : shuffled(this.#host, items)) {
      const interruption = this.#interruption;
      if (interruption !== undefined && interruption.rows > 0) {
        this.#host.interruption = { ...interruption, rows: interruption.rows - 1 };
      } else if (interruption !== undefined) {
        this.#host.interruption = undefined;
        interruption.act?.();
        if (interruption.reason !== undefined) this.stderr += `cannot iterate filesystems: ${interruption.reason}\n`;
        return;
      }
      if (this.#host.poolOf(this.#pool.name) !== this.#pool) return;
      yield item;
    }
  }
}

/** The order of a ZAP object, which is that of hashes. */
function shuffled<T>(host: SimHost, items: readonly T[]): T[] {
  return items.map((item) => ({ item, rank: host.integer(0, 1 << 30) })).sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

function order(host: SimHost, rows: Listed[], words: Words): Listed[] {
  const keys = words.options.filter((option) => option.letter === "s" || option.letter === "S");
  const anyOrder = shuffled(host, rows);
  if (keys.length === 0) return anyOrder;
  const sorted = anyOrder.sort((a, b) => {
    for (const { letter, value } of keys) {
      const difference = compareBy(value, a, b);
      if (difference !== 0) return letter === "s" ? difference : -difference;
    }
    return compareRows(a, b);
  });
  return sorted;
}

function compareBy(key: string, a: Listed, b: Listed): number {
  const [left, right] = [cell(a, key, true), cell(b, key, true)];
  const numeric = /^\d+$/.test(left) && /^\d+$/.test(right) && key !== "name" && key !== "type";
  if (numeric && left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** How zfs breaks ties: a dataset's snapshots by createtxg, everything else by name. */
function compareRows(a: Listed, b: Listed): number {
  const [left, right] = [a, b].map((row) => (row.type === "snapshot" ? row.dataset.name : row.name));
  if (left !== right) return left! < right! ? -1 : 1;
  return (a.version?.createtxg ?? 0) - (b.version?.createtxg ?? 0) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

/** The value of a column; `-` where it has none. */
export function cell(row: Listed, column: string, parsable: boolean): string {
  const { dataset, version } = row;
  const subject = version ?? dataset;
  switch (column) {
    case "name":
      return row.name;
    case "type":
      return row.type;
    case "guid":
      return subject.guid;
    case "createtxg":
      return String(subject.createtxg);
    case "creation":
      // 64 bits without a sign: before 1970 it is a very late time.
      if (parsable) return String(BigInt.asUintN(64, BigInt(subject.creation)));
      return new Date(subject.creation * 1000).toUTCString();
    case "userrefs":
      return version && "holds" in version ? String(version.holds.length) : "-";
    case "written":
      return row.type === "bookmark" ? "-" : String(writtenOf(dataset, version));
    case "snapshots_changed":
      return version || dataset.snapshotsChanged === 0 ? "-" : String(dataset.snapshotsChanged);
    case "receive_resume_token":
      return version || !dataset.partial ? "-" : tokenOf(dataset.partial);
    case "encryptionroot":
      return dataset.encryptionRoot ?? "-";
    case "origin":
      return version ? "-" : dataset.origin ?? "-";
    case "clones":
      return row.type === "snapshot" ? clonesOf(row.pool, dataset, version!.tag).join(",") : "-";
    case "mounted":
      return version || dataset.type === "volume" ? "-" : dataset.isMounted ? "yes" : "no";
    case "used": {
      const members = version ? [dataset] : row.pool.tree(dataset.name);
      return String(
        members.reduce((sum, member) => sum + bytesBetween(member, 0, version?.length ?? member.log.length), 0),
      );
    }
    case "keystatus":
      return dataset.encryptionRoot === undefined ? "-" : dataset.keyLoaded ? "available" : "unavailable";
    case "usedbysnapshots":
      return version ? "-" : "0";
    case "usedbydataset":
    case "referenced":
      return String(bytesBetween(dataset, 0, version?.length ?? dataset.log.length));
    case "available":
      return version ? "-" : String(row.pool.state.free ?? 1e9);
    default:
      return version ? "-" : propertyOf(row.pool, dataset, column)?.value ?? "-";
  }
}

function clonesOf(pool: Pool, dataset: DatasetState, tag: string): string[] {
  const partial = baseOfPartial(dataset)?.tag === tag ? [`${dataset.name}/%recv`] : [];
  return [...pool.clonesOf(dataset.name, tag).map(({ name }) => name), ...partial];
}

function writtenOf(dataset: DatasetState, version: SnapshotState | BookmarkState | undefined): number {
  const end = version?.length ?? dataset.log.length;
  const older = dataset.snapshots.filter((snapshot) => !version || snapshot.createtxg < version.createtxg);
  return bytesBetween(dataset, older.at(-1)?.length ?? 0, end);
}

function isColumn(host: SimHost, name: string): boolean {
  if (name === "snapshots_changed") return host.zfsAtLeast(2, 2);
  return isNativeProperty(name) || isUserProperty(name);
}

/** `zfs holds -H`. */
export function holds(host: SimHost, argv: readonly string[]): Outcome {
  const words = splitWords(argv, { flags: "Hprd" });
  const lines = words.operands.flatMap((name) =>
    openSnapshot(host, name).snapshot.holds.map((tag) => `${name}\t${tag}\tMon Nov 23 18:12 2026\n`)
  );
  return success(lines.join(""));
}
