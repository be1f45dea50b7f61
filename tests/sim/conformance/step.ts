/**
 * What a conformance scenario is made of: steps, and what real ZFS and the simulator must both do with them.
 * @module
 */
import type { Fault } from "../../../lib/model/errors.ts";
import type { SimVersion } from "../host.ts";

/** A value for all versions, or one for each. */
export type PerVersion<T> = T | { readonly "2.1": T; readonly "2.3": T };

/** What a step must lead to; what is absent is not looked at. */
export interface Expectation {
  /** 0 unless said otherwise. */
  readonly status?: PerVersion<number>;
  /** Exact, or a pattern. */
  readonly stdout?: PerVersion<string | RegExp>;
  /** Lines of stdout in any order. */
  readonly lines?: readonly string[];
  /** Exact, or a pattern. A success must print none. */
  readonly stderr?: PerVersion<string | RegExp>;
  /** What the product's diagnosis must make of stderr; the text is recorded as a sample. */
  readonly fault?: PerVersion<Fault>;
}

/** What is done. */
export type Deed =
  /** A command. `$NAME` words stand for remembered tokens. */
  | { readonly do: "run"; readonly argv: readonly string[]; readonly as?: "user" }
  /**
   * `zfs send … | zfs receive …`, cut after so many bytes. The status is that of the receiving end. `as`: who receives.
   */
  | {
    readonly as?: "user";
    readonly do: "pipe";
    readonly send: readonly string[];
    readonly receive: readonly string[];
    readonly cutAfter?: number | undefined;
  }
  /** Changes the content of a filesystem. */
  | { readonly do: "write"; readonly dataset: string; readonly bytes: number }
  /** Keeps the resume token of a dataset under a name. */
  | { readonly do: "remember"; readonly name: string; readonly dataset: string };

/** A deed with its expectation. */
export interface Step {
  readonly deed: Deed;
  readonly expected: Expectation;
}

/** How a step ended. */
export interface StepResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where scenarios are played. */
export interface Ground {
  readonly version: SimVersion;
  /** Names of two pools; datasets of the first are mounted. */
  readonly pools: { readonly source: string; readonly destination: string };
  /** Plays steps in order, beginning with an empty dataset `name` in each pool. */
  play(name: string, steps: readonly Step[]): Promise<readonly StepResult[]>;
}

/** A scenario: steps in terms of its own dataset in each pool. */
export interface Scenario {
  readonly name: string;
  readonly steps: (source: string, destination: string) => readonly Step[];
}

/** Pool of a dataset. */
export function poolOf(dataset: string): string {
  return dataset.split("/")[0]!;
}

/** A command as one text, split at blanks; `~` stands for a blank within a word. */
export function run(text: string, expected: Expectation = {}): Step {
  return { deed: { do: "run", argv: words(text) }, expected };
}

/** `send … | receive …` as one text: words behind `zfs send` and `zfs receive`. */
export function pipe(text: string, expected: Expectation = {}): Step {
  return cut(text, undefined, expected);
}

/** As {@linkcode pipe}, with a stream that ends early. */
export function cut(text: string, cutAfter: number | undefined, expected: Expectation = {}): Step {
  const [send = "", receive = ""] = text.split(" | ");
  return { deed: { do: "pipe", send: words(send), receive: words(receive), cutAfter }, expected };
}

/** The same step, done by a user without rights: the command, or the receiving end of a pipe. */
export function asUser(step: Step): Step {
  const { deed, expected } = step;
  return deed.do === "run" || deed.do === "pipe" ? { deed: { ...deed, as: "user" }, expected } : step;
}

/** A change of content, large enough to be cut in the middle. */
export function write(dataset: string, bytes = 400_000): Step {
  return { deed: { do: "write", dataset, bytes }, expected: {} };
}

/** Keeps a resume token; later words `$NAME` stand for it. */
export function remember(name: string, dataset: string): Step {
  return { deed: { do: "remember", name, dataset }, expected: {} };
}

function words(text: string): string[] {
  return text.split(" ").filter((word) => word !== "").map((word) => word.replaceAll("~", " "));
}

/** The value for a version. */
export function forVersion<T>(value: PerVersion<T>, version: SimVersion): T {
  if (typeof value === "object" && value !== null && "2.1" in value) return value[version];
  return value as T;
}
