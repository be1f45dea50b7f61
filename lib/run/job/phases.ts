/**
 * The phases of one pair, in their order: create, replicate, delete, compare, monitor, and what stops them.
 *
 * Verbs that few runs have are loaded when their turn comes: to load a module takes time.
 * Source: docs/spec/replication.md §2.
 * @module
 */
import type { PhaseName } from "../../report/events.ts";
import { looksAtDestination, type PairContext } from "./context.ts";
import { listDestination, listSource, type SideDatasets } from "../datasets.ts";
import { confirmRoot } from "../retrying.ts";
import type { DestinationTree } from "../prune/datasets.ts";
import { inPhase, recordingChanges } from "../recording.ts";
import { replicatePair } from "../replicate/pair.ts";
import { createSnapshots } from "../snapshot.ts";
import type { FailureLog } from "./failure_log.ts";

/** Runs all phases of a pair. Failures of single datasets are recorded; anything else is thrown. */
export async function runPhases(context: PairContext, failures: FailureLog): Promise<void> {
  const source = await listSource(context);
  const tree = await runVerbs(source, context, failures);
  // What was not done because a listing lacked it was rightly not done only if no pool has left meanwhile.
  if (source.all.length > 0) await confirmRoot("src", context);
  if (tree.all.length > 0) await confirmRoot("dst", context);
}

const NOTHING_LISTED: DestinationTree = { all: [], selected: [] };

/** Returns what is left of the destination's datasets; none if they were not listed, or where a phase has failed. */
async function runVerbs(
  source: SideDatasets,
  context: PairContext,
  failures: FailureLog,
): Promise<DestinationTree> {
  const { job: { verbs, replication, limits, datasets: { recursive } } } = context;
  const at = (phase: PhaseName): PairContext => inPhase(context, phase);
  if (verbs.create !== undefined) await createSnapshots(source, verbs.create, at("create-snapshots"));
  if (replication !== undefined) {
    const recorded = recordingChanges(at("replicate"), () => "conflict");
    if ((await replicatePair(source, recorded, replication, failures)).failed) return NOTHING_LISTED;
  }
  if (verbs.forgetGuards !== undefined) {
    const { forgetGuards } = await import("../prune/forget.ts");
    await forgetGuards(source, verbs.forgetGuards, recordingChanges(at("forget-guards"), () => "given-up"));
  }
  if (!looksAtDestination(verbs)) return NOTHING_LISTED;
  const listed = await listDestination(context);
  let tree: DestinationTree = { all: listed.all, selected: await listed.selected() };
  if (verbs.deleteDatasets) {
    const { deleteDatasets } = await import("../prune/datasets.ts");
    tree = await deleteDatasets(tree, source, recordingChanges(at("delete-datasets"), () => "not-on-source"));
  }
  if (verbs.deleteSnapshots?.kind === "snapshots" && Number.isFinite(limits.asideMs)) {
    const { deleteSetAside } = await import("../prune/aside.ts");
    await deleteSetAside(tree, limits.asideMs, recordingChanges(at("delete-datasets"), () => "set-aside"));
  }
  if (verbs.deleteSnapshots !== undefined) {
    const { deleteVersions } = await import("../prune/prune.ts");
    const around = { context: at("delete-snapshots"), failures };
    if ((await deleteVersions(tree.selected, source, verbs.deleteSnapshots, around)).failed) return NOTHING_LISTED;
  }
  if (verbs.deleteEmptyDatasets !== undefined && recursive) {
    const { deleteEmptyDatasets } = await import("../prune/datasets.ts");
    const recorded = recordingChanges(at("delete-empty-datasets"), () => "empty");
    tree = await deleteEmptyDatasets(tree, verbs.deleteEmptyDatasets, recorded);
  }
  if (verbs.compare !== undefined) {
    const { compareTrees } = await import("../compare.ts");
    await compareTrees(source, tree.selected, verbs.compare, at("compare"));
  }
  if (verbs.monitor !== undefined) {
    const { monitorSnapshots } = await import("../monitor.ts");
    await monitorSnapshots(source, tree, verbs.monitor, at("monitor"));
  }
  return tree;
}
