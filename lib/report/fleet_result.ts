/**
 * The result of a run of the job runner: one document with one entry for each subjob. A pure fold, as that of a run.
 * @module
 */
import type { FleetEnded, FleetEvent, FleetStarted, RunEvent, Stamped, SubjobStarted } from "./events.ts";
import { endOf, RunFold, type RunResult } from "./result.ts";

/** How a run of the job runner ended. */
export interface FleetResult
  extends
    Omit<FleetStarted, "event">,
    Pick<RunResult, "run" | "startedAt" | "endedAt" | "seconds" | "exitStatus" | "error"> {
  /** In the order of their start; those that were skipped, last. */
  readonly subjobs: readonly SubjobResult[];
}

/** How a subjob ended: the last time, if all were repeated. */
export interface SubjobResult {
  readonly name: string;
  /** `unfinished`: the runner ended before it did. */
  readonly outcome: "succeeded" | "failed" | "skipped" | "unfinished";
  readonly arguments?: readonly string[];
  readonly startedAt?: string;
  readonly seconds?: number;
  /** −N if its process was ended by signal N. */
  readonly exitStatus?: number;
  /** Its own result; absent if it did not come as far as to have one. */
  readonly run?: RunResult;
}

/** Takes the events of a run of the job runner. */
export class FleetFold {
  #start: Stamped<FleetStarted> | undefined;
  #end: Stamped<FleetEnded> | undefined;
  readonly #subjobs = new Map<string, SubjobFold>();

  /** Takes the next event. */
  add(event: Stamped<FleetEvent>): void {
    switch (event.event) {
      case "fleet-started":
        this.#start = event;
        return;
      case "fleet-ended":
        this.#end = event;
        return;
      case "subjob-started":
        this.#subjobs.set(event.subjob, new SubjobFold(event));
        return;
      case "subjob-ended":
        this.#subjobs.get(event.subjob)?.end(event);
        return;
      case "subjob-skipped":
        this.#subjobs.set(event.subjob, new SubjobFold(undefined));
        return;
      default: {
        const { subjob, ...what } = event;
        this.#subjobs.get(subjob)?.add(what as Stamped<RunEvent>);
      }
    }
  }

  /** The document so far; `undefined` before the first event. */
  document(): FleetResult | undefined {
    if (this.#start === undefined) return undefined;
    const { event: _event, at, ...start } = this.#start;
    const subjobs = [...this.#subjobs].map(([name, subjob]) => subjob.document(name));
    return { ...start, startedAt: at, ...endOf(this.#end), subjobs };
  }
}

class SubjobFold {
  readonly #start: Stamped<SubjobStarted> | undefined;
  readonly #run = new RunFold();
  #end: { readonly exitStatus: number; readonly seconds: number } | undefined;

  /** @param start `undefined` = it was skipped */
  constructor(start: Stamped<SubjobStarted> | undefined) {
    this.#start = start;
  }

  add(event: Stamped<RunEvent>): void {
    this.#run.add(event);
  }

  end({ exitStatus, seconds }: { readonly exitStatus: number; readonly seconds: number }): void {
    this.#end = { exitStatus, seconds };
  }

  document(name: string): SubjobResult {
    if (this.#start === undefined) return { name, outcome: "skipped" };
    const run = this.#run.document();
    const about = {
      arguments: this.#start.arguments,
      startedAt: this.#start.at,
      ...(run === undefined ? {} : { run }),
    };
    if (this.#end === undefined) return { name, outcome: "unfinished", ...about };
    return { name, outcome: this.#end.exitStatus === 0 ? "succeeded" : "failed", ...about, ...this.#end };
  }
}
