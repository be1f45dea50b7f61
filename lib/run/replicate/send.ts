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
import { RefusedError, Retryable } from "../../model/errors.ts";
import type { ForcePolicy } from "../../model/job.ts";
import { type Guid, isSnapshot, relativeName, type Snapshot, versionName } from "../../model/snapshot.ts";
import { formatSizeField } from "../../model/text/mod.ts";
import {
  gainOf,
  type Interrupted,
  type Observation,
  planTransfers,
  type ReceiveProperties,
  snapshotsToBookmark,
  type Start,
} from "../../plan/replication/mod.ts";
import { dryPrefix } from "../job/context.ts";
import type { DatasetTask, ReplicationContext } from "./context.ts";
import { mapParallel } from "../parallel.ts";
import type { BusyGate } from "./busy_gate.ts";
import type { SendBookmarks } from "./send_bookmarks.ts";
import { ReceiveOptions } from "./receive_options.ts";
import { observeReceiveState, type ReceiveState, validateToken } from "./receive_state.ts";
import { carry, type Stream, streamOf } from "./stream.ts";
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
  /** A dry run has not made room for the transfers: all are only shown. */
  readonly onlyShown: boolean;
}

/** Transfers that share their receive options and are concluded together. */
interface Phase {
  readonly kind: "full" | "incremental";
  readonly transfers: readonly Transfer[];
  /** `zfs receive -s` */
  readonly resumable: boolean;
  /** `zfs receive -F` */
  readonly replaces: boolean;
  /** Only show the pipelines. */
  readonly suppress: boolean;
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
    const { base, first } = start;
    if (base !== undefined) return await this.#sendOnwards(start, await this.#observe(), this.#parts.onlyShown);
    const sent = await this.#sendWhole(start);
    const state = await this.#observe();
    // A dry run has only shown the use of the token, which is still there.
    const left = this.#isDry ? { ...state, token: undefined } : state;
    await this.#sendOnwards({ base: sent.to, first }, left, this.#isDry);
  }

  get #isDry(): boolean {
    return this.#parts.context.job.dryRun !== "off";
  }

  #observe(): Promise<ReceiveState> {
    return observeReceiveState(this.#parts.task, this.#parts.context);
  }

  /** Sends the first snapshot, or completes the receive of one. */
  async #sendWhole(start: Start): Promise<Transfer> {
    const { task, context, force, onlyShown } = this.#parts;
    const { destination } = task;
    const { existing } = context.state;
    const hasCreated = await createAncestors(task, context);
    const state = await this.#observe();
    const isUnfinished = !existing.has(destination) || state.token !== undefined;
    let sent: Transfer;
    let properties: ReceiveProperties;
    try {
      sent = (await this.#plan(start, state))[0]!;
      const replacement = await replacementOf(sent, force, task, context);
      if (replacement === "by-force") context.state.force.take(task);
      const suppress = onlyShown || (hasCreated && this.#isDry);
      const { resumable } = state;
      const replaces = replacement !== "none";
      properties = await this.#perform({ kind: "full", transfers: [sent], resumable, replaces, suppress });
      if (replacement === "by-force") context.state.force.spend();
    } catch (error) {
      // Nothing must be received below a dataset that is unfinished: its partial state could not be cleared any more.
      if (isUnfinished) existing.delete(destination);
      // An ancestor may have vanished: the next attempt creates what is missing.
      for (const ancestor of ancestorsOf(destination)) existing.delete(ancestor);
      throw error;
    }
    if (!this.#isDry) existing.add(destination);
    await this.#conclude(properties, sent.to.guid);
    return sent;
  }

  /**
   * Completes an interrupted incremental receive, then sends all steps that are missing. In a dry run steps behind
   * another transfer are only shown, since it has not made what they build upon.
   */
  async #sendOnwards(start: Start, state: ReceiveState, suppress: boolean): Promise<void> {
    const transfers = await this.#plan(start, state);
    const opening = transfers.filter(({ kind }) => kind === "resume");
    const steps = transfers.slice(opening.length);
    const { resumable } = state;
    const isBehind = this.#isDry && opening.length > 0;
    for (const [part, isShown] of [[opening, suppress], [steps, suppress || isBehind]] as const) {
      if (part.length === 0) continue;
      const phase = { kind: "incremental", transfers: part, resumable, replaces: false, suppress: isShown } as const;
      await this.#conclude(await this.#perform(phase), part.at(-1)!.to.guid);
    }
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
  async #perform({ kind, transfers, resumable, replaces, suppress }: Phase): Promise<ReceiveProperties> {
    const { task, context, gate } = this.#parts;
    const streams = await mapParallel(
      transfers,
      context.facts.workers,
      (transfer) => streamOf(transfer, task, context),
    );
    const properties = await this.#receiveOptions.of(kind, resumable);
    const totals = { bytes: sum(streams.map(({ size }) => size)), snapshots: sum(transfers.map(gainOf)) };
    const done = { bytes: 0, snapshots: 0 };
    for (const [index, stream] of streams.entries()) {
      const { transfer, size } = stream;
      const gain = gainOf(transfer);
      const sizes = [totals.bytes, done.bytes, size].map(formatSizeField).join("/");
      const label = kind === "full" ? formatSizeField(size).padStart(23) : sizes;
      this.#announce(
        stream,
        label,
        kind === "full" ? "" : ` (${totals.snapshots}/${done.snapshots}/${gain} snapshots)`,
      );
      await gate.pass(kind === "full" ? "send-and-receive" : "receive");
      await this.#protect(transfer, index === streams.length - 1 ? "last" : "inner");
      await carry(stream, { replaces, resumable, options: properties.options, label, suppress }, task, context);
      done.bytes += size;
      done.snapshots += gain;
      context.state.counters.snapshotsReplicated += gain;
    }
    return properties;
  }

  #announce({ transfer }: Stream, label: string, counts: string): void {
    const { task: { destination, tid }, context: { log, job } } = this.#parts;
    const from = transfer.kind === "full" ? undefined : transfer.from;
    const flag = transfer.kind === "incremental" ? transfer.flag : "-i";
    const [what, versions] = from === undefined
      ? ["Full send: ", versionName(transfer.to)]
      : [`Incremental send ${flag}: `, `${versionName(from)} .. ${relativeName(transfer.to)}`];
    const size = label.replace(/ {2,}/g, "").trim();
    log.log("INFO", `${dryPrefix(job)}${tid} ${what}`, `${versions} --> ${destination} (${size})${counts} ...`);
  }

  async #protect(transfer: Transfer, place: "last" | "inner"): Promise<void> {
    const { createBookmarks } = this.#parts.context.policy;
    const chosen: readonly Snapshot[] = transfer.kind === "incremental"
      ? snapshotsToBookmark(transfer, createBookmarks, place)
      : [transfer.to].filter(isSnapshot);
    await this.#parts.bookmarks?.protect(chosen);
  }

  /** After a phase: what the destination has now decides about bookmarks; then properties are set. */
  async #conclude(properties: ReceiveProperties, expected: Guid): Promise<void> {
    const { task: { destination, signal }, context: { world }, bookmarks } = this.#parts;
    if (!this.#isDry) {
      const committed = await this.#committedGuids();
      await bookmarks?.settle(committed);
      if (!committed.has(expected)) {
        throw new Retryable(new RefusedError(`The destination did not commit what was sent: ${destination}`), {
          display: "zfs send/receive",
        });
      }
    }
    const { assignments } = properties;
    if (assignments.length === 0) return;
    await world.destination.apply({ kind: "set-properties", dataset: destination, assignments }, { signal });
  }

  async #committedGuids(): Promise<ReadonlySet<Guid>> {
    const { task: { destination, signal }, context: { world } } = this.#parts;
    const listing = { bookmarks: false, creation: false, signal };
    for await (const { guids } of world.destination.histories([destination], listing)) return new Set(guids);
    return new Set();
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
