/**
 * `zfs clone`, `zfs promote` and `zfs rename`: what gives snapshots and datasets another place, and destroys nothing.
 * @module
 */
import { isWithin } from "../../../lib/model/dataset.ts";
import { doesNotExist, ZfsFailure } from "../failure.ts";
import type { SimHost } from "../host.ts";
import type { Pool } from "../pool.ts";
import { whyNotSettable } from "../properties.ts";
import { assignmentsOf } from "./create.ts";
import { openDataset, openSnapshot } from "./names.ts";
import { type Outcome, success } from "./outcome.ts";
import { splitWords } from "./words.ts";

/** `zfs clone [-o name=value]… snapshot name`. */
export function clone(host: SimHost, argv: readonly string[]): Outcome {
  const words = splitWords(argv, { flags: "pu", values: "o" });
  const [from = "", to = ""] = words.operands;
  const { pool, dataset, snapshot } = openSnapshot(host, from);
  const fail = (reason: string): ZfsFailure => new ZfsFailure(`cannot create '${to}': ${reason}`);
  if (host.poolOf(to)?.find(to)) throw fail("dataset already exists");
  checkParent(host, to);
  if (host.poolOf(to) !== pool) throw fail("source and target pools differ");
  const local = assignmentsOf(words.all("o"));
  for (const property of Object.keys(local)) {
    const reason = whyNotSettable(property, dataset.type);
    if (reason !== undefined) throw fail(reason);
  }
  const { type, volumeSize, volumeBlockSize, encryptionRoot, keyLoaded } = dataset;
  const kept = { type, volumeSize, volumeBlockSize, encryptionRoot, keyLoaded };
  pool.add({ ...kept, name: to, origin: from, local, log: dataset.log.slice(0, snapshot.length) });
  return success();
}

/** `zfs promote clone`. */
export function promote(host: SimHost, argv: readonly string[]): Outcome {
  const [name = ""] = splitWords(argv, { flags: "" }).operands;
  const { pool, dataset } = openDataset(host, name);
  if (dataset.origin === undefined) throw new ZfsFailure(`cannot promote '${name}': not a cloned filesystem`);
  const [from = "", tag = ""] = dataset.origin.split("@");
  const { snapshots } = pool.find(from)!;
  const moved = snapshots.slice(0, snapshots.findIndex((snapshot) => snapshot.tag === tag) + 1);
  const clash = moved.find((snapshot) => dataset.snapshots.some((own) => own.tag === snapshot.tag));
  if (clash !== undefined) {
    const reason = `conflicting snapshot '${clash.tag}' from parent '${dataset.origin}'`;
    throw new ZfsFailure(`cannot promote '${name}': ${reason}`);
  }
  pool.promote(dataset);
  return success();
}

/** `zfs rename [-u] from to`: of a snapshot, or of a dataset with all below it. */
export function rename(host: SimHost, argv: readonly string[]): Outcome {
  const words = splitWords(argv, { flags: "pfur" });
  const [from = "", to = ""] = words.operands;
  if (from.includes("@")) return renameSnapshot(host, from, to);
  const { pool, dataset } = openDataset(host, from);
  if (words.has("u") && dataset.type === "volume") {
    throw new ZfsFailure(`cannot open '${from}': operation not applicable to datasets of this type`);
  }
  if (from === to) return success();
  checkParent(host, to);
  if (host.poolOf(to) !== pool) throw new ZfsFailure(`cannot rename to '${to}': datasets must be within same pool`);
  if (isWithin(to, from)) {
    const reason = "New dataset name cannot be a descendant of current dataset name";
    throw new ZfsFailure(`cannot rename to '${to}': ${reason}`);
  }
  if (pool.find(to)) throw new ZfsFailure(`cannot rename '${from}': dataset already exists`);
  const [parent, target] = [from, to].map((name) => pool.find(name.slice(0, name.lastIndexOf("/")))!);
  const { encryptionRoot } = dataset;
  const inherits = encryptionRoot !== undefined && encryptionRoot !== from;
  if (parent !== target && inherits && target!.encryptionRoot !== encryptionRoot) {
    throw new ZfsFailure(`cannot rename '${from}': cannot move encrypted child outside of its encryption root`);
  }
  pool.rename(from, to);
  return success();
}

function renameSnapshot(host: SimHost, from: string, to: string): Outcome {
  const { pool, dataset, snapshot } = openSnapshot(host, from);
  const tag = to.slice(to.indexOf("@") + 1);
  if (dataset.snapshots.some((existing) => existing.tag === tag)) {
    throw new ZfsFailure(`cannot rename '${from}': dataset already exists`);
  }
  for (const member of pool.clonesOf(dataset.name, snapshot.tag)) member.origin = `${dataset.name}@${tag}`;
  dataset.snapshots = dataset.snapshots.map((old) => (old === snapshot ? { ...old, tag } : old));
  return success();
}

function checkParent(host: SimHost, name: string): void {
  const parent = parentOf(host, name);
  if (parent === undefined) throw new ZfsFailure(`cannot create '${name}': parent does not exist`);
  if (parent.type === "volume") throw new ZfsFailure(`cannot create '${name}': parent is not a filesystem`);
}

function parentOf(host: SimHost, name: string): ReturnType<Pool["find"]> {
  const pool = host.poolOf(name);
  if (pool === undefined) throw doesNotExist(name);
  return pool.find(name.slice(0, name.lastIndexOf("/")));
}
