/**
 * Masters: ssh processes that keep one connection open for many commands (docs/spec/replication.md §15.2, §15.3).
 *
 * A connection is one control socket and the master behind it, which is checked before each use and started if it is
 * not there. A pool shares connections out: each may carry so many commands at once.
 * @module
 */
import { CommandError, endOfStderr, MissingToolError, Retryable } from "../../model/errors.ts";
import type { Logger } from "../../model/log.ts";
import type { Cancel } from "../../zfs/world.ts";
import { logCommand, retryUnlessAborted } from "../process/local_runner.ts";
import { lookAt, removeFile } from "../files/files.ts";
import type { Processes } from "../process/process.ts";
import { joinWords } from "../process/shell.ts";
import { type SocketLease, type SocketSource, touchSocket } from "./sockets.ts";
import { sshMissing } from "./words.ts";

/** What masters of all hosts share. */
export interface MasterSettings {
  readonly processes: Processes;
  readonly log: Logger;
  readonly clock: { monotonicNs(): number };
  /** How long a master waits for further work (`--ssh-control-persist-secs`). */
  readonly persistSecs: number;
  /** A master that was used so shortly before its end counts as gone. */
  readonly marginSecs: number;
  /** ssh runs with `-v`: its master does not leave the foreground, and must end soon. */
  readonly verbose: boolean;
  /** How long a master may take to say that it is there. */
  readonly checkPatienceMs?: number;
}

/** How long a master may hold our end of its stderr after it went to the background. */
const LINGER_MS = 500;

/** Default of {@linkcode MasterSettings.checkPatienceMs}. */
const CHECK_PATIENCE_MS = 5000;

/** How long a master may take to say goodbye. */
const EXIT_PATIENCE_MS = 100;

/** A connection to the host could not be made. */
class ConnectionError extends CommandError {
  override readonly name = "ConnectionError";

  constructor(command: string, host: string, result: { readonly status: number; readonly stderr: string }) {
    const { status, stderr } = result;
    const brief = endOfStderr(stderr, 1).replace(/^: /, "") || undefined;
    super({ command, host, status, stderr, fault: "connection" }, { brief });
    this.message = `Cannot ssh into remote host via '${command}'. Fix ssh configuration first, ` +
      "considering the diagnostic output of ssh with options -v -v -v.";
  }
}

/** One control socket and the master behind it. */
export class MasterConnection {
  readonly #lease: SocketLease;
  readonly #settings: MasterSettings;
  /** Words that run a command through this connection; the last one names the host. */
  readonly words: readonly string[];
  #refreshedNs = -Infinity;
  #refreshing: Promise<void> | undefined;

  constructor(lease: SocketLease, words: readonly string[], settings: MasterSettings) {
    this.#lease = lease;
    this.words = words;
    this.#settings = settings;
  }

  /** Makes sure that a master runs. Throws `Retryable` if it cannot be started, `MissingToolError` without ssh. */
  async refresh(cancel: Cancel): Promise<void> {
    // Who comes while a master is being started shares its success or failure: one wait for a dead host, not one each.
    const own = this.#refreshing === undefined;
    const turn = this.#refreshing ??= this.#refreshNow(cancel).finally(() => this.#refreshing = undefined);
    try {
      await turn;
    } catch (error) {
      // Another one's interrupt is no answer to us.
      if (own || cancel.signal?.aborted || error instanceof Retryable || error instanceof MissingToolError) throw error;
      await this.refresh(cancel);
    }
  }

