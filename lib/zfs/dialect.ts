/**
 * What to say to `zfs` and how to read its answer, side by side, so that columns cannot drift apart.
 *
 * Commands are those of docs/spec/replication.md; readers throw nothing: a row that does not have its form is
 * `undefined`, and the caller treats the whole listing as failed. Listings of versions are in `version_rows.ts`.
 * @module
 */
import { type Dataset, datasetFromZfs } from "../model/dataset.ts";
import type { Guid } from "../model/snapshot.ts";
import type { ChangeAction, ForceFlags } from "../model/action.ts";
import type { DatasetInfo, DatasetListing, Property } from "./world.ts";

/** `zfs list` of a dataset and, if asked, its descendants. */
export function datasetsCommand(root: Dataset, listing: DatasetListing): string[] {
  const columns = [
    ...(listing.snapshotsChanged ? ["snapshots_changed"] : []),
    ...(listing.blockSizes ? ["volblocksize", "recordsize"] : []),
    ...(listing.forDestroying ? ["receive_resume_token", "origin", "guid"] : []),
    ...(listing.creation ? ["creation"] : []),
    "name",
  ];
  const depth = !listing.recursive ? [] : listing.oneLevel ? ["-d", "1"] : ["-r"];
  return ["zfs", "list", "-t", "filesystem,volume", "-s", "name", "-Hp", "-o", columns.join(","), ...depth, root];
}

/** Most characters of a name of ZFS, with dataset and tag (`ZFS_MAX_DATASET_NAME_LEN`). */
const LONGEST_NAME = 255;

/** Reads one row of {@linkcode datasetsCommand}. A `-` as recordsize means a volume. */
export function readDatasetRow(row: string, listing: DatasetListing): DatasetInfo | undefined {
  const cells = row.split("\t");
  let next = 0;
  const take = (isAsked: boolean | undefined): string => (isAsked ? cells[next++] : undefined) ?? "";
  const snapshotsChanged = take(listing.snapshotsChanged);
  const volBlockSize = take(listing.blockSizes);
  const recordSize = take(listing.blockSizes);
  const token = take(listing.forDestroying);
  const origin = take(listing.forDestroying);
  const guid = take(listing.forDestroying);
  const createdAt = numberOrZero(take(listing.creation));
  const name = take(true);
  if (listing.forDestroying && !/^[0-9]{1,20}$/.test(guid)) return undefined;
  if (name === "" || name.length > LONGEST_NAME || next !== cells.length) return undefined;
  const isVolume = recordSize === "-";
  return {
    dataset: datasetFromZfs(name),
    type: isVolume ? "volume" : "filesystem",
    blockSize: numberOrZero(isVolume ? volBlockSize : recordSize),
    snapshotsChanged: numberOrZero(snapshotsChanged),
    isPartial: token !== "" && token !== "-",
    origin: origin === "-" ? "" : origin,
    guid: guid as Guid,
    ...(createdAt === 0 ? {} : { createdAt }),
  };
}

/** `zfs list` of one property for many datasets, which follow as operands. */
export function valuesCommand(property: "snapshots_changed" | "receive_resume_token"): string[] {
  return ["zfs", "list", "-t", "filesystem,volume", "-s", "name", "-Hp", "-o", `${property},name`];
}

/** Reads one row of {@linkcode valuesCommand}. */
export function readValueRow(row: string): { dataset: Dataset; value: string } | undefined {
  const tab = row.indexOf("\t");
  if (tab < 0 || tab + 1 === row.length || row.length - tab > LONGEST_NAME + 1) return undefined;
  return { dataset: datasetFromZfs(row.slice(tab + 1)), value: row.slice(0, tab) };
}

/** Reads a value of `snapshots_changed`: Unix seconds, 0 for a dataset that does not know. */
export function readSnapshotsChanged(value: string): number | undefined {
  return value === "-" || value === "" || isDecimal(value) ? numberOrZero(value) : undefined;
}

/** Reads a value of `receive_resume_token`: whether there is one. A token has neither blanks nor tabs. */
export function readHasToken(value: string): boolean | undefined {
  if (value === "-" || value === "") return false;
  return /^\S+$/.test(value) ? true : undefined;
}

/** `zfs get` of all property names of these sources. */
export function propertyNamesCommand(of: Dataset, sources: string): string[] {
  return ["zfs", "get", "-Hp", "-o", "property", "-s", sources, "all", of];
}

/** Most characters of a property's name (`ZAP_MAXNAMELEN`). */
const LONGEST_PROPERTY_NAME = 256;

/** Reads the rows of {@linkcode propertyNamesCommand}; `undefined` if one of them is longer than a name can be. */
export function readPropertyNames(stdout: string): string[] | undefined {
  const names = stdout.split("\n").filter((line) => line !== "");
  return names.every((name) => name.length <= LONGEST_PROPERTY_NAME) ? names : undefined;
}

/** `zfs get` of names and values. */
export function propertyValuesCommand(of: Dataset, sources: string, names: readonly string[]): string[] {
  return ["zfs", "get", "-Hp", "-o", "property,value", "-s", sources, names.join(","), of];
}

/**
 * Reads the rows of {@linkcode propertyValuesCommand} for system properties, one line each; `undefined` if they are not
 * that. Then a value holds a line feed, as a mountpoint may, and what follows can look like the row of another
 * property.
 */
