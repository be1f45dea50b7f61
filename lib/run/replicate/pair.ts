/**
 * The replication phase of one pair: selects source datasets, settles what depends on the pair, replicates.
 * @module
 */
import { RefusedError } from "../../model/errors.ts";
import { hasFeature } from "../../model/capabilities.ts";
import { checkPreservation, limitWarning, resolveR2r } from "../../plan/replication/mod.ts";
import type { ReplicationPolicy } from "../../model/job.ts";
import type { PairContext, ReplicationContext } from "../job/context.ts";
import type { SideDatasets } from "../datasets.ts";
import { askSettable } from "./receive_options.ts";
import { replicate } from "./replicate.ts";
import type { FailureLog } from "../job/failure_log.ts";

/** Replicates the selected datasets of a pair. Throws `RefusedError` if the source does not exist. */
export async function replicatePair(
  source: SideDatasets,
  context: PairContext,
  policy: ReplicationPolicy,
  failures: FailureLog,
): Promise<{ readonly failed: boolean }> {
  checkPreservation(policy, context.world.destination.capabilities);
  if (source.all.length === 0) {
    throw new RefusedError(`Replication: Source dataset does not exist: ${context.operands.src}`, {
      hint: "Check the spelling with 'zfs list' on the source host",
    });
  }
  return await replicate(await source.selected(), settle(context, policy), failures);
}

/** Fills in what only the pair can tell: large blocks, and the effective remote-to-remote mode. */
export function settle(context: PairContext, policy: ReplicationPolicy): ReplicationContext {
  const { mode, warning } = resolveR2r(policy.r2r, context.ends);
  const { ends, localPrograms, job: { programs } } = context;
  const limits = { ends, localPrograms, programs, r2r: mode, bandwidthLimit: policy.bandwidthLimit };
  for (const text of [warning, limitWarning(limits)]) {
    const warned = [ends.src.userHost, ends.dst.userHost, text].join("\n");
    if (text === undefined || context.told.has(warned)) continue;
    context.told.add(warned);
    context.log.log("WARN", "", text);
  }
  const large = hasFeature(context.world.destination.capabilities, "large_blocks");
  const withLargeBlocks = (options: readonly string[]): readonly string[] =>
    large && !options.includes("--large-block") ? [...options, "--large-block"] : options;
  return {
    ...context,
    r2r: mode,
    withoutBookmark: new Set(),
    withoutEmbedding: new Set(),
    settableProperties: askSettable(context),
    policy: {
      ...policy,
      sendOptions: withLargeBlocks(policy.sendOptions),
      resumeSendOptions: withLargeBlocks(policy.resumeSendOptions),
    },
  };
}
