/**
 * What the user asked for, as one frozen value: the job and its policies. Types only.
 *
 * `cli/settings/settings.ts` is the only maker. Nothing behind it knows options, defaults or argv. Times are in
 * milliseconds unless a name says otherwise.
 * @module
 */
import type { Period } from "./text/units.ts";
import type { Level } from "./log.ts";
import type { SnapshotFilterGroup } from "./snapshot_filter.ts";

/** Which end of a replication. */
export type Side = "src" | "dst";

/** One value for each end. */
export interface BothSides<T> {
  readonly src: T;
  readonly dst: T;
}

/** A source and a destination operand, as given (`[[user@]host:]dataset`), parsed when their turn comes. */
export interface OperandPair {
  readonly src: string;
  readonly dst: string;
}

/** Everything one invocation shall do. Frozen. */
export interface Job {
  readonly pairs: readonly OperandPair[];
  /** Canonical text of what makes two invocations the same job (docs/spec/cli.md §16); hashed for the lock. */
  readonly identity: string;
  readonly datasets: DatasetPolicy;
  /** Snapshot filter groups, merged and ordered (docs/spec/snapshots.md §3). Never empty. */
  readonly snapshotFilters: readonly SnapshotFilterGroup[];
  /** Absent with `--skip-replication`. */
  readonly replication: ReplicationPolicy | undefined;
  readonly dryRun: DryRun;
  readonly force: ForcePolicy;
  readonly retry: RetryPolicy;
  readonly skipOnError: "fail" | "tree" | "dataset";
  /** What a pair is whose root is not there: a failure as any other, or one that is told apart by its status. */
  readonly missingRoot: "fail" | "isolate";
  readonly threads: IntOrPercent;
  readonly hosts: HostPolicy;
  readonly programs: ProgramPolicy;
  readonly report: ReportPolicy;
  readonly tuning: Tuning;
  /** Which environment variables are removed at start; absent = none. */
  readonly environment: EnvironmentPolicy | undefined;
  /** How the local stages of a transfer are joined (docs/spec/replication.md §10.7). */
  readonly joinStages: "sh" | "streams";
  /** Wall-clock budget of the run in milliseconds. */
  readonly timeoutMs: number | undefined;
  readonly patience: PatiencePolicy;
  /** What the job asks for beyond replication; each absent if not asked for. */
  readonly verbs: VerbPolicies;
  /** Nothing is destroyed that this plan does not hold; absent without one. */
  readonly appliedPlan: AppliedPlanPolicy | undefined;
  readonly limits: LimitPolicy;
}

/** How much may be destroyed at once: it is too much if it is more than both. */
export interface DeletionLimit {
  /** Of what there is, 0 to 100. */
  readonly percent: number;
  /** `Infinity` = no limit. */
  readonly amount: number;
}

/** Amounts of a retention plan by label, `organisation/target/period`. */
export type PlanAmounts = ReadonlyMap<string, bigint>;

/** Limits on destruction (docs/spec/snapshots.md §8). */
export interface LimitPolicy {
  /** Of the snapshots of a dataset, and of its bookmarks. */
  readonly versions: DeletionLimit;
  /** Of the datasets of a root pair. */
  readonly datasets: DeletionLimit;
  /** Regular expressions of names that are not foreign; `undefined` = foreign snapshots are treated as others. */
  readonly ownNames: readonly string[] | undefined;
  /** Newest snapshots of a dataset that pruning never deletes. */
  readonly keepNewest: number;
  /** How long datasets that were set aside are kept, in milliseconds; `Infinity` = for ever. */
  readonly asideMs: number;
  /** Datasets about which a person has said that the limits do not hold, all those below where a slash is at the end. */
  readonly allowed: readonly string[];
  /** The plan that pruning follows, and the name under which it is remembered; absent if it is not. */
  readonly memory: { readonly name: string; readonly plan: PlanAmounts } | undefined;
}

/** A plan that is applied. */
export interface AppliedPlanPolicy {
  readonly path: string;
  /** How old it may be, in milliseconds; `Infinity` = any age. */
  readonly maxAgeMs: number;
}

/** How long others may keep us waiting, in milliseconds; `Infinity` = for ever. */
export interface PatiencePolicy {
  /** For the next byte of a query. */
  readonly queryMs: number;
  /** For a transfer to move. */
  readonly stallMs: number;
  /** For an earlier run of the same job to end; its time as a daemon included. */
  readonly busyMs: number;
}

