/**
 * A `Runner` whose commands run in live shells of a simulated host: the product's own `LiveShells` speaks to shells in memory
 * (`tests/support/far_shell.ts`) that run what they are told in the host, and may answer as no shell should.
 * @module
 */
import type { FrameWords } from "../../lib/host/shells/frame.ts";
import { LiveShells, type Perform } from "../../lib/host/shells/live_shells.ts";
import { retryUnlessAborted } from "../../lib/host/process/local_runner.ts";
import { Processes } from "../../lib/host/process/process.ts";
import { joinWords } from "../../lib/host/process/shell.ts";
import { SILENT_LOGGER } from "../../lib/model/log.ts";
import type { CommandResult, Runner, RunOptions } from "../../lib/zfs/world.ts";
import { type Answer, type FarShell, farShell, wholeAnswer } from "../support/far_shell.ts";
import { execute } from "./commands/dispatch.ts";
import type { SimHost } from "./host.ts";
import type { SimRunner } from "./runner.ts";

/** How a shell answers one request instead of as it should. The command is run, unless it says otherwise. */
export type ShellFault =
  /** It ends behind so much of a stream, or behind the last row before. */
  | {
    readonly kind: "dies";
    readonly stream: 0 | 1;
    /** A part of the whole, 0 to 1. */
    readonly at: number;
    readonly behindRow: boolean;
    readonly isRun: boolean;
  }
  /** What is behind such a part of stdout comes later than everything else. */
  | { readonly kind: "late"; readonly at: number }
  | { readonly kind: "another word" }
  | { readonly kind: "two statuses" }
  /** Something else is printed before the answer, or behind it. */
  | { readonly kind: "noise"; readonly stream: 0 | 1; readonly place: "before" | "behind" };

/** What becomes of the next request; `undefined` = it is answered. */
export type ShellFaults = () => ShellFault | undefined;

/** Runs argv in live shells of a {@linkcode SimHost}, and by itself where these break. Fails a change that is made twice. */
export class ShellRunner implements Runner {
  readonly host: string;
  readonly maxCommandLineBytes: number;
  readonly #alone: SimRunner;
  readonly #simHost: SimHost;
  readonly #faults: ShellFaults;
  readonly #shells: LiveShells;
  readonly #processes = new Processes({ log: SILENT_LOGGER, graceMs: 300 });
  /** How often each command was asked for and not run yet, as text: the same may be asked for by two at once. */
  readonly #open = new Map<string, number>();

  constructor(alone: SimRunner, host: SimHost, faults: ShellFaults) {
    this.host = alone.host;
    this.maxCommandLineBytes = alone.maxCommandLineBytes;
    this.#alone = alone;
    this.#simHost = host;
    this.#faults = faults;
    this.#shells = new LiveShells({
      processes: { start: () => this.#start().child, run: (argv, options) => this.#processes.run(argv, options) },
      log: SILENT_LOGGER,
      host: alone.host,
      most: 2,
      open: () => Promise.resolve({ argv: ["sh"], words: [], giveBack: () => {} }),
    });
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    const text = joinWords(argv);
    this.#count(text, 1);
    const perform: Perform = async ({ words: _, ...way }) => {
      if (way.start !== undefined) {
        return await this.#processes.run(argv, { ...options, ...way })
          .catch((error) => retryUnlessAborted(error, options));
      }
      this.#count(text, -1);
      return { started: true, ...await this.#alone.run(argv, options) };
    };
    const result = await this.#shells.run(argv, options, perform);
    if (options.isChange && this.#open.get(text)! < 0) throw new Error(`This change was made twice: ${text}`);
    return result;
  }

  describe(argv: readonly string[]): string {
    return this.#alone.describe(argv);
  }

  #count(text: string, change: 1 | -1): void {
    this.#open.set(text, (this.#open.get(text) ?? 0) + change);
  }

  #start(): FarShell {
    const shell = farShell((words, command) => this.#answer(words, command, shell));
    return shell;
  }

  #answer(words: FrameWords, command: string, shell: FarShell): Answer {
    const fault = this.#faults();
    const isRun = command !== ":" && !(fault?.kind === "dies" && !fault.isRun);
    if (isRun) this.#count(command, -1);
    const { status, stdout, stderr } = isRun
      ? execute(this.#simHost, wordsOf(command))
      : { status: 0, stdout: "", stderr: "" };
    const [out, err] = wholeAnswer(words, status, stdout, stderr);
    switch (fault?.kind) {
      case undefined:
        return { out: [out], err: [err] };
      case "dies": {
        const cut = (text: string): Answer["out"] => {
          const some = text.slice(0, Math.floor(fault.at * text.length));
          return [fault.behindRow ? some.slice(0, some.lastIndexOf("\n") + 1) : some, { end: 255 }];
        };
        return fault.stream === 0 ? { err: [err], out: cut(out) } : { out: [out], err: cut(err) };
      }
      case "late": {
        const at = Math.floor(fault.at * out.length);
        setTimeout(() => shell.say(out.slice(at)), 1);
        return { out: [out.slice(0, at)], err: [err] };
      }
      case "another word": {
        const other = wholeAnswer({ ...words, end: "x".repeat(words.end.length) }, status, stdout, stderr);
        return { out: [other[0], { end: 0 }], err: [err] };
      }
      case "two statuses":
        return { out: [out], err: [wholeAnswer(words, status + 1, stdout, stderr)[1]] };
      case "noise": {
        const noisy = [out, err].map((text, stream) => {
          if (stream !== fault.stream) return [text];
          return fault.place === "before" ? ["Welcome!\n", text] : [text, "Good bye!\n"];
        });
        return { out: noisy[0]!, err: noisy[1]! };
      }
    }
  }
}

/** The words of shell text that {@linkcode joinWords} has made. */
function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const [all, single, double] of text.matchAll(/'([^']*)'|"([^"]*)"|[^\s'"]+|\s+/g)) {
    if (/^\s/.test(all)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + (single ?? double ?? all);
  }
  return word === undefined ? words : [...words, word];
}
