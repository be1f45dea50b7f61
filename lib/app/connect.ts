/**
 * Reaches both ends of a pair and makes a world of them: runners, detection, rights, transfers.
 * Source: docs/spec/replication.md §10.3.
 * @module
 */
import { localRunner, localShells, type Processes } from "../host/process/mod.ts";
import { type LogFiles, pvPath } from "../host/output/mod.ts";
import { NO_CAPABILITIES, Probe } from "../host/probe.ts";
import {
  FirstChangeError,
  mayBeginWithChange,
  type PipelineWords,
  type ProgressReporter,
  runTransfer,
  totalBytesOfRun,
  type TransferContext,
} from "../host/transfer/mod.ts";
import { type HeldConnection, type SshHost, SshHosts } from "../host/ssh/ssh.ts";
import { type Identity, systemClock, systemRandom } from "../host/system.ts";
import type { Location } from "../model/location.ts";
import type { Capabilities } from "../model/capabilities.ts";
import type { Pipeline } from "../model/pipeline.ts";
import { isMetered } from "../plan/replication/mod.ts";
import type { BothSides, Job, Side } from "../model/job.ts";
import { checkPrivileges, type Privileges, privilegesOf } from "../plan/privileges.ts";
import type { RunLogger } from "../report/logger.ts";
import type { Connection, JobEnvironment } from "../run/job/mod.ts";
import { bothDone } from "../run/parallel.ts";
import { diagnose, unappliedProperties } from "../zfs/diagnosis.ts";
import { RealZfs } from "../zfs/real_zfs.ts";
import type { Cancel, Runner, TransferOptions, TransferReport } from "../zfs/world.ts";

/** What a connector is made of. */
export interface ConnectorParts {
  readonly job: Job;
  readonly log: RunLogger;
  readonly processes: Processes;
  /** What transfers are shown by; nothing is transferred without. */
  readonly meter?: { readonly files: LogFiles; readonly progress: ProgressReporter };
  readonly identity: Identity;
  readonly signal: AbortSignal;
}

/** Reaches hosts for the pairs of one run. */
export interface Connector {
  readonly connect: JobEnvironment["connect"];
  /** Runs commands at a host that the ssh options of a side lead to, without a look at it; empty = this host. */
  runnerOf(side: Side, userHost: string): Promise<Runner>;
  /** What was transferred, for the last line of the log; bytes are unknown without `pv` on this host. */
  statistics(startedNs: number): { readonly bytes: number | undefined; readonly elapsedNs: number };
  /** Ends the shells that wait for commands: before what else runs is ended. */
  endShells(): Promise<void>;
  /** Ends shells and all other processes of the run, and gives back what was borrowed from other runs. */
  end(): Promise<void>;
}

