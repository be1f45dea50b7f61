/**
 * The report as metrics, for the textfile collector of Prometheus' node_exporter.
 *
 * Times are timestamps and not ages: what nobody writes any more becomes old by itself, so that a dead timer shows. A time
 * that does not exist is 0, as old as can be, since a rule that compares a metric which is missing is silent. The format is
 * version 0.0.4 of the text exposition format. Rules: docs/spec/status.md §7. Pure.
 * @module
 */
import { visible } from "../visible.ts";
import type { HeldBack, LabelStatus, Level, RouteStatus, RunPoint, StatusReport } from "./report.ts";

/** Names and values of labels. */
type Labels = Readonly<Record<string, string>>;

/** A number, as it is or as decimal text; `undefined` = no sample. */
type Value = number | string | undefined;

/** Name, help and value of a metric about things of one kind. All are gauges. */
type Metric<T> = readonly [name: string, help: string, value: (thing: T, report: StatusReport) => Value];

/** What levels are as numbers. */
const LEVELS: Readonly<Record<Level, number>> = { ok: 0, warning: 1, critical: 2 };

/** The end of the help of each metric that tells a level. */
const LEVEL_HELP = "0 ok, 1 warning, 2 critical.";

/**
 * The metrics as text, each with its help and type. Where two things have the same labels, the first one counts, and the
 * worst ones come first: a second sample of the same labels would make the collector refuse the file.
 */
export function renderMetrics(report: StatusReport): string {
  return [
    ...rendered(report, [report], () => ({}), REPORT),
    ...rendered(report, [report], ({ version, host, jobFile }) => ({ version, host, job_file: jobFile }), INFO),
    ...rendered(report, countsOf(report), ({ level }) => ({ level }), COUNTS),
    ...rendered(report, report.findings, ({ id, level, about }) => ({ finding: id, level, about }), FINDINGS),
    ...rendered(report, report.routes, routeLabels, ROUTES),
    ...rendered(report, report.routes.flatMap(labelsOf), ({ route, label: { side, kind, label } }) => ({
      ...routeLabels(route),
      ...{ side, kind, label },
    }), LABELS),
    ...rendered(report, report.runs, ({ action }) => ({ action }), RUNS),
    ...rendered(report, report.pools, ({ host, pool }) => ({ host, pool }), POOLS),
    ...rendered(report, report.pools, ({ host, pool, health = "unknown" }) => ({ host, pool, health }), POOL_HEALTH),
    ...rendered(report, report.heldBack, ({ host, dataset, what }) => ({ host, dataset, what }), HELD_BACK),
    ...rendered(report, report.aside, ({ host, dataset }) => ({ host, dataset }), ASIDE),
  ].join("");
}

/** The samples of each metric are in one piece, as the format demands; metrics without a sample are left out. */
function* rendered<T>(
  report: StatusReport,
  things: readonly T[],
  labels: (thing: T) => Labels,
  metrics: readonly Metric<T>[],
): Iterable<string> {
  const labelled = new Map<string, T>();
  for (const thing of things) {
    const text = labelText({ job_id: report.jobId, ...labels(thing) });
    if (!labelled.has(text)) labelled.set(text, thing);
  }
  for (const [name, help, valueOf] of metrics) {
    const lines = [...labelled].flatMap(([text, thing]) => {
      const value = valueOf(thing, report);
      return value === undefined ? [] : [`${name}{${text}} ${value}\n`];
    });
    if (lines.length > 0) yield `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join("")}`;
  }
}

