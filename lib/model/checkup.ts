/**
 * What `bzfs doctor` asks about, and what it has learned: data only.
 *
 * Everything is what others say about themselves: absent where it was not asked, not answered or not understood. Source:
 * docs/spec/doctor.md.
 * @module
 */
import type { Dataset } from "./dataset.ts";
import type { Side } from "./job.ts";

/** A tree of datasets of one host, and what the job does with it. */
export interface RootTask {
  readonly dataset: Dataset;
  readonly side: Side;
  readonly isRecursive: boolean;
  /** Words of `zfs allow` that a user other than root needs there. */
  readonly permissions: readonly string[];
  /** Its pool is on a drive that may be away. */
  readonly isRemovable: boolean;
}

/** A host, and everything that the job does there. */
export interface HostTask {
  /** `localhost`, or as ssh gets it. */
  readonly host: string;
  /** Empty = this host, without ssh. */
  readonly userHost: string;
  /** Side whose ssh options lead there. */
  readonly side: Side;
  readonly roots: readonly RootTask[];
}

/** A dataset of a host. */
export interface Place {
  /** As {@linkcode HostTask.host}. */
  readonly host: string;
  readonly dataset: Dataset;
}

/** What is replicated where. */
export interface Route {
  readonly source: Place;
  readonly destination: Place;
  readonly isRecursive: boolean;
  /** Encrypted datasets are sent as they are. */
  readonly isRaw: boolean;
}

/** What a host says about its system. */
export interface SystemFacts {
  /** Name of the user that commands run as, and of its groups. */
  readonly user: string;
  readonly uid: number;
  readonly groups: readonly string[];
  readonly loginShell: string;
  /** `PATH` of a command that ssh runs. */
  readonly path: string;
  /** Programs that are on that path: their names, and where they are. */
  readonly programs: ReadonlyMap<string, string>;
  /** Where `zfs` is if it is not on the path. */
  readonly zfsElsewhere: string | undefined;
  /** The program that elevates may run `zfs` without a password. */
  readonly mayElevate: boolean;
  /** `ID` of /etc/os-release, or the name of the kernel. */
  readonly os: string;
  /** How far its clock is ahead of ours in milliseconds, and how exact that is. */
  readonly clock: { readonly aheadMs: number; readonly uncertaintyMs: number } | undefined;
}

/** What a pool says. */
export interface PoolFacts {
  /** Why `zpool get` has failed. */
  readonly failure: string | undefined;
  readonly properties: ReadonlyMap<string, string>;
  /** Unix milliseconds of the end of the last scrub, in the time zone of the host taken for UTC; `never`; or unknown. */
  readonly scrubbed: number | "never" | "running" | undefined;
  /** What `zpool status` says about errors, if there are some. */
  readonly errors: string | undefined;
}

/** A filesystem or volume. Sizes in bytes; -1 = unknown. */
export interface DatasetFacts {
  readonly name: Dataset;
  readonly available: bigint;
  /** Of the dataset and its snapshots, without what is below it. */
  readonly ownBytes: bigint;
  readonly referenced: bigint;
  readonly quota: bigint;
  readonly refquota: bigint;
  readonly isReadonly: boolean;
  readonly isMounted: boolean;
  readonly canmount: string;
  /** `-` = not encrypted. */
  readonly encryptionRoot: string;
  /** `available`, `unavailable`, or `-`. */
  readonly keyStatus: string;
  readonly isPartial: boolean;
  readonly mountpoint: string;
}

/** A snapshot or bookmark. */
export interface NotedVersion {
  readonly name: string;
  /** Unix seconds. */
  readonly createdAt: number;
}

/** Snapshots and bookmarks that the checks are about, of all roots of a host; no more of each than a person reads. */
export interface VersionFacts {
  readonly temporary: readonly NotedVersion[];
  readonly guards: readonly NotedVersion[];
  readonly held: readonly NotedVersion[];
}

