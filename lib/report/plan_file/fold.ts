/**
 * A plan out of the events of a dry run: a pure fold, as that of a result, so that both agree by construction.
 * @module
 */
import type { Deleted, EventSide, FleetEvent, HeldBack, PairEvent, Place, RunEvent, Stamped } from "../events.ts";
import {
  CHANGES,
  type HeldBackLoss,
  type KeptVersions,
  PLAN_FORMAT,
  PLAN_KIND,
  type PlanDocument,
  type PlanHead,
  type PlannedDataset,
  type PlannedLoss,
  type PlannedRollback,
  type PlannedRun,
  type PlannedStream,
  type PlanTotals,
} from "./document.ts";

/** A plan that has no digest yet. */
export type UnsealedPlan = Omit<PlanDocument, "digest">;

/** Takes the events of a dry run, of either program. */
export class PlanFold {
  readonly #runs = new Map<string | undefined, RunPlan>();
  #exitStatus = 0;

  /** Takes the next event. */
  add(event: Stamped<RunEvent | FleetEvent>): void {
    const subjob = "subjob" in event ? event.subjob : undefined;
    switch (event.event) {
      case "fleet-started":
      case "subjob-ended":
      case "subjob-skipped":
      case "run-started":
        return;
      case "subjob-started":
        this.#runs.delete(subjob); // all subjobs are done again, and the last time counts
        return;
      case "fleet-ended":
        this.#exitStatus = event.exitStatus;
        return;
      case "round-ended":
        return; // a plan is made once
      case "run-ended":
        if (subjob === undefined) this.#exitStatus = event.exitStatus;
        return;
      default: {
        let run = this.#runs.get(subjob);
        if (run === undefined) this.#runs.set(subjob, run = new RunPlan());
        run.add(event);
      }
    }
  }

  /** True if no run has begun to work on a pair. */
  get isEmpty(): boolean {
    return this.#runs.size === 0;
  }

  /** The plan so far. */
  document(head: PlanHead): UnsealedPlan {
    const runs = [...this.#runs].map(([subjob, run]) => run.document(subjob));
    const datasets = runs.flatMap((run) => run.datasets);
    return {
      kind: PLAN_KIND,
      format: PLAN_FORMAT,
      ...head,
      exitStatus: this.#exitStatus,
      totals: totalsOf(datasets),
      runs,
    };
  }
}

function totalsOf(datasets: readonly PlannedDataset[]): PlanTotals {
  const count = (of: (dataset: PlannedDataset) => number): number => datasets.reduce((sum, one) => sum + of(one), 0);
  const bytes = (of: (dataset: PlannedDataset) => readonly (string | undefined)[]): string =>
    String(datasets.flatMap(of).reduce((sum, text) => sum + BigInt(text ?? 0), 0n));
  return {
    create: count(({ create = [] }) => create.length),
    receive: count(({ receive = [] }) => receive.reduce((sum, { snapshots }) => sum + snapshots, 0)),
    receiveBytes: bytes(({ receive = [] }) => receive.map((stream) => stream.bytes)),
    destroy: count(({ destroy = [] }) => destroy.length),
    destroyBytes: bytes(({ destroyBytes }) => [destroyBytes]),
    heldBack: count(({ heldBack = [] }) => heldBack.filter(({ name }) => !name.startsWith(CHANGES)).length),
  };
}

type PairPlanEvent = Extract<Stamped<RunEvent>, { pair: number }>;

/** What one run of `bzfs` would do. */
class RunPlan {
  #options = "";
  readonly #places = new Map<number, Readonly<Record<EventSide, Place>>>();
  readonly #datasets = new Map<string, DatasetPlan>();

  add(event: PairPlanEvent): void {
    switch (event.event) {
      case "pair-started":
        this.#options = event.options ?? "";
        return;
      case "pair-opened":
        this.#places.set(event.pair, { src: event.sourcePlace, dst: event.destinationPlace });
        return;
      case "pair-ended":
        return;
      default:
        this.#addChange(event);
    }
  }

  #addChange(event: { readonly pair: number } & PairEvent): void {
    if (event.event === "sent") this.#at(event.pair, "dst", event.destination)?.add(event);
    else if (event.event === "held-back") this.#holdBack(event);
    else if (event.event !== "retried") this.#at(event.pair, event.side, event.dataset)?.add(event);
  }

