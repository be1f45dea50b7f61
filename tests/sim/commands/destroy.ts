/**
 * `zfs destroy` of datasets, snapshots and bookmarks, and `zfs rollback`.
 * @module
 */
import { ZfsFailure } from "../failure.ts";
import type { SimHost } from "../host.ts";
import { bytesBetween, type Pool } from "../pool.ts";
import type { DatasetState, SnapshotState } from "../state.ts";
import { baseOfPartial, dependentsOf, openDataset, openSnapshot } from "./names.ts";
import { type Outcome, success } from "./outcome.ts";
import { splitWords, type Words } from "./words.ts";

/** `zfs destroy`. */
export function destroy(host: SimHost, argv: readonly string[]): Outcome {
  const words = splitWords(argv, { flags: "nvprRfd" });
  const name = words.operands[0] ?? "";
  if (name.includes("@")) return destroySnapshots(host, name, words);
  if (name.includes("#")) return destroyBookmark(host, name);
  return destroyDataset(host, name, words);
}

function destroyBookmark(host: SimHost, name: string): Outcome {
  const [datasetName, tag] = name.split("#");
  const pool = host.poolOf(name);
  const dataset = pool?.find(datasetName!);
  if (!pool || !dataset?.bookmarks.some((bookmark) => bookmark.tag === tag)) {
    throw new ZfsFailure(`bookmark '${name}' does not exist.`);
  }
  pool.removeBookmark(dataset, tag!);
  return success();
}

function destroySnapshots(host: SimHost, name: string, words: Words): Outcome {
  const at = name.indexOf("@");
  const { pool, dataset: root } = openDataset(host, name.slice(0, at));
  const datasets = words.has("r") || words.has("R") ? pool.tree(root.name) : [root];
  const targets = datasets.flatMap((dataset) =>
    matching(dataset, name.slice(at + 1)).map((snapshot) => ({ dataset, snapshot }))
  );
  if (targets.length === 0) {
    throw new ZfsFailure("could not find any snapshots to destroy; check snapshot names.");
  }
  const report = new Report(words);
  for (const { dataset, snapshot } of targets) report.destroyed(`${dataset.name}@${snapshot.tag}`);
  const dependents = targets.flatMap(({ dataset, snapshot }) => dependentsOf(pool, dataset, snapshot.tag));
  if (!words.has("R")) {
    for (const { dataset, snapshot } of targets) refuseClones(pool, dataset, snapshot, report);
  }
  const bytes = targets.reduce((sum, { dataset, snapshot }) => sum + freedBy(dataset, snapshot), 0);
  report.reclaimed(bytes);
  if (words.has("n")) return success(report.text);
  for (const dependent of dependents) report.destroyed(dependent);
  const text = report.text;
  const problems = targets.flatMap(({ dataset, snapshot }) => heldText(host, dataset, snapshot));
  if (problems.length > 0) throw new ZfsFailure(problems.join("\n"), 1, text);
  removeDependents(host, pool, dependents);
  for (const dataset of datasets) {
    const tags = new Set(targets.filter((target) => target.dataset === dataset).map(({ snapshot }) => snapshot.tag));
    if (tags.size > 0) pool.removeSnapshots(dataset, tags);
  }
  return success(text);
}

function refuseClones(pool: Pool, dataset: DatasetState, snapshot: SnapshotState, report: Report): void {
  const dependents = dependentsOf(pool, dataset, snapshot.tag);
  if (dependents.length === 0) return;
  const head = `cannot destroy '${dataset.name}@${snapshot.tag}': snapshot has dependent clones`;
  const list = dependents.join("\n");
  // Only a dry run has printed something by then: the others print when the whole list is known.
  throw new ZfsFailure(
    `${head}\nuse '-R' to destroy the following datasets:\n${list}`,
    1,
    report.simulated ? report.text : "",
  );
}

/** Snapshots of a comma list of tags and ranges `a%b`. */
function matching(dataset: DatasetState, list: string): SnapshotState[] {
  const wanted = new Set<SnapshotState>();
  for (const item of list.split(",")) {
    if (!item.includes("%")) {
      for (const snapshot of dataset.snapshots) if (snapshot.tag === item) wanted.add(snapshot);
      continue;
    }
    const [first, last] = item.split("%");
    const low = first === "" ? 0 : dataset.snapshots.findIndex((snapshot) => snapshot.tag === first);
    const high = last === "" ? Infinity : dataset.snapshots.findIndex((snapshot) => snapshot.tag === last);
    if (low < 0 || high < 0) continue;
    dataset.snapshots.forEach((snapshot, index) => index >= low && index <= high && wanted.add(snapshot));
  }
  return dataset.snapshots.filter((snapshot) => wanted.has(snapshot));
}

function freedBy(dataset: DatasetState, snapshot: SnapshotState): number {
  const index = dataset.snapshots.indexOf(snapshot);
  return bytesBetween(dataset, dataset.snapshots[index - 1]?.length ?? 0, snapshot.length);
}

/** The error of destroying a held snapshot; empty if it is not held. */
function heldText(host: SimHost, dataset: DatasetState, snapshot: SnapshotState): string[] {
  if (snapshot.holds.length === 0) return [];
  const name = `${dataset.name}@${snapshot.tag}`;
  const reason = host.zfsAtLeast(2, 2)
    ? `it's being held. Run 'zfs holds -r ${name}' to see holders.`
    : "dataset is busy";
  return [`cannot destroy snapshot ${name}: ${reason}`];
}

