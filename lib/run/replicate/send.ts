/**
 * Performs the sends of one dataset: a full send, a resumed one, incremental steps.
 *
 * Order within a step (docs/spec/replication.md §6, §9, §13): estimate, say what comes, look whether the destination is
 * busy, protect the snapshots by temporary bookmarks, run the pipeline. After a phase: read back what the destination
 * has committed, and derive bookmarks from that alone.
 * @module
 */
import { CommandError, RefusedError, Retryable } from "../../model/errors.ts";
import { ancestorsOf } from "../../model/dataset.ts";
import { formatSizeField } from "../../model/text/mod.ts";
import { type Guid, relativeName, type Snapshot, type Version, versionName } from "../../model/snapshot.ts";
import type { IncrementalStep } from "../../model/action.ts";
import { zfsAtLeast } from "../../model/capabilities.ts";
import {
  type FullTarget,
  type Observation,
  planIncrementals,
  planPipeline,
  type ReceiveProperties,
  replacesTarget,
  type ResumeToken,
  snapshotsToBookmark,
} from "../../plan/replication/mod.ts";
import type { ForcePolicy } from "../../model/job.ts";
import { secondsOf, type Sent } from "../../report/events.ts";
import type { TransferReport } from "../../zfs/world.ts";
import { BusyGate } from "./busy_gate.ts";
import { type DatasetTask, dryPrefix, type ReplicationContext } from "../job/context.ts";
import { Continuity } from "./continuity.ts";
import { mapParallel } from "../parallel.ts";
import { ReceiveOptions } from "./receive_options.ts";
import { occupiedBelow } from "../datasets.ts";
import { announceLoss } from "../destroy.ts";
import { observeReceiveState, reactToFailure, type ReceiveState, validateToken } from "./receive_state.ts";

/** One stream: the words behind `zfs send`, and what they carry. */
interface Stream {
  readonly words: readonly string[];
  /** Estimated bytes; 0 without estimates. */
  readonly size: number;
}

/** What a stream brings to the destination. */
interface Content {
  readonly kind: Sent["kind"];
  readonly from?: Version;
  readonly to: Version;
  /** How many snapshots it has more afterwards. */
  readonly snapshots: number;
}

/** The sends of one dataset during one attempt. */
export class Sender {
  readonly #task: DatasetTask;
  readonly #context: ReplicationContext;
  readonly #seen: Observation;
  readonly #force: ForcePolicy;
  readonly #gate: BusyGate;
  readonly #receiveOptions: ReceiveOptions;
  readonly #continuity: Continuity | undefined;
  /** A dry run has not made what the next pipeline would need: it is only shown. */
  #suppressed = false;
  /** The token that a dry run has shown the use of; the destination still has it. */
  #shownToken: string | undefined;

  constructor(parts: {
    readonly task: DatasetTask;
    readonly context: ReplicationContext;
    readonly seen: Observation;
    /** What was allowed when the attempt began. */
    readonly force: ForcePolicy;
    readonly gate: BusyGate;
    readonly continuity: Continuity | undefined;
  }) {
    this.#task = parts.task;
    this.#context = parts.context;
    this.#seen = parts.seen;
    this.#force = parts.force;
    this.#gate = parts.gate;
    this.#continuity = parts.continuity;
    this.#receiveOptions = new ReceiveOptions(parts.task, parts.context);
  }

  /** Only shows all following pipelines of this dataset, since a dry run did not do what they build upon. */
  suppress(): void {
    this.#suppressed = true;
  }

