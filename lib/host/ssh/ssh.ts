/**
 * Remote hosts: commands through ssh, over connections that are kept open (docs/spec/replication.md §15).
 *
 * One {@linkcode SshHosts} for the whole process; one {@linkcode SshHost} for each side and target, whose runner takes
 * a shared connection for each command, and which hands out a connection for the length of a transfer.
 * @module
 */
import { AppError, CommandError, messageOf, RefusedError, Retryable, StartError } from "../../model/errors.ts";
import type { HostAddress, Side } from "../../model/job.ts";
import type { Logger } from "../../model/log.ts";
import type { Cancel, CommandResult, Random, Runner, RunOptions } from "../../zfs/world.ts";
import { sha256 } from "../node.ts";
import { base64url } from "../../model/text/mod.ts";
import { absolutePath } from "../process/environment.ts";
import { makeFolder, privateFolder } from "../files/files.ts";
import { LiveShells, type Perform, type ShellPlace } from "../shells/live_shells.ts";
import { logCommand, retryUnlessAborted, togetherBytes } from "../process/local_runner.ts";
import type { Processes, ProcessOptions, ProcessResult } from "../process/process.ts";
import { joinWords, quoteWord } from "../process/shell.ts";
import { LeasedSockets, type LeaseOptions, privateSockets, type SocketSource, sweepPrivateSockets } from "./sockets.ts";
export { deadSockets, removeDeadSocket } from "./dead_sockets.ts";
import { ConnectionPool, MasterConnection, type MasterSettings } from "./connections.ts";
import { NEWER_GUARDS, sshMissing, type SshSettings, sshWords } from "./words.ts";

/** How connections are kept and shared. */
export interface SharingSettings extends Pick<MasterSettings, "persistSecs" | "marginSecs" | "checkPatienceMs"> {
  /** False: each command makes a connection of its own (`bzfs_reuse_ssh_connection`). */
  readonly reuse: boolean;
  readonly exitOnShutdown: boolean;
  readonly maxSessionsPerConnection: number;
  /** The program that runs commands one after the other there; `undefined` = each command has a session of its own. */
  readonly liveShell: string | undefined;
}

/** How remote hosts are reached. */
export interface SshHostsOptions {
  readonly processes: Processes;
  readonly log: Logger;
  readonly clock: { monotonicNs(): number };
  readonly random: Random;
  /** From the password file. */
  readonly home: string;
  readonly hostname: string;
  readonly pid: number;
  readonly sharing: SharingSettings;
  readonly ssh: Omit<SshSettings, "guards">;
}

/** Masters younger than this may still be there although nobody used them. */
const MIN_SOCKET_AGE_SECS = 5400;

/**
 * Bytes for a command and its arguments elsewhere. The shell there gets all of it as one word, which on Linux may not
 * be longer than 128 KiB; half of that leaves room for the quotes of names with blanks.
 */
const REMOTE_COMMAND_BYTES = 65_535;

/** Live shells of one host at once: half of the sessions that a connection carries by default. */
const MOST_SHELLS = 4;

/** All remote hosts of a process. */
export class SshHosts {
  readonly #options: SshHostsOptions;
  #ssh: SshSettings;
  readonly #hosts = new Map<string, SshHost>();
  #learning: Promise<void> | undefined;
  /** Why there is no place for sockets. */
  #homeless: unknown;

  constructor(options: SshHostsOptions) {
    this.#options = options;
    this.#ssh = options.ssh;
  }

