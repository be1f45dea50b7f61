/**
 * What `zfs receive` does with one part of a stream.
 * @module
 */
import { isWithin } from "../../../lib/model/dataset.ts";
import { doesNotExist, ZfsFailure } from "../failure.ts";
import type { SimHost } from "../host.ts";
import { newestSnapshot, type Pool } from "../pool.ts";
import { blockSizeOf, whyNotSettable } from "../properties.ts";
import type { DatasetState, PartialReceive, SnapshotState, Write } from "../state.ts";
import { payloadBytes, type StreamPart } from "../stream.ts";
import { tokenOf } from "../token.ts";
import type { ReceiveRequest } from "./receive.ts";

/** Everything that the checks of one part look at. */
interface Arrival {
  readonly host: SimHost;
  readonly request: ReceiveRequest;
  readonly part: StreamPart;
  /** Dataset and tag to be made. */
  readonly name: string;
  readonly tag: string;
  readonly pool: Pool | undefined;
  readonly existing: DatasetState | undefined;
  /** First words of errors. */
  readonly task: string;
}

/** Receives one part; returns what `-v` prints. */
export function receivePart(host: SimHost, request: ReceiveRequest, part: StreamPart, root: string): string {
  const arrival = arrive(host, request, part, root);
  const { existing } = arrival;
  const kind = part.traits.fromGuid === undefined ? "full" : "incremental";
  const mood = request.simulated ? "would receive" : "receiving";
  if (existing) checkExisting(arrival, existing);
  else checkNew(arrival);
  const slash = Math.max(0, arrival.name.lastIndexOf("/"));
  checkEmbedding(arrival, existing ?? arrival.pool?.find(arrival.name.slice(0, slash)));
  checkProperties(arrival);
  const name = `${arrival.name}@${arrival.tag}`;
  const said = request.verbose ? `${mood} ${kind} stream of ${part.traits.toName} into ${name}\n` : "";
  if (request.simulated) return said;
  if (existing && !part.resuming && isThereAlready(arrival, existing)) {
    return request.verbose
      ? `${said}snap ${name} already exists; ignoring\nreceived 0B stream in 0.03 seconds (0B/sec)\n`
      : "";
  }
  if (existing) {
    if (part.resuming) resumeOnto(arrival, existing);
    else receiveOnto(arrival, existing);
  } else {
    receiveNew(arrival);
  }
  const bytes = payloadBytes(part.writes) + 624;
  return request.verbose ? `${said}received ${bytes}B stream in 0.10 seconds (${bytes * 10}B/sec)\n` : "";
}

function arrive(host: SimHost, request: ReceiveRequest, part: StreamPart, root: string): Arrival {
  const [targetDataset, targetTag] = request.target.split("@");
  const [sentDataset, sentTag] = part.traits.toName.split("@");
  const name = `${targetDataset}${sentDataset!.slice(root.length)}`;
  const pool = host.poolOf(name);
  const task = part.resuming
    ? "cannot receive resume stream"
    : part.traits.fromGuid === undefined
    ? "cannot receive new filesystem stream"
    : "cannot receive incremental stream";
  return { host, request, part, name, tag: targetTag ?? sentTag!, pool, existing: pool?.find(name), task };
}

function fail({ task }: Arrival, reason: string): ZfsFailure {
  return new ZfsFailure(`${task}: ${reason}`);
}

function checkNew(arrival: Arrival): void {
  const { part, name, pool } = arrival;
  const slash = name.lastIndexOf("/");
  if (part.traits.fromGuid !== undefined || part.resuming || slash < 0) {
    throw fail(arrival, `destination '${name}' does not exist`);
  }
  const parent = pool?.find(name.slice(0, slash));
  if (!parent) {
    const missing = doesNotExist(name.slice(0, slash)).stderr;
    throw new ZfsFailure(`${missing}${arrival.task}: unable to restore to destination`);
  }
  if (parent.type === "volume") throw fail(arrival, `parent '${parent.name}' is not a filesystem`);
  if (parent.encryptionRoot !== undefined && !parent.keyLoaded && !part.traits.raw) {
    throw fail(arrival, "inherited key must be loaded");
  }
}

