/**
 * The result of a run of the job runner: one document with one entry for each subjob. A pure fold, as that of a run.
 * @module
 */
import {
  aboutOf,
  type FleetEnded,
  type FleetEvent,
  type FleetStarted,
  type RunEvent,
  type Stamped,
  type SubjobAbout,
  type SubjobSkipped,
  type SubjobStarted,
} from "../events.ts";
import { endOf, RunFold, type RunResult } from "../result.ts";

/** How a run of the job runner ended. */
export interface FleetResult
  extends
    Omit<FleetStarted, "event">,
    Pick<RunResult, "run" | "startedAt" | "endedAt" | "seconds" | "exitStatus" | "error"> {
  /** Subjobs by outcome, and what all of them together have sent. */
  readonly totals: FleetTotals;
  /** Subjobs that failed, in the order of their start. */
  readonly failures: readonly FleetFailure[];
  /** In the order of their start; those that were skipped, last. */
  readonly subjobs: readonly SubjobResult[];
}

/** Numbers of a run of the job runner. */
export interface FleetTotals {
  /** Subjobs that did what they were asked for. */
  readonly succeeded: number;
  /** Subjobs that did not. */
  readonly failed: number;
  /** Subjobs that did not run. */
  readonly skipped: number;
  /** Subjobs that had not ended when the runner did. */
  readonly unfinished: number;
  /** Snapshots that destinations have more. */
  readonly snapshotsSent: number;
  /** Decimal text. Streams without a meter count nothing. */
  readonly bytesSent: string;
}

/** A subjob that failed. */
export interface FleetFailure extends SubjobAbout {
  /** Name of the subjob. */
  readonly subjob: string;
  /** −N if its process was ended by signal N. */
  readonly exitStatus?: number;
  /** What it failed of, or that its log says so. */
  readonly message: string;
}

/** How a subjob ended: the last time, if all were repeated. */
export interface SubjobResult extends SubjobAbout {
  /** Name of the subjob, which no other one of the run has. */
  readonly name: string;
  /** `unfinished`: the runner ended before it did. */
  readonly outcome: "succeeded" | "failed" | "skipped" | "unfinished";
  /** Why it was skipped. */
  readonly reason?: SubjobSkipped["reason"];
  /** Words behind `bzfs`, without secrets; absent if it was skipped. */
  readonly arguments?: readonly string[];
  /** When it began: ISO 8601, UTC; absent if it was skipped. */
  readonly startedAt?: string;
  /** Duration in seconds; absent if it did not end. */
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
      case "subjob-skipped":
        this.#subjobs.set(event.subjob, new SubjobFold(event));
        return;
      case "subjob-ended":
        this.#subjobs.get(event.subjob)?.end(event);
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
    const failures = subjobs.filter(({ outcome }) => outcome === "failed").map(failureOf);
    return { ...start, startedAt: at, ...endOf(this.#end), totals: totalsOf(subjobs), failures, subjobs };
  }
}

function totalsOf(subjobs: readonly SubjobResult[]): FleetTotals {
  const count = (wanted: SubjobResult["outcome"]): number => subjobs.filter(({ outcome }) => outcome === wanted).length;
  const runs = subjobs.flatMap(({ run }) => run === undefined ? [] : [run.totals]);
  return {
    succeeded: count("succeeded"),
    failed: count("failed"),
    skipped: count("skipped"),
    unfinished: count("unfinished"),
    snapshotsSent: runs.reduce((sum, totals) => sum + totals.snapshotsSent, 0),
    bytesSent: String(runs.reduce((sum, totals) => sum + BigInt(totals.bytesSent), 0n)),
  };
}

function failureOf({ name, exitStatus, run, ...about }: SubjobResult): FleetFailure {
  return {
    subjob: name,
    ...aboutOf(about),
    ...(exitStatus === undefined ? {} : { exitStatus }),
    message: run?.error?.message ?? "it ended before it could say why; see the log",
  };
}

class SubjobFold {
  readonly #start: Stamped<SubjobStarted | SubjobSkipped>;
  readonly #run = new RunFold();
  #end: { readonly exitStatus: number; readonly seconds: number } | undefined;

  constructor(start: Stamped<SubjobStarted | SubjobSkipped>) {
    this.#start = start;
  }

  add(event: Stamped<RunEvent>): void {
    this.#run.add(event);
  }

  end({ exitStatus, seconds }: { readonly exitStatus: number; readonly seconds: number }): void {
    this.#end = { exitStatus, seconds };
  }

  document(name: string): SubjobResult {
    const what = { name, ...aboutOf(this.#start) };
    if (this.#start.event === "subjob-skipped") return { ...what, outcome: "skipped", reason: this.#start.reason };
    const run = this.#run.document();
    const about = {
      arguments: this.#start.arguments,
      startedAt: this.#start.at,
      ...(run === undefined ? {} : { run }),
    };
    if (this.#end === undefined) return { ...what, outcome: "unfinished", ...about };
    return { ...what, outcome: this.#end.exitStatus === 0 ? "succeeded" : "failed", ...about, ...this.#end };
  }
}
