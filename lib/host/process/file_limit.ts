/**
 * How much may be done at once with the files that this process may have open: each program that runs takes some for
 * its pipes. Where they are not enough for what is wanted, the limit is raised as far as the system allows, and only then
 * less is done at once.
 * @module
 */
import type { Logger } from "../../model/log.ts";
import { isSuccess } from "./group_signals.ts";
import { inherited } from "./inherited.ts";

/** Files that a process has open whatever it does. */
const BASE = 32;

/** What one of several runs in this process takes of the limit. */
export interface FileShare extends Disposable {
  /**
   * How many of the wanted workers there are files for, at least one. Replaces what this share had before. The log says
   * once if it is fewer.
   *
   * @param each files that a worker has open at once, at most
   */
  workers(wanted: number, each: number): Promise<number>;
}

/** The limit of a process, and how to raise it; true if that succeeded. */
export interface OpenFileLimit {
  readonly soft: number;
  readonly hard: number;
  readonly raise: (soft: number) => Promise<boolean>;
}

/** Shares out the files that a process may have open. */
export class FileLimit {
  readonly #of: () => OpenFileLimit;
  #soft: Promise<number> | undefined;
  #taken = 0;

  constructor(of: () => OpenFileLimit) {
    this.#of = of;
  }

  /** A share, of nothing yet; given back when it is disposed of. */
  share(log: Logger): FileShare {
    let own = 0;
    let isTold = false;
    const take = (files: number): void => {
      this.#taken += files - own;
      own = files;
    };
    return {
      workers: async (wanted, each) => {
        take(wanted * each);
        const soft = await this.#raised();
        const room = Math.floor((soft - BASE - (this.#taken - own)) / each);
        const granted = Math.max(1, Math.min(wanted, room));
        take(granted * each);
        if (granted < wanted && !isTold) log.log("WARN", "", tooFewText(granted, wanted, soft));
        isTold ||= granted < wanted;
        return granted;
      },
      [Symbol.dispose]: () => take(0),
    };
  }

  /** The limit, after raising it to what all shares need, as far as it can be. */
  #raised(): Promise<number> {
    const { soft, hard, raise } = this.#of();
    // One after the other, so that none lowers what another one raised.
    return this.#soft = (this.#soft ?? Promise.resolve(soft)).then(async (now) => {
      const next = Math.min(BASE + this.#taken, hard);
      return next > now && await raise(next) ? next : now;
    });
  }
}

function tooFewText(granted: number, wanted: number, soft: number): string {
  return `Working with ${granted} instead of ${wanted} workers, since this process may have no more than ${soft} files ` +
    "open. Raise the limit (ulimit -n, LimitNOFILE= of a unit), or lower --threads.";
}

/** The limit of this process, shared out among all runs in it. */
export const fileLimit: FileLimit = new FileLimit(() => ({ ...inherited().openFiles, raise: raiseOwnLimit }));

/** Only another program can do this for us; it is part of util-linux, so not everywhere. */
function raiseOwnLimit(soft: number): Promise<boolean> {
  const args = ["-c", 'exec prlimit --pid "$1" --nofile="$2:"', "sh", String(Deno.pid), String(soft)];
  return isSuccess("sh", args).catch(() => false);
}
