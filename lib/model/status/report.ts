/**
 * What `bzfs status` says, as data: all outputs (table, JSON, monitoring systems, metrics, page) are made of this and of
 * nothing else. The published form is docs/status.schema.json.
 * @module
 */

/** How bad something is. What cannot be asked, was skipped or does not exist is critical. */
export type Level = "ok" | "warning" | "critical";

/** The state of all that a job file expects. */
export interface StatusReport {
  /** Version of this form. */
  readonly format: 1;
  /** The program. */
  readonly program: "bzfs";
  /** Version of the program. */
  readonly version: string;
  /** When it was made: ISO 8601, UTC. */
  readonly reportedAt: string;
  /** The host that asked, as `--localhost` names it. */
  readonly host: string;
  /** Path of the job file, as it was given. */
  readonly jobFile: string;
  /** `job-id` of the job file. */
  readonly jobId: string;
  /** True if no pool was asked: everything comes from the state folder. */
  readonly offline: boolean;
  /** True if the schedule has no part for this host, so that no run would be missed; otherwise absent. */
  readonly noRunsExpected?: boolean;
  /** The worst of all. */
  readonly level: Level;
  /** One for each source root, source host and destination of the file; the worst first, then in the order of the file. */
  readonly routes: readonly RouteStatus[];
  /** Every pool that a route needs; the worst first. */
  readonly pools: readonly PoolStatus[];
  /** The last runs of this job by this host, one for each action; the worst first. */
  readonly runs: readonly RunStatus[];
  /** What waits for a person's decision (exit status 5 of runs). */
  readonly heldBack: readonly HeldBack[];
  /** Datasets that were set aside at destinations. */
  readonly aside: readonly AsideDataset[];
  /** Everything that is not ok, the worst first. */
  readonly findings: readonly StatusFinding[];
  /** Findings about ages of a level that the job file tells not to count, the worst first; absent = none. */
  readonly uncounted?: readonly StatusFinding[];
  /** Counts. */
  readonly totals: StatusTotals;
}

/** A root dataset on a host. */
export interface Place {
  /** As the job file names the host. */
  readonly host: string;
  /** Its name there. */
  readonly dataset: string;
}

/** Where the snapshots of a source root should be, and are. */
export interface RouteStatus {
  /** The source root. */
  readonly source: Place;
  /** Absent for sources whose snapshots go nowhere. */
  readonly destination?: Place;
  /** How bad it is. */
  readonly level: Level;
  /** One sentence: why it is not ok. */
  readonly message?: string;
  /** Datasets that should be there: those at the source, and those that were there before. */
  readonly datasets: number;
  /** Those of them that were created so short a time ago that they need not have a snapshot; absent = none. */
  readonly newDatasets?: number;
  /** ISO 8601: of the newest snapshots there, one for each dataset, the oldest; absent = at least one dataset has none. */
  readonly newestAt?: string;
  /** Seconds beyond the warning limit, of the label that is the latest; absent = nothing is late. */
  readonly lateSeconds?: number;
  /** Snapshots there, of all datasets. */
  readonly snapshots: number;
  /** Datasets there that hold a partial receive. */
  readonly partialReceives: number;
  /** The last replication. */
  readonly lastRun?: RunPoint;
  /** The last ones, oldest first, at most 30. */
  readonly history: readonly RunPoint[];
  /** Each label of the monitoring plan on each side: the worst of all datasets. */
  readonly labels: readonly LabelStatus[];
}

/** Age against limits. */
export interface LabelStatus {
  /** Where the snapshots are. */
  readonly side: "src" | "dst";
  /** Which end of them was looked at. */
  readonly kind: "latest" | "oldest";
  /** `mine_onsite_*_hourly` */
  readonly label: string;
  /** How bad it is. */
  readonly level: Level;
  /** The worst dataset. */
  readonly dataset: string;
  /** Its name without `@`; absent = there is none, or it is not known. */
  readonly snapshot?: string;
  /** ISO 8601; absent = there is none. */
  readonly createdAt?: string;
  /** Absent = no such limit, or it does not count. */
  readonly warningSeconds?: number;
  /** Age above which it is critical; absent = no such limit, or it does not count. */
  readonly criticalSeconds?: number;
}

/** One run. */
export interface RunPoint {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Duration. */
  readonly seconds: number;
  /** How it ended. */
  readonly exitStatus: number;
  /** Bytes sent; decimal text. */
  readonly bytes: string;
  /** What it failed of. */
  readonly error?: string;
  /** The command that failed, without secrets. */
  readonly command?: string;
}

/** A pool. */
export interface PoolStatus {
  /** As the job file names it. */
  readonly host: string;
  /** Its name. */
  readonly pool: string;
  /** How bad it is. */
  readonly level: Level;
  /** One sentence: why it is not ok. */
  readonly message?: string;
  /** `ONLINE`, `DEGRADED`, …; absent = not known, or not imported. */
  readonly health?: string;
  /** 0 to 100. */
  readonly capacityPercent?: number;
  /** Decimal text. */
  readonly sizeBytes?: string;
  /** Decimal text. */
  readonly freeBytes?: string;
}

/** The runs of one action by this host. */
export interface RunStatus {
  /** Such as `replicate`. */
  readonly action: string;
  /** How bad it is. */
  readonly level: Level;
  /** One sentence: why it is not ok. */
  readonly message?: string;
  /** Absent = it never ran here. */
  readonly last?: RunPoint;
  /** The process that is at work now. */
  readonly running?: RunningProcess;
  /** ISO 8601: end of the last run with status 0. */
  readonly succeededAt?: string;
  /** Oldest first, at most 30. */
  readonly history: readonly RunPoint[];
}

/** A process that is at work. */
export interface RunningProcess {
  /** Its number. */
  readonly processId: number;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
}

/** What a limit has kept from being destroyed. */
export interface HeldBack {
  /** As the job file names it. */
  readonly host: string;
  /** Where it is. */
  readonly dataset: string;
  /** What was to go. */
  readonly what: "snapshots" | "bookmarks" | "datasets";
  /** How many. */
  readonly count: number;
  /** Of how many. */
  readonly total: number;
  /** Decimal text; absent = not known. */
  readonly bytes?: string;
  /** ISO 8601: since which run. */
  readonly since: string;
  /** The limit, as the file writes it. */
  readonly limit: string;
}

/** A dataset that was set aside. */
export interface AsideDataset {
  /** As the job file names it. */
  readonly host: string;
  /** Its name now. */
  readonly dataset: string;
  /** ISO 8601; absent = the name does not tell. */
  readonly since?: string;
}

/** What is not ok. */
export interface StatusFinding {
  /** Stable: `route-late`, `never-received`, `pool-not-imported`, `host-unreachable`, `run-failed`, `run-stuck`, `held-back`, … */
  readonly id: string;
  /** How bad it is. */
  readonly level: "warning" | "critical";
  /** `desktop tank/home → nas`, `nas pool backup`, … */
  readonly about: string;
  /** What is wrong. */
  readonly message: string;
  /** A command or a page of the manual that helps. */
  readonly remedy?: string;
}

/** Counts. */
export interface StatusTotals {
  /** All routes. */
  readonly routes: number;
  /** Those that are ok. */
  readonly routesOk: number;
  /** Those with a warning. */
  readonly routesWarning: number;
  /** Those that are critical. */
  readonly routesCritical: number;
  /** Pools with a warning. */
  readonly poolsWarning: number;
  /** Pools that are critical. */
  readonly poolsCritical: number;
  /** Snapshots that were held back. */
  readonly heldBackSnapshots: number;
}