  async #refreshNow(cancel: Cancel): Promise<void> {
    const { clock, persistSecs, marginSecs } = this.#settings;
    const ageNs = clock.monotonicNs() - this.#refreshedNs;
    if (ageNs < (persistSecs - marginSecs) * 1e9 && await this.#answers()) return;
    if (!await this.#isThere(cancel)) await this.#start(cancel);
    this.#refreshedNs = clock.monotonicNs();
    touchSocket(this.#lease.socket);
  }

  /** A master that is stopped accepts the question and never answers it. */
  async #isThere(cancel: Cancel): Promise<boolean> {
    if (lookAt(this.#lease.socket) === undefined) return false;
    const limit = AbortSignal.timeout(this.#settings.checkPatienceMs ?? CHECK_PATIENCE_MS);
    const signal = cancel.signal === undefined ? limit : AbortSignal.any([cancel.signal, limit]);
    try {
      return (await this.#run(["-O", "check"], [], { signal })).status === 0;
    } catch {
      cancel.signal?.throwIfAborted();
      return false;
    }
  }

  async #start(cancel: Cancel): Promise<void> {
    if (lookAt(this.#lease.socket)?.isSocket) removeFile(this.#lease.socket);
    const { log, persistSecs, verbose } = this.#settings;
    const options = ["-M", `-oControlPersist=${verbose ? 1 : persistSecs}s`];
    const result = await this.#run(options, ["exit"], cancel);
    if (result.status === 0) return;
    if (!result.started) throw sshMissing();
    log.log("ERROR", "", result.stderr.trimEnd());
    const error = new ConnectionError(joinWords(this.#command(options, ["exit"])), this.#host, result);
    throw new Retryable(error, { display: "ssh connect" });
  }

  /** Ends the master. */
  async exit(): Promise<void> {
    const signal = AbortSignal.timeout(EXIT_PATIENCE_MS);
    await this.#run(["-O", "exit"], [], { signal }).catch(() => {});
  }

  /** Gives the socket back. */
  release(): void {
    this.#lease.release();
  }

  get #host(): string {
    return this.words.at(-1) ?? "";
  }

  #command(options: readonly string[], command: readonly string[]): readonly string[] {
    return [...this.words.slice(0, -1), ...options, this.#host, ...command];
  }

  #run(
    options: readonly string[],
    command: readonly string[],
    cancel: Cancel,
  ): ReturnType<Processes["run"]> {
    const argv = this.#command(options, command);
    logCommand(this.#settings.log, { level: "TRACE" }, joinWords(argv));
    const subject = { host: this.#host, command: joinWords(argv) };
    return this.#settings.processes.run(argv, { ...cancel, lingerMs: LINGER_MS, subject })
      .catch((error) => retryUnlessAborted(error, cancel));
  }

  async #answers(): Promise<boolean> {
    try {
      (await Deno.connect({ transport: "unix", path: this.#lease.socket })).close();
      return true;
    } catch {
      return false;
    }
  }
}

/** A connection that was handed out. */
export interface Checkout {
  readonly connection: MasterConnection;
  /** Gives the connection back to the pool; further calls do nothing. */
  giveBack(): void;
}

interface Member {
  readonly connection: MasterConnection;
  users: number;
  /** When it was given back last, as a count. */
  returned: number;
}

/** Connections to one host, each for up to `capacity` commands at once. */
export class ConnectionPool {
  readonly #capacity: number;
  readonly #sockets: SocketSource;
  readonly #connect: (lease: SocketLease) => MasterConnection;
  readonly #members: Member[] = [];
  #returns = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(capacity: number, sockets: SocketSource, connect: (lease: SocketLease) => MasterConnection) {
    this.#capacity = capacity;
    this.#sockets = sockets;
    this.#connect = connect;
  }

  /** The connection that the next command would take; `undefined` if it would be a new one. */
  get next(): MasterConnection | undefined {
    return this.#best()?.connection;
  }

  /** Hands out the connection with most free places, of several the one that was given back last. */
  async checkout(): Promise<Checkout> {
    const turn = this.#turn.then(async () => this.#handOut(this.#best() ?? await this.#add()));
    this.#turn = turn.catch(() => {});
    return await turn;
  }

  #best(): Member | undefined {
    const free = this.#members.filter((member) => member.users < this.#capacity);
    free.sort((a, b) => a.users - b.users || b.returned - a.returned);
    return free[0];
  }

  async #add(): Promise<Member> {
    const member = { connection: this.#connect(await this.#sockets.acquire()), users: 0, returned: 0 };
    this.#members.push(member);
    return member;
  }

  #handOut(member: Member): Checkout {
    let held = true;
    member.users++;
    return {
      connection: member.connection,
      giveBack: () => {
        if (!held) return;
        held = false;
        member.users--;
        member.returned = ++this.#returns;
      },
    };
  }

  /** Gives all sockets back, and ends the masters before if asked. */
  async close(masters: "keep" | "exit"): Promise<void> {
    const connections = this.#members.splice(0).map((member) => member.connection);
    if (masters === "exit") await Promise.all(connections.map((connection) => connection.exit()));
    connections.forEach((connection) => connection.release());
  }
}
