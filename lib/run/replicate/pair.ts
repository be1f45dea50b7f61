/**
 * The replication phase of one pair: selects source datasets, settles what depends on the pair, replicates.
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import { MissingRootError } from "../../model/errors.ts";
import { hasFeature } from "../../model/capabilities.ts";
import { checkPreservation, limitWarning, resolveR2r } from "../../plan/replication/mod.ts";
import type { ReplicationPolicy } from "../../model/job.ts";
import type { VerbContext } from "../job/context.ts";
import type { ReplicationContext } from "./context.ts";
import { namesOf, type SideDatasets } from "../datasets.ts";
import { askSettable } from "./receive_options.ts";
import { ReadBack } from "./read_back.ts";
import { replicate } from "./replicate.ts";
import type { FailureLog } from "../job/failure_log.ts";

type ReplicatedPair = VerbContext<
  "operands" | "route" | "workers" | "digest" | "filter",
  "cache" | "told" | "existing" | "force" | "counters"
>;

/** Replicates the selected datasets of a pair. Throws `RefusedError` if the source does not exist. */
export async function replicatePair(
  source: SideDatasets,
  context: ReplicatedPair,
  policy: ReplicationPolicy,
  failures: FailureLog,
): Promise<{ readonly failed: boolean }> {
  checkPreservation(policy, context.world.destination.capabilities);
  if (source.all.length === 0) {
    throw new MissingRootError(`Replication: Source dataset does not exist: ${context.facts.operands.src}`, "src", {
      hint: "Check the spelling with 'zfs list' on the source host",
    });
  }
  return await replicate(await source.selected(), settle(context, policy, namesOf(source.all)), failures);
}

/** Fills in what only the pair can tell: large blocks, and the effective remote-to-remote mode. */
export function settle(
  context: ReplicatedPair,
  policy: ReplicationPolicy,
  sources: readonly Dataset[] = [],
): ReplicationContext {
  const { job: { programs }, facts, state } = context;
  const { ends, localPrograms } = facts.route;
  const { mode, warning } = resolveR2r(policy.r2r, ends);
  const limits = { ends, localPrograms, programs, r2r: mode, bandwidthLimit: policy.bandwidthLimit };
  for (const text of [warning, limitWarning(limits)]) {
    const warned = [ends.src.userHost, ends.dst.userHost, text].join("\n");
    if (text === undefined || state.told.has(warned)) continue;
    state.told.add(warned);
    context.log.log("WARN", "", text);
  }
  const large = hasFeature(context.world.destination.capabilities, "large_blocks");
  const withLargeBlocks = (options: readonly string[]): readonly string[] =>
    large && !options.includes("--large-block") ? [...options, "--large-block"] : options;
  return {
    ...context,
    facts: { ...facts, r2r: mode, sources },
    state: {
      ...state,
      withoutBookmark: new Map(),
      refusals: new Map(),
      withoutEmbedding: new Set(),
      gated: new WeakSet(),
      readBack: new ReadBack(context.world.destination, context.world.clock),
      unapplied: new Map(),
      unfinished: new Set(),
    },
    settableProperties: askSettable(context),
    policy: {
      ...policy,
      sendOptions: withLargeBlocks(policy.sendOptions),
      resumeSendOptions: withLargeBlocks(policy.resumeSendOptions),
    },
  };
}