function labelText(labels: Labels): string {
  return Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`).join(",");
}

/** The format knows these three escapes and no other. */
function escaped(value: string): string {
  const text = visible(value.toWellFormed());
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

/** Unix seconds of an ISO 8601 text, to the millisecond; 0 for none. */
function timestamp(iso: string | undefined): number {
  const ms = iso === undefined ? NaN : Date.parse(iso);
  return Number.isNaN(ms) ? 0 : ms / 1000;
}

/** Whole numbers beyond 2^53 stay text. */
function decimal(text: string | undefined): Value {
  return text !== undefined && /^[0-9]+$/.test(text) ? text : undefined;
}

const REPORT: readonly Metric<StatusReport>[] = [
  ["bzfs_report_timestamp_seconds", "When this report was made.", (report) => timestamp(report.reportedAt)],
  ["bzfs_report_level", `The worst of all that the job file expects: ${LEVEL_HELP}`, (report) => LEVELS[report.level]],
  ["bzfs_report_offline", "1 if no pool was asked for this report.", (report) => report.offline ? 1 : 0],
  [
    "bzfs_report_held_back_snapshots",
    "Snapshots that a limit has kept from being destroyed, of all datasets.",
    (report) => report.totals.heldBackSnapshots,
  ],
  [
    "bzfs_report_aside_datasets",
    "Datasets that were set aside at destinations.",
    (report) => report.aside.length,
  ],
];

const INFO: readonly Metric<StatusReport>[] = [
  ["bzfs_report_info", "What made this report, of which job file.", () => 1],
];

/** Routes of a level. */
interface Count {
  readonly level: Level;
  readonly routes: number;
}

function countsOf({ totals }: StatusReport): readonly Count[] {
  return [
    { level: "ok", routes: totals.routesOk },
    { level: "warning", routes: totals.routesWarning },
    { level: "critical", routes: totals.routesCritical },
  ];
}

const COUNTS: readonly Metric<Count>[] = [
  ["bzfs_report_routes", "Routes that the job file expects, by level.", ({ routes }) => routes],
];

const FINDINGS: readonly Metric<unknown>[] = [
  ["bzfs_finding", "1 for each thing that is not ok.", () => 1],
];

function routeLabels({ source, destination }: RouteStatus): Labels {
  return {
    source_host: source.host,
    source_dataset: source.dataset,
    destination_host: destination?.host ?? "",
    destination_dataset: destination?.dataset ?? "",
  };
}

/** Metrics of the last run, whatever it belongs to. */
function lastRun<T>(prefix: string, lastOf: (thing: T) => RunPoint | undefined): readonly Metric<T>[] {
  const of = (value: (run: RunPoint) => Value) => (thing: T): Value => {
    const last = lastOf(thing);
    return last === undefined ? undefined : value(last);
  };
  return [
    [
      `${prefix}_start_timestamp_seconds`,
      "When the last run began; 0 = never.",
      (thing) => timestamp(lastOf(thing)?.startedAt),
    ],
    [`${prefix}_duration_seconds`, "How long the last run took.", of(({ seconds }) => seconds)],
    [`${prefix}_exit_status`, "Exit status of the last run.", of(({ exitStatus }) => exitStatus)],
    [`${prefix}_sent_bytes`, "Bytes that the last run sent.", of(({ bytes }) => decimal(bytes))],
  ];
}

const ROUTES: readonly Metric<RouteStatus>[] = [
  ["bzfs_route_level", `State of a route: ${LEVEL_HELP}`, ({ level }) => LEVELS[level]],
  [
    "bzfs_route_newest_snapshot_timestamp_seconds",
    "The newest snapshots there, one for each dataset, the oldest of these; 0 = a dataset has none.",
    ({ newestAt }) => timestamp(newestAt),
  ],
  [
    "bzfs_route_late_since_timestamp_seconds",
    "Since when a snapshot has been older than the limit for a warning; missing while none is.",
    ({ lateSeconds }, { reportedAt }) => lateSeconds === undefined ? undefined : timestamp(reportedAt) - lateSeconds,
  ],
  ["bzfs_route_datasets", "Datasets that should be there.", ({ datasets }) => datasets],
  ["bzfs_route_snapshots", "Snapshots there, of all datasets.", ({ snapshots }) => snapshots],
  [
    "bzfs_route_partial_receives",
    "Datasets there that hold a partial receive.",
    ({ partialReceives }) => partialReceives,
  ],
  ...lastRun<RouteStatus>("bzfs_route_last_run", (route) => route.lastRun),
  [
    "bzfs_route_last_success_timestamp_seconds",
    "When the last run with exit status 0 began, of those that are remembered; 0 = none.",
    ({ history }) => timestamp(history.findLast(({ exitStatus }) => exitStatus === 0)?.startedAt),
  ],
];

/** A label of the monitoring plan, with its route. */
interface RouteLabel {
  readonly route: RouteStatus;
  readonly label: LabelStatus;
}

function labelsOf(route: RouteStatus): readonly RouteLabel[] {
  return route.labels.map((label) => ({ route, label }));
}

const LABELS: readonly Metric<RouteLabel>[] = [
  [
    "bzfs_snapshot_level",
    `The worst dataset's snapshots of a label against their limits: ${LEVEL_HELP}`,
    ({ label: { level } }) => LEVELS[level],
  ],
  [
    "bzfs_snapshot_timestamp_seconds",
    "When the latest or oldest snapshot of a label was made, at the worst dataset; 0 = there is none.",
    ({ label: { createdAt } }) => timestamp(createdAt),
  ],
  [
    "bzfs_snapshot_warning_age_seconds",
    "Age beyond which the snapshot is a warning.",
    ({ label: { warningSeconds } }) => warningSeconds,
  ],
  [
    "bzfs_snapshot_critical_age_seconds",
    "Age beyond which the snapshot is critical.",
    ({ label: { criticalSeconds } }) => criticalSeconds,
  ],
];