/** Detects this host's programs and makes a connector. */
export async function connector(parts: ConnectorParts): Promise<Connector> {
  const { job, log, processes, signal } = parts;
  const shells = localShells({ processes, log });
  const local = localRunner({ processes, log, shells });
  const ssh = sshHosts(parts);
  await ssh.prepare();
  const probe = new Probe({
    programs: job.programs,
    ttlMs: job.verbs.remoteConfigTtlMs,
    retry: { policy: job.retry, clock: systemClock, random: systemRandom, log },
    log,
  });
  const here = await probe.initiator(local, { signal }).catch(async (error) => {
    await shells.close();
    throw error;
  });
  const joinedBy = job.joinStages === "sh" && here.hasShell ? "shell" : "streams";
  // Where we join the stages ourselves, we also are the meter: pv need not be there.
  const ownMeter = joinedBy === "streams" && job.programs.pv !== "-";
  const localPrograms = ownMeter ? new Set([...here.programs, "pv"]) : here.programs;
  const meter = new TransferMeter({ ...parts, shells }, joinedBy, localPrograms.has("pv"));
  const hostOf = (side: Side, { userHost }: Location): SshHost | undefined =>
    userHost === "" ? undefined : ssh.host(side, { ...job.hosts[side], userHost });
  const endShells = async (): Promise<void> => {
    await Promise.all([shells.close(), ssh.endShells()]);
  };
  return {
    async connect(src, dst, options): Promise<Connection> {
      const ends = { src, dst };
      if (src.userHost !== "" || dst.userHost !== "") await ssh.learn();
      const hosts = { src: hostOf("src", src), dst: hostOf("dst", dst) };
      const runners: BothSides<Runner> = { src: hosts.src?.runner ?? local, dst: hosts.dst?.runner ?? local };
      const reachEnd = (side: Side): Promise<End> =>
        reach(side, ends[side], runners[side], parts, probe, joinedBy, options);
      const [source, destination] = await bothDone(reachEnd("src"), reachEnd("dst"));
      return {
        localPrograms,
        privilegePrefix: { src: source.privileges.prefix, dst: destination.privileges.prefix },
        world: {
          source: realZfs(source, runners.src, parts),
          destination: realZfs(destination, runners.dst, parts),
          clock: systemClock,
          random: systemRandom,
          transfer: (pipeline, transfer) => meter.transfer(pipeline, hosts, transfer),
        },
      };
    },
    async runnerOf(side, userHost): Promise<Runner> {
      if (userHost === "") return local;
      await ssh.learn();
      return ssh.host(side, { ...job.hosts[side], userHost }).runner;
    },
    statistics: (startedNs) => meter.statistics(startedNs),
    endShells,
    async end(): Promise<void> {
      await endShells();
      await processes.endAll();
      await ssh.close();
    },
  };
}

/** One end, detected. */
interface End {
  readonly capabilities: Capabilities;
  readonly privileges: Privileges;
}

async function reach(
  side: Side,
  location: Location,
  runner: Runner,
  { job, identity }: ConnectorParts,
  probe: Probe,
  joinedBy: TransferContext["joinedBy"],
  options: Cancel,
): Promise<End> {
  if (location.isDummy) return { capabilities: NO_CAPABILITIES, privileges: { prefix: [], delegation: false } };
  const { userHost, user, operand, pool } = location;
  const privileges = privilegesOf({
    uid: identity.uid,
    userHost,
    user,
    elevate: job.hosts.elevatePrivileges,
    sudoProgram: job.programs.sudo,
  });
  const { port, configFile } = job.hosts[side];
  const detected = await probe.capabilities({ side, userHost, port, configFile, operand, pool, runner }, options);
  checkPrivileges(privileges, detected, { side, userHost, operand, pool });
  // Where we join the stages ourselves, they need no shell.
  const isJoined = userHost === "" && joinedBy === "streams";
  const programs = isJoined ? new Set([...detected.programs, "sh"]) : detected.programs;
  return { capabilities: { ...detected, programs }, privileges };
}

function realZfs(end: End, runner: Runner, { job, log }: ConnectorParts): RealZfs {
  return new RealZfs({
    runner,
    capabilities: end.capabilities,
    privilegePrefix: end.privileges.prefix,
    log,
    maxDatasetsPerListing: job.tuning.maxDatasetsPerListing,
    maxSnapshotsPerDelete: job.tuning.maxSnapshotsPerDelete,
    parallelListings: 2,
    clock: systemClock,
  });
}

/** Words that reach the hosts of a pipeline, and the connections behind them. */
interface HeldWords extends Pick<PipelineWords, "outer" | "nested"> {
  giveBack(): void;
}

/** Holds a connection to each host that is reached from here, for the length of a transfer. */
async function holdConnections(
  pipeline: Pipeline,
  hosts: BothSides<SshHost | undefined>,
  job: Job,
  cancel: Cancel,
): Promise<HeldWords> {
  const isRelayed = pipeline.via === "local";
  const kind = job.tuning.dedicatedConnectionPerSend && isRelayed ? "dedicated" : "shared";
  const sides: readonly Side[] = pipeline.via === "local" ? ["src", "dst"] : [pipeline.via];
  const held: Partial<Record<Side, HeldConnection>> = {};
  const giveBack = (): void => Object.values(held).forEach((connection) => connection.giveBack());
  try {
    for (const side of sides) {
      const connection = await hosts[side]?.hold(kind, cancel);
      if (connection !== undefined) held[side] = connection;
    }
  } catch (error) {
    giveBack();
    throw error;
  }
  return {
    outer: { src: held.src?.words ?? [], dst: held.dst?.words ?? [] },
    nested: { src: hosts.src?.nestedWords ?? [], dst: hosts.dst?.nestedWords ?? [] },
    giveBack,
  };
}

