/**
 * What the laws of replication demand of a world, worked out from the world alone, without the planner.
 * @module
 */
import { isWithin } from "../../lib/model/dataset.ts";
import { contentOf } from "../sim/pool.ts";
import type { BookmarkState, DatasetState, SnapshotState } from "../sim/state.ts";
import type { SimulatedWorld } from "../sim/world.ts";
import { DESTINATION, destinationDatasets, SOURCE, sourceDatasets, type Story } from "./world_gen.ts";

/** What a run must do for one dataset. */
export interface Duty {
  readonly source: string;
  readonly destination: string;
  /** Guids that must be at the destination afterwards. */
  readonly wanted: ReadonlySet<string>;
  /** Guids that may be there afterwards: what is selected, and what was there before. */
  readonly allowed: ReadonlySet<string>;
  /**
   * Why a run without force may refuse; `missing`: nothing is selected, and that is to be a failure; `occupied`: a full
   * send would replace a dataset without snapshots, below which there are some.
   */
  readonly conflict: "ahead" | "unrelated" | "modified" | "missing" | "occupied" | undefined;
}

/** Duties of a run that starts now; datasets that must be skipped have none. */
export function dutiesOf(sim: SimulatedWorld, story: Story): Duty[] {
  const skipped: string[] = [];
  const duties: Duty[] = [];
  for (const dataset of sourceDatasets(sim)) {
    if (story.excluded !== undefined && isWithin(dataset.name, story.excluded)) continue;
    if (skipped.some((name) => dataset.name.startsWith(`${name}/`))) continue;
    const name = DESTINATION + dataset.name.slice(SOURCE.length);
    const counterpart = sim.destination.find(name);
    const selected = story.select(dataset.snapshots);
    if (selected.length === 0) {
      // A bookmark passes every filter, but only counts where the destination has snapshots.
      const usable = story.usesBookmarks && dataset.bookmarks.length > 0 && (counterpart?.snapshots.length ?? 0) > 0;
      if (usable || story.skipMissing === "continue") continue;
      if (!counterpart || (story.skipMissing === "fail" && story.skipOnError === "tree")) skipped.push(dataset.name);
      const nothing = { wanted: new Set<string>(), allowed: new Set<string>(), conflict: "missing" } as const;
      if (story.skipMissing === "fail") duties.push({ source: dataset.name, destination: name, ...nothing });
      continue;
    }
    const duty = dutyOf(dataset, name, counterpart, selected, story);
    const isOccupied = counterpart?.snapshots.length === 0 &&
      sim.destination.tree(name).some(({ snapshots }) => snapshots.length > 0);
    duties.push(isOccupied ? { ...duty, conflict: "occupied" } : duty);
  }
  return duties;
}

function dutyOf(
  dataset: DatasetState,
  destination: string,
  counterpart: DatasetState | undefined,
  selected: readonly SnapshotState[],
  story: Story,
): Duty {
  const there = new Set(counterpart?.snapshots.map((snapshot) => snapshot.guid));
  const base = newestCommon(dataset, there, story);
  const latest = selected.at(-1)!;
  const resumed = resumedSnapshot(dataset, counterpart, selected);
  const newer = selected.filter((snapshot) =>
    resumed ? snapshot.createtxg >= resumed.createtxg : !base || snapshot.createtxg > base.createtxg
  );
  const wanted = story.stream || newer.length === 0 ? newer : [latest];
  return {
    source: dataset.name,
    destination,
    wanted: new Set(wanted.map((snapshot) => snapshot.guid)),
    allowed: new Set([...there, ...selected.map((snapshot) => snapshot.guid)]),
    conflict: conflictOf(counterpart, base, latest),
  };
}

/** What a token makes the run begin with: older snapshots are not sent any more (docs/spec/replication.md §6, §7.3). */
function resumedSnapshot(
  dataset: DatasetState,
  counterpart: DatasetState | undefined,
  selected: readonly SnapshotState[],
): SnapshotState | undefined {
  const traits = counterpart?.partial?.traits;
  if (!traits) return undefined;
  const from = [...dataset.snapshots, ...dataset.bookmarks].some((version) => version.guid === traits.fromGuid);
  if (traits.fromGuid !== undefined && !from) return undefined;
  return selected.find((snapshot) => snapshot.guid === traits.toGuid);
}

/** True if a partial receive cannot be resumed, so that a run has to clear it first. */
export function hasStalePartial(sim: SimulatedWorld, story: Story): boolean {
  return sourceDatasets(sim).some((dataset) => {
    const counterpart = sim.destination.find(DESTINATION + dataset.name.slice(SOURCE.length));
    return counterpart?.partial !== undefined &&
      resumedSnapshot(dataset, counterpart, story.select(dataset.snapshots)) === undefined;
  });
}