const RUNS: readonly Metric<StatusReport["runs"][number]>[] = [
  ["bzfs_run_level", `State of the runs of an action by this host: ${LEVEL_HELP}`, ({ level }) => LEVELS[level]],
  ...lastRun<StatusReport["runs"][number]>("bzfs_run_last", (run) => run.last),
  [
    "bzfs_run_success_timestamp_seconds",
    "When the last run with exit status 0 ended; 0 = never.",
    ({ succeededAt }) => timestamp(succeededAt),
  ],
  [
    "bzfs_run_running_since_timestamp_seconds",
    "When the run that is at work began; missing while there is none.",
    ({ running }) => running === undefined ? undefined : timestamp(running.startedAt),
  ],
];

const POOLS: readonly Metric<StatusReport["pools"][number]>[] = [
  ["bzfs_pool_level", `State of a pool: ${LEVEL_HELP}`, ({ level }) => LEVELS[level]],
  ["bzfs_pool_size_bytes", "Size of a pool.", ({ sizeBytes }) => decimal(sizeBytes)],
  ["bzfs_pool_free_bytes", "Free space of a pool.", ({ freeBytes }) => decimal(freeBytes)],
  [
    "bzfs_pool_used_ratio",
    "Share of a pool that is allocated, 0 to 1.",
    ({ capacityPercent }) => capacityPercent === undefined ? undefined : capacityPercent / 100,
  ],
];

const POOL_HEALTH: readonly Metric<unknown>[] = [
  ["bzfs_pool_health_info", "1, with the health of a pool as ZFS says it.", () => 1],
];

const HELD_BACK: readonly Metric<HeldBack>[] = [
  ["bzfs_held_back_items", "What a limit has kept from being destroyed.", ({ count }) => count],
  ["bzfs_held_back_existing_items", "Of how many.", ({ total }) => total],
  ["bzfs_held_back_bytes", "What its destruction would free.", ({ bytes }) => decimal(bytes)],
  ["bzfs_held_back_since_timestamp_seconds", "Since which run.", ({ since }) => timestamp(since)],
];

const ASIDE: readonly Metric<StatusReport["aside"][number]>[] = [
  [
    "bzfs_aside_since_timestamp_seconds",
    "When a dataset was set aside at a destination; 0 = its name does not tell.",
    ({ since }) => timestamp(since),
  ],
];