function checkExisting(arrival: Arrival, existing: DatasetState): void {
  const { host, request, part, name } = arrival;
  const full = part.traits.fromGuid === undefined;
  const encrypted = existing.encryptionRoot !== undefined;
  if (full && part.resuming && !existing.partial?.newDataset && !request.force && host.zfsAtLeast(2, 2)) {
    throw fail(arrival, `Resuming recv on existing destination '${name}'\nmust specify -F to overwrite it`);
  }
  if (full && !part.resuming) {
    if (!request.force) throw fail(arrival, `destination '${name}' exists\nmust specify -F to overwrite it`);
    const [first] = existing.snapshots;
    if (first) {
      throw fail(arrival, `destination has snapshots (eg. ${name}@${first.tag})\nmust destroy them to overwrite it`);
    }
    if (existing.origin) {
      throw fail(arrival, `destination '${name}' is a clone\nmust destroy it to overwrite it`);
    }
  }
  if (!full && !encrypted && part.traits.raw) {
    throw fail(arrival, "cannot perform raw receive on top of existing unencrypted dataset");
  }
  if (full && !part.resuming && (part.traits.raw || encrypted)) {
    throw fail(
      arrival,
      "zfs receive -F cannot be used to destroy an encrypted filesystem or overwrite an unencrypted one with an " +
        "encrypted one",
    );
  }
}

/** No embedded block can be encrypted. */
function checkEmbedding(arrival: Arrival, under: DatasetState | undefined): void {
  const { raw, embedded } = arrival.part.traits;
  if (!embedded || raw || under?.encryptionRoot === undefined) return;
  throw fail(
    arrival,
    arrival.request.resumable && !arrival.host.zfsAtLeast(2, 2)
      ? "kernel modules must be upgraded to receive this stream."
      : "incompatible embedded data stream feature with encrypted receive.",
  );
}

/** Parameters of encryption: no option of a receive changes or drops them in a raw stream. */
export const FIXED_IN_RAW: readonly string[] = ["encryption", "keyformat", "pbkdf2iters"];

function checkProperties(arrival: Arrival): void {
  const { excluded, local } = arrival.request;
  const fixed = FIXED_IN_RAW.find((name) => excluded.has(name) || name in local);
  if (arrival.part.traits.raw && fixed) {
    throw fail(arrival, `encryption property '${fixed}' cannot be set or excluded for raw streams.`);
  }
  for (const name of Object.keys(arrival.request.local)) {
    const reason = whyNotSettable(name, arrival.part.traits.type);
    if (reason) throw fail(arrival, `property '${name}' does not apply to datasets of this type`);
  }
}

/** Properties that the user has no right to set or exclude: the data is received without that. */
export function deniedProperties({ permissions }: SimHost, { local, excluded }: ReceiveRequest): string[] {
  if (permissions === undefined) return [];
  return [...Object.keys(local), ...excluded].filter((name) =>
    !permissions.has(name.includes(":") ? "userprop" : name)
  );
}

/** `-I` sends again what is there: that part is skipped, provided that nothing else is in its way. */
function isThereAlready({ part, tag }: Arrival, existing: DatasetState): boolean {
  return !existing.partial && existing.snapshots.some((snapshot) => snapshot.tag === tag) &&
    existing.snapshots.some((snapshot) => snapshot.guid === part.traits.toGuid);
}

