/**
 * Results of a run as data: `--event-log` gets every event at once, `--result-file` what they amount to at the end.
 * @module
 */
import {
  type EventLog,
  isSameOutput,
  openEventLog,
  openResultFile,
  type ResultFile,
  STANDARD_OUTPUT,
} from "../host/output/mod.ts";
import { randomName, systemClock, systemRandom } from "../host/system.ts";
import { messageOf, RefusedError } from "../model/errors.ts";
import type { OutputPolicy } from "../model/job.ts";
import type { Recorder, Stamped } from "../report/events.ts";
import { jsonOf } from "../report/visible.ts";
import type { Logger } from "../model/log.ts";

/** Takes events and makes a document of them. */
export interface Fold<E> {
  add(event: Stamped<E>): void;
  /** `undefined` if nothing has happened. */
  document(): object | undefined;
}

/** The outputs of a run. */
export interface Outputs<E> extends Recorder<E> {
  /** Takes an event that happened at another time. */
  recordAt(at: string, event: E): void;
  /**
   * Takes the last event, told the exit status, writes the result and closes everything. Returns the exit status: 3
   * instead of 0 if something could not be written.
   */
  conclude(status: number, last: (exitStatus: number) => E): number;
}

/** Takes the events of a dry run and writes the plan that they amount to. */
export interface PlanOutput<E> {
  add(event: Stamped<E>): void;
  /** Throws what the system says, for example that the disk is full. */
  write(): void;
}

/** What outputs are made of. */
export interface OutputParts<E> {
  readonly policy: OutputPolicy;
  readonly fold: Fold<E>;
  readonly log: Logger;
  /** Told the same events. */
  readonly also?: Recorder<E> | undefined;
  /** What `--plan-file` asks for, if it is given. */
  readonly plan?: PlanOutput<E> | undefined;
}

/** True if the log has to leave standard output to one of the outputs. */
export function usesStandardOutput(policy: OutputPolicy): boolean {
  return hasDocument(policy) || policy.planFile !== undefined;
}

/** True if standard output gets a document, so that nothing else may go there. */
export function hasDocument({ resultFile, eventLog, planFile }: OutputPolicy): boolean {
  return [resultFile, eventLog, planFile].includes(STANDARD_OUTPUT);
}

/** Opens what the user asked for. Throws `RefusedError` for a path that cannot be written. */
export function openOutputs<E extends object>(parts: OutputParts<E>): Outputs<E> {
  const { resultFile, eventLog, planFile } = parts.policy;
  if (resultFile !== undefined && eventLog !== undefined && isSameOutput(resultFile, eventLog)) {
    throw new RefusedError("--result-file and --event-log must not be the same", {
      hint: "An event log is made of many documents, a result is a single one.",
    });
  }
  for (const [option, path] of [["--result-file", resultFile], ["--event-log", eventLog]] as const) {
    if (planFile !== undefined && path !== undefined && isSameOutput(planFile, path)) {
      throw new RefusedError(`--plan-file and ${option} must not be the same`, { hint: "Name two files." });
    }
  }
  const unique = randomName(systemRandom, 8);
  const result = resultFile === undefined ? undefined : openResultFile(resultFile, unique);
  return new OpenOutputs(parts, unique, result);
}

class OpenOutputs<E extends object> implements Outputs<E> {
  readonly #parts: OutputParts<E>;
  readonly #run: string;
  readonly #result: ResultFile | undefined;
  readonly #events: EventLog | undefined;
  #isIntact = true;

  constructor(parts: OutputParts<E>, run: string, result: ResultFile | undefined) {
    const { eventLog } = parts.policy;
    this.#parts = parts;
    this.#run = run;
    this.#result = result;
    this.#events = eventLog === undefined
      ? undefined
      : openEventLog(eventLog, (error) => this.#complain(eventLog, error));
  }

  get isWanted(): boolean {
    return this.#isWrittenDown || this.#parts.also?.isWanted === true;
  }

  get #isWrittenDown(): boolean {
    return this.#result !== undefined || this.#events !== undefined || this.#parts.plan !== undefined;
  }

  record(event: E): void {
    this.#parts.also?.record(event);
    if (this.#isWrittenDown) this.#write(now(), event);
  }

  recordAt(at: string, event: E): void {
    this.#parts.also?.record(event);
    if (this.#isWrittenDown) this.#write(at, event);
  }

  #write(at: string, event: E): void {
    const stamped = { at, run: this.#run, ...event };
    if (this.#result !== undefined) this.#parts.fold.add(stamped);
    this.#parts.plan?.add(stamped);
    this.#events?.append(jsonOf(stamped));
  }

  conclude(status: number, last: (exitStatus: number) => E): number {
    const honest = (): number => status === 0 && !this.#isIntact ? 3 : status;
    const stamp = { at: now(), run: this.#run };
    this.#writePlan({ ...stamp, ...last(honest()) });
    this.#writeResult({ ...stamp, ...last(honest()) });
    // Event log and result tell the status that the process ends with, so each has to know what became of the other.
    const told = honest();
    this.#parts.also?.record(last(told));
    this.#events?.append(jsonOf({ ...stamp, ...last(told) }));
    this.#events?.close();
    if (honest() !== told) this.#replaceResult({ ...stamp, ...last(honest()) });
    return honest();
  }

  #writePlan(last: Stamped<E>): void {
    const { plan, policy } = this.#parts;
    if (plan === undefined) return;
    plan.add(last);
    try {
      plan.write();
    } catch (error) {
      this.#complain(policy.planFile, error);
    }
  }

  #writeResult(last: Stamped<E>): void {
    if (this.#result === undefined) return;
    this.#parts.fold.add(last);
    const document = this.#parts.fold.document();
    if (document === undefined) return;
    try {
      this.#result.write(`${jsonOf(document, 2)}\n`);
    } catch (error) {
      this.#complain(this.#parts.policy.resultFile, error);
    }
  }

  /** What was printed on standard output cannot be taken back. */
  #replaceResult(last: Stamped<E>): void {
    if (this.#parts.policy.resultFile !== STANDARD_OUTPUT) this.#writeResult(last);
  }

  /** Outputs that cannot be written do not end a run, but they are not passed over in silence: told once. */
  #complain(path: string | undefined, error: unknown): void {
    if (this.#isIntact) this.#parts.log.log("ERROR", "", `Cannot write '${path}': ${messageOf(error)}`);
    this.#isIntact = false;
  }
}

/** The time in ISO 8601 and UTC. Remembers it, since many events come in the same millisecond. */
const now: () => string = (() => {
  let last = { ms: NaN, text: "" };
  return () => {
    const ms = systemClock.now();
    if (ms !== last.ms) last = { ms, text: new Date(ms).toISOString() };
    return last.text;
  };
})();
