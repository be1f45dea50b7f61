/**
 * `zfs list`: rows of datasets, snapshots and bookmarks.
 *
 * Without `-s` real ZFS sorts by name in a way that does not keep the rows of a dataset together; nothing about that
 * order may be relied upon, therefore it is shuffled here, deterministically.
 * @module
 */
import { ZfsFailure } from "../failure.ts";
import type { SimHost } from "../host.ts";
import type { Pool } from "../pool.ts";
import { bytesBetween } from "../pool.ts";
import { isNativeProperty, isUserProperty, propertyOf } from "../properties.ts";
import type { BookmarkState, DatasetState, SnapshotState } from "../state.ts";
import { tokenOf } from "../token.ts";
import { openBookmark, openDataset, openSnapshot } from "./names.ts";
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
  const { rows, stderr } = collect(host, words);
  const ordered = order(host, rows, words);
  const parsable = words.has("p");
  const stdout = ordered.map((row) => columns.map((column) => cell(row, column, parsable)).join("\t") + "\n");
  return { status: stderr === "" ? 0 : 1, stdout: stdout.join(""), stderr };
}

function collect(host: SimHost, words: Words): { rows: Listed[]; stderr: string } {
  const types = typesOf(words);
  const depth = words.has("r") ? Infinity : Number(words.last("d") ?? NaN);
  const rows = new Map<string, Listed>();
  let stderr = "";
  const operands = words.operands.length > 0 ? words.operands : host.pools.map((pool) => pool.name);
  const reach = Number.isNaN(depth) ? (words.operands.length > 0 ? 0 : Infinity) : depth;
  for (const operand of operands) {
    try {
      for (const row of rowsOf(host, operand, types, reach)) rows.set(row.name, row);
    } catch (error) {
      if (!(error instanceof ZfsFailure)) throw error;
      stderr += error.stderr;
    }
  }
  return { rows: [...rows.values()], stderr };
}

function typesOf(words: Words): Set<string> {
  const given = (words.last("t") ?? "filesystem,volume").split(",");
  const full: Record<string, string> = { fs: "filesystem", vol: "volume", snap: "snapshot" };
  if (given.includes("all")) return new Set(["filesystem", "volume", "snapshot", "bookmark"]);
  return new Set(given.map((type) => full[type] ?? type));
}

function rowsOf(host: SimHost, operand: string, types: ReadonlySet<string>, reach: number): Listed[] {
  if (operand.includes("@")) {
    const { pool, dataset, snapshot } = openSnapshot(host, operand);
    return [{ type: "snapshot", name: operand, pool, dataset, version: snapshot }];
  }
  if (operand.includes("#")) {
    const { pool, dataset, bookmark } = openBookmark(host, operand);
    return [{ type: "bookmark", name: operand, pool, dataset, version: bookmark }];
  }
  const { pool } = openDataset(host, operand);
  // A listing of snapshots or bookmarks without depth shows those of the dataset itself.
  const versionsOnly = !types.has("filesystem") && !types.has("volume");
  const limit = reach === 0 && versionsOnly ? 1 : reach;
  const base = operand.split("/").length;
  return pool.tree(operand).flatMap((dataset) => {
    const level = dataset.name.split("/").length - base;
    if (level > limit) return [];
    const rows: Listed[] = [];
    if (types.has(dataset.type)) rows.push({ type: dataset.type, name: dataset.name, pool, dataset });
    if (level + 1 <= limit) rows.push(...versionRows(pool, dataset, types));
    return rows;
  });
}

function versionRows(pool: Pool, dataset: DatasetState, types: ReadonlySet<string>): Listed[] {
  const rows: Listed[] = [];
  if (types.has("snapshot")) {
    for (const version of dataset.snapshots) {
      rows.push({ type: "snapshot", name: `${dataset.name}@${version.tag}`, pool, dataset, version });
    }
  }
  if (types.has("bookmark")) {
    for (const version of dataset.bookmarks) {
      rows.push({ type: "bookmark", name: `${dataset.name}#${version.tag}`, pool, dataset, version });
    }
  }
  return rows;
}

function order(host: SimHost, rows: Listed[], words: Words): Listed[] {
  const keys = words.options.filter((option) => option.letter === "s" || option.letter === "S");
  const shuffled = rows.map((row) => ({ row, rank: host.integer(0, 1 << 30) })).sort((a, b) => a.rank - b.rank);
  if (keys.length === 0) return shuffled.map(({ row }) => row);
  const sorted = shuffled.map(({ row }) => row).sort((a, b) => {
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
    case "mounted":
      return version || dataset.type === "volume" ? "-" : "no";
    case "used":
    case "referenced":
      return String(bytesBetween(dataset, 0, version?.length ?? dataset.log.length));
    case "available":
      return version ? "-" : String(row.pool.state.free ?? 1e9);
    default:
      return version ? "-" : propertyOf(row.pool, dataset, column)?.value ?? "-";
  }
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
