/**
 * Fewest send steps along a history.
 *
 * Step for step what the reference plans (docs/spec/replication.md §9.2). "Fewer steps", such as skipping snapshots in
 * which nothing was written, lost against it: the destination would then lack snapshots that were selected.
 * @module
 */
import { isSnapshot, type Snapshot, type Version } from "../../model/snapshot.ts";
import type { IncrementalStep } from "../../model/action.ts";

/** One version of the history between base and newest, with the filters' verdict. */
export interface Candidate {
  readonly version: Version;
  readonly selected: boolean;
}

/** What limits the grouping of steps. */
export interface StepLimits {
  /** `-I` may be used. False is the way around openzfs/zfs#16394. */
  readonly allowIntermediates: boolean;
}

/**
 * Plans the steps that bring a destination, whose newest snapshot is the first candidate, to the newest selected
 * candidate, transferring exactly the selected snapshots.
 *
 * @param history oldest first; the first candidate is the common base (snapshot or bookmark), all others are snapshots
 * @returns chained steps, oldest first; empty if nothing behind the base is selected
 */
export function planSendSteps(history: readonly Candidate[], limits: StepLimits): IncrementalStep[] {
  const steps: IncrementalStep[] = [];
  let base = 0;
  for (let next = nextSelected(history, base); next !== undefined; next = nextSelected(history, base)) {
    const isNeighbour = next === base + 1 && (base > 0 || history[0]!.selected);
    const last = isNeighbour && mayGroup(history[base]!.version, limits) ? endOfRun(history, next) : next;
    steps.push(incrementalStep(history, base, next, last));
    base = last;
  }
  return steps;
}

function nextSelected(history: readonly Candidate[], after: number): number | undefined {
  for (let i = after + 1; i < history.length; i++) {
    if (history[i]!.selected) return i;
  }
  return undefined;
}

/** Index of the last of the consecutive selected candidates that start at `start`. */
function endOfRun(history: readonly Candidate[], start: number): number {
  let last = start;
  while (history[last + 1]?.selected) last++;
  return last;
}

function mayGroup(from: Version, limits: StepLimits): boolean {
  return from.kind === "snapshot" && limits.allowIntermediates; // no -I from a bookmark: openzfs/zfs#12415
}

function incrementalStep(history: readonly Candidate[], base: number, next: number, last: number): IncrementalStep {
  const gains = history.slice(next, last + 1).map((candidate) => snapshotOf(candidate));
  return {
    kind: "incremental",
    flag: gains.length > 1 ? "-I" : "-i",
    from: history[base]!.version,
    to: gains[gains.length - 1]!,
    gains,
  };
}

function snapshotOf(candidate: Candidate): Snapshot {
  if (!isSnapshot(candidate.version)) throw new TypeError("Cannot send a bookmark: only the base may be one");
  return candidate.version;
}