function sshHosts({ job, processes, log, identity }: ConnectorParts): SshHosts {
  const { hosts, tuning } = job;
  return new SshHosts({
    processes,
    log,
    clock: systemClock,
    random: systemRandom,
    home: identity.home,
    hostname: identity.hostname,
    pid: identity.pid,
    sharing: {
      reuse: tuning.reuseConnections,
      exitOnShutdown: hosts.exitOnShutdown,
      persistSecs: hosts.controlPersistSecs,
      marginSecs: tuning.controlPersistMarginSecs,
      maxSessionsPerConnection: hosts.maxSessionsPerConnection,
      liveShell: tuning.liveSshSessions && job.programs.shell !== "-" ? job.programs.shell : undefined,
    },
    ssh: {
      program: job.programs.ssh,
      cipher: hosts.cipher,
      forwardsAgent: hosts.forwardsAgent,
      verbosity: job.report.verbosity,
      serverAliveIntervalSecs: tuning.serverAliveIntervalSecs,
    },
  });
}

/** What transfers are run with. */
interface MeterParts extends ConnectorParts {
  readonly shells: ReturnType<typeof localShells>;
}

/** Runs transfers and adds up what they moved. */
class TransferMeter {
  readonly #parts: MeterParts;
  readonly #joinedBy: TransferContext["joinedBy"];
  readonly #hasMeter: boolean;
  #firstNs: number | undefined;

  constructor(parts: MeterParts, joinedBy: TransferContext["joinedBy"], hasMeter: boolean) {
    this.#parts = parts;
    this.#joinedBy = joinedBy;
    this.#hasMeter = hasMeter;
  }

  async transfer(
    pipeline: Pipeline,
    hosts: BothSides<SshHost | undefined>,
    options: TransferOptions,
  ): Promise<TransferReport> {
    const { processes, log, job, meter, shells } = this.#parts;
    if (meter === undefined) throw new TypeError("Nothing may be transferred here");
    const { progress, files } = meter;
    const { quiet } = job.report;
    if (isMetered(pipeline)) this.#firstNs ??= systemClock.monotonicNs();
    const { first, ...others } = options;
    const source = hosts.src === undefined || hosts.src.hasShell ? "has a shell" : "unknown";
    const isJoined = mayBeginWithChange(pipeline, options, { joinedBy: this.#joinedBy, source });
    if (!isJoined) await first?.separately();
    const held = await holdConnections(pipeline, hosts, job, options);
    try {
      const words = { ...held, pvFile: pvPath(files, options.worker) };
      return await runTransfer(pipeline, { ...others, ...(isJoined ? { first } : {}), words }, {
        processes,
        shells,
        stallLimitMs: job.patience.stallMs,
        log,
        joinedBy: this.#joinedBy,
        quiet,
        diagnose,
        unapplied: unappliedProperties,
        ...(quiet ? {} : { onMeter: (file: string) => progress.follow(file) }),
      });
    } catch (error) {
      if (!(error instanceof FirstChangeError)) throw error;
    } finally {
      held.giveBack();
    }
    await first!.separately();
    return await this.transfer(pipeline, hosts, others);
  }

  statistics(startedNs: number): { readonly bytes: number | undefined; readonly elapsedNs: number } {
    return {
      bytes: this.#hasMeter ? this.#bytes() : undefined,
      elapsedNs: systemClock.monotonicNs() - (this.#firstNs ?? startedNs),
    };
  }

  /** What the pv files of the run tell, failed transfers included; unknown if somebody has swept them out. */
  #bytes(): number | undefined {
    const { meter } = this.#parts;
    try {
      return meter && totalBytesOfRun(pvPath(meter.files, 0));
    } catch {
      return undefined;
    }
  }
}