export function readPropertyRows(stdout: string, names: readonly string[]): Property[] | undefined {
  if (stdout === "") return [];
  const rows = stdout.replace(/\n$/, "").split("\n").map(splitAtTab);
  const open = new Set(names);
  return rows.every(({ name }) => open.delete(name)) ? rows : undefined;
}

/** Reads the only record for one property: its value may hold tabs and newlines. */
export function readPropertyRecord(stdout: string): Property | undefined {
  const record = stdout.endsWith("\n") ? stdout.slice(0, -1) : stdout;
  return record === "" ? undefined : splitAtTab(record);
}

function splitAtTab(record: string): Property {
  const tab = record.indexOf("\t");
  return tab < 0 ? { name: record, value: "" } : { name: record.slice(0, tab), value: record.slice(tab + 1) };
}

/** `zfs list` of one column of one dataset. */
export function columnCommand(of: Dataset, column: string): string[] {
  return ["zfs", "list", "-t", "filesystem,volume", "-Hp", "-o", column, of];
}

/** `zfs get` of one value that is no matter of sources. */
export function valueCommand(of: string, property: "receive_resume_token" | "encryptionroot" | "clones"): string[] {
  return ["zfs", "get", "-Hp", "-o", "value", "-s", "none", property, of];
}

/** `zfs list` of a bookmark's guid. */
export function bookmarkGuidCommand(bookmark: string): string[] {
  return ["zfs", "list", "-t", "bookmark", "-Hp", "-o", "guid", bookmark];
}

/** Words that turn a send into an estimate; `-P` is replaced by its long form. Source: docs/spec/replication.md §17. */
export function estimateArguments(sendArguments: readonly string[]): string[] {
  const cut = firstOperand(sendArguments);
  const options = sendArguments.slice(0, cut).map((word) => (word === "-P" ? "--parsable" : word));
  for (const word of ["-v", "-n", "--parsable"]) if (!options.includes(word)) options.push(word);
  return [...options, ...sendArguments.slice(cut)];
}

/** Index behind the plain options: of `-i`, `-I`, `-t`, or of the snapshot. */
function firstOperand(words: readonly string[]): number {
  const step = words.findIndex((word) => word === "-i" || word === "-I" || word === "-t");
  return step >= 0 ? step : words.length - 1;
}

/** Reads the size, in bytes, from the last line of an estimate. */
export function readEstimate(line: string): number | undefined {
  const match = /^size\t(\d{1,20})\s*$/.exec(line);
  return match ? Number(match[1]) : undefined;
}

/** The words of one change, without privilege prefix. Batching of long lists is the caller's business. */
export function changeCommand(action: ChangeAction): string[] {
  switch (action.kind) {
    case "create-filesystem":
      return ["zfs", "create", "-p", ...(action.mount === "no" ? ["-u"] : []), action.dataset];
    case "snapshot":
      return ["zfs", "snapshot", ...(action.recursive ? ["-r"] : []), ...action.names];
    case "bookmark":
      return ["zfs", "bookmark", action.from, action.to];
    case "rollback":
      return ["zfs", "rollback", ...(action.destroys.length > 0 ? ["-r"] : []), ...forceWords(action), action.to];
    case "destroy-snapshots": {
      const flags = [...(action.verbose ? ["-v"] : []), ...(action.simulate ? ["-n"] : [])];
      return ["zfs", "destroy", ...flags, `${action.dataset}@${action.tags.join(",")}`];
    }
    case "destroy-bookmark":
      return ["zfs", "destroy", `${action.dataset}#${action.tag}`];
    case "destroy-dataset":
      return ["zfs", "destroy", ...(action.unmount ? ["-f"] : []), ...(action.verbose ? ["-v"] : []), action.dataset];
    case "abort-receive":
      return ["zfs", "receive", "-A", action.dataset];
    case "set-properties":
      return ["zfs", "set", ...action.assignments, action.dataset];
    case "rename":
      return ["zfs", "rename", ...(action.mounts === "keep" ? ["-u"] : []), action.from, action.to];
    case "clone": {
      const options = action.assignments.flatMap((assignment) => ["-o", assignment]);
      return ["zfs", "clone", ...options, action.snapshot, action.dataset];
    }
    case "promote":
      return ["zfs", "promote", action.dataset];
  }
}

/** Bytes that `zfs destroy -v` of snapshots says it frees, or would free; `undefined` if it does not say. */
export function readFreedBytes(stdout: string): number | undefined {
  const match = /^(?:(?:would|will) reclaim |reclaim\t)([0-9.]+)([BKMGTPEZ]?)$/m.exec(stdout);
  if (match === null) return undefined;
  const bytes = Math.round(Number(match[1]) * 1024 ** Math.max(0, "BKMGTPEZ".indexOf(match[2]!)));
  return Number.isFinite(bytes) ? bytes : undefined;
}

function forceWords(flags: ForceFlags): string[] {
  return [...(flags.unmount ? ["-f"] : []), ...(flags.dependents ? ["-R"] : [])];
}

function isDecimal(text: string): boolean {
  return /^[0-9]{1,20}$/.test(text);
}

function numberOrZero(text: string): number {
  return isDecimal(text) ? Number(text) : 0;
}
