/**
 * Performs the transfers of one dataset that `plan/replication/transfers.ts` plans.
 *
 * Order within a phase (docs/spec/replication.md §6, §9, §13): estimate all, then for each transfer say what comes, look
 * whether the destination is busy, protect the snapshots by temporary bookmarks, run the pipeline. After a phase: read
 * back what the destination has committed, and derive bookmarks from that alone.
 * @module
 */
import type { Transfer } from "../../model/action.ts";
import { ancestorsOf } from "../../model/dataset.ts";
import type { ForcePolicy } from "../../model/job.ts";
import type { Version } from "../../model/snapshot.ts";
import {
  gainOf,
  incrementalPhases,
  type Interrupted,
  type Observation,
  planTransfers,
  type ReceiveProperties,
  type Start,
  type TransferPhase,
} from "../../plan/replication/mod.ts";
import type { DatasetTask, ReplicationContext } from "./context.ts";
import { mapParallel } from "../parallel.ts";
import type { BusyGate } from "./busy_gate.ts";
import type { EstimatesAhead } from "./estimates_ahead.ts";
import { type SendBookmarks, settleCommitted } from "./bookmarks/mod.ts";
import { ReceiveOptions } from "./receive_options.ts";
import { observeReceiveState, type ReceiveState, validateToken } from "./receive_state.ts";
import { carry, type Reception, streamOf } from "./stream.ts";
import { announce, textsOf } from "./stream_texts.ts";
import { createAncestors, replacementOf } from "./target.ts";

/** What the transfers of one dataset are performed with, during one attempt. */
export interface SenderParts {
  readonly task: DatasetTask;
  readonly context: ReplicationContext;
  readonly seen: Observation;
  /** What was allowed when the attempt began. */
  readonly force: ForcePolicy;
  readonly gate: BusyGate;
  readonly bookmarks: SendBookmarks | undefined;
  /** A listing has shown that the destination holds no partial receive. */
  readonly isClear: boolean;
  /** Sizes that were asked for together with those of other datasets. */
  readonly sizes: EstimatesAhead | undefined;
  /** A dry run has not made room for the transfers: all are only shown. */
  readonly onlyShown: boolean;
}