  /** Losses of a tree are told with its root: each one belongs to a dataset of its own. */
  #holdBack({ pair, side, what, reason, of, losses }: { readonly pair: number } & HeldBack): void {
    if (reason === "not-in-plan") return;
    for (const { name: full, guid } of losses) {
      const [dataset, tag] = [full.replace(/[@#].*/s, ""), /[@#].*/s.exec(full)?.[0] ?? ""];
      const name = what === "changes" ? CHANGES + tag : tag;
      this.#at(pair, side, dataset)?.holdBack({ name, guid, reason }, of);
    }
  }

  #at(pair: number, side: EventSide, dataset: string): DatasetPlan | undefined {
    const place = this.#places.get(pair)?.[side];
    if (place === undefined) return undefined;
    const key = JSON.stringify([place, dataset]);
    let found = this.#datasets.get(key);
    if (found === undefined) this.#datasets.set(key, found = new DatasetPlan(place, dataset));
    return found;
  }

  document(subjob: string | undefined): PlannedRun {
    const datasets = [...this.#datasets.values()].flatMap((dataset) => dataset.document() ?? []);
    return { ...(subjob === undefined ? {} : { subjob }), options: this.#options, datasets };
  }
}

/** What would be done to one dataset. New attempts tell the same again: each thing counts once. */
class DatasetPlan {
  readonly #about: Pick<PlannedDataset, keyof Place | "dataset">;
  readonly #create = new Set<string>();
  readonly #receive = new Map<string, PlannedStream>();
  readonly #destroy = new Map<string, PlannedLoss>();
  readonly #freed = new Map<string, string>();
  readonly #heldBack = new Map<string, HeldBackLoss>();
  #heldBackOf: number | undefined;
  readonly #rollBack = new Map<string, PlannedRollback>();
  readonly #keep = new Map<string, KeptVersions>();
  readonly #notes = new Set<string>();

  constructor(place: Place, dataset: string) {
    this.#about = { ...place, dataset };
  }

  add(event: PairEvent): void {
    switch (event.event) {
      case "created":
        if (event.what !== "bookmark") this.#create.add(event.version ?? "filesystem");
        return;
      case "sent": {
        const { kind, from, to, snapshots, estimatedBytes } = event;
        const known = estimatedBytes === undefined ? {} : { bytes: estimatedBytes };
        this.#receive.set(to, { kind, ...(from === undefined ? {} : { from }), to, snapshots, ...known });
        return;
      }
      case "deleted":
        this.#lose(event.what === "dataset" ? [""] : event.versions, event.reason, event);
        if (event.freedBytes !== undefined) this.#freed.set(event.versions.join(), event.freedBytes);
        return;
      case "rolled-back":
        if (event.guid !== undefined) this.#rollBack.set(event.to, { to: event.to, guid: event.guid });
        this.#lose(event.versions, "conflict", event);
        return;
      case "kept":
        this.#keep.set(event.reason, { reason: event.reason, versions: event.versions });
        return;
      case "set-aside":
        this.#notes.add(`set aside as ${event.aside}`);
        return;
      case "renamed":
        this.#notes.add(`renamed from ${event.from}`);
        return;
      case "failed":
        this.#notes.add(`failed: ${event.error.message}`);
        return;
      default:
        return;
    }
  }

  #lose(
    names: readonly string[],
    reason: PlannedLoss["reason"],
    { guids = [], createtxgs = [] }: Pick<Deleted, "guids" | "createtxgs">,
  ): void {
    for (const [index, name] of names.entries()) {
      const [guid, createtxg] = [guids[index], createtxgs[index]];
      if (guid === undefined) continue; // what is not known is not permitted
      this.#destroy.set(name, { name, guid, ...(createtxg === undefined ? {} : { createtxg }), reason });
    }
  }

  holdBack(loss: HeldBackLoss, of: number): void {
    this.#heldBack.set(loss.name, loss);
    if (loss.name !== "") this.#heldBackOf = of;
  }

  /** `undefined` if nothing would be done. */
  document(): PlannedDataset | undefined {
    const freed = [...this.#freed.values()].reduce((sum, bytes) => sum + BigInt(bytes), 0n);
    const plan: PlannedDataset = {
      ...this.#about,
      ...listIn("create", [...this.#create]),
      ...listIn("receive", [...this.#receive.values()]),
      ...listIn("destroy", [...this.#destroy.values()]),
      ...(this.#freed.size === 0 ? {} : { destroyBytes: String(freed) }),
      ...listIn("rollBack", [...this.#rollBack.values()]),
      ...listIn("heldBack", [...this.#heldBack.values()]),
      ...(this.#heldBackOf === undefined ? {} : { heldBackOf: this.#heldBackOf }),
      ...listIn("keep", [...this.#keep.values()]),
      ...listIn("notes", [...this.#notes]),
    };
    return Object.keys(plan).length > Object.keys(this.#about).length ? plan : undefined;
  }
}

function listIn<N extends string, T>(name: N, list: readonly T[]): { readonly [P in N]?: readonly T[] } {
  return (list.length === 0 ? {} : { [name]: list }) as { readonly [P in N]?: readonly T[] };
}
