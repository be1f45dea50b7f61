/**
 * The phases of one pair, in their order: create, replicate, delete, compare, monitor, and what stops them.
 *
 * Source: docs/spec/replication.md §2.
 * @module
 */
import type { PhaseName } from "../../report/events.ts";
import { compareTrees } from "../compare.ts";
import type { PairContext } from "./context.ts";
import { listDestination, listSource } from "../datasets.ts";
import { looksAtDestination } from "../looks_at_destination.ts";
import { monitorSnapshots } from "../monitor.ts";
import { deleteDatasets, deleteEmptyDatasets, type DestinationTree } from "../prune/datasets.ts";
import { deleteVersions } from "../prune/prune.ts";
import { inPhase, recordingChanges } from "../recording.ts";
import { replicatePair } from "../replicate/pair.ts";
import { createSnapshots } from "../snapshot.ts";
import type { Tolerance } from "./tolerance.ts";

/** Runs all phases of a pair. Failures of single datasets are recorded; anything else is thrown. */
export async function runPhases(context: PairContext, tolerance: Tolerance): Promise<void> {
  const { job: { verbs, replication, datasets: { recursive } } } = context;
  const at = (phase: PhaseName): PairContext => inPhase(context, phase);
  const source = await listSource(context);
  if (verbs.create !== undefined) await createSnapshots(source, verbs.create, at("create-snapshots"));
  if (replication !== undefined) {
    const recorded = recordingChanges(at("replicate"), () => "conflict");
    if ((await replicatePair(source, recorded, replication, tolerance)).failed) return;
  }
  if (!looksAtDestination(verbs)) return;
  const listed = await listDestination(context);
  let tree: DestinationTree = { all: listed.all, selected: await listed.selected() };
  if (verbs.deleteDatasets) {
    tree = await deleteDatasets(tree, source, recordingChanges(at("delete-datasets"), () => "not-on-source"));
  }
  if (verbs.deleteSnapshots !== undefined) {
    const around = { context: at("delete-snapshots"), tolerance };
    if ((await deleteVersions(tree.selected, source, verbs.deleteSnapshots, around)).failed) return;
  }
  if (verbs.deleteEmptyDatasets !== undefined && recursive) {
    const recorded = recordingChanges(at("delete-empty-datasets"), () => "empty");
    tree = await deleteEmptyDatasets(tree, verbs.deleteEmptyDatasets, recorded);
  }
  if (verbs.compare !== undefined) await compareTrees(source, tree.selected, verbs.compare, at("compare"));
  if (verbs.monitor !== undefined) await monitorSnapshots(source, tree, verbs.monitor, at("monitor"));
}
