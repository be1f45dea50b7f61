/**
 * Properties of simulated datasets: native ones with their defaults, user properties, and where a value comes from.
 * @module
 */
import type { Pool } from "./pool.ts";
import type { DatasetState } from "./state.ts";

/** A value and its source, as `zfs get` prints them. */
export interface PropertyValue {
  readonly value: string;
  readonly source: "local" | "received" | "default" | "inherited" | "none";
  /** For inherited values. */
  readonly from?: string;
}

interface NativeProperty {
  readonly name: string;
  readonly fallback: string;
  readonly filesystem: boolean;
  readonly volume: boolean;
  readonly inherited: boolean;
}

const BOTH = "copies:1 checksum:on compression:on readonly:off primarycache:all secondarycache:all logbias:latency " +
  "dedup:off mlslabel:none sync:standard volmode:default snapdev:hidden redundant_metadata:all";
const FILESYSTEM = "recordsize:131072 mountpoint:none sharenfs:off atime:on devices:on exec:on setuid:on zoned:off " +
  "snapdir:hidden aclmode:discard aclinherit:restricted xattr:on vscan:off nbmand:off sharesmb:off dnodesize:legacy " +
  "acltype:off relatime:on overlay:on special_small_blocks:0";
const BOTH_OWN = "reservation:0 refreservation:0 snapshot_limit:none context:none fscontext:none defcontext:none " +
  "rootcontext:none keylocation:none";
const FILESYSTEM_OWN = "quota:0 refquota:0 canmount:on filesystem_limit:none";

function rows(text: string, traits: Omit<NativeProperty, "name" | "fallback">): NativeProperty[] {
  return text.split(" ").map((pair) => {
    const [name, fallback] = pair.split(":");
    return { name: name!, fallback: fallback!, ...traits };
  });
}

const SETTABLE: ReadonlyMap<string, NativeProperty> = new Map(
  [
    ...rows(FILESYSTEM, { filesystem: true, volume: false, inherited: true }),
    ...rows(BOTH, { filesystem: true, volume: true, inherited: true }),
    ...rows(BOTH_OWN, { filesystem: true, volume: true, inherited: false }),
    ...rows(FILESYSTEM_OWN, { filesystem: true, volume: false, inherited: false }),
    { name: "volsize", fallback: "-", filesystem: false, volume: true, inherited: false },
    { name: "volblocksize", fallback: "16384", filesystem: false, volume: true, inherited: false },
  ].map((property) => [property.name, property]),
);

const READ_ONLY = new Set(
  ("type creation used available referenced compressratio mounted origin createtxg guid usedbysnapshots usedbydataset " +
    "usedbychildren usedbyrefreservation objsetid refcompressratio written logicalused logicalreferenced version " +
    "utf8only normalization casesensitivity encryption encryptionroot keystatus keyformat pbkdf2iters userrefs name " +
    "receive_resume_token snapshots_changed defer_destroy clones filesystem_count snapshot_count").split(" "),
);

/** True for names with a colon. */
export function isUserProperty(name: string): boolean {
  return name.includes(":");
}

/** True if ZFS knows the property. */
export function isNativeProperty(name: string): boolean {
  return SETTABLE.has(name) || READ_ONLY.has(name);
}

/** Why a property cannot be set on a dataset of this type; `undefined` if it can. */
export function whyNotSettable(name: string, type: DatasetState["type"]): string | undefined {
  if (isUserProperty(name)) return undefined;
  if (READ_ONLY.has(name)) return `'${name}' is readonly`;
  const property = SETTABLE.get(name);
  if (!property) return `invalid property '${name}'`;
  return property[type] ? undefined : `'${name}' does not apply to datasets of this type`;
}

/** Names that have a local or received value on this dataset, native ones in table order first. */
export function ownPropertyNames(dataset: DatasetState): string[] {
  const names = new Set([...Object.keys(dataset.local), ...Object.keys(dataset.received)]);
  if (dataset.type === "volume") names.add("volsize");
  const native = [...SETTABLE.keys()].filter((name) => names.has(name));
  return [...native, ...[...names].filter(isUserProperty)];
}

/** All names that `zfs get all` shows, apart from read-only ones. */
export function allPropertyNames(pool: Pool, dataset: DatasetState): string[] {
  const native = [...SETTABLE.values()].filter((property) => property[dataset.type]).map((property) => property.name);
  const encryption = dataset.encryptionRoot === undefined ? Object.keys(NOT_ENCRYPTED) : [];
  const user = new Set<string>();
  for (const ancestor of lineOf(pool, dataset)) {
    for (const name of ownPropertyNames(ancestor)) if (isUserProperty(name)) user.add(name);
  }
  return [...native, ...encryption, ...user];
}

/** Parameters of encryption where there is none; of an encrypted dataset they have no source. */
const NOT_ENCRYPTED: Readonly<Record<string, string>> = { encryption: "off", keyformat: "none", pbkdf2iters: "0" };

/** The value of a settable native property or a user property; `undefined` if it has none here. */
export function propertyOf(pool: Pool, dataset: DatasetState, name: string): PropertyValue | undefined {
  if (name in NOT_ENCRYPTED && dataset.encryptionRoot === undefined) {
    return { value: NOT_ENCRYPTED[name]!, source: "default" };
  }
  const native = SETTABLE.get(name);
  if (native && !native[dataset.type]) return undefined;
  if (!native && !isUserProperty(name)) return undefined;
  if (name === "volsize") return { value: String(dataset.volumeSize ?? 0), source: "local" };
  if (name === "volblocksize" && dataset.volumeBlockSize !== undefined) {
    return { value: String(dataset.volumeBlockSize), source: dataset.volumeBlockSize === 16384 ? "default" : "none" };
  }
  const own = ownValue(dataset, name);
  if (own) return own;
  if (!native || native.inherited) {
    for (const ancestor of lineOf(pool, dataset).slice(1)) {
      const value = ownValue(ancestor, name);
      if (value) return { value: value.value, source: "inherited", from: ancestor.name };
    }
  }
  return native && { value: native.fallback, source: "default" };
}

/** recordsize or volblocksize in bytes. */
export function blockSizeOf(pool: Pool, dataset: DatasetState): number {
  if (dataset.type === "volume") return dataset.volumeBlockSize ?? 16384;
  return Number(propertyOf(pool, dataset, "recordsize")!.value);
}

function ownValue(dataset: DatasetState, name: string): PropertyValue | undefined {
  const local = dataset.local[name];
  if (local !== undefined) return { value: local, source: "local" };
  const received = dataset.received[name];
  return received === undefined ? undefined : { value: received, source: "received" };
}

/** The dataset and its ancestors, nearest first. */
function lineOf(pool: Pool, dataset: DatasetState): DatasetState[] {
  const line = [dataset];
  for (let slash = dataset.name.lastIndexOf("/"); slash > 0; slash = dataset.name.lastIndexOf("/", slash - 1)) {
    const ancestor = pool.find(dataset.name.slice(0, slash));
    if (ancestor) line.push(ancestor);
  }
  return line;
}
