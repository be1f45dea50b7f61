/**
 * Signals to process groups, which take a program: the permission set of the executable does not allow `Deno.kill`,
 * since it needs the right to run anything. So the built-in `kill` of a shell sends them, or `kill` where there is no
 * `sh`.
 *
 * When a group must be ended it may be too late to start a shell: a limit of processes, of memory or of open files is
 * reached. So one is started before the first group that lasts, and waits for orders on a pipe. It ends with the pipe,
 * so also when we are killed, and ignores the signals that end us, which a service manager may send to it too.
 * @module
 */
import { isSettledWithin } from "./patience.ts";
import { joinWords } from "./shell.ts";

/** Signals that are sent to groups. A group is a session of its own: the kernel drops a SIGTSTP, so STOP it is. */
export type GroupSignal = "TERM" | "KILL" | "STOP" | "CONT";

/** Reads lines of a signal and a group, and answers each with a line: the status of `kill`. */
const HELPER = `trap '' HUP INT QUIT TERM; while read -r signal group; do ` +
  `kill -s "$signal" -- "-$group" 2>/dev/null; echo "$?"; done`;

/** How long the shell may take for an answer: somebody may have stopped it. */
const ANSWER_MS = 2000;

/** Sends signals to process groups. */
export class GroupSignals {
  #helper: Helper | undefined;

  /** Starts the shell that signals need, unless there is one. Where it cannot be started, signals try again. */
  prepare(): void {
    try {
      this.#helper ??= new Helper();
    } catch {
      // There is no sh, or one cannot be started.
    }
  }

  /** True if at least one process got the last of these signals. `0` only asks. */
  async send(group: number, signals: readonly (GroupSignal | "0")[]): Promise<boolean> {
    const helper = this.#helper;
    const reached = await helper?.send(group, signals);
    if (reached !== undefined) return reached;
    if (helper !== undefined && this.#helper === helper) {
      this.#helper = undefined;
      helper.kill();
    }
    const commands = signals.map((signal) => ["kill", "-s", signal, "--", `-${group}`]);
    try {
      return await isSuccess("sh", ["-c", commands.map(joinWords).join("; ")]);
    } catch {
      return await sendWithoutShell(commands);
    }
  }

  /** Ends the shell. */
  async close(): Promise<void> {
    const helper = this.#helper;
    this.#helper = undefined;
    await helper?.close();
  }
}

/** The shell that waits for orders. */
class Helper {
  readonly #process: Deno.ChildProcess;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: ReadableStreamDefaultReader<Uint8Array>;
  #last: Promise<unknown> = Promise.resolve();

  constructor() {
    const options = { stdin: "piped", stdout: "piped", stderr: "null", detached: true } as const;
    this.#process = new Deno.Command("sh", { args: ["-c", HELPER], ...options }).spawn();
    this.#orders = this.#process.stdin.getWriter();
    this.#answers = this.#process.stdout.getReader();
  }

  /** True if the last signal reached a process; `undefined` if the shell does not answer. */
  async send(group: number, signals: readonly string[]): Promise<boolean | undefined> {
    const answer = this.#last.then(() => this.#order(signals.map((signal) => `${signal} ${group}\n`)));
    this.#last = answer.catch(() => {});
    const isAnswered = await isSettledWithin(answer, ANSWER_MS).catch(() => false);
    return isAnswered ? await answer : undefined;
  }

  /** Throws if the shell has ended. */
  async #order(lines: readonly string[]): Promise<boolean> {
    await this.#orders.write(new TextEncoder().encode(lines.join("")));
    let answers = "";
    while (answers.split("\n").length <= lines.length) {
      const { done, value } = await this.#answers.read();
      if (done) throw new Error("The shell that sends signals has ended");
      answers += new TextDecoder().decode(value);
    }
    return answers.split("\n")[lines.length - 1] === "0";
  }

  async close(): Promise<void> {
    await this.#orders.close().catch(() => {});
    await this.#answers.cancel().catch(() => {});
    if (!await isSettledWithin(this.#process.status, ANSWER_MS)) this.kill();
  }

  /** Gives it up: nobody waits for its end. */
  kill(): void {
    signalLeader(this.#process, "SIGKILL");
    this.#orders.abort().catch(() => {});
    this.#answers.cancel().catch(() => {});
  }
}

async function sendWithoutShell(commands: readonly (readonly string[])[]): Promise<boolean> {
  let reached = false;
  for (const [program = "", ...args] of commands) {
    reached = await isSuccess(program, args).catch(() => false);
  }
  return reached;
}

/** True if a program ends with status 0; its output is dropped. Throws if it cannot be started. */
export async function isSuccess(program: string, args: readonly string[]): Promise<boolean> {
  const options: Deno.CommandOptions = { args: [...args], stdin: "null", stdout: "null", stderr: "null" };
  return (await new Deno.Command(program, options).spawn().status).success;
}

/** A signal for one process alone, as the last resort where neither `sh` nor `kill` can be run. */
export function signalLeader(process: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    process.kill(signal);
  } catch {
    // It has ended in the meantime.
  }
}
