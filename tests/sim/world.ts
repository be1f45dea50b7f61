/**
 * A `World` over simulated hosts: the product's own `RealZfs` speaks to simulated runners, and transfers take the words
 * of
 * `zfs send` and `zfs receive` out of a pipeline.
 *
 * The simulator must lie only in writing: what it models, and what it leaves out, is listed in `README.md` of this
 * folder; whether it models it as OpenZFS does is the business of `conformance.ts`.
 * @module
 */
import { CommandError, Retryable, TimeoutError } from "../../lib/model/errors.ts";
import { TransferError } from "../../lib/model/transfer_error.ts";
import type { Capabilities } from "../../lib/model/capabilities.ts";
import type { Pipeline } from "../../lib/model/pipeline.ts";
import { receiveStage, sendStage } from "../support/pipeline.ts";
import { type Level, LEVEL_ORDER, type Logger, type LogRecord } from "../../lib/model/log.ts";
import { diagnose, unappliedProperties } from "../../lib/zfs/diagnosis.ts";
import { RealZfs } from "../../lib/zfs/real_zfs.ts";
import type { TransferOptions, TransferReport, World } from "../../lib/zfs/world.ts";
import { Dice } from "../support/for_all.ts";
import { SimClock } from "./clock.ts";
import { execute } from "./commands/dispatch.ts";
import { failure, FaultScript, FaultyRunner } from "./faults.ts";
import { SimHost, type SimVersion } from "./host.ts";
import type { Pool } from "./pool.ts";
import { SimRunner } from "./runner.ts";
import { type ShellFaults, ShellRunner } from "./shells.ts";
import { cutStream, EMPTY_STREAM, streamBytes } from "./stream.ts";

/** What a simulated world is like; everything has a default. */
export interface WorldOptions {
  readonly seed?: number;
  /** `one`: both pools on this host. `two`: `src-host` and `dst-host`. */
  readonly hosts?: "one" | "two";
  readonly version?: SimVersion;
  readonly destinationVersion?: SimVersion;
  readonly sourcePool?: string;
  readonly destinationPool?: string;
  readonly faults?: FaultScript;
  readonly privilegePrefix?: readonly string[];
  readonly maxDatasetsPerListing?: number;
  readonly maxSnapshotsPerDelete?: number;
  readonly maxCommandLineBytes?: number;
  readonly programs?: readonly string[];
  /** Its time; a {@linkcode SimClock} of its own unless given. */
  readonly clock?: SimClock;
  /** Commands run in live shells that answer so, instead of by themselves. */
  readonly shells?: ShellFaults | undefined;
  /** Commands and records are not kept: for runs that are so long that they would fill the memory. */
  readonly isForgetful?: boolean;
}

/** A world and what a test may do to it behind the product's back. */
export interface SimulatedWorld {
  readonly world: World;
  readonly source: Pool;
  readonly destination: Pool;
  readonly sourceHost: SimHost;
  /** The same object as `sourceHost` with `hosts: "one"`. */
  readonly destinationHost: SimHost;
  readonly clock: SimClock;
  readonly faults: FaultScript;
  readonly log: RecordingLogger;
  /** Commands of both hosts and transfers, in the order in which they were given. */
  readonly history: () => readonly string[];
  /** State of all pools as one comparable text. */
  fingerprint(): string;
  /** Another world over the same hosts, as the next run of the program sees them. */
  again(faults?: FaultScript, shells?: ShellFaults): SimulatedWorld;
  /** An equal world over hosts of its own. */
  twin(faults?: FaultScript): SimulatedWorld;
}

/** Keeps records for tests to read. */
export class RecordingLogger implements Logger {
  readonly records: LogRecord[] = [];
  readonly #threshold: Level;

  constructor(threshold: Level = "TRACE") {
    this.#threshold = threshold;
  }

  log(level: Level, label: string, text: string): void {
    if (this.isEnabled(level)) this.records.push({ level, label, text });
  }

