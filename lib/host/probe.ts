/**
 * Finds out what a host can do: version of ZFS, programs, features of a pool (docs/spec/replication.md §3).
 *
 * Answers are kept for a while, so that a daemon need not ask again at each round, and both sides of a pair share them
 * if they are on one host. What follows from them for privileges is in `plan/privileges.ts`.
 * @module
 */
import { CommandError, MissingRootError, RefusedError, Retryable, SSH_FAILURE } from "../model/errors.ts";
import { retry, type RetryContext } from "../model/retry.ts";
import type { Capabilities } from "../model/capabilities.ts";
import type { HostAddress, ProgramPolicy } from "../model/job.ts";
import type { Logger } from "../model/log.ts";
import type { CheckedLocation } from "../plan/privileges.ts";
import { isGone } from "../zfs/diagnosis.ts";
import type { Cancel, CommandResult, Runner } from "../zfs/world.ts";
import {
  DEFAULT_CPUS,
  detectionScript,
  greetingOf,
  type HostFacts,
  isForeignShell,
  linesOf,
  readHostFacts,
  readPoolProperties,
  readZfsVersion,
  ZFS_SEARCH_SCRIPT,
} from "./detection.ts";
import { joinWords } from "./process/shell.ts";

/** What a virtual dataset's host can do. */
export const NO_CAPABILITIES: Capabilities = {
  zfsVersion: [0, 0, 0],
  programs: new Set(),
  os: "",
  cpus: DEFAULT_CPUS,
  pool: new Map(),
};

/** The place that is asked. */
export interface ProbedLocation extends CheckedLocation, HostAddress {
  readonly runner: Runner;
}

/** What all probing of a process shares. */
export interface ProbeOptions {
  readonly programs: ProgramPolicy;
  /** How long answers are believed (`--daemon-remote-conf-cache-ttl`). */
  readonly ttlMs: number;
  /** For failures of ssh; brings the clock. */
  readonly retry: Omit<RetryContext, "signal">;
  readonly log: Logger;
}

/** What this host has. */
export interface InitiatorFacts extends HostFacts {
  /** A shell can be run here; `--shell-program=-` is about other hosts. */
  readonly hasShell: boolean;
}

/** What is known about one host. */
interface Known {
  readonly atNs: number;
  readonly host: Promise<KnownHost>;
  readonly pools: Map<string, Promise<ReadonlyMap<string, string>>>;
}

interface KnownHost {
  readonly zfsVersion: readonly [number, number, number];
  readonly facts: HostFacts;
}

