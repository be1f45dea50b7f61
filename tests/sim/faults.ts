/**
 * Things that go wrong, as a script: at which command boundary, and how.
 *
 * A boundary is one command of a runner or one transfer. Boundaries are numbered from 0 over both hosts, so a law can go
 * through all of them; patterns match the words of the command joined by blanks. A transfer's text is
 * `SEND | RECEIVE`.
 * @module
 */
import type { Runner, RunOptions, RunResult } from "../../lib/zfs/world.ts";
import { execute } from "./commands/dispatch.ts";
import type { SimHost } from "./host.ts";

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
  /** Somebody else acts just before. */
  | { readonly kind: "before"; readonly act: () => void }
  /** The stream of a transfer ends after so many bytes. */
  | { readonly kind: "cut"; readonly bytes: number }
  /** Our process is killed here: neither this command nor any later one of the same world is run. */
  | { readonly kind: "kill" }
  /** Our process is killed here, but this command or transfer still comes to its end. */
  | { readonly kind: "kill-after" };

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
  if (fault.kind === "cut" && boundary.kind !== "transfer") return false;
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

  constructor(inner: Runner, script: FaultScript) {
    this.host = inner.host;
    this.maxCommandLineBytes = inner.maxCommandLineBytes;
    this.#inner = inner;
    this.#script = script;
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    options.signal?.throwIfAborted();
    const fault = this.#script.pass("command", argv.join(" "));
    if (fault?.kind === "fail") return failure(fault);
    if (fault?.kind === "say") return said(fault.stdout, options);
    const result = await this.#inner.run(argv, options);
    this.#script.survive();
    return fault?.kind === "fail-after" ? { ...failure(fault), stdout: result.stdout } : result;
  }

  describe(argv: readonly string[]): string {
    return this.#inner.describe(argv);
  }
}

function said(stdout: string, { onLines }: RunOptions): RunResult {
  if (onLines === undefined) return { status: 0, stdout, stderr: "" };
  onLines(stdout);
  return { status: 0, stdout: "", stderr: "" };
}

/** What a command that a script lets fail reports. */
export function failure(fault: { readonly status?: number; readonly stderr?: string }): RunResult {
  return { status: fault.status ?? 1, stdout: "", stderr: fault.stderr ?? "internal error: simulated failure\n" };
}

/** Runs a command at a host as somebody else would, for {@linkcode FaultScript.add} with `before`. */
export function thirdParty(host: SimHost, ...argv: readonly string[]): () => void {
  return () => {
    const { status, stderr } = execute(host, argv);
    if (status !== 0) throw new Error(`third party cannot run ${argv.join(" ")}: ${stderr}`);
  };
}
