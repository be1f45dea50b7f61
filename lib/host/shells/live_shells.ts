/**
 * Live shells of one host: commands run in those that are idle, so that none needs a process of ours, or a channel of a
 * connection, to begin with (docs/spec/replication.md §15.5).
 *
 * Nothing depends on them: where a host has no shell that answers as it should, where all of them are busy, or where a
 * command does not fit, it runs as it would without them.
 * @module
 */
import { TimeoutError } from "../../model/errors.ts";
import type { Logger } from "../../model/log.ts";
import type { Cancel, RunOptions, TogetherResult } from "../../zfs/world.ts";
import { randomWord } from "../system.ts";
import { BROKEN_STATUS, LiveShell } from "./live_shell.ts";
import { readTogether, togetherText } from "./together.ts";
import { isSettledWithin } from "../process/patience.ts";
import type { Child, Processes, ProcessResult } from "../process/process.ts";
import { joinWords } from "../process/shell.ts";

/** A shell that may be started. */
export interface ShellPlace {
  /** Words that run it. */
  readonly argv: readonly string[];
  /** What {@linkcode LiveShellsOptions.open} is asked for beside it: kept for those who run commands in it. */
  readonly words: readonly string[];
  /** Called once, when the shell has ended. */
  giveBack(): void;
}

/** How shells are started. */
export interface LiveShellsOptions {
  readonly processes: Pick<Processes, "start" | "run">;
  readonly log: Logger;
  /** For messages. */
  readonly host: string;
  /** Shells at once. */
  readonly most: number;
  /** The status of a command by that which a shell tells, where a caller expects another one. */
  readonly statusOf?: (status: number) => number;
  /** How long a shell may take to show that it is one. Default: 10 s. */
  readonly proofMs?: number;
  /** Finds a place for another one. May throw: no command can reach the host then. */
  readonly open: (cancel: Cancel) => Promise<ShellPlace>;
}

/** How a command is to be run: in a shell, or, if there is none, by itself. */
export interface Way {
  readonly start?: () => Child;
  readonly onLines?: RunOptions["onLines"];
  /** Words in front of the command that lead to the host, if a shell does. */
  readonly words?: readonly string[];
}

/** A shell that is held for a command whose child its holder supervises. */
export interface HeldShell {
  /** Runs shell text: in the process group of the shell, so that what ends the child ends all of it. Once. */
  start(text: string): Child;
  /** To be called when all that the child prints was read, or it was ended. */
  giveBack(): Promise<void>;
}

/** Runs a command in the way that it is told. */
export type Perform = (way: Way) => Promise<ProcessResult>;

interface Member extends Pick<ShellPlace, "words"> {
  readonly shell: LiveShell;
}

/** Bytes of a command that are read by a shell in no time: some read one byte at a time. */
const MOST_BYTES = 131_072;

/** Shells that may be lost before they have answered, until it is given up. */
const MOST_LOST = 3;

/** How often who waits for a shell looks whether to wait on. */
const WAIT_MS = 100;

/** What ssh says when the server allows no further session on a connection. */
const REFUSED = /refused by peer/;

/** Live shells of one host. */
export class LiveShells {
  readonly #options: LiveShellsOptions;
  readonly #members = new Set<Member>();
  readonly #idle: Member[] = [];
  /** Places that are being opened. */
  #opening = 0;
  #lost = 0;
  #isOff = false;
  #hasAnswered = false;
  #most: number;
  /** The server allows no more than {@linkcode #most}: commands by themselves would lack a session, too. */
  #isFull = false;
  #freed = Promise.withResolvers<void>();

  constructor(options: LiveShellsOptions) {
    this.#options = options;
    this.#most = options.most;
  }

