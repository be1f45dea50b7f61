/**
 * One stream of one dataset: its words and size, the pipeline that carries it, and the event that tells of it.
 * @module
 */
import type { Transfer } from "../../model/action.ts";
import { ancestorsOf } from "../../model/dataset.ts";
import { CommandError, Retryable } from "../../model/errors.ts";
import { relativeName, type Version, versionName } from "../../model/snapshot.ts";
import {
  gainOf,
  mayEmbed,
  planPipeline,
  type ReceiveProperties,
  sendsRaw,
  withoutEmbedding,
} from "../../plan/replication/mod.ts";
import { secondsOf } from "../../report/events.ts";
import type { FirstChange, TransferReport } from "../../zfs/world.ts";
import type { DatasetTask, ReplicationContext } from "./context.ts";
import type { EstimatesAhead } from "./estimates_ahead.ts";
import { reactToFailure, type Resumed } from "./receive_state.ts";
import { noteUnapplied } from "./unapplied.ts";

/** A transfer, ready to be performed. */
export interface Stream {
  readonly transfer: Transfer;
  /** The words behind `zfs send`. */
  readonly words: readonly string[];
  /** Estimated bytes; 0 without estimates. */
  readonly size: number;
}

/** How a stream is received. */
export interface Reception {
  /** `zfs receive -F`: replaces what the destination holds. */
  readonly replaces: boolean;
  /** Among the options is `-s`: what has arrived can be told by the token. */
  readonly resumable: boolean;
  /** Further options of `zfs receive`, and which properties the user demands by them. */
  readonly properties: ReceiveProperties;
  /** What the meter shows as the name of the transfer. */
  readonly label: string;
  /** Only show the pipeline. */
  readonly suppress: boolean;
  /** What is done at the source before. */
  readonly first?: FirstChange | undefined;
}

/** The words behind `zfs send` of a transfer that continues no other. */
export function sendWords(
  transfer: Exclude<Transfer, { kind: "resume" }>,
  { policy }: Pick<ReplicationContext, "policy">,
): readonly string[] {
  return [...policy.sendOptions, ...versionWords(transfer)];
}

/**
 * Finds the words of a transfer and estimates its size. Throws `Retryable`.
 *
 * @param ahead sizes that were asked for together
 */
export async function streamOf(
  transfer: Transfer,
  task: DatasetTask,
  context: ReplicationContext,
  ahead: EstimatesAhead | undefined,
): Promise<Stream> {
  const { policy, job, world } = context;
  const { signal } = task;
  const estimate = (words: readonly string[]): Promise<number> =>
    policy.estimateSize ? world.source.estimate(words, { signal }) : Promise.resolve(0);
  if (transfer.kind !== "resume") {
    const words = sendWords(transfer, context);
    const size = await ahead?.take(words, { signal }) ?? await estimate(words).catch((error: unknown) => {
      throw error instanceof CommandError ? new Retryable(error) : error;
    });
    return { transfer, words, size };
  }
  const token = ["-t", transfer.token];
  const size = await estimate([...policy.resumeSendOptions, ...token])
    .catch((error: unknown) => reactToFailure(error, "", { ...task, resumed: resumedBy(transfer) }, context));
  const flags = [...(job.dryRun === "send" ? ["-n"] : []), ...(job.report.verbosity >= 2 ? ["-v"] : [])];
  return { transfer, words: [...policy.resumeSendOptions, ...flags, ...token], size };
}

function versionWords(transfer: Exclude<Transfer, { kind: "resume" }>): readonly string[] {
  if (transfer.kind === "full") return [versionName(transfer.to)];
  return [transfer.flag, versionName(transfer.from), versionName(transfer.to)];
}