/** The sends of one dataset during one attempt. */
export class Sender {
  readonly #parts: SenderParts;
  readonly #receiveOptions: ReceiveOptions;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#receiveOptions = new ReceiveOptions(parts.task, parts.context);
  }

  /** Brings the destination to the latest selected snapshot. */
  async send(start: Start): Promise<void> {
    const isWhole = start.base === undefined;
    const base = start.base ?? await this.#sendWhole(start);
    const onwards = { ...start, base };
    const state = await this.#observe();
    // A dry run has only shown the use of the token, which is still there.
    const left = isWhole && this.#isDry ? { ...state, token: undefined } : state;
    const onlyShown = isWhole ? this.#isDry : this.#parts.onlyShown;
    const phases = incrementalPhases(await this.#plan(onwards, left), { isDry: this.#isDry, onlyShown });
    for (const phase of phases) {
      const properties = await this.#perform(phase, { resumable: left.resumable, replaces: false });
      const isReleased = phase === phases.at(-1) && !this.#isDry && this.#parts.task.release();
      await this.#conclude(phase, properties, isReleased);
    }
  }

  get #isDry(): boolean {
    return this.#parts.context.job.dryRun !== "off";
  }

  #observe(): Promise<ReceiveState> {
    return observeReceiveState(this.#parts.task, this.#parts.context, this.#parts);
  }

  /** Sends the first snapshot, or completes the receive of one; returns it. */
  async #sendWhole(start: Start): Promise<Version> {
    const { task, context, force, onlyShown } = this.#parts;
    const { destination } = task;
    const { existing, force: budget } = context.state;
    const hasCreated = await createAncestors(task, context);
    const state = await this.#observe();
    const isUnfinished = !existing.has(destination) || state.token !== undefined;
    let phase: TransferPhase;
    let properties: ReceiveProperties;
    try {
      const [transfer] = await this.#plan(start, state);
      const hadSnapshots = (this.#parts.seen.destinationSnapshots?.length ?? 0) > 0;
      const replacement = await replacementOf(transfer!, force, task, context, hadSnapshots);
      if (replacement === "by-force") budget.take(task);
      phase = { kind: "full", transfers: [transfer!], onlyShown: onlyShown || (hasCreated && this.#isDry) };
      const replaces = replacement !== "none";
      properties = await this.#perform(phase, { resumable: state.resumable, replaces });
      if (replacement === "by-force") budget.spend();
    } catch (error) {
      // Nothing must be received below a dataset that is unfinished: its partial state could not be cleared any more.
      if (isUnfinished) existing.delete(destination);
      // An ancestor may have vanished: the next attempt creates what is missing.
      for (const ancestor of ancestorsOf(destination)) existing.delete(ancestor);
      throw error;
    }
    if (!this.#isDry) existing.add(destination);
    await this.#conclude(phase, properties);
    return phase.transfers[0]!.to;
  }

  async #plan(start: Start, state: ReceiveState): Promise<readonly Transfer[]> {
    const { seen, context } = this.#parts;
    const { stream } = context.policy;
    const { allowIntermediates } = context.job.tuning;
    return planTransfers(seen, start, await this.#interrupted(start, state), { stream, allowIntermediates });
  }

  async #interrupted({ base }: Start, { token: text }: ReceiveState): Promise<Interrupted | undefined> {
    if (text === undefined) return undefined;
    const { task, context, seen } = this.#parts;
    return { text, token: await validateToken(text, { seen, base: base?.guid }, task, context) };
  }

  /** Performs the transfers; returns what their receive options leave to be set. */
  async #perform(
    { kind, transfers, onlyShown: suppress }: TransferPhase,
    how: Pick<Reception, "resumable" | "replaces">,
  ): Promise<ReceiveProperties> {
    const { task, context, gate, sizes } = this.#parts;
    const { facts: { workers }, state: { counters } } = context;
    const streams = await mapParallel(transfers, workers, (transfer) => streamOf(transfer, task, context, sizes));
    const properties = await this.#receiveOptions.of(kind, how.resumable);
    const texts = textsOf(kind, streams);
    for (const [index, stream] of streams.entries()) {
      const { label, announcement } = texts[index]!;
      announce(announcement, task, context);
      await gate(kind === "full" ? "send-and-receive" : "receive");
      const place = index === streams.length - 1 ? "last" : "inner";
      const first = this.#parts.bookmarks?.first(stream.transfer, place);
      if (first === undefined) await this.#parts.bookmarks?.protect(stream.transfer, place);
      await carry(stream, { ...how, properties, label, suppress, first }, task, context);
      counters.snapshotsReplicated += gainOf(stream.transfer);
    }
    return properties;
  }

  /** True if nothing has to be changed once it is known what has arrived. */
  #isOnlyReadBack({ assignments }: ReceiveProperties): boolean {
    const { bookmarks, context: { policy } } = this.#parts;
    const isBookmarked = bookmarks === undefined || (!policy.promoteBookmarks && policy.guard === "off");
    return assignments.length === 0 && isBookmarked;
  }

  /** @param isReleased others have the worker of this dataset until it has to change something */
  async #conclude({ transfers }: TransferPhase, properties: ReceiveProperties, isReleased = false): Promise<void> {
    const { task, context, bookmarks } = this.#parts;
    if (!this.#isDry) {
      const mayChange = async (): Promise<void> => {
        if (isReleased && !this.#isOnlyReadBack(properties)) await task.hold();
      };
      const expected = transfers.at(-1)!.to.guid;
      await settleCommitted({ expected, mayWait: isReleased, mayChange }, bookmarks, task, context);
    }
    const { assignments } = properties;
    const { destination: dataset, signal } = task;
    if (assignments.length === 0) return;
    await context.world.destination.apply({ kind: "set-properties", dataset, assignments }, { signal });
  }
}