/** All that is known about a host. */
export interface HostFacts {
  readonly task: HostTask;
  /** What ssh, or we, said when it could not be asked. */
  readonly failure: string | undefined;
  /** What the login shell prints before any command. */
  readonly noise: string;
  readonly system: SystemFacts | undefined;
  /** Versions of the `zfs` program and of the kernel module; empty = unknown. */
  readonly zfsVersion: string;
  readonly moduleVersion: string;
  readonly pools: ReadonlyMap<string, PoolFacts>;
  /** Those of the roots, and what is above them. */
  readonly datasets: ReadonlyMap<Dataset, DatasetFacts>;
  /** Roots that the host says it does not have. */
  readonly missing: ReadonlySet<Dataset>;
  /** What `zfs allow` grants the user at a root or, if that is missing, at the next one above. */
  readonly grants: ReadonlyMap<Dataset, ReadonlySet<string>>;
  /** `undefined` unless the listing came to its end. */
  readonly versions: VersionFacts | undefined;
  /** Unix seconds at which partial receives began. */
  readonly partialSince: ReadonlyMap<Dataset, number>;
  /** Listings that failed, by what was asked. */
  readonly faults: readonly string[];
}

/** A folder or file of ours. */
export interface OwnPath {
  readonly path: string;
  /** What is wrong with its kind, owner or permissions. */
  readonly problem: string | undefined;
  /** Permissions alone are wrong. */
  readonly isOnlyMode: boolean;
}

/** What this host has beside its pools. */
export interface HereFacts {
  readonly folders: readonly OwnPath[];
  /** Room of the file system of the logs in bytes. */
  readonly logRoom: { readonly available: bigint; readonly size: bigint } | undefined;
  /** Control sockets and their records that no process has. */
  readonly deadSockets: readonly string[];
  /** Lock files that no process holds. */
  readonly deadLocks: readonly string[];
  /** Public keys of our user. */
  readonly publicKeys: readonly string[];
  /** Files of schedulers that start the job file; `undefined` = cannot be told. */
  readonly schedules: readonly string[] | undefined;
}

/** What the job itself says. */
export interface JobFacts {
  readonly jobFile: OwnPath | undefined;
  /** The name of this host in the job file. */
  readonly thisHost: string;
  /** Words behind `bzfs doctor` that ask for the same checks. */
  readonly words: readonly string[];
  /** As `--explain` tells them. */
  readonly suspicions: readonly string[];
  /** Those of them by which nothing is copied at all. */
  readonly faults: ReadonlySet<string>;
  /** Names of this host, or of others, by which the schedule starts nothing here. */
  readonly misnomers: readonly string[];
  /** This host is to start the job, as far as the job file says. */
  readonly isScheduledHere: boolean;
  /** Why pairs are refused. */
  readonly refusals: readonly string[];
  /** Names of the programs that transfers use beside `zfs`. */
  readonly helpers: readonly string[];
  /** The program that elevates; `undefined` = commands run as they are. */
  readonly elevation: string | undefined;
  /** The longest time that a plan keeps a snapshot for, in milliseconds; `undefined` without plans. */
  readonly keptMs: number | undefined;
}

/** All that the checks judge. */
export interface Checkup {
  /** Unix milliseconds. */
  readonly nowMs: number;
  readonly hosts: readonly HostFacts[];
  readonly routes: readonly Route[];
  readonly here: HereFacts;
  readonly job: JobFacts;
  /** SHA-256. */
  readonly digest: (text: string) => Uint8Array;
}

/** How bad a finding is. */
export type Severity = "ok" | "warn" | "FAIL";

/** A command that removes a finding, or shows what a person needs to decide; it takes nothing away from anybody. */
export interface Remedy {
  readonly argv: readonly string[];
}

/** What a check has found. */
export interface Finding {
  /** Of the check. */
  readonly id: string;
  readonly severity: Severity;
  readonly host: string;
  readonly text: string;
  /** For the host of the finding, unless it begins with `ssh-`, `ssh` or `bzfs`: those are for this one. */
  readonly remedy: Remedy | undefined;
}