  isEnabled(level: Level): boolean {
    return LEVEL_ORDER[level] >= LEVEL_ORDER[this.#threshold];
  }

  /** Texts of a level, labels included. */
  texts(level: Level): string[] {
    return this.records.filter((record) => record.level === level).map((record) => `${record.label}${record.text}`);
  }
}

/** Makes hosts with empty pools, and a world over them. */
export function simulatedWorld(options: WorldOptions = {}): SimulatedWorld {
  const clock = options.clock ?? new SimClock();
  const seed = options.seed ?? 1;
  const common = { clock, ...(options.programs ? { programs: options.programs } : {}) };
  const version = options.version ?? "2.3";
  const two = options.hosts === "two";
  const sourceHost = SimHost.create({ ...common, name: two ? "src-host" : "localhost", seed, version });
  const destinationHost = two
    ? SimHost.create({
      ...common,
      name: "dst-host",
      seed: seed ^ 0x5bd1e995,
      version: options.destinationVersion ?? version,
    })
    : sourceHost;
  sourceHost.addPool(options.sourcePool ?? "tank");
  destinationHost.addPool(options.destinationPool ?? "back");
  return worldOver(sourceHost, destinationHost, options);
}

function worldOver(sourceHost: SimHost, destinationHost: SimHost, options: WorldOptions): SimulatedWorld {
  const faults = options.faults ?? new FaultScript();
  const log = new RecordingLogger(options.isForgetful ? "ERROR" : "TRACE");
  const clock = sourceHost.clock;
  const sourcePool = sourceHost.poolOf(options.sourcePool ?? "tank")!;
  const destinationPool = destinationHost.poolOf(options.destinationPool ?? "back")!;
  const zfsOf = (host: SimHost, pool: Pool): RealZfs => {
    const { maxCommandLineBytes, shells, isForgetful = false } = options;
    const alone = new SimRunner(host, {
      isForgetful,
      ...(maxCommandLineBytes === undefined ? {} : { maxCommandLineBytes }),
    });
    return new RealZfs({
      runner: new FaultyRunner(shells ? new ShellRunner(alone, host, shells) : alone, faults, clock),
      capabilities: capabilitiesOf(host, pool),
      privilegePrefix: options.privilegePrefix ?? [],
      log,
      maxDatasetsPerListing: options.maxDatasetsPerListing ?? 1024,
      maxSnapshotsPerDelete: options.maxSnapshotsPerDelete ?? 2 ** 29,
      parallelListings: 4,
      clock,
    });
  };
  const dice = new Dice(sourceHost.state.random);
  const world: World = {
    source: zfsOf(sourceHost, sourcePool),
    destination: zfsOf(destinationHost, destinationPool),
    clock,
    random: { integer: (low, high) => dice.integer(low, high) },
    transfer: (pipeline, transferOptions) =>
      transfer(pipeline, transferOptions, { sourceHost, destinationHost, faults, log }),
  };
  const hosts = new Set([sourceHost, destinationHost]);
  return {
    world,
    source: sourcePool,
    destination: destinationPool,
    sourceHost,
    destinationHost,
    clock,
    faults,
    log,
    history: () => faults.passed.map((boundary) => boundary.text),
    fingerprint: () => [...hosts].map((host) => host.fingerprint()).join("\n"),
    again: (next = new FaultScript(), shells = options.shells) =>
      worldOver(sourceHost, destinationHost, { ...options, faults: next, shells }),
    twin: (next = new FaultScript()) => {
      const own = new SimClock(clock.now());
      const source = sourceHost.copy(own);
      const destination = destinationHost === sourceHost ? source : destinationHost.copy(own);
      return worldOver(source, destination, { ...options, faults: next });
    },
  };
}

/** What `host/probe.ts` would find out. */
export function capabilitiesOf(host: SimHost, pool: Pool): Capabilities {
  const [major = 0, minor = 0, patch = 0] = host.state.zfsVersion.split(/[.-]/).map(Number);
  const { guid, delegation, features } = pool.state;
  return {
    zfsVersion: [major, minor, patch],
    programs: new Set(
      ["sh", "ssh", "sudo", "zpool", "zstd", "mbuffer", "pv", "ps"].filter((p) => host.programs.has(p)),
    ),
    os: host.uname.split(" ")[0]!,
    cpus: host.cpus,
    pool: new Map([
      ...Object.entries(features).map(([name, value]) => [`feature@${name}`, value] as const),
      ["guid", guid],
      ["delegation", delegation],
    ]),
  };
}

interface TransferSurroundings {
  readonly sourceHost: SimHost;
  readonly destinationHost: SimHost;
  readonly faults: FaultScript;
  readonly log: Logger;
}

async function transfer(
  pipeline: Pipeline,
  options: TransferOptions,
  around: TransferSurroundings,
): Promise<TransferReport> {
  options.signal?.throwIfAborted();
  await options.first?.separately();
  const { sourceHost, destinationHost, faults, log } = around;
  const sending = sendStage(pipeline).argv;
  const receiving = receiveStage(pipeline).argv;
  const text = `${sending.join(" ")} | ${receiving.join(" ")}`;
  log.log("DEBUG", options.suppress ? "Would execute: " : "Executing: ", text);
  if (options.suppress) return { elapsedMs: 0, bytes: undefined };
  const fault = faults.pass("transfer", text);
  await sourceHost.clock.sleep(50e6, options);
  if (fault?.kind === "fail") throw transferError("send", text, failure(fault));
  if (fault?.kind === "say") return { elapsedMs: 50, bytes: 0 };
  if (fault?.kind === "never-answers") throw await stalled(text, sourceHost.clock);
  const sent = execute(sourceHost, sending);
  const whole = sent.stream ?? EMPTY_STREAM;
  const isPart = fault?.kind === "cut" || fault?.kind === "stands-still";
  const arriving = isPart ? cutStream(whole, fault.bytes) : whole;
  const received = execute(destinationHost, receiving, arriving);
  faults.survive();
  if (fault?.kind === "stands-still") throw await stalled(text, sourceHost.clock);
  const stderr = `${sent.stderr}${received.stderr}`;
  if (sent.status !== 0) throw transferError("send", sending.join(" "), { ...sent, stderr });
  if (received.status !== 0) throw transferError("receive", receiving.join(" "), { ...received, stderr });
  if (fault?.kind === "fail-after") throw transferError("receive", receiving.join(" "), failure(fault));
  if (fault?.kind === "cut" && arriving.truncated) {
    throw transferError("send", sending.join(" "), { status: 141, stderr });
  }
  return { elapsedMs: 50, bytes: streamBytes(arriving), unapplied: unappliedProperties(stderr) };
}

/** What a transfer rejects with that stood still for too long. */
async function stalled(text: string, clock: SimClock): Promise<Retryable> {
  await clock.sleep(STALL_LIMIT_MS * 1e6);
  return new Retryable(new TimeoutError(`Transfer '${text}' was ended`), { display: "zfs send/receive" });
}

const STALL_LIMIT_MS = 3_600_000;

function transferError(
  role: string,
  command: string,
  { status, stderr }: { readonly status: number; readonly stderr: string },
): CommandError {
  const culprit = { role, host: "localhost", command, status };
  return new TransferError({ culprit, culpritStderr: stderr, stages: [culprit], stderr, ...diagnose(stderr) });
}