function newestCommon(
  dataset: DatasetState,
  there: ReadonlySet<string>,
  story: Story,
): SnapshotState | BookmarkState | undefined {
  const candidates = [...dataset.snapshots, ...(story.usesBookmarks ? dataset.bookmarks : [])];
  return candidates.filter((version) => there.has(version.guid)).sort((a, b) => a.createtxg - b.createtxg).at(-1);
}

function conflictOf(
  counterpart: DatasetState | undefined,
  base: SnapshotState | BookmarkState | undefined,
  latest: SnapshotState,
): Duty["conflict"] {
  const newest = counterpart?.snapshots.at(-1);
  if (!counterpart || !newest) return undefined;
  if (!base) return "unrelated";
  if (base.guid !== newest.guid) return "ahead";
  if (base.createtxg >= latest.createtxg) return undefined;
  return counterpart.log.length > newest.length ? "modified" : undefined;
}

/** The duties that are fulfilled although others have a conflict that stops them. */
export function isolatedDuties(duties: readonly Duty[], { skipOnError }: Story): readonly Duty[] {
  const failing = duties.filter(({ conflict }) => conflict !== undefined);
  if (failing.length > 0 && skipOnError === "fail") return [];
  const isFree = (duty: Duty): boolean =>
    skipOnError === "dataset" || !failing.some((other) => isWithin(duty.destination, other.destination));
  return duties.filter((duty) => duty.conflict === undefined && isFree(duty));
}

/** Which duties are not fulfilled, and what differs in content; empty if all is well. */
export function unfulfilled(sim: SimulatedWorld, duties: readonly Duty[]): string[] {
  return duties.flatMap(({ source, destination, wanted, allowed }) => {
    const there = sim.destination.find(destination);
    const have = new Set(there?.snapshots.map((snapshot) => snapshot.guid));
    const missing = [...wanted].filter((guid) => !have.has(guid)).map((guid) => `${destination} lacks ${guid}`);
    const unwanted = [...have].filter((guid) => !allowed.has(guid)).map((guid) =>
      `${destination} must not have ${guid}`
    );
    return [...missing, ...unwanted, ...differences(sim, source, destination)];
  });
}

/** Snapshots with the same guid and other contents or creation. */
function differences(sim: SimulatedWorld, source: string, destination: string): string[] {
  const [from, to] = [sim.source.find(source), sim.destination.find(destination)];
  if (!from || !to) return [];
  return to.snapshots.flatMap((copy) => {
    const original = from.snapshots.find((snapshot) => snapshot.guid === copy.guid);
    if (!original) return [];
    const same = contentOf(from, original) === contentOf(to, copy) && original.creation === copy.creation;
    return same ? [] : [`${destination}@${copy.tag} differs from its original`];
  });
}

/** Temporary bookmarks of what has arrived: a run that has ended well leaves none. */
export function unsettled(sim: SimulatedWorld): string[] {
  const copies = inventory(destinationDatasets(sim));
  return sourceDatasets(sim).flatMap(({ name, bookmarks }) => {
    const there = copies.get(DESTINATION + name.slice(SOURCE.length));
    const left = bookmarks.filter(({ tag, guid }) => tag.startsWith(".TMPBZFS.") && there?.has(guid));
    return left.map(({ tag }) => `${name}#${tag}`);
  });
}

/** Guids of all snapshots per destination dataset. */
export function inventory(datasets: readonly DatasetState[]): Map<string, ReadonlySet<string>> {
  return new Map(datasets.map(({ name, snapshots }) => [name, new Set(snapshots.map((snapshot) => snapshot.guid))]));
}

/** Guids of held snapshots per dataset. */
export function heldIn(datasets: readonly DatasetState[]): Map<string, ReadonlySet<string>> {
  return inventory(datasets.map((dataset) => ({
    ...dataset,
    snapshots: dataset.snapshots.filter((snapshot) => snapshot.holds.length > 0),
  })));
}

/** What the destination looks like to its users: names, guids and contents, without what is internal to its pool. */
export function appearance(sim: SimulatedWorld): string {
  return JSON.stringify(
    destinationDatasets(sim).map((dataset) => ({
      name: dataset.name,
      type: dataset.type,
      snapshots: dataset.snapshots.map((snapshot) => [snapshot.tag, snapshot.guid, contentOf(dataset, snapshot)]),
      partial: dataset.partial !== undefined,
      local: dataset.local,
      received: dataset.received,
    })),
  );
}

/** Snapshots of `before` that are no more: `dataset guid`. */
export function losses(
  before: ReadonlyMap<string, ReadonlySet<string>>,
  after: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  return [...before].flatMap(([name, guids]) =>
    [...guids].filter((guid) => !after.get(name)?.has(guid)).map((guid) => `${name} lost ${guid}`)
  );
}
