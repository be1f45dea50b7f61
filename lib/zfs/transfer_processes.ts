/**
 * Sends and receives among the processes of a host: one list of all processes serves all datasets that ask within a second.
 * Source: docs/spec/replication.md §5.4.
 * @module
 */
import { isTransferProcess } from "./diagnosis.ts";
import type { BusyOptions, Clock } from "./world.ts";

/** How long an answer serves others that ask, in nanoseconds. */
const FRESH_NS = 1e9;

/** Characters of command lines that are kept of an answer; if there are more, all ask for themselves. */
const MOST_CHARACTERS = 2 ** 20;

/** Passes on the command line of each process. */
type ListProcesses = (take: (line: string) => void, signal: AbortSignal | undefined) => Promise<void>;

/** What is known about the processes of a host. */
export class TransferProcesses {
  readonly #clock: Pick<Clock, "monotonicNs">;
  readonly #list: ListProcesses;
  #seen: { readonly atNs: number; readonly processes: readonly string[] } = { atNs: -Infinity, processes: [] };

  constructor(clock: Pick<Clock, "monotonicNs">, list: ListProcesses) {
    this.#clock = clock;
    this.#list = list;
  }

  /** True if there is such a process. An answer of the last second that shows none will do, unless it has to be fresh. */
  async include(isSuch: (line: string) => boolean, { fresh = false, signal }: BusyOptions): Promise<boolean> {
    const atNs = this.#clock.monotonicNs();
    const isRecent = !fresh && atNs - this.#seen.atNs <= FRESH_NS;
    if (isRecent && !this.#seen.processes.some(isSuch)) return false;
    const processes: string[] = [];
    let [isFound, characters] = [false, 0];
    await this.#list((line) => {
      if (!isTransferProcess(line)) return;
      isFound ||= isSuch(line);
      characters += line.length;
      if (characters <= MOST_CHARACTERS) processes.push(line);
    }, signal);
    if (characters <= MOST_CHARACTERS) this.#seen = { atNs, processes };
    return isFound;
  }
}