/** Asks hosts and remembers their answers. One for the whole process. */
export class Probe {
  readonly #options: ProbeOptions;
  readonly #known = new Map<string, Known>();
  #initiator: HostFacts | undefined;

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  /** What this host has, apart from ZFS; asked before any pair. Never throws for what is missing. */
  async initiator(runner: Runner, cancel: Cancel = {}): Promise<InitiatorFacts> {
    const programs = this.#options.programs;
    const ask = (script: string): Promise<CommandResult> =>
      retry(() => runner.run(["sh", "-c", script], cancel), { ...this.#options.retry, signal: cancel.signal });
    const result = await ask(detectionScript({ ...programs, shell: "sh" }));
    if (result.status !== 0) {
      this.#options.log.log("WARN", "", "Failed to find sh on local. Continuing with minimal assumptions...");
    }
    const facts = readHostFacts(linesOf(result.stdout), programs);
    if (result.status === 0) this.#initiator = facts;
    // What a script ends with may have its cause in the programs that it asks for.
    const hasShell = result.status === 0 || (await ask("exit")).status === 0;
    if (hasShell) return { ...facts, hasShell };
    return { ...facts, programs: new Set([...facts.programs].filter((key) => key !== "sh")), hasShell };
  }

  /**
   * What the host of a location can do with its pool. Throws `RefusedError` if it cannot work at all. Both sides may be
   * asked at once.
   */
  async capabilities(location: ProbedLocation, cancel: Cancel = {}): Promise<Capabilities> {
    const { userHost, port, configFile } = location;
    const key = JSON.stringify([userHost, port, configFile]);
    const known = this.#fresh(key) ?? this.#ask(key, location, cancel);
    try {
      const { zfsVersion, facts } = await known.host;
      const pool = await this.#poolOf(known, facts, location, cancel);
      return { zfsVersion, programs: facts.programs, os: facts.os, cpus: facts.cpus, pool };
    } catch (error) {
      if (this.#known.get(key) === known) this.#known.delete(key);
      throw error;
    }
  }

  #fresh(key: string): Known | undefined {
    const known = this.#known.get(key);
    if (known === undefined) return undefined;
    const ageNs = this.#options.retry.clock.monotonicNs() - known.atNs;
    return ageNs < this.#options.ttlMs * 1e6 ? known : undefined;
  }

  #ask(key: string, location: ProbedLocation, cancel: Cancel): Known {
    const askHost = async (): Promise<KnownHost> => {
      const zfsVersion = await this.#zfsVersion(location, cancel);
      return { zfsVersion, facts: await this.#facts(location, cancel) };
    };
    const known = { atNs: this.#options.retry.clock.monotonicNs(), host: askHost(), pools: new Map() };
    this.#known.set(key, known);
    return known;
  }

  #poolOf(
    known: Known,
    facts: HostFacts,
    location: ProbedLocation,
    cancel: Cancel,
  ): Promise<ReadonlyMap<string, string>> {
    const asked = known.pools.get(location.pool) ?? this.#pool(location, facts, cancel);
    known.pools.set(location.pool, asked);
    return asked;
  }

  async #zfsVersion(location: ProbedLocation, cancel: Cancel): Promise<readonly [number, number, number]> {
    const result = await this.#run(location, ["zfs", "--version"], cancel);
    const { status, stdout, stderr } = result;
    const greeting = location.userHost === "" ? undefined : greetingOf(stdout);
    if (greeting !== undefined) refuseGreeting(location, greeting);
    if (status === 0) return readZfsVersion(stdout);
    if (stderr.includes("unrecognized command '--version'") && stderr.includes("run: zfs help")) {
      throw new RefusedError(`Unsupported ZFS platform: ${stderr.trim()}`);
    }
    // FreeBSD without the kernel module loaded.
    if (stdout.startsWith("zfs")) return readZfsVersion(stdout);
    if (location.userHost !== "" && status === SSH_FAILURE) {
      throw new RefusedError(`ssh exit code ${status}: ${linesOf(stderr).at(-1) ?? ""}`, { hint: sshHint(location) });
    }
    const text = `zfs CLI is not available on ${location.side} host: ${location.userHost || "localhost"}`;
    throw new RefusedError(text, { hint: await this.#whereIsZfs(location, cancel) });
  }

  /** Looks into the usual folders, because the PATH of a session without terminal often lacks those of the system. */
  async #whereIsZfs(location: ProbedLocation, cancel: Cancel): Promise<string> {
    const found = await location.runner.run(["sh", "-c", ZFS_SEARCH_SCRIPT], cancel)
      .then((result) => linesOf(result.stdout)[0], () => undefined);
    if (found === undefined || !found.startsWith("/")) return "Install OpenZFS there.";
    const folder = found.slice(0, found.lastIndexOf("/"));
    return `It is at ${found}, but '${folder}' is not on the PATH of commands there; ` +
      "set PATH in ~/.bashrc, in /etc/environment, or by SetEnv in sshd_config.";
  }

  async #facts(location: ProbedLocation, cancel: Cancel): Promise<HostFacts> {
    const { programs, log } = this.#options;
    const minimal = readHostFacts(["sudo"], programs);
    if (programs.shell === "-") return minimal;
    if (location.userHost === "" && this.#initiator !== undefined) return this.#initiator;
    const result = await this.#run(location, ["sh", "-c", detectionScript(programs)], cancel);
    if (result.status !== 0) {
      log.log("WARN", "", `Failed to find sh on ${location.side}. Continuing with minimal assumptions...`);
      return minimal;
    }
    const facts = readHostFacts(linesOf(result.stdout), programs);
    if (location.userHost !== "" && isForeignShell(facts.loginShell)) refuseShell(location, facts.loginShell);
    return facts;
  }

  async #pool(location: ProbedLocation, facts: HostFacts, cancel: Cancel): Promise<ReadonlyMap<string, string>> {
    const { programs, log } = this.#options;
    const { side, pool } = location;
    const usable = programs.zpool !== "-" && (programs.shell === "-" || facts.programs.has("zpool"));
    if (usable) {
      const argv = [programs.zpool, "get", "-Hp", "-o", "property,value", "all", pool];
      const result = await this.#run(location, argv, cancel);
      const properties = result.status === 0 ? readPoolProperties(result.stdout) : new Map<string, string>();
      if (properties.size > 0) return properties;
      const text = `Failed to detect zpool features on ${side}: ${pool}. Continuing with minimal assumptions ...`;
      log.log("WARN", "", text);
    }
    await this.#expectPool(location, cancel);
    return new Map();
  }

  async #expectPool(location: ProbedLocation, cancel: Cancel): Promise<void> {
    const argv = ["zfs", "list", "-t", "filesystem", "-Hp", "-o", "name", "-s", "name", location.pool];
    const result = await this.#run(location, argv, cancel);
    if (result.status === 0) return;
    if (!isGone(result.stderr)) {
      this.#options.log.log("WARN", "", result.stderr.trim());
      throw failed(location, argv, result);
    }
    const { pool, userHost, side, operand } = location;
    throw new MissingRootError(
      `Pool ${pool} is not imported on ${userHost || "localhost"} (zpool import), or does not exist; ` +
        `it is that of the ${side} dataset: ${operand}`,
      side,
    );
  }