/** Runs the pipeline of a stream. Throws `Retryable` after clearing what a failure has left in the way. */
export async function carry(
  stream: Stream,
  reception: Reception,
  task: DatasetTask,
  context: ReplicationContext,
): Promise<void> {
  const { replaces, resumable, properties, label, suppress, first } = reception;
  const { world, job, policy, facts: { r2r, route: { ends, localPrograms, privilegePrefix } } } = context;
  const { destination, worker, signal } = task;
  const words = context.state.withoutEmbedding.has(task.source) ? withoutEmbedding(stream.words) : stream.words;
  const flags = [...(replaces ? ["-F"] : []), ...(job.dryRun === "off" ? [] : ["-n"])];
  const pipeline = planPipeline({
    ends,
    localPrograms,
    send: [...privilegePrefix.src, "zfs", "send", ...words],
    receive: [...privilegePrefix.dst, "zfs", "receive", ...flags, ...properties.options, destination],
    r2r,
    estimate: policy.estimateSize ? stream.size : undefined,
    label,
    blockSize: task.blockSize,
    programs: job.programs,
    bandwidthLimit: policy.bandwidthLimit,
    minPipeTransferSize: job.tuning.minPipeTransferSize,
  });
  // No answer is no motion.
  const token = (): Promise<string | undefined> =>
    world.destination.receiveToken(destination, { signal }).catch(() => undefined);
  const arrival = resumable && job.dryRun === "off" ? token : undefined;
  try {
    const isBrief = policy.estimateSize && stream.size < job.tuning.minPipeTransferSize;
    const report = await world.transfer(pipeline, { worker, suppress, isBrief, signal, arrival, first });
    record(stream, report, task, context);
    noteUnapplied(report.unapplied ?? [], properties, task, context);
  } catch (error) {
    if (await isAboutEmbedding(error, words, task, context)) {
      const text =
        "The encrypted destination takes no embedded blocks; sending without --raw, as this is not encrypted: ";
      context.log.log("INFO", `${task.tid} ${text}`, task.source);
      context.state.withoutEmbedding.add(task.source);
      return await carry(stream, { ...reception, first: undefined }, task, context);
    }
    await reactToFailure(error, "zfs send/receive", { ...task, resumed: resumedBy(stream.transfer) }, context);
  }
}

/**
 * True if a receive was refused for embedded blocks, which the stream can do without. An encrypted dataset that is sent raw
 * stays so: raw and other increments must not be mixed.
 */
async function isAboutEmbedding(
  error: unknown,
  words: readonly string[],
  { source, destination, signal }: DatasetTask,
  { world, state: { existing } }: ReplicationContext,
): Promise<boolean> {
  if (!(error instanceof CommandError) || error.failure.fault !== "embedded-blocks" || !mayEmbed(words)) return false;
  if (sendsRaw(words) && await world.source.encryptionRoot(source, { signal }) !== "-") return false;
  const target = existing.has(destination) ? destination : ancestorsOf(destination).at(-1);
  return target !== undefined && await world.destination.encryptionRoot(target, { signal }) !== "-";
}

function resumedBy(transfer: Transfer): Resumed | undefined {
  if (transfer.kind !== "resume") return undefined;
  const needed = (version: Version): Resumed["target"] => ({ name: versionName(version), guid: version.guid });
  return { target: needed(transfer.to), base: transfer.from && needed(transfer.from) };
}

function record(
  { transfer, size }: Stream,
  report: TransferReport,
  { source, destination }: DatasetTask,
  { recorder, phase, policy, job }: ReplicationContext,
): void {
  const from = transfer.kind === "full" ? undefined : transfer.from;
  recorder.record({
    event: "sent",
    phase,
    side: "src",
    dataset: source,
    destination,
    kind: transfer.kind,
    ...(from === undefined ? {} : { from: relativeName(from) }),
    to: relativeName(transfer.to),
    guid: transfer.to.guid,
    snapshots: gainOf(transfer),
    ...(report.bytes === undefined ? {} : { bytes: String(report.bytes) }),
    ...(policy.estimateSize ? { estimatedBytes: String(size) } : {}),
    seconds: secondsOf(report.elapsedMs * 1e6),
    performed: job.dryRun === "off",
  });
}
