/**
 * A plan that is applied: what may be destroyed because it holds it, and what it holds that was left.
 *
 * Creating and receiving are decided afresh. Source: docs/spec/cli.md §20.
 * @module
 */
import { HeldBackError } from "../../model/errors.ts";
import type { BothSides, Side } from "../../model/job.ts";
import type { Logger } from "../../model/log.ts";
import type { EventSide, Place, Recorder, RunEvent } from "../events.ts";
import { CHANGES, type PlannedRun } from "./document.ts";

/** What an event is about. */
interface Subject {
  readonly side: EventSide;
  readonly dataset: string;
}

/** One thing that may be destroyed, or changes since a snapshot that may be rolled back. */
interface Entry {
  /** Where it is, with its name. */
  readonly name: string;
  readonly guid: string;
  isDone: boolean;
  isTried: boolean;
}

/** What a plan is asked about. */
interface AskedLoss {
  readonly side: Side;
  readonly dataset: string;
  readonly what: "snapshot" | "bookmark" | "dataset" | "changes";
  readonly tag: string;
  readonly guid: string;
}

/** What a plan says of losses at two places. */
interface PlanPermit {
  verdictOn(loss: AskedLoss): "permitted" | "refused";
}

/** The permit of a run, and a recorder of what became of it. */
export class AppliedPlan implements Recorder {
  readonly isWanted = true;
  /** By place, dataset, name and kind: a replicated snapshot has the same name and guid elsewhere. */
  readonly #entries = new Map<string, Entry>();
  readonly #places = new Map<number, BothSides<Place>>();
  /** What is there under a name that the plan holds with another guid. */
  readonly #others = new Set<string>();

  constructor(runs: readonly PlannedRun[]) {
    for (
      const { dataset, destroy = [], heldBack = [], rollBack = [], ...place } of runs.flatMap((run) => run.datasets)
    ) {
      for (const { name, guid } of [...destroy, ...heldBack]) this.#add(place, dataset, name, guid);
      for (const { to, guid } of rollBack) this.#add(place, dataset, CHANGES + to, guid);
    }
  }

  #add(place: Place, dataset: string, name: string, guid: string): void {
    const full = `${place.host}: ${dataset}${name.startsWith(CHANGES) ? `, ${name}` : name}`;
    this.#entries.set(keyOf(place, dataset, name), { name: full, guid, isDone: false, isTried: false });
  }

  /** What may be destroyed at the two places of a pair. */
  at(places: BothSides<Place>): PlanPermit {
    return {
      verdictOn: (loss) => {
        const key = keyOf(places[loss.side], loss.dataset, nameOf(loss));
        const entry = this.#entries.get(key);
        if (entry === undefined) return "refused";
        if (entry.guid !== loss.guid) {
          this.#others.add(key);
          return "refused";
        }
        entry.isTried = true;
        return "permitted";
      },
    };
  }

  /** Takes note of what is destroyed, or would be in a dry run. */
  record(event: RunEvent): void {
    if (event.event === "pair-opened") {
      this.#places.set(event.pair, { src: event.sourcePlace, dst: event.destinationPlace });
    } else if (event.event === "deleted" && event.what !== "partial-receive") {
      this.#note(event.pair, event, event.what === "dataset" ? [""] : event.versions);
    } else if (event.event === "rolled-back") {
      this.#note(event.pair, event, [...event.versions, CHANGES + event.to]);
    }
  }

  #note(pair: number, { side, dataset }: Subject, names: readonly string[]): void {
    const place = this.#places.get(pair)?.[side];
    if (place === undefined) return;
    for (const name of names) {
      const entry = this.#entries.get(keyOf(place, dataset, name));
      if (entry !== undefined) entry.isDone = true;
    }
  }

  /** Says what the plan permits, and was not done, in the order of the plan. */
  tellLeft(log: Logger): void {
    for (const [key, { name, guid, isTried }] of this.#left()) {
      const why = this.#others.has(key)
        ? "another one of this name is there now"
        : isTried
        ? "could not be destroyed"
        : "it is gone, or held, or no rule asks for it now";
      log.log("URGENT", "Left, although the plan holds it: ", `${name} (guid ${guid}): ${why}`);
    }
  }

  /** Throws `HeldBackError` if anything was left. */
  requireAll(): void {
    const left = this.#left().length;
    if (left === 0) return;
    const text = `${left} of ${this.#entries.size} that the plan holds were left`;
    throw new HeldBackError(text, "Make a new plan with --dryrun --plan-file");
  }

  #left(): [string, Entry][] {
    return [...this.#entries].filter(([, { isDone }]) => !isDone);
  }
}

function keyOf({ host, port, configFile, poolGuid }: Place, dataset: string, name: string): string {
  return JSON.stringify([host, port, configFile, poolGuid, dataset, name]);
}

const MARKS = { snapshot: "@", bookmark: "#", dataset: "", changes: `${CHANGES}@` };

/** The name of a loss behind its dataset. */
function nameOf({ what, tag }: AskedLoss): string {
  return MARKS[what] + tag;
}