function receiveNew(arrival: Arrival): void {
  const { part, pool, name, request } = arrival;
  if (part.writes.length === 0 && !part.complete) {
    if (!request.resumable) throw fail(arrival, "incomplete stream");
    throw new ZfsFailure(`${doesNotExist(name).stderr}${arrival.task}: invalid backup stream`);
  }
  const dataset = pool!.add({
    name,
    type: part.traits.type,
    ...(part.traits.type === "volume"
      ? { volumeSize: part.traits.volumeSize, volumeBlockSize: part.traits.blockSize }
      : {}),
    ...encryptionOf(arrival),
  });
  const partial = partialOf(arrival, [], true);
  const stop = (reason: string): ZfsFailure => {
    if (!request.resumable) pool!.remove(name);
    return fail(arrival, reason);
  };
  const shortage = shortageFor(arrival);
  if (shortage) {
    if (request.resumable) {
      dataset.partial = { ...partial, writes: partial.writes.slice(0, partial.writes.length >> 1) };
    }
    throw stop(shortage);
  }
  if (!part.complete) throw interrupt(arrival, dataset, partial, () => pool!.remove(name));
  commit(arrival, dataset, part.writes);
}

function encryptionOf({ part, pool, name }: Arrival): Partial<DatasetState> {
  if (part.traits.raw) return { encryptionRoot: name, keyLoaded: false };
  const parent = pool!.find(name.slice(0, name.lastIndexOf("/")));
  if (parent?.encryptionRoot === undefined) return {};
  return { encryptionRoot: parent.encryptionRoot, keyLoaded: parent.keyLoaded };
}

function receiveOnto(arrival: Arrival, existing: DatasetState): void {
  const { part, request, name, tag, pool } = arrival;
  if (existing.partial) {
    throw fail(arrival, `destination ${name} contains partially-complete state from "zfs receive -s".`);
  }
  if (existing.snapshots.some((snapshot) => snapshot.tag === tag)) {
    throw new ZfsFailure(`cannot restore to ${name}@${tag}: destination already exists`);
  }
  const base = part.traits.fromGuid === undefined ? undefined : requireBase(arrival, existing);
  const newer = base ? existing.snapshots.slice(existing.snapshots.indexOf(base) + 1) : [];
  if (request.force && newer.some((snapshot) => snapshot.holds.length > 0)) throw fail(arrival, "dataset is busy");
  const shortage = shortageFor(arrival);
  if (shortage) throw fail(arrival, shortage);
  const anchor = request.force ? base : newestSnapshot(existing);
  const partial = partialOf(arrival, [], false, anchor?.guid);
  if (!part.complete) throw interrupt(arrival, existing, partial, () => {});
  if (request.force) {
    if (newer.length > 0) pool!.removeSnapshots(existing, new Set(newer.map((snapshot) => snapshot.tag)));
    existing.log = existing.log.slice(0, base?.length ?? 0);
  }
  commit(arrival, existing, part.writes);
}

/** The snapshot that the stream starts from; it may be older than snapshots without changes. */
function requireBase(arrival: Arrival, existing: DatasetState): SnapshotState {
  const { part, name, request } = arrival;
  const base = existing.snapshots.find((snapshot) => snapshot.guid === part.traits.fromGuid);
  if (!base) throw fail(arrival, `most recent snapshot of ${name} does not\nmatch incremental source`);
  const modified = existing.log.length > base.length || (part.traits.raw && newestSnapshot(existing) !== base);
  if (modified && !request.force) throw modifiedFailure(arrival);
  return base;
}

function modifiedFailure(arrival: Arrival): ZfsFailure {
  return fail(arrival, `destination ${arrival.name} has been modified\nsince most recent snapshot`);
}