/** `off`, or the kind of dry run: `send` starts no pipeline, `recv` runs it with `zfs receive -n`. */
export type DryRun = "off" | "send" | "recv";

/** A number of workers, absolute or in percent of the CPUs. */
export interface IntOrPercent {
  readonly amount: number;
  readonly percent: boolean;
}

/** Selection of datasets (docs/spec/cli.md §4). Literal values; absolute ones are translated per pair. */
export interface DatasetPolicy {
  readonly recursive: boolean;
  readonly skipParent: boolean;
  readonly includeDatasets: readonly string[];
  readonly excludeDatasets: readonly string[];
  readonly includeRegexes: readonly string[];
  /** Already holds the default if the user gave none. */
  readonly excludeRegexes: readonly string[];
  readonly excludeProperty: string | undefined;
}

/** How datasets are sent and received (docs/spec/cli.md §7). */
export interface ReplicationPolicy {
  /** Sanitised `zfs send` options, without `--large-block` (added per pair). */
  readonly sendOptions: readonly string[];
  /** The same for `zfs send -t`. */
  readonly resumeSendOptions: readonly string[];
  /** Sanitised `zfs receive` options. */
  readonly receiveOptions: readonly string[];
  /** Sorted names of `--preserve-properties`. */
  readonly preserveProperties: readonly string[];
  /** Groups zfs-recv-o, zfs-recv-x, zfs-set, in this order. */
  readonly propertyGroups: readonly PropertyGroup[];
  readonly skipMissingSnapshots: "fail" | "dataset" | "continue";
  /** What a full send does to data of a destination that has no snapshot. */
  readonly existingData: "replace" | "refuse";
  /** What becomes of a destination that has diverged. */
  readonly onConflict: "stop" | "set-aside";
  /** What a rename at the source leads to: only a hint, or the same rename at the destination. */
  readonly followRenames: "off" | "on";
  /** What a source is of which no dataset has a selected snapshot. */
  readonly emptySelection: "tell" | "fail";
  /** False with `--no-stream`: only the latest snapshot is sent. */
  readonly stream: boolean;
  /** False with `--no-resume-recv`. */
  readonly resumable: boolean;
  readonly createBookmarks: "all" | "hourly" | "minutely" | "secondly" | "none";
  /** Bookmarks are temporary until the destination has shown that it has the snapshot (docs/spec/replication.md §13.3). */
  readonly promoteBookmarks: boolean;
  /**
   * True if the user asked for bookmarks by name: then one that cannot be made counts as a failure
   * (docs/spec/replication.md §13.1).
   */
  readonly bookmarksDemanded: boolean;
  /** Which bookmark of the newest snapshot of each destination is kept at the source; a period: it moves no more often. */
  readonly guard: "off" | "on" | "secondly" | "minutely" | "hourly" | "daily";
  readonly useBookmarks: boolean;
  readonly estimateSize: boolean;
  readonly r2r: "off" | "pull" | "push";
  /** pv, mbuffer limit such as `10m`. */
  readonly bandwidthLimit: string | undefined;
}

/** One of the three groups that copy properties (docs/spec/replication.md §8). */
export interface PropertyGroup {
  readonly kind: "recv-o" | "recv-x" | "set";
  readonly targets: { readonly full: boolean; readonly incremental: boolean };
  /** For `zfs get -s`: sorted, comma-joined. */
  readonly sources: string;
  /** Empty = group disabled. */
  readonly includeRegexes: readonly string[];
  readonly excludeRegexes: readonly string[];
  /** False if what is included is the program's choice: then it is no failure if a property cannot be set. */
  readonly isDemanded: boolean;
}

/** What may be destroyed at the destination to resolve conflicts (docs/spec/replication.md §5). */
export interface ForcePolicy {
  /** Roll back to the newest snapshot of the destination. */
  readonly rollbackToLatest: boolean;
  /** Roll back to the newest snapshot that both sides have. */
  readonly rollbackToLatestCommon: boolean;
  /** Delete all snapshots of a destination that shares none with the source. */
  readonly replaceUnrelated: boolean;
  /** Destroy clones and other dependents, too. */
  readonly destroyDependents: boolean;
  /** Unmount datasets that are in use. */
  readonly unmount: boolean;
  /** `--force-once`: both middle ones end after the first conflict that was resolved. */
  readonly once: boolean;
}