  /** Sends `first`, or resumes what the destination has a token of; returns what is the base from then on. */
  async sendFull(first: Snapshot): Promise<Version> {
    const { existing } = this.#context;
    const { destination } = this.#task;
    await this.#createAncestors();
    const state = await observeReceiveState(this.#task, this.#context);
    const isUnfinished = !existing.has(destination) || state.token !== undefined;
    const { snapshot, properties } = await this.#sendWhole(first, state).catch((error: unknown) => {
      // Nothing must be received below a dataset that is unfinished: its partial state could not be cleared any more.
      if (isUnfinished) existing.delete(destination);
      // An ancestor may have vanished: the next attempt creates what is missing.
      for (const ancestor of ancestorsOf(destination)) existing.delete(ancestor);
      throw error;
    });
    if (this.#context.job.dryRun === "off") {
      existing.add(destination);
    } else {
      this.#suppressed = true;
      this.#shownToken = state.token;
    }
    this.#context.counters.snapshotsReplicated++;
    await this.#conclude(properties, snapshot.guid);
    return snapshot;
  }

  async #sendWhole(
    first: Snapshot,
    state: ReceiveState,
  ): Promise<{ readonly snapshot: Version; readonly properties: ReceiveProperties }> {
    const { log, job, policy } = this.#context;
    const { destination, tid } = this.#task;
    const token = await this.#validate(state, undefined);
    const snapshot = token ? this.#versionOf(token) : first;
    const replacement = await this.#replacement(token);
    const stream = token
      ? await this.#resumedStream(state.token!)
      : await this.#stream([...policy.sendOptions, versionName(snapshot)]);
    const properties = await this.#receiveOptions.of("full", state.resumable);
    const size = formatSizeField(stream.size);
    log.log(
      "INFO",
      `${dryPrefix(job)}${tid} Full send: `,
      `${versionName(snapshot)} --> ${destination} (${trimmed(size)}) ...`,
    );
    await this.#gate.pass("send-and-receive");
    if (snapshot.kind === "snapshot") await this.#continuity?.protect([snapshot]);
    const content = { kind: token ? "resume" : "full", to: snapshot, snapshots: 1 } as const;
    if (replacement === "by-force") this.#context.force.take(this.#task);
    const force = replacement === "none" ? [] : ["-F"];
    await this.#transfer({ stream, content, label: size.padStart(23), properties, force });
    if (replacement === "by-force") this.#context.force.spend();
    return { snapshot, properties };
  }

  /** Brings the destination from `base` to the latest selected snapshot. */
  async sendIncrementals(base: Version): Promise<void> {
    const state = await observeReceiveState(this.#task, this.#context);
    const token = await this.#validate(state, base);
    if (token === undefined) return await this.#sendSteps(base, state);
    const resumed = this.#versionOf(token);
    if (resumed.kind !== "snapshot") throw new RefusedError(`Cannot resume the receive of a bookmark: ${token.name}`);
    const step: IncrementalStep = { kind: "incremental", flag: "-i", from: base, to: resumed, gains: [resumed] };
    await this.#perform([step], [await this.#resumedStream(state.token!)], { kind: "resume", state });
    if (this.#context.job.dryRun !== "off") this.#suppressed = true;
    await this.#sendSteps(resumed, { resumable: state.resumable, token: undefined });
  }

  async #sendSteps(base: Version, state: ReceiveState): Promise<void> {
    const { policy, job, workers } = this.#context;
    const limits = { allowIntermediates: job.tuning.allowIntermediates };
    const steps = planIncrementals(base, this.#seen, policy, limits);
    if (steps.length === 0) return;
    const streams = await mapParallel(
      steps,
      workers,
      (step) => this.#stream([...policy.sendOptions, step.flag, versionName(step.from), versionName(step.to)]),
    );
    await this.#perform(steps, streams, { kind: "incremental", state });
  }

  async #perform(
    steps: readonly IncrementalStep[],
    streams: readonly Stream[],
    { kind, state }: { readonly kind: "incremental" | "resume"; readonly state: ReceiveState },
  ): Promise<void> {
    const properties = await this.#receiveOptions.of("incremental", state.resumable);
    const totalBytes = streams.reduce((sum, stream) => sum + stream.size, 0);
    const totalSnapshots = steps.reduce((sum, step) => sum + step.gains.length, 0);
    let doneBytes = 0;
    let doneSnapshots = 0;
    for (const [index, step] of steps.entries()) {
      const stream = streams[index]!;
      const label = [totalBytes, doneBytes, stream.size].map(formatSizeField).join("/");
      this.#announce(step, label, `${totalSnapshots}/${doneSnapshots}/${step.gains.length}`);
      await this.#gate.pass("receive");
      const place = index === steps.length - 1 ? "last" : "inner";
      await this.#continuity?.protect(snapshotsToBookmark(step, this.#context.policy.createBookmarks, place));
      const content = { kind, from: step.from, to: step.to, snapshots: step.gains.length };
      await this.#transfer({ stream, content, label, properties, force: [] });
      doneBytes += stream.size;
      doneSnapshots += step.gains.length;
      this.#context.counters.snapshotsReplicated += step.gains.length;
    }
    await this.#conclude(properties, steps[steps.length - 1]!.to.guid);
  }

  /**
   * Whether the stream replaces what a destination without snapshots holds (docs/spec/replication.md §20). This does
   * not pass the destructive door, since `zfs receive -F` itself refuses to replace snapshots of that dataset.
   */
  async #replacement(token: ResumeToken | undefined): Promise<"none" | "allowed" | "by-force"> {
    const { destination, signal, tid } = this.#task;
    const { existing, world } = this.#context;
    const target: FullTarget = existing.has(destination)
      ? { kind: "present", occupied: await occupiedBelow(destination, world.destination, { signal }) }
      : { kind: "absent" };
    if (!replacesTarget(destination, target, this.#force)) return "none";
    if (token === undefined) {
      const label = `${tid} Overwriting a destination that has no snapshots: `;
      announceLoss({ level: "INFO", label, text: destination }, this.#context);
    }
    return target.kind === "present" && target.occupied !== undefined ? "by-force" : "allowed";
  }

  #announce(step: IncrementalStep, sizes: string, counts: string): void {
    const { log, job } = this.#context;
    log.log(
      "INFO",
      `${dryPrefix(job)}${this.#task.tid} Incremental send ${step.flag}: `,
      `${versionName(step.from)} .. ${relativeName(step.to)} --> ${this.#task.destination} ` +
        `(${trimmed(sizes)}) (${counts} snapshots) ...`,
    );
  }

  /** After a phase: what the destination has now decides about bookmarks; then properties are set. */
  async #conclude(properties: ReceiveProperties, expected: Guid): Promise<void> {
    const { world, job } = this.#context;
    const { destination, signal } = this.#task;
    if (job.dryRun === "off") {
      const committed = await this.#committedGuids();
      await this.#continuity?.settle(committed);
      if (!committed.has(expected)) {
        throw new Retryable(new RefusedError(`The destination did not commit what was sent: ${destination}`), {
          display: "zfs send/receive",
        });
      }
    }
    if (properties.assignments.length === 0) return;
    await world.destination.apply(
      { kind: "set-properties", dataset: destination, assignments: properties.assignments },
      { signal },
    );
  }

  async #committedGuids(): Promise<ReadonlySet<Guid>> {
    const { destination, signal } = this.#task;
    const listing = { bookmarks: false, creation: false, signal };
    for await (const { versions } of this.#context.world.destination.histories([destination], listing)) {
      return new Set(versions?.map((version) => version.guid));
    }
    return new Set();
  }

  async #transfer(request: {
    readonly stream: Stream;
    readonly content: Content;
    readonly label: string;
    readonly properties: ReceiveProperties;
    readonly force: readonly string[];
  }): Promise<void> {
    const { world, job, policy, privilegePrefix } = this.#context;
    const { destination, worker, signal } = this.#task;
    const simulate = job.dryRun === "off" ? [] : ["-n"];
    const receive = ["zfs", "receive", ...request.force, ...simulate, ...request.properties.options, destination];
    const pipeline = planPipeline({
      ends: this.#context.ends,
      localPrograms: this.#context.localPrograms,
      send: [...privilegePrefix.src, "zfs", "send", ...request.stream.words],
      receive: [...privilegePrefix.dst, ...receive],
      r2r: this.#context.r2r,
      estimate: policy.estimateSize ? request.stream.size : undefined,
      label: request.label,
      blockSize: this.#task.blockSize,
      programs: job.programs,
      bandwidthLimit: policy.bandwidthLimit,
      minPipeTransferSize: job.tuning.minPipeTransferSize,
    });
    try {
      const report = await world.transfer(pipeline, { worker, suppress: this.#suppressed, signal });
      this.#record(request.content, request.stream, report);
    } catch (error) {
      await reactToFailure(error, "zfs send/receive", this.#task, this.#context);
    }
  }

  #record({ kind, from, to, snapshots }: Content, stream: Stream, report: TransferReport): void {
    const { recorder, phase, policy, job } = this.#context;
    const { source, destination } = this.#task;
    recorder.record({
      event: "sent",
      phase,
      side: "src",
      dataset: source,
      destination,
      kind,
      ...(from === undefined ? {} : { from: relativeName(from) }),
      to: relativeName(to),
      guid: to.guid,
      snapshots,
      ...(report.bytes === undefined ? {} : { bytes: String(report.bytes) }),
      ...(policy.estimateSize ? { estimatedBytes: String(stream.size) } : {}),
      seconds: secondsOf(report.elapsedMs * 1e6),
      performed: job.dryRun === "off",
    });
  }

  async #stream(words: readonly string[]): Promise<Stream> {
    if (!this.#context.policy.estimateSize) return { words, size: 0 };
    try {
      return { words, size: await this.#context.world.source.estimate(words, { signal: this.#task.signal }) };
    } catch (error) {
      throw error instanceof CommandError ? new Retryable(error) : error;
    }
  }

  async #resumedStream(token: string): Promise<Stream> {
    const { policy, job, world } = this.#context;
    const estimated = [...policy.resumeSendOptions, "-t", token];
    const size = !policy.estimateSize ? 0 : await world.source.estimate(estimated, { signal: this.#task.signal })
      .catch((error: unknown) => reactToFailure(error, "", this.#task, this.#context));
    const flags = [...(job.dryRun === "send" ? ["-n"] : []), ...(job.report.verbosity >= 2 ? ["-v"] : [])];
    return { words: [...policy.resumeSendOptions, ...flags, "-t", token], size };
  }

  async #validate(state: ReceiveState, base: Version | undefined): Promise<ResumeToken | undefined> {
    if (state.token === undefined || state.token === this.#shownToken) return undefined;
    const { source, selected } = this.#seen;
    return await validateToken(state.token, { source, selected, base: base?.guid }, this.#task, this.#context);
  }

  /** The version of the source that a validated token names: its guid is among the selected snapshots. */
  #versionOf(token: ResumeToken): Version {
    return this.#seen.usable.findLast((version) => version.guid === token.guid)!;
  }

  /** Creates what is missing above the destination, from the pool downwards. */
  async #createAncestors(): Promise<void> {
    const { world, existing, job } = this.#context;
    const { destination, signal } = this.#task;
    const ancestors = ancestorsOf(destination);
    const parent = ancestors[ancestors.length - 1];
    if (existing.has(destination) || parent === undefined || existing.has(parent)) return;
    const mount = zfsAtLeast(world.destination.capabilities, 2, 1, 0) ? "no" : "default";
    for (const dataset of ancestors.filter((ancestor) => !existing.has(ancestor))) {
      try {
        await world.destination.apply({ kind: "create-filesystem", dataset, mount }, { signal });
      } catch (error) {
        throw error instanceof CommandError ? new Retryable(error, { display: "zfs create" }) : error;
      }
      if (job.dryRun === "off") existing.add(dataset);
    }
    if (job.dryRun !== "off") this.#suppressed = true;
  }
}

/** A size text for the log: without the blanks that align it for `pv`. */
function trimmed(text: string): string {
  return text.replace(/ {2,}/g, "").trim();
}
