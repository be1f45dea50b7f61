/**
 * A simulated host: pools, a version of OpenZFS, programs on the PATH, running processes.
 * @module
 */
import { SimClock } from "./clock.ts";
import { healthySystem, type SystemState } from "./commands/checkup.ts";
import { Pool } from "./pool.ts";
import { type HostState, type PoolState, STANDARD_FEATURES, type Write } from "./state.ts";

/** Which release's texts and features a host has. */
export type SimVersion = "2.1" | "2.3";

const VERSION_TEXT: Readonly<Record<SimVersion, string>> = { "2.1": "2.1.11-1", "2.3": "2.3.2-2" };

/** What a simulated host is like; everything has a default. */
export interface HostOptions {
  readonly name?: string;
  readonly seed?: number;
  readonly version?: SimVersion;
  readonly clock?: SimClock;
  /** Programs that the detection script finds, by name. */
  readonly programs?: readonly string[];
  readonly cpus?: number;
  /** Output of `uname -a`. */
  readonly uname?: string;
  /** Value of `$SHELL`. */
  readonly loginShell?: string;
}

/**
 * What ends one iterator of the next `zfs list` early, in the way of libzfs: `zfs list` goes on with its other
 * iterators, prints what it has, and ends with status 0.
 */
export interface Interruption {
  /** The pool that is iterated over; listings of others do not meet it. */
  readonly pool: string;
  /** How many rows the iterators of the listing give before. */
  readonly rows: number;
  /** The reason that libzfs prints; absent: none, since it takes ENOENT and ESRCH for a normal end. */
  readonly reason?: string;
  /** What happens at that moment: the pool is exported, for example. */
  readonly act?: () => void;
}

const ALL_PROGRAMS = ["echo", "zpool", "ssh", "sh", "sudo", "zstd", "mbuffer", "pv", "ps", "getconf", "uname"];

/** A host with its pools. */
export class SimHost {
  readonly state: HostState;
  readonly clock: SimClock;
  readonly programs: ReadonlySet<string>;
  readonly cpus: number;
  readonly uname: string;
  readonly loginShell: string;
  /** Command lines that `ps` shows beside its own. */
  processes: string[] = [];
  /** What a user other than root may do, in the words of `zfs allow`; absent = commands run as root. */
  permissions: ReadonlySet<string> | undefined;
  /** What its shell tells about it. */
  system: SystemState = healthySystem();
  /** Pools that are not imported. */
  readonly exported = new Map<string, Pool>();
  /** `-n` of sudo fails if false. */
  mayElevate = true;
  /** See {@linkcode Interruption}; the listing that meets it takes it away. */
  interruption: Interruption | undefined;
  #pools: Map<string, Pool>;

  constructor(state: HostState, options: HostOptions = {}) {
    this.state = state;
    this.clock = options.clock ?? new SimClock(state.nowMs);
    this.programs = new Set(options.programs ?? ALL_PROGRAMS);
    this.cpus = options.cpus ?? 4;
    this.uname = options.uname ?? `Linux ${state.name} 6.1.0-18-cloud-amd64 #1 SMP x86_64 GNU/Linux`;
    this.loginShell = options.loginShell ?? "/bin/bash";
    this.#pools = new Map(state.pools.map((pool) => [pool.name, new Pool(pool, this)]));
  }

  /** A host without pools. */
  static create(options: HostOptions = {}): SimHost {
    const clock = options.clock ?? new SimClock();
    const state: HostState = {
      name: options.name ?? "localhost",
      zfsVersion: VERSION_TEXT[options.version ?? "2.3"],
      nowMs: clock.now(),
      random: (options.seed ?? 1) >>> 0,
      pools: [],
    };
    return new SimHost(state, { ...options, clock });
  }

  /** Adds a pool with its root dataset. */
  addPool(name: string, changes: Partial<PoolState> = {}): Pool {
    const state: PoolState = {
      name,
      guid: this.freshGuid(),
      txg: this.integer(10, 500),
      features: { ...STANDARD_FEATURES },
      delegation: "on",
      datasets: [],
      ...changes,
    };
    const pool = new Pool(state, this);
    pool.add({ name, type: "filesystem" });
    this.state.pools.push(state);
    this.#pools.set(name, pool);
    return pool;
  }

  /** Takes a pool away, as `zpool export` does. */
  removePool(name: string): void {
    this.state.pools = this.state.pools.filter((pool) => pool.name !== name);
    this.#pools.delete(name);
  }

  /** Brings a pool back that was taken away. */
  importPool(pool: Pool): void {
    if (this.#pools.has(pool.name)) return;
    this.state.pools.push(pool.state);
    this.#pools.set(pool.name, pool);
  }

  /** An equal host with a life of its own. */
  copy(clock: SimClock): SimHost {
    const { programs, cpus, uname, loginShell } = this;
    const copy = new SimHost(structuredClone(this.state), { clock, programs: [...programs], cpus, uname, loginShell });
    return Object.assign(copy, {
      processes: [...this.processes],
      permissions: this.permissions,
      mayElevate: this.mayElevate,
    });
  }

  /** All pools. */
  get pools(): readonly Pool[] {
    return [...this.#pools.values()];
  }

  /** The pool of a dataset, snapshot or bookmark name. */
  poolOf(name: string): Pool | undefined {
    return this.#pools.get(/^[^/@#]*/.exec(name)![0]);
  }

  /** True if the version of ZFS is at least this one. */
  zfsAtLeast(major: number, minor: number): boolean {
    const [ownMajor, ownMinor] = this.state.zfsVersion.split(".").map(Number);
    return ownMajor! > major || (ownMajor === major && ownMinor! >= minor);
  }

  nowSeconds(): number {
    return Math.floor(this.clock.now() / 1000);
  }

  freshGuid(): string {
    return ((BigInt(this.#random32()) << 32n) | BigInt((this.#random32() | 1) >>> 0)).toString();
  }

  /** A whole number in [low, high], from the state's own generator. */
  integer(low: number, high: number): number {
    return low + (this.#random32() % (high - low + 1));
  }

  /** Changes the live content of a dataset, as a program that writes a file does. */
  write(dataset: string, bytes = 1000): void {
    const pool = this.poolOf(dataset);
    const target = pool?.find(dataset);
    if (!pool || !target) throw new Error(`cannot write to ${dataset}: not there`);
    const write: Write = { id: this.#random32(), bytes };
    pool.append(target, [write]);
  }

  /** Everything that a command could have changed, as one comparable text. */
  fingerprint(): string {
    return JSON.stringify(this.state.pools);
  }

  /** mulberry32, with its state in the host's. */
  #random32(): number {
    this.state.random = (this.state.random + 0x6d2b79f5) >>> 0;
    let t = this.state.random;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }
}