  /**
   * Runs a command in a shell, or lets it run by itself. A query whose shell breaks is run once more, by itself; a change,
   * and a query of which lines were handed over, ends with {@linkcode BROKEN_STATUS}.
   */
  async run(argv: readonly string[], options: RunOptions, perform: Perform): Promise<ProcessResult> {
    const member = isFit(argv) ? await this.#take(options) : undefined;
    if (member === undefined) return await perform({});
    const { shell } = member;
    let isTold = false;
    const { onLines } = options;
    const tell = onLines === undefined ? {} : {
      onLines: (piece: string): void => {
        isTold = true;
        onLines(piece);
      },
    };
    const result = await this.#performIn(member, joinWords(argv), (way) => perform({ ...tell, ...way }));
    const answer = { ...result, status: this.#options.statusOf?.(result.status) ?? result.status };
    if (await this.#giveBack(member)) return answer;
    if (!options.isChange && !isTold) return await perform({});
    const told = `${result.stderr}${shell.noise}`;
    return { ...result, status: BROKEN_STATUS, stderr: told || `The shell for this command broke: ${shell.fault}\n` };
  }

  /**
   * Runs queries one after the other in one shell, as {@linkcode Runner} says; `undefined` also if there is no
   * shell for it, or it broke.
   */
  async runTogether(
    argvs: readonly (readonly string[])[],
    options: Cancel,
    perform: Perform,
  ): Promise<TogetherResult | undefined> {
    const word = randomWord();
    const text = togetherText(argvs, word);
    const member = isFit([text]) ? await this.#take(options) : undefined;
    if (member === undefined) return undefined;
    const { stdout, stderr } = await this.#performIn(member, text, perform);
    const stdouts = await this.#giveBack(member) ? readTogether(stdout, word, argvs.length) : undefined;
    return stdouts && { stdouts, stderr };
  }

  /** Runs shell text in a shell, which is dropped if that fails. */
  async #performIn(member: Member, text: string, perform: Perform): Promise<ProcessResult> {
    const { shell, words } = member;
    try {
      return await perform({ words, start: () => shell.start(text) });
    } catch (error) {
      if (shell.isHeld && error instanceof Error && error.cause instanceof TimeoutError) this.#giveUp(shell.fault!);
      await this.#drop(member);
      throw error;
    }
  }

  /** Holds a shell that has answered once; `undefined` if there is none for now. */
  async hold(cancel: Cancel): Promise<HeldShell | undefined> {
    const member = await this.#take({ ...cancel, isChange: true });
    if (member === undefined) return undefined;
    return { start: (text) => member.shell.start(text), giveBack: async () => void await this.#giveBack(member) };
  }

  /** One of them has given an answer, and they are still in use. */
  get haveAnswered(): boolean {
    return this.#hasAnswered && !this.#isOff;
  }

  /** Ends idle shells if the server allows so few sessions that others may lack them. */
  async yieldSessions(): Promise<void> {
    if (this.#isFull) await Promise.all(this.#idle.splice(0).map((member) => this.#drop(member)));
  }

  /** Ends all shells. Commands run by themselves from then on. */
  async close(): Promise<void> {
    this.#isOff = true;
    this.#idle.length = 0;
    await Promise.all([...this.#members].map((member) => this.#drop(member)));
  }

  async #take(options: RunOptions): Promise<Member | undefined> {
    for (;;) {
      options.signal?.throwIfAborted();
      const idle = this.#idle.pop();
      if (idle !== undefined) {
        if (idle.shell.fault === undefined) return idle;
        await this.#drop(idle);
        continue;
      }
      if (this.#isOff) return undefined;
      if (this.#members.size + this.#opening < this.#most) return await this.#open(options);
      if (!this.#isFull) return undefined;
      await isSettledWithin(this.#freed.promise, WAIT_MS);
    }
  }

  async #open(options: RunOptions): Promise<Member | undefined> {
    this.#opening++;
    const { argv, words, giveBack } = await this.#options.open(options).finally(() => this.#opening--);
    const member = this.#start(argv, words, giveBack);
    // What may be no shell must not be told to change anything.
    if (member === undefined || !options.isChange || await this.#isShell(member, options)) return member;
    await this.#drop(member);
    await this.#learnFrom(member.shell);
    return undefined;
  }

  #start(argv: readonly string[], words: readonly string[], giveBack: () => void): Member | undefined {
    try {
      const child = this.#options.processes.start(argv, { stdin: "piped", stdout: "piped" });
      void child.ended.then(giveBack, giveBack);
      const member = { shell: new LiveShell(child, this.#options.proofMs), words };
      this.#members.add(member);
      return member;
    } catch (error) {
      giveBack();
      this.#giveUp(String(error));
      return undefined;
    }
  }

  /** True once the shell has answered. */
  async #isShell({ shell }: Member, { signal }: Cancel): Promise<boolean> {
    try {
      await this.#options.processes.run(["sh"], { signal, start: () => shell.start(":") });
    } catch (error) {
      if (signal?.aborted) throw error;
    }
    return shell.rest();
  }

  /** Keeps the shell for the next command, unless something is wrong with it. True if it has given an answer. */
  async #giveBack(member: Member): Promise<boolean> {
    const { shell } = member;
    if (shell.rest()) {
      this.#hasAnswered = true;
      this.#putBack(member);
      return true;
    }
    await this.#drop(member);
    if (shell.isHeld) this.#giveUp(shell.fault!);
    else if (!shell.isStopped) await this.#learnFrom(shell);
    return shell.isHeld;
  }

  #putBack(member: Member): void {
    if (this.#isOff) return void this.#drop(member);
    this.#idle.push(member);
    this.#wake();
  }

  async #drop(member: Member): Promise<void> {
    await member.shell.close();
    this.#members.delete(member);
    this.#wake();
  }

  #wake(): void {
    this.#freed.resolve();
    this.#freed = Promise.withResolvers();
  }

  /** Finds out what it means for others that a shell has broken. One whose connection was lost may be replaced. */
  async #learnFrom(shell: LiveShell): Promise<void> {
    const isRefused = REFUSED.test(shell.noise);
    const noise = shell.noise.trim().split("\n", 1)[0]!.trimEnd();
    if (!isRefused && !await shell.isLost()) return this.#giveUp(`${shell.fault}: ${noise}`);
    const others = this.#members.size;
    if (shell.isProven || (!(isRefused && others > 0) && ++this.#lost < MOST_LOST)) return;
    if (others === 0) return this.#giveUp(`none has ever answered: ${noise}`);
    if (!this.#isFull) this.#options.log.log("DEBUG", "", `No further live shell on ${this.#options.host}: ${noise}`);
    this.#isFull = true;
    this.#most = others;
  }

  #giveUp(why: string): void {
    if (this.#isOff) return;
    this.#isOff = true;
    this.#options.log.log("DEBUG", "", `Commands on ${this.#options.host} run without a live shell: ${why.trimEnd()}`);
  }
}

/** True for a command that a shell reads as it was meant, and soon. */
function isFit(argv: readonly string[]): boolean {
  const length = argv.reduce((sum, word) => sum + word.length + 1, 0);
  return length < MOST_BYTES && !argv.some((word) => word.includes("\0"));
}