  /**
   * Makes the folders for sockets, also if no host is remote, and removes what dead processes left there. Throws
   * `RefusedError` if others may enter them. Without a home, as for many a user of a service, there are no sockets.
   */
  async prepare(): Promise<void> {
    try {
      makeFolder(`${this.#options.home}/.ssh`);
      privateFolder(this.#folder);
      if (this.#options.sharing.exitOnShutdown) privateFolder(`${this.#folder}/x`);
    } catch (error) {
      if (error instanceof AppError) throw error;
      this.#homeless = error;
      return;
    }
    if (this.#options.sharing.exitOnShutdown) await sweepPrivateSockets(`${this.#folder}/x`, this.#leaseOptions);
  }

  /** Finds out, once, which options ssh knows. To be called before {@linkcode host}; without it ssh gets none of them. */
  async learn(): Promise<void> {
    await (this.#learning ??= this.#learnNow());
  }

  /** `-G` prints what ssh would do; without a configuration file only our own words can be wrong. */
  async #learnNow(): Promise<void> {
    const { processes, ssh: { program } } = this.#options;
    if (program === "-") return;
    for (const guards of [NEWER_GUARDS, NEWER_GUARDS.slice(0, 1)]) {
      const { status } = await processes.run([program, "-F", "none", ...guards, "-G", "localhost"]);
      if (status !== 0) continue;
      this.#ssh = { ...this.#ssh, guards };
      return;
    }
  }

  /**
   * The host of a side; one and the same for the same words and an unchanged configuration of ssh. Throws
   * `RefusedError` if ssh is disabled.
   */
  host(side: Side, target: HostAddress): SshHost {
    const key = JSON.stringify([side, sshWords(target, this.#ssh), configurationOf(target, this.#options.home)]);
    let host = this.#hosts.get(key);
    if (host === undefined) {
      const pools = { shared: this.#pool(key, "shared", target), dedicated: this.#pool(key, "dedicated", target) };
      host = new SshHost(target, pools, { ...this.#options, ssh: this.#ssh });
      this.#hosts.set(key, host);
    }
    return host;
  }

  /** Ends the shells that wait for commands. Commands that come later have sessions of their own. */
  async endShells(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.endShells()));
  }

  /** Gives all sockets back; masters live on unless they shall exit with us. The last act before the end. */
  async close(): Promise<void> {
    await this.endShells();
    const masters = this.#options.sharing.exitOnShutdown ? "exit" : "keep";
    await Promise.all([...this.#hosts.values()].map((host) => host.close(masters)));
    this.#hosts.clear();
  }

  get #folder(): string {
    return `${this.#options.home}/.ssh/bzfs`;
  }

  get #leaseOptions(): LeaseOptions {
    const { pid, hostname, random, processes } = this.#options;
    return { pid, hostname, random, living: (pids) => processes.living(pids) };
  }

  #pool(key: string, kind: "shared" | "dedicated", target: HostAddress): ConnectionPool | undefined {
    if (!this.#options.sharing.reuse) return undefined;
    if (this.#homeless !== undefined) {
      const text = `Cannot make the folder '${this.#folder}' for ssh connections: ${messageOf(this.#homeless)}`;
      throw new RefusedError(text, {
        cause: this.#homeless,
        hint:
          "Give this user a home folder to write to, or set the environment variable bzfs_reuse_ssh_connection=false.",
      });
    }
    const { processes, log, clock, sharing, ssh } = this.#options;
    const settings: MasterSettings = { processes, log, clock, ...sharing, verbose: ssh.verbosity >= 3 };
    return new ConnectionPool(
      kind === "shared" ? sharing.maxSessionsPerConnection : 1,
      this.#sockets(`${key}#${kind}`, target),
      (lease) => new MasterConnection(lease, sshWords(target, this.#ssh, lease.socket), settings),
    );
  }

  #sockets(namespace: string, target: HostAddress): SocketSource {
    if (this.#options.sharing.exitOnShutdown) {
      return privateSockets(`${this.#folder}/x`, target.userHost, this.#leaseOptions);
    }
    const maxAgeSecs = Math.max(MIN_SOCKET_AGE_SECS, 2 * this.#options.sharing.persistSecs + 2);
    const folder = `${this.#folder}/${base64url(sha256(namespace))}`;
    return new LeasedSockets(folder, maxAgeSecs * 1000, this.#leaseOptions);
  }
}

/** A way to a host that is held for a while. */
export interface HeldConnection {
  /** Words that run what follows them there, each to be quoted; the last one names the host. */
  readonly words: readonly string[];
  /** Lets others use it; further calls do nothing. */
  giveBack(): void;
}

/** The options, and the words for ssh as far as they were learned. */
interface HostOptions extends SshHostsOptions {
  readonly ssh: SshSettings;
}

/** Connections for single commands, and those for transfers; none if each of them makes one of its own. */
type Pools = Readonly<Record<"shared" | "dedicated", ConnectionPool | undefined>>;

/** A remote host, as one side sees it. */
export class SshHost {
  readonly #pools: Pools;
  readonly #options: HostOptions;
  readonly #target: HostAddress;
  readonly #shells: LiveShells | undefined;
  /** Runs commands there. */
  readonly runner: Runner;

  constructor(target: HostAddress, pools: Pools, options: HostOptions) {
    this.#target = target;
    this.#pools = pools;
    this.#options = options;
    const { processes, log, sharing: { reuse, liveShell } } = options;
    const host = target.userHost;
    if (reuse && liveShell !== undefined) {
      const open = (cancel: Cancel): Promise<ShellPlace> => this.#openShell(liveShell, cancel);
      this.#shells = new LiveShells({ processes, log, host, most: MOST_SHELLS, open });
    }
    this.runner = {
      host,
      maxCommandLineBytes: REMOTE_COMMAND_BYTES,
      describe: (argv) => joinWords(remoteCommand(pools.shared?.next?.words ?? this.directWords, argv)),
      run: (argv, runOptions) => this.#run(argv, runOptions ?? {}),
      runTogether: async (argvs, cancel = {}) =>
        await this.#shells?.runTogether(argvs, cancel, ({ words, start }) => {
          for (const argv of argvs.slice(1)) logCommand(log, {}, joinWords(remoteCommand(words!, argv)));
          return this.#runBy(words!, argvs[0]!, { ...cancel, answerBytes: togetherBytes(argvs), start });
        }),
    };
  }

  /** A shell there has answered as it should, and does so still as far as known. */
  get hasShell(): boolean {
    return this.#shells?.haveAnswered ?? false;
  }

  /** Words for a connection without a master. */
  get directWords(): readonly string[] {
    return sshWords(this.#target, this.#options.ssh);
  }

  /** Words for an ssh that is run on yet another host, of whatever age, and lends nothing to this one. */
  get nestedWords(): readonly string[] {
    return sshWords(this.#target, { ...this.#options.ssh, forwardsAgent: false, guards: [] });
  }

  /**
   * Holds a connection, its master running, until it is given back. `dedicated` ones carry nothing else at the same
   * time. Throws `Retryable` if the host cannot be reached.
   */
  async hold(kind: "shared" | "dedicated", cancel: Cancel = {}): Promise<HeldConnection> {
    cancel.signal?.throwIfAborted();
    if (kind === "shared") await this.#shells?.yieldSessions();
    return await this.#hold(kind, cancel);
  }

  async #hold(kind: "shared" | "dedicated", cancel: Cancel): Promise<HeldConnection> {
    const checkout = await this.#pools[kind]?.checkout();
    if (checkout === undefined) return { words: this.directWords, giveBack: () => {} };
    try {
      await checkout.connection.refresh(cancel);
    } catch (error) {
      checkout.giveBack();
      throw error;
    }
    return { words: checkout.connection.words, giveBack: () => checkout.giveBack() };
  }

  /** Ends the shells that wait for commands. */
  async endShells(): Promise<void> {
    await this.#shells?.close();
  }

  /** Gives the sockets back. */
  async close(masters: "keep" | "exit"): Promise<void> {
    await Promise.all([this.#pools.shared?.close(masters), this.#pools.dedicated?.close(masters)]);
  }

  async #run(argv: readonly string[], options: RunOptions): Promise<CommandResult> {
    const perform: Perform = async ({ words, ...way }) => {
      if (words !== undefined) return await this.#runBy(words, argv, { ...options, ...way });
      const held = await this.#hold("shared", options);
      return await this.#runBy(held.words, argv, options).finally(() => held.giveBack());
    };
    return await (this.#shells === undefined ? perform({}) : this.#shells.run(argv, options, perform));
  }

  async #runBy(
    words: readonly string[],
    argv: readonly string[],
    options: RunOptions & Pick<ProcessOptions, "start">,
  ): Promise<ProcessResult> {
    const { processes, log } = this.#options;
    const command = remoteCommand(words, argv);
    logCommand(log, options, joinWords(command));
    const subject = { host: this.#target.userHost, command: joinWords(argv) };
    const result = await processes.run(command, { ...options, subject }).catch((error) => {
      if (!(error instanceof StartError)) this.#sayLeftBehind(argv, options);
      return retryUnlessAborted(error, options);
    });
    if (!result.started && result.stderr.includes("command not found")) throw sshMissing();
    if (result.status !== 0 && result.stderr.startsWith("ssh: ")) throw this.#unreachable(argv, result);
    return result;
  }

  /** A shell has a session of the shared connection, or none: where that is refused, ssh must not make another one. */
  async #openShell(program: string, cancel: Cancel): Promise<ShellPlace> {
    const { words, giveBack } = await this.#hold("shared", cancel);
    const argv = [...words.slice(0, -1), "-oProxyCommand=false", this.#target.userHost, "exec", quoteWord(program)];
    return { argv, words, giveBack };
  }

  /**
   * An interrupt ends the ssh here; the command there ends when it next writes, or when it is done. Queries do no harm.
   */
  #sayLeftBehind(argv: readonly string[], options: RunOptions): void {
    const isQuery = (options.level ?? "TRACE") === "TRACE";
    const text = `Interrupted. This may still be running on ${this.#target.userHost}: ${joinWords(argv)}`;
    this.#options.log.log(isQuery ? "DEBUG" : "WARN", "", text);
  }

  #unreachable(argv: readonly string[], result: CommandResult): Retryable {
    const { status, stderr } = result;
    this.#options.log.log("WARN", "", stderr.trimEnd());
    const at = { command: joinWords(argv), host: this.#target.userHost };
    return new Retryable(new CommandError({ ...at, status, stderr, fault: "connection" }), { display: "ssh" });
  }
}

/**
 * What distinguishes the file in which ssh looks up names from another one, and from what it was before: a name may
 * mean another host there, and masters to the one that it meant before live on as long as somebody uses them.
 */
function configurationOf({ configFile }: HostAddress, home: string): readonly unknown[] {
  if (configFile === "none") return [];
  const path = configFile === undefined ? `${home}/.ssh/config` : absolutePath(configFile);
  try {
    const { dev, ino, size, mtime } = Deno.statSync(path);
    return [path, dev, ino, size, mtime?.getTime()];
  } catch {
    return [path];
  }
}

/** The words to run here for a command there: ssh joins them with blanks, and the shell there takes them apart. */
function remoteCommand(words: readonly string[], argv: readonly string[]): readonly string[] {
  return [...words, ...argv.map(quoteWord)];
}
