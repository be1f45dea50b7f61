/**
 * Things that go wrong, as a script: at which command boundary, and how.
 *
 * A boundary is one command of a runner or one transfer. Boundaries are numbered from 0 over both hosts, so a law can
 * go through all of them; patterns match the words of the command joined by blanks. A transfer's text is
 * `SEND | RECEIVE`.
 * @module
 */
import { Retryable, TimeoutError } from "../../lib/model/errors.ts";
import type { Cancel, Clock, CommandResult, Runner, RunOptions, TogetherResult } from "../../lib/zfs/world.ts";
import { execute } from "./commands/dispatch.ts";
import type { Interruption, SimHost } from "./host.ts";

/** A place at which something can go wrong. */
export interface Boundary {
  readonly index: number;
  readonly kind: "command" | "transfer";
  readonly text: string;
}

/** What goes wrong. */
export type FaultKind =
  /** Not done, and reported as failed. */
  | { readonly kind: "fail"; readonly status?: number; readonly stderr?: string }
  /** Done, but reported as failed. */
  | { readonly kind: "fail-after"; readonly status?: number; readonly stderr?: string }
  /** Not done, and reported as a success that printed this. */
  | { readonly kind: "say"; readonly stdout: string }
  /**
   * A listing ends early, as libzfs ends it; what else happens at that moment happens at the end of any other command.
   */
  | { readonly kind: "interrupt"; readonly host: SimHost; readonly interruption: Interruption }
  /** A listing lacks rows, has this on stderr, and is reported as a success. */
  | EndEarly
  /** Done, with this on stderr as well: what others print that stand between us and `zfs`. */
  | { readonly kind: "noise"; readonly stderr: string }
  /** Somebody else acts just before. */
  | { readonly kind: "before"; readonly act: () => void }
  /** The stream of a transfer ends after so many bytes. */
  | { readonly kind: "cut"; readonly bytes: number }
  /** Not done, and never answered: a query is ended by us some time, a change when our run is aborted. */
  | { readonly kind: "never-answers" }
  /** Done, but a process that it left behind holds its output open. */
  | { readonly kind: "holds-output" }
  /** The stream of a transfer comes to a halt after so many bytes, and is ended by us some time. */
  | { readonly kind: "stands-still"; readonly bytes: number }
  /** Our process is killed here: neither this command nor any later one of the same world is run. */
  | { readonly kind: "kill" }
  /** Our process is killed here, but this command or transfer still comes to its end. */
  | { readonly kind: "kill-after" };

/** See {@linkcode FaultKind}. */
export interface EndEarly {
  readonly kind: "end-early";
  /** The first so many rows are printed, or those that pass. */
  readonly rows: number | ((row: string) => boolean);
  readonly stderr?: string;
  /** Takes each listing that was cut. */
  readonly note?: (cut: Cut) => void;
}

/** A listing that was cut. */
export interface Cut {
  readonly argv: readonly string[];
  readonly kept: readonly string[];
  readonly lost: readonly string[];
}

/** Where: the number of a boundary, a pattern of its text, or a test. */
export type Where = number | RegExp | ((boundary: Boundary) => boolean);

/** Thrown instead of an answer once our process is "killed". */
export class Killed extends Error {
  override readonly name = "Killed";
}

interface Entry {
  readonly where: Where;
  readonly fault: FaultKind;
  times: number;
}

/** What shall go wrong. */
export class FaultScript {
  /** Boundaries that were passed. */
  readonly passed: Boundary[] = [];
  readonly #entries: Entry[] = [];
  #killed = false;

  /** Adds a fault; it happens at the next `times` boundaries that match. */
  add(where: Where, fault: FaultKind, times = 1): this {
    this.#entries.push({ where, fault, times });
    return this;
  }

  /** The next command that matches is not run and fails. */
  failNext(where: Where, stderr?: string, status?: number): this {
    return this.add(where, {
      kind: "fail",
      ...(stderr === undefined ? {} : { stderr }),
      ...(status ? { status } : {}),
    });
  }

  /** The next command that matches is run, but reported as failed. */
  failAfter(where: Where, stderr?: string): this {
    return this.add(where, { kind: "fail-after", ...(stderr === undefined ? {} : { stderr }) });
  }

  /** The next command that matches is not run, and answers this as if all were well. */
  sayNext(where: Where, stdout: string, times = 1): this {
    return this.add(where, { kind: "say", stdout }, times);
  }

  /** A dataset, snapshot or bookmark is gone when the next command that matches runs. */
  vanishBefore(where: Where, host: SimHost, name: string): this {
    return this.add(where, { kind: "before", act: () => vanish(host, name) });
  }

  /** The stream of the next transfer that matches ends after so many bytes. */
  cutAfter(where: Where, bytes: number): this {
    return this.add(where, { kind: "cut", bytes });
  }