function destroyDataset(host: SimHost, name: string, words: Words): Outcome {
  const { pool, dataset: root } = openDataset(host, name);
  const recursive = words.has("r") || words.has("R");
  if (!name.includes("/")) {
    throw new ZfsFailure(
      `cannot destroy '${name}': operation does not apply to pools\n` +
        `use 'zfs destroy -r ${name}' to destroy all datasets in the pool\n` +
        `use 'zpool destroy ${name}' to destroy the pool itself`,
    );
  }
  const members = pool.tree(name).reverse();
  const own = members.flatMap((member) => [...versionsOf(member), ...(member === root ? [] : [member.name])]);
  if (own.length > 0 && !recursive) {
    const kind = root.type === "volume" ? "volume" : "filesystem";
    throw new ZfsFailure(
      `cannot destroy '${name}': ${kind} has children\nuse '-r' to destroy the following datasets:\n${own.join("\n")}`,
    );
  }
  const clones = members.flatMap((member) =>
    member.snapshots.flatMap((snapshot) => dependentsOf(pool, member, snapshot.tag))
  ).filter((dependent) => !own.includes(dependent) && !isOwn(dependent, name));
  if (clones.length > 0 && !words.has("R")) {
    throw new ZfsFailure(
      `cannot destroy '${name}': filesystem has dependent clones\n` +
        `use '-R' to destroy the following datasets:\n${clones.join("\n")}`,
    );
  }
  const report = new Report(words);
  for (const dependent of [...clones, ...own, name]) report.destroyed(dependent);
  if (words.has("n")) return success(report.text);
  removeDependents(host, pool, clones);
  for (const member of members) {
    const problems = member.snapshots.flatMap((snapshot) => heldText(host, member, snapshot));
    if (problems.length > 0) throw new ZfsFailure(problems.join("\n"), 1, report.text);
    pool.remove(member.name);
  }
  return success(report.text);
}

function isOwn(name: string, root: string): boolean {
  return name === root || name.startsWith(`${root}/`) || name.startsWith(`${root}@`);
}

function versionsOf(dataset: DatasetState): string[] {
  const partial = baseOfPartial(dataset) ? [`${dataset.name}/%recv`] : [];
  return [...partial, ...dataset.snapshots.map((snapshot) => `${dataset.name}@${snapshot.tag}`)];
}

/** Removes clones and partial states by their names. */
function removeDependents(host: SimHost, pool: Pool, names: readonly string[]): void {
  for (const name of names) {
    if (name.endsWith("/%recv")) pool.removePartial(pool.find(name.slice(0, -"/%recv".length))!);
    else if (!name.includes("@")) pool.remove(name);
    else removeOne(host, pool, name);
  }
}

function removeOne(host: SimHost, pool: Pool, name: string): void {
  const { dataset, snapshot } = openSnapshot(host, name);
  const problems = heldText(host, dataset, snapshot);
  if (problems.length > 0) throw new ZfsFailure(problems.join("\n"));
  pool.removeSnapshots(dataset, new Set([snapshot.tag]));
}

/** Collects what `-v`, `-n` and `-p` print. */
class Report {
  readonly simulated: boolean;
  readonly #verbose: boolean;
  readonly #parsable: boolean;
  text = "";

  constructor(words: Words) {
    this.simulated = words.has("n");
    this.#verbose = words.has("v");
    this.#parsable = words.has("p");
  }

  destroyed(name: string): void {
    if (!this.#verbose) return;
    this.text += this.#parsable ? `destroy\t${name}\n` : `${this.#mood} destroy ${name}\n`;
  }

  reclaimed(bytes: number): void {
    if (!this.#verbose) return;
    this.text += this.#parsable ? `reclaim\t${bytes}\n` : `${this.#mood} reclaim ${bytes}B\n`;
  }

  get #mood(): string {
    return this.simulated ? "would" : "will";
  }
}

/** `zfs rollback [-rRf] snapshot`. */
export function rollback(host: SimHost, argv: readonly string[]): Outcome {
  const words = splitWords(argv, { flags: "rRf" });
  const name = words.operands[0] ?? "";
  const { pool, dataset, snapshot } = openSnapshot(host, name);
  const newer = dataset.snapshots.slice(dataset.snapshots.indexOf(snapshot) + 1);
  const bookmarks = dataset.bookmarks.filter((bookmark) => bookmark.createtxg > snapshot.createtxg);
  const inTheWay = [
    ...newer.map((other) => `${dataset.name}@${other.tag}`),
    ...bookmarks.map((bookmark) => `${dataset.name}#${bookmark.tag}`),
  ];
  if (inTheWay.length > 0 && !words.has("r") && !words.has("R")) {
    throw new ZfsFailure(
      `cannot rollback to '${name}': more recent snapshots or bookmarks exist\n` +
        `use '-r' to force deletion of the following snapshots and bookmarks:\n${inTheWay.join("\n")}`,
    );
  }
  const dependents = newer.flatMap((other) => dependentsOf(pool, dataset, other.tag));
  if (dependents.length > 0 && !words.has("R")) {
    throw new ZfsFailure(
      `cannot rollback to '${name}': clones of previous snapshots exist\n` +
        `use '-R' to force deletion of the following clones and dependents:\n${dependents.join("\n")}`,
    );
  }
  removeDependents(host, pool, dependents);
  for (const bookmark of bookmarks) pool.removeBookmark(dataset, bookmark.tag);
  // Newest first: one that is held stops the rollback, and what was newer is gone.
  for (const other of [...newer].reverse()) {
    if (other.holds.length > 0) throw new ZfsFailure(`cannot destroy '${dataset.name}@${other.tag}': dataset is busy`);
    pool.removeSnapshots(dataset, new Set([other.tag]));
  }
  pool.rollBack(dataset, snapshot);
  return success();
}