  /** Runs a command; failures of ssh are retried, and in the end refused. */
  #run(location: ProbedLocation, argv: readonly string[], cancel: Cancel): Promise<CommandResult> {
    const attempt = async (): Promise<CommandResult> => {
      const result = await location.runner.run(argv, { ...cancel, level: "TRACE" }).catch(sshResultOf);
      if (result.status === 0 || !result.stderr.startsWith("ssh: ")) return result;
      const text = `ssh exit code ${result.status}: ${result.stderr.trim()}`;
      const cause = failed(location, argv, result);
      throw new Retryable(new RefusedError(text, { cause, hint: sshHint(location) }), { display: "ssh" });
    };
    return retry(attempt, { ...this.#options.retry, signal: cancel.signal });
  }
}

function sshHint({ userHost }: ProbedLocation): string {
  return `Check that 'ssh ${userHost} true' works without a password`;
}

/** A runner for a remote host throws what ssh itself says; here it counts as the command's own end. */
function sshResultOf(error: unknown): CommandResult {
  if (error instanceof Retryable && error.display === "ssh" && error.cause instanceof CommandError) {
    return { ...error.cause.failure, stdout: "" };
  }
  throw error;
}

function failed(location: ProbedLocation, argv: readonly string[], result: CommandResult): CommandError {
  const { status, stderr } = result;
  const fault = stderr.startsWith("ssh: ") ? "connection" : "unknown";
  return new CommandError({ command: joinWords(argv), host: location.runner.host, status, stderr, fault });
}

/** What is printed in front of each answer would be taken for a part of it. */
function refuseGreeting({ side, userHost }: ProbedLocation, greeting: string): never {
  throw new RefusedError(`${side} host ${userHost}: the login shell prints text before any command: '${greeting}'`, {
    hint: "Let ~/.bashrc, ~/.profile and what they read print nothing unless a terminal is there: test -t 1 && echo …",
  });
}

function refuseShell(location: ProbedLocation, loginShell: string): never {
  const text = "Cowardly refusing to proceed because bzfs requires POSIX shell quoting, but the login shell on " +
    `${location.side} host ${location.userHost} is ${loginShell}`;
  throw new RefusedError(text, {
    hint: "Give that user a POSIX login shell with 'chsh -s /bin/sh', or use another user.",
  });
}
