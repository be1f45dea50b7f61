/**
 * Which streams bring one destination dataset up to date, in order, as data.
 *
 * The plan is made before anything moves, and again for each attempt: from what was observed, the decision, and the
 * receive that was interrupted, if there is one. A dry run shows the same plan. Source: docs/spec/replication.md §6, §7,
 * §9.
 * @module
 */
import type { IncrementalStep, Transfer } from "../../model/action.ts";
import type { ForcePolicy, ReplicationPolicy } from "../../model/job.ts";
import { RefusedError } from "../../model/errors.ts";
import { isSnapshot, type Snapshot, type Version } from "../../model/snapshot.ts";
import { historyFrom } from "./lineage.ts";
import { decide, type Decision, type Observation } from "./replication.ts";
import type { ResumeToken } from "./resume_token.ts";
import { planSendSteps, type StepLimits } from "./send_steps.ts";

/** Where the destination stands. */
export interface Start {
  /** What both sides have; absent if a full send comes first. */
  readonly base: Version | undefined;
  /** The snapshot of a full send. */
  readonly first: Snapshot;
}

/** An interrupted receive that may be completed. */
export interface Interrupted {
  /** The token as the destination gave it. */
  readonly text: string;
  /** What it says; checked against the observation. */
  readonly token: ResumeToken;
}

/**
 * Plans the transfers: what completes the interrupted receive or a full send, if needed, then incremental steps. Empty
 * if nothing behind the base is selected. Throws {@linkcode RefusedError} if an incremental receive of a bookmark was
 * interrupted.
 */
export function planTransfers(
  seen: Pick<Observation, "usable" | "selected">,
  { base, first }: Start,
  interrupted: Interrupted | undefined,
  policy: Pick<ReplicationPolicy, "stream"> & StepLimits,
): readonly Transfer[] {
  const opening = interrupted === undefined ? fullSend(base, first) : resumed(seen, base, interrupted);
  const next = opening?.to ?? base;
  const steps = next === undefined ? [] : planIncrementals(next, seen, policy);
  return opening === undefined ? steps : [opening, ...steps];
}

/**
 * What incremental transfers from a base on need of an observation, so that the rest can be forgotten: they are the same
 * from either.
 */
export function onwards(seen: Observation, base: Version): Observation {
  const usable = historyFrom(base, seen.usable);
  const selected = new Set(usable.map(({ guid }) => guid).filter((guid) => seen.selected.has(guid)));
  return { ...seen, usable, selected, destinationSnapshots: seen.destinationSnapshots?.slice(-1) };
}

/** Transfers that share their receive options, and whose result is read back together. */
export interface TransferPhase {
  readonly kind: "full" | "incremental";
  readonly transfers: readonly Transfer[];
  /** In a dry run nothing has made what they build upon: their pipelines are only shown. */
  readonly onlyShown: boolean;
}

/**
 * Puts transfers onto an existing base into phases: what completes an interrupted receive, then all steps. In a dry run
 * steps behind another transfer are only shown.
 */
export function incrementalPhases(
  transfers: readonly Transfer[],
  { isDry, onlyShown }: { readonly isDry: boolean; readonly onlyShown: boolean },
): readonly TransferPhase[] {
  const opening = transfers.filter(({ kind }) => kind === "resume");
  const steps = transfers.slice(opening.length);
  const isBehind = isDry && opening.length > 0;
  const phases: readonly TransferPhase[] = [
    { kind: "incremental", transfers: opening, onlyShown },
    { kind: "incremental", transfers: steps, onlyShown: onlyShown || isBehind },
  ];
  return phases.filter((phase) => phase.transfers.length > 0);
}

/** How many snapshots the destination has more after a transfer. */
export function gainOf(transfer: Transfer): number {
  return transfer.kind === "incremental" ? transfer.gains.length : 1;
}

function fullSend(base: Version | undefined, first: Snapshot): Transfer | undefined {
  return base === undefined ? { kind: "full", to: first } : undefined;
}

/** The version that a token names is among those of the source: its guid is selected. A snapshot wins over a bookmark. */
function resumed(
  { usable }: Pick<Observation, "usable">,
  from: Version | undefined,
  { text, token }: Interrupted,
): Transfer {
  const to = usable.findLast((version) => version.guid === token.guid)!;
  if (from !== undefined && !isSnapshot(to)) {
    throw new RefusedError(`Cannot resume the receive of a bookmark: ${token.name}`);
  }
  return { kind: "resume", token: text, from, to };
}

/** The incremental steps from `base` onwards. Empty if nothing behind it is selected. */
function planIncrementals(
  base: Version,
  seen: Pick<Observation, "usable" | "selected">,
  { stream, allowIntermediates }: Pick<ReplicationPolicy, "stream"> & StepLimits,
): readonly IncrementalStep[] {
  const history = historyFrom(base, seen.usable);
  if (history.length < 2) return [];
  if (stream) {
    const candidates = history.map((version) => ({ version, selected: seen.selected.has(version.guid) }));
    return planSendSteps(candidates, { allowIntermediates });
  }
  const latest = history.slice(1).filter(isSnapshot).findLast((snapshot) => seen.selected.has(snapshot.guid));
  if (latest === undefined) return [];
  return [{ kind: "incremental", flag: "-i", from: history[0]!, to: latest, gains: [latest] }];
}

/** What is done about one dataset, as far as listings show. */
export interface ReplicationPlan {
  /** What is done, or why nothing is. */
  readonly decision: Decision;
  /** Streams in order; none unless the decision is to replicate. */
  readonly transfers: readonly Transfer[];
}

/** What a plan depends on beside the observation. */
export interface PlanPolicy extends StepLimits {
  /** False: only the latest selected snapshot is sent (`--no-stream`). */
  readonly stream: boolean;
  /** What a source dataset without selected snapshots means. */
  readonly skipMissingSnapshots: "fail" | "dataset" | "continue";
  /** What may be destroyed at the destination to resolve a conflict. */
  readonly force: ForcePolicy;
}

/** Decides about one dataset and plans its transfers, without looking at or changing anything. Throws what {@linkcode decide} throws. */
export function planReplication(seen: Observation, policy: PlanPolicy): ReplicationPlan {
  const decision = decide(seen, policy, policy.force);
  const transfers = decision.kind === "replicate" ? planTransfers(seen, decision, undefined, policy) : [];
  return { decision, transfers };
}