  /**
   * Passes a boundary; throws {@linkcode Killed} where the script says so. Returns the fault that happens here: the one
   * that was added first, if several match; the others wait for their next boundary.
   */
  pass(kind: Boundary["kind"], text: string): FaultKind | undefined {
    if (this.#killed) throw new Killed("our process is gone");
    const boundary: Boundary = { index: this.passed.length, kind, text };
    this.passed.push(boundary);
    const due = this.#entries.find((entry) => entry.times > 0 && matches(entry, boundary));
    if (due === undefined) return undefined;
    due.times--;
    const { fault } = due;
    if (fault.kind === "kill" || fault.kind === "kill-after") this.#killed = true;
    if (fault.kind === "kill") throw new Killed(`killed at boundary ${boundary.index}: ${text}`);
    if (fault.kind === "before") fault.act();
    return fault;
  }

  /** Throws if our process was killed meanwhile: an answer would reach nobody. */
  survive(): void {
    if (this.#killed) throw new Killed("our process is gone");
  }
}

function matches({ where, fault }: Entry, boundary: Boundary): boolean {
  const needsTransfer = fault.kind === "cut" || fault.kind === "stands-still";
  if (needsTransfer && boundary.kind !== "transfer") return false;
  if (typeof where === "number") return where === boundary.index;
  return where instanceof RegExp ? where.test(boundary.text) : where(boundary);
}

/** Removes a dataset with all below it, a snapshot or a bookmark, whatever stands in the way. */
export function vanish(host: SimHost, name: string): void {
  const pool = host.poolOf(name);
  const [dataset, tag] = name.split(/[@#]/);
  const target = pool?.find(dataset!);
  if (!pool || !target) return;
  if (name.includes("@")) {
    pool.removeSnapshots(target, new Set([tag!]));
  } else if (name.includes("#")) {
    pool.removeBookmark(target, tag!);
  } else {
    for (const member of pool.tree(dataset!)) pool.remove(member.name);
  }
}

/** A runner on which a script's faults happen. */
export class FaultyRunner implements Runner {
  readonly host: string;
  readonly maxCommandLineBytes: number;
  readonly #inner: Runner;
  readonly #script: FaultScript;
  readonly #clock: Clock;

  constructor(inner: Runner, script: FaultScript, clock: Clock) {
    this.host = inner.host;
    this.maxCommandLineBytes = inner.maxCommandLineBytes;
    this.#inner = inner;
    this.#script = script;
    this.#clock = clock;
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    options.signal?.throwIfAborted();
    const fault = this.#script.pass("command", argv.join(" "));
    if (fault?.kind === "fail") return failure(fault);
    if (fault?.kind === "say") return said({ status: 0, stdout: fault.stdout, stderr: "" }, options);
    if (fault?.kind === "never-answers") return await this.#neverAnswer(argv, options);
    if (fault?.kind === "end-early") return await this.#endEarly(argv, fault, options);
    if (fault?.kind === "interrupt") fault.host.interruption = fault.interruption;
    const result = await this.#inner.run(argv, options);
    this.#script.survive();
    if (fault?.kind === "interrupt") meetInterruption(fault.host);
    if (fault?.kind === "noise") return { ...result, stderr: fault.stderr + result.stderr };
    if (fault?.kind === "holds-output" && !options.isChange) throw await this.#ended(argv, HELD_OPEN_MS);
    return fault?.kind === "fail-after" ? { ...failure(fault), stdout: result.stdout } : result;
  }

  /** One after the other, each of them with its faults. */
  async runTogether(
    argvs: readonly (readonly string[])[],
    options: Cancel = {},
  ): Promise<TogetherResult> {
    const results: CommandResult[] = [];
    for (const argv of argvs) results.push(await this.run(argv, options));
    const stdouts = results.map(({ status, stdout }) => status === 0 ? stdout.replace(/\n$/, "") : undefined);
    return { stdouts, stderr: results.map(({ stderr }) => stderr).join("") };
  }

  async #endEarly(
    argv: readonly string[],
    { rows, stderr = "", note }: EndEarly,
    options: RunOptions,
  ): Promise<CommandResult> {
    if (!isListing(argv)) return await this.#inner.run(argv, options);
    const { signal } = options;
    const whole = await this.#inner.run(argv, { signal });
    if (whole.status !== 0) return said(whole, options);
    const all = whole.stdout.split("\n").slice(0, -1);
    const isKept = (row: string, index: number): boolean => typeof rows === "number" ? index < rows : rows(row);
    const kept = all.filter(isKept);
    const lost = all.filter((row, index) => !isKept(row, index));
    note?.({ argv, kept, lost });
    return said({ status: 0, stdout: kept.map((row) => `${row}\n`).join(""), stderr }, options);
  }

  describe(argv: readonly string[]): string {
    return this.#inner.describe(argv);
  }

  async #neverAnswer(argv: readonly string[], { isChange, signal }: RunOptions): Promise<never> {
    if (!isChange) throw await this.#ended(argv, QUERY_LIMIT_MS);
    return await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  }

  /** What a runner rejects with that had to end a query. */
  async #ended(argv: readonly string[], afterMs: number): Promise<Retryable> {
    await this.#clock.sleep(afterMs * 1e6);
    return new Retryable(new TimeoutError(`Command '${argv.join(" ")}' on ${this.host} was ended`));
  }
}

/** The limits of the real runners. */
const QUERY_LIMIT_MS = 600_000;
const HELD_OPEN_MS = 4000;

/** True for the words of a `zfs list`. */
export function isListing(argv: readonly string[]): boolean {
  return argv[argv.indexOf("zfs") + 1] === "list";
}

/** The moment has not come within the command: it comes now. */
function meetInterruption(host: SimHost): void {
  const { interruption } = host;
  host.interruption = undefined;
  interruption?.act?.();
}

function said(result: CommandResult, { onLines }: RunOptions): CommandResult {
  if (onLines === undefined) return result;
  onLines(result.stdout);
  return { ...result, stdout: "" };
}

/** What a command that a script lets fail reports. */
export function failure(fault: { readonly status?: number; readonly stderr?: string }): CommandResult {
  return { status: fault.status ?? 1, stdout: "", stderr: fault.stderr ?? "internal error: simulated failure\n" };
}

/** Runs a command at a host as somebody else would, for {@linkcode FaultScript.add} with `before`. */
export function thirdParty(host: SimHost, ...argv: readonly string[]): () => void {
  return () => {
    const { status, stderr } = execute(host, argv);
    if (status !== 0) throw new Error(`third party cannot run ${argv.join(" ")}: ${stderr}`);
  };
}