/** Bounds of retry loops (docs/spec/replication.md §11), in nanoseconds: 0 ≤ min ≤ initial ≤ max. */
export interface RetryPolicy {
  readonly retries: number;
  readonly minSleepNs: number;
  readonly initialMaxSleepNs: number;
  readonly maxSleepNs: number;
  readonly maxElapsedNs: number;
}

/** How hosts are reached and with which privileges. */
export interface HostPolicy {
  readonly src: SshPolicy;
  readonly dst: SshPolicy;
  /** Empty = no `-c`. */
  readonly cipher: string;
  readonly controlPersistSecs: number;
  readonly exitOnShutdown: boolean;
  /** Remote hosts may use the ssh agent of this one. */
  readonly forwardsAgent: boolean;
  readonly maxSessionsPerConnection: number;
  /** False with `-p`. */
  readonly elevatePrivileges: boolean;
}

/** ssh settings of one side. */
export interface SshPolicy {
  /** Overrides the operand's user if given, even as empty text. */
  readonly user: string | undefined;
  /** Overrides the operand's host if given. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly configFile: string | undefined;
}

/** How ssh gets to a host; `configFile` may be `none`. */
export interface HostAddress extends Pick<SshPolicy, "port" | "configFile"> {
  /** `user@host` or `host`; empty = this host, without ssh. */
  readonly userHost: string;
}

/** Names of external programs; `-` = disabled. Option lists are split and checked. */
export interface ProgramPolicy {
  readonly compression: string;
  readonly compressionOptions: readonly string[];
  readonly mbuffer: string;
  readonly mbufferOptions: readonly string[];
  readonly pv: string;
  readonly pvOptions: readonly string[];
  readonly ps: string;
  readonly shell: string;
  readonly ssh: string;
  readonly sudo: string;
  readonly zpool: string;
}

/** Logging (docs/spec/logging-progress.md). */
export interface ReportPolicy {
  readonly verbosity: number;
  readonly quiet: boolean;
  /** Threshold of the log. */
  readonly level: Level;
  /** Absent = the default below the home folder. */
  readonly logDir: string | undefined;
  readonly filePrefix: string;
  readonly fileInfix: string;
  readonly fileSuffix: string;
  readonly subdir: "daily" | "hourly" | "minutely";
  /** Folders of logs that are older than so many milliseconds are removed; `Infinity` = none. */
  readonly keepMs: number;
  /** Absent = no syslog. */
  readonly syslog: SyslogPolicy | undefined;
  readonly outputs: OutputPolicy;
}

/** Results as data: paths, `-` for standard output; absent = none. */
export interface OutputPolicy {
  readonly resultFile: string | undefined;
  readonly eventLog: string | undefined;
  /** Where the plan of a dry run goes. */
  readonly planFile?: string | undefined;
}

/** Copy of the log for syslog (docs/spec/logging-progress.md §9). */
export interface SyslogPolicy {
  /** Path of a socket, or `host:port`. */
  readonly address: string;
  readonly protocol: "UDP" | "TCP";
  /** 0 = kern, 1 = user … 7 = news. */
  readonly facility: number;
  readonly prefix: string;
  readonly level: Level;
}

/** Names of variables are removed if an exclude matches and no include does (docs/spec/cli.md §13). */
export interface EnvironmentPolicy {
  readonly includeRegexes: readonly string[];
  readonly excludeRegexes: readonly string[];
}

/**
 * Environment variables `bzfs_…` (docs/spec/cli.md §14, docs/spec/replication.md §15.1, docs/spec/logging-progress.md
 * §3).
 */
export interface Tuning {
  readonly minPipeTransferSize: number;
  readonly maxDatasetsPerListing: number;
  readonly maxSnapshotsPerDelete: number;
  /** Bytes of one listing; the program decides if absent. */
  readonly maxListingSize: number | undefined;
  readonly dedicatedConnectionPerSend: boolean;
  readonly reuseConnections: boolean;
  readonly liveSshSessions: boolean;
  readonly controlPersistMarginSecs: number;
  readonly allowIntermediates: boolean;
  /** Level (Python's numbers: 5 trace, 10 debug, 20 info) of the record about a finished command. */
  readonly commandLogLevel: number;
  readonly serverAliveIntervalSecs: number;
  readonly loopbackIsNonlocal: boolean;
}

/** The verbs beside replication: each absent, false or `undefined` if not asked for. */
export interface VerbPolicies {
  readonly cacheSnapshots: boolean;
  readonly create: CreatePolicy | undefined;
  readonly deleteDatasets: boolean;
  readonly deleteSnapshots: DeleteSnapshotsPolicy | undefined;
  readonly forgetGuards: ForgetPolicy | undefined;
  readonly deleteEmptyDatasets: "snapshots" | "snapshots+bookmarks" | undefined;
  readonly compare: ComparePolicy | undefined;
  readonly monitor: MonitorPolicy | undefined;
  /** Periods, anchors and time zone: of creation, and of a daemon's wake-ups. */
  readonly schedule: SchedulePolicy;
  readonly daemon: DaemonPolicy | undefined;
  /** How long detected programs and features are believed. */
  readonly remoteConfigTtlMs: number;
}

/**
 * How the pool of a destination whose guards are removed is known: the destination is asked, its guid as decimal digits is
 * given, or there is only one.
 */
export type ForgetPolicy = "ask" | "any" | string;

/** `--create-src-snapshots` (docs/spec/snapshots.md §1). */
export interface CreatePolicy {
  /** In the order of creation; none with amount 0. */
  readonly labels: readonly LabelPolicy[];
  /** strftime. */
  readonly timeFormat: string;
  readonly evenIfNotDue: boolean;
}

/** A snapshot name without its time: `prefix infix <time> suffix`. */
export interface LabelPolicy {
  /** `org_` */
  readonly prefix: string;
  /** `target_` or empty. */
  readonly infix: string;
  /** `_period` or empty. */
  readonly suffix: string;
  /** `undefined` for words such as `adhoc`. */
  readonly period: Period | undefined;
}

/** When things are due (docs/spec/snapshots.md §1.4, §1.5, §1.8). */
export interface SchedulePolicy {
  /** In the order of evaluation: those of the plan, or else the daemon's frequency alone. */
  readonly periods: readonly { readonly suffix: string; readonly period: Period | undefined }[];
  readonly anchors: CalendarAnchors;
  /** Value of `--create-src-snapshots-timezone`, checked; empty = the system's zone. */
  readonly timezone: string;
}

/** A time of the day. */
interface DayAnchor {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** A day of the year, and a time of that day. */
interface YearAnchor extends DayAnchor {
  readonly month: number;
  readonly monthday: number;
}

/** Where in its cycle each period begins; names follow the options (`--yearly_monthday`). */
export interface CalendarAnchors {
  readonly yearly: YearAnchor & { readonly year: number };
  readonly monthly: YearAnchor;
  /** 0 = Sunday. */
  readonly weekly: DayAnchor & { readonly weekday: number };
  readonly daily: DayAnchor;
  readonly hourly: Omit<DayAnchor, "hour">;
  readonly minutely: Pick<DayAnchor, "second">;
  readonly secondly: { readonly millisecond: number };
  readonly millisecondly: { readonly microsecond: number };
}

/** `--delete-dst-snapshots` and its family (docs/spec/snapshots.md §4.2). */
export interface DeleteSnapshotsPolicy {
  readonly kind: "snapshots" | "bookmarks";
  /** False: only source versions of the same kind count. */
  readonly crosscheck: boolean;
  /** True: the filters say what is retained. */
  readonly except: boolean;
  /** True: only the temporary bookmarks, with a warning. */
  readonly temporaryBookmarks: boolean;
}

/** Which differences `--compare-snapshot-lists` reports (docs/spec/snapshots.md §6). */
export interface ComparePolicy {
  readonly src: boolean;
  readonly dst: boolean;
  readonly all: boolean;
  /** False with `--no-use-bookmark`: the source's bookmarks do not count. */
  readonly bookmarks: boolean;
}

/** `--monitor-snapshots` (docs/spec/snapshots.md §5). */
export interface MonitorPolicy {
  /** In the order of evaluation. */
  readonly alerts: readonly AlertPolicy[];
  /** False: findings of this severity are logged, but do not count. */
  readonly warn: boolean;
  readonly crit: boolean;
}

/** Limits of one label. At least one of `latest` and `oldest` is there. */
export interface AlertPolicy {
  readonly label: LabelPolicy;
  readonly latest: AgeLimits | undefined;
  readonly oldest: AgeLimits | undefined;
  /** Held snapshots do not count as the oldest. */
  readonly oldestSkipHolds: boolean;
}

/** Greatest ages in milliseconds; `Infinity` = no limit. */
export interface AgeLimits {
  readonly warningMs: number;
  readonly criticalMs: number;
}

/** `--daemon-lifetime`: the run is repeated on its schedule. */
export interface DaemonPolicy {
  readonly lifetimeMs: number;
}