function resumeOnto(arrival: Arrival, existing: DatasetState): void {
  const { part, request, pool, host } = arrival;
  const { partial } = existing;
  const foreign = !partial || partial.traits.toGuid !== part.traits.toGuid ||
    partial.traits.fromGuid !== part.traits.fromGuid || partial.writes.length !== part.skipped;
  if (foreign) throw unusable(arrival);
  const writes: Write[] = [...partial.writes, ...part.writes];
  const grown: PartialReceive = { ...partial, writes };
  if (!part.complete) throw interrupt(arrival, existing, grown, () => {});
  if (!partial.newDataset) {
    // What was received is swapped in at the end; by then the dataset must not have moved on.
    const newest = newestSnapshot(existing);
    existing.partial = grown;
    if (newest?.guid !== partial.baseGuid && !request.force) throw unusable(arrival);
    const modified = existing.log.length > (newest?.length ?? 0);
    if (modified && !request.force) throw modifiedFailure(arrival);
    if (newest && partial.baseGuid === undefined && !host.zfsAtLeast(2, 2)) throw unusable(arrival);
    existing.log = existing.log.slice(0, baseLength(existing, partial));
    const dropped = existing.snapshots.filter((snapshot) => snapshot.length > existing.log.length || !partial.baseGuid);
    if (dropped.length > 0) pool!.removeSnapshots(existing, new Set(dropped.map((snapshot) => snapshot.tag)));
  }
  delete existing.partial;
  commit(arrival, existing, writes);
}

function baseLength(existing: DatasetState, partial: PartialReceive): number {
  return existing.snapshots.find((snapshot) => snapshot.guid === partial.baseGuid)?.length ?? 0;
}

function unusable(arrival: Arrival): ZfsFailure {
  return fail(
    arrival,
    arrival.request.resumable ? "kernel modules must be upgraded to receive this stream." : "invalid backup stream",
  );
}

function partialOf(
  { part, request }: Arrival,
  received: readonly Write[],
  newDataset: boolean,
  baseGuid?: string,
): PartialReceive {
  const writes = [...received, ...part.writes];
  return { traits: part.traits, writes, newDataset, baseGuid, properties: request.local };
}

/** The end of a stream that stopped too early: saves the state with `-s`, else undoes. */
function interrupt(arrival: Arrival, dataset: DatasetState, partial: PartialReceive, undo: () => void): ZfsFailure {
  const saves = (arrival.request.resumable && partial.writes.length > 0) || dataset.partial !== undefined;
  if (!saves) {
    undo();
    return fail(arrival, "incomplete stream");
  }
  dataset.partial = partial;
  return fail(
    arrival,
    "checksum mismatch or incomplete stream.\nPartially received snapshot is saved.\n" +
      `A resuming stream can be generated on the sending system by running:\n    zfs send -t ${tokenOf(partial)}`,
  );
}

/** Why the data does not fit; `undefined` if it does. Quotas are those set on ancestors. */
function shortageFor({ pool, part, name }: Arrival): string | undefined {
  const bytes = payloadBytes(part.writes);
  if (pool!.state.free !== undefined && bytes > pool!.state.free) return "out of space";
  const exceeded = pool!.datasets.some((dataset) => {
    const quota = dataset.local.quota;
    if (quota === undefined || !isWithin(name, dataset.name)) return false;
    const used = pool!.tree(dataset.name).reduce((sum, member) => sum + payloadBytes(member.log), 0);
    return used + bytes > Number(quota);
  });
  return exceeded ? `destination ${name} space quota exceeded.` : undefined;
}

function commit(arrival: Arrival, dataset: DatasetState, writes: readonly Write[]): void {
  const { part, pool, request, tag } = arrival;
  delete dataset.partial;
  pool!.append(dataset, writes);
  if (pool!.state.free !== undefined) pool!.state.free -= payloadBytes(writes);
  const denied = new Set(deniedProperties(arrival.host, request));
  for (const [name, value] of Object.entries(part.traits.properties ?? {})) {
    if (!request.excluded.has(name) || denied.has(name)) dataset.received[name] = value;
  }
  for (const [name, value] of Object.entries(request.local)) if (!denied.has(name)) dataset.local[name] = value;
  if (dataset.type === "volume") dataset.volumeBlockSize ??= blockSizeOf(pool!, dataset);
  pool!.appendSnapshot(dataset, {
    tag,
    guid: part.traits.toGuid,
    createtxg: pool!.nextTxg(),
    creation: part.traits.creation,
    length: dataset.log.length,
    holds: [],
  });
}
