/**
 * Reports of `bzfs status` made by hand: one that is well, one with all that can be wrong, hostile ones, and large ones.
 * @module
 */
import type {
  LabelStatus,
  Level,
  PoolStatus,
  RouteStatus,
  RunPoint,
  RunStatus,
  StatusFinding,
  StatusReport,
} from "../../lib/report/status/report.ts";

/** When all of these were made. */
export const REPORTED_AT = "2026-11-28T20:05:00.000Z";

const NOW = Date.parse(REPORTED_AT);
const HOUR = 3600;

/** So many seconds before {@linkcode REPORTED_AT}. */
function ago(seconds: number): string {
  return new Date(NOW - seconds * 1000).toISOString();
}

/** Names that mean something to a page, a shell, a terminal, a database or a format. */
export const HOSTILE_NAMES: readonly string[] = [
  "<script>alert(1)</script>",
  `"><img src=x onerror=alert(1)>`,
  "</style></title><svg onload=alert(1)>",
  "]]>-->",
  `it's "quoted" \\ back\\slash\\`,
  "{{ $labels.job_id }} ${x} {} %s",
  "line\nfeed\r\nand\ttab",
  "a\u202edesrever\u202c\u2066marks\u2069",
  "\x1b[31mred\x07\x00\x9b",
  "&amp; &lt;b&gt; &#x3c;",
  "=cmd|' /C calc'!A1",
  "שלום עולם ملف",
  "\ud800lone",
  "very-long-" + "name-".repeat(60),
];

function run(startedAt: string, changes: Partial<RunPoint> = {}): RunPoint {
  return { startedAt, seconds: 42.5, exitStatus: 0, bytes: "12582912", ...changes };
}

/** Hourly runs of a route, of varying size; the last one of them `changes`. */
function history(seed: number, changes: Partial<RunPoint> = {}, count = 30): RunPoint[] {
  const size = (i: number): number => Math.round(2 ** 20 * (5 + 4 * Math.sin(i + seed)) * (1 + ((i * 7 + seed) % 9)));
  return Array.from({ length: count }, (_, i) => {
    const isLast = i === count - 1;
    const point = run(ago((count - i) * HOUR - 55 * 60), { bytes: `${size(i)}`, seconds: 2 + ((i * 5 + seed) % 23) });
    return isLast ? { ...point, ...changes } : point;
  });
}

function label(name: string, ageSeconds: number | undefined, changes: Partial<LabelStatus> = {}): LabelStatus {
  const level: Level = ageSeconds === undefined || ageSeconds > 2 * HOUR
    ? "critical"
    : ageSeconds > 1.5 * HOUR
    ? "warning"
    : "ok";
  return {
    ...{ side: "dst", kind: "latest", label: name, level, dataset: "backup/x" },
    ...ageSeconds === undefined
      ? {}
      : { snapshot: name.replace("*", "2026-11-28_19:00:00"), createdAt: ago(ageSeconds) },
    ...{ warningSeconds: 1.5 * HOUR, criticalSeconds: 2 * HOUR, ...changes },
  };
}

/** A route that is well. */
export function route(source: string, dataset: string, seed = 1): RouteStatus {
  const runs = history(seed);
  return {
    source: { host: source, dataset },
    destination: { host: "nas", dataset: `backup/${source}/${dataset.split("/").at(-1)}` },
    level: "ok",
    ...{ datasets: 3, newestAt: ago(3720), snapshots: 138, partialReceives: 0, lastRun: runs.at(-1)!, history: runs },
    labels: [
      label("mine_onsite_*_hourly", 3720),
      label("mine_onsite_*_daily", 20 * HOUR, { level: "ok", warningSeconds: 30 * HOUR, criticalSeconds: 48 * HOUR }),
      label("mine_onsite_*_hourly", 300, { side: "src", dataset }),
    ],
  };
}

const DENIED = {
  seconds: 1.2,
  exitStatus: 3,
  bytes: "0",
  error: "ssh: root@web1: Permission denied (publickey)",
  command: "ssh -o BatchMode=yes root@web1 'zfs list -Hp -o name,guid -r tank/data'",
};

/** One that has failed for days. */
function failedRoute(source: string, dataset: string): RouteStatus {
  const runs = history(5).map((point, i) => i < 20 ? point : { ...point, ...DENIED });
  return {
    ...route(source, dataset),
    level: "critical",
    message: DENIED.error,
    ...{ newestAt: ago(88 * HOUR), lateSeconds: 86 * HOUR, snapshots: 96, partialReceives: 1 },
    ...{ lastRun: runs.at(-1)!, history: runs },
    labels: [label("mine_onsite_*_hourly", 88 * HOUR), label("mine_onsite_*_daily", undefined)],
  };
}

/** One that has never arrived. */
function missingRoute(source: string, dataset: string): RouteStatus {
  const { newestAt: _, lastRun: __, ...rest } = route(source, dataset);
  return {
    ...{ ...rest, level: "critical", message: "never received", snapshots: 0, history: [] },
    labels: [label("mine_onsite_*_hourly", undefined)],
  };
}

function lateRoute(source: string, dataset: string, seed: number): RouteStatus {
  return {
    ...route(source, dataset, seed),
    ...{ level: "warning", message: "mine_onsite_*_hourly is 10 min late at backup", lateSeconds: 600 },
    ...{ newestAt: ago(6000), labels: [label("mine_onsite_*_hourly", 6000)] },
  };
}

const POOLS: readonly PoolStatus[] = [
  { host: "gone", pool: "tank", level: "critical", message: "not imported" },
  {
    ...{ host: "nas", pool: "backup", level: "warning", message: "85 % full", health: "ONLINE", capacityPercent: 85 },
    ...{ sizeBytes: "23999999999999", freeBytes: "3599999999999" },
  },
  {
    ...{ host: "desktop", pool: "tank", level: "ok", health: "ONLINE", capacityPercent: 41 },
    ...{ sizeBytes: "1999999999999", freeBytes: "1179999999999" },
  },
];

const RUNS: readonly RunStatus[] = [
  {
    ...{ action: "pull-replication", level: "critical", message: "the last run failed with status 3" },
    ...{ last: history(5, DENIED).at(-1)!, succeededAt: ago(88 * HOUR), history: history(5, DENIED) },
  },
  {
    ...{ action: "prune", level: "warning", message: "process 4296 has been at work for 3 d 14 h" },
    ...{ last: run(ago(90 * HOUR)), running: { processId: 4296, startedAt: ago(86 * HOUR) } },
    ...{ succeededAt: ago(90 * HOUR), history: [run(ago(90 * HOUR))] },
  },
  { action: "monitor", level: "ok", last: run(ago(300), { bytes: "0" }), succeededAt: ago(290), history: history(2) },
];

const FINDINGS: readonly StatusFinding[] = [
  {
    ...{ id: "run-failed", level: "critical", about: "web1 tank/data → nas", message: DENIED.error },
    remedy: "ssh-copy-id -i /root/.ssh/id_ed25519.pub root@web1",
  },
  { id: "never-received", level: "critical", about: "gone tank/home → nas", message: "never received" },
  {
    ...{ id: "pool-not-imported", level: "critical", about: "gone pool tank", message: "not imported" },
    remedy: "zpool import tank",
  },
  { id: "run-stuck", level: "warning", about: "nas run of fleet", message: "process 4296, 3 d 14 h" },
  {
    ...{ id: "held-back", level: "warning", about: "nas backup/desktop/alice", message: "137 snapshots are held back" },
    remedy: "bzfs_jobrunner --config /etc/bzfs/fleet.yaml --allow-deletions backup/desktop/alice",
  },
];

/** The totals that fit. */
function totalsOf(routes: readonly RouteStatus[], pools: readonly PoolStatus[]): StatusReport["totals"] {
  const count = (things: readonly { readonly level: Level }[], level: Level): number =>
    things.filter((thing) => thing.level === level).length;
  return {
    ...{ routes: routes.length, routesOk: count(routes, "ok"), routesWarning: count(routes, "warning") },
    ...{ routesCritical: count(routes, "critical"), heldBackSnapshots: 137 },
    ...{ poolsWarning: count(pools, "warning"), poolsCritical: count(pools, "critical") },
  };
}

/** A report in which everything occurs that can, most of it wrong. */
export function troubledReport(changes: Partial<StatusReport> = {}): StatusReport {
  const routes = [
    failedRoute("web1", "tank/data"),
    missingRoute("gone", "tank/home"),
    lateRoute("desktop", "tank/alice", 4),
    route("desktop", "tank/home"),
    route("web1", "tank/etc", 7),
  ];
  return {
    ...{ format: 1, program: "bzfs", version: "1.0.0", reportedAt: REPORTED_AT, host: "nas", offline: false },
    ...{ jobFile: "/etc/bzfs/fleet.yaml", jobId: "fleet", level: "critical" },
    ...{ routes, pools: POOLS, runs: RUNS, findings: FINDINGS },
    heldBack: [{
      ...{ host: "nas", dataset: "backup/desktop/alice", what: "snapshots", count: 137, total: 138 },
      ...{ bytes: "44023414784", since: ago(86 * HOUR), limit: "snapshots: 30%" },
    }],
    aside: [
      { host: "nas", dataset: "backup/web1/data_aside_2026-11-20_03:00:00", since: "2026-11-20T03:00:00.000Z" },
      { host: "nas", dataset: "backup/web1/old_aside" },
    ],
    totals: totalsOf(routes, POOLS),
    ...changes,
  };
}

/** A report without a fault. */
export function healthyReport(changes: Partial<StatusReport> = {}): StatusReport {
  const routes = [route("desktop", "tank/home"), route("web1", "tank/data", 3)];
  const pools = POOLS.filter(({ level }) => level === "ok");
  const totals = { ...totalsOf(routes, pools), heldBackSnapshots: 0 };
  const runs = RUNS.filter(({ level }) => level === "ok");
  return troubledReport({
    ...{ level: "ok", routes, pools, runs, findings: [], heldBack: [], aside: [], totals },
    ...changes,
  });
}

/** Each name of the outside in each place where one may stand. */
export function hostileReport(names: readonly string[] = HOSTILE_NAMES): StatusReport {
  const base = troubledReport();
  const each = <T>(things: readonly T[], change: (thing: T, name: string) => T): T[] =>
    names.flatMap((name) => things.slice(0, 1).map((thing) => change(thing, name)));
  const spoiled = (point: RunPoint, name: string): RunPoint => ({
    ...point,
    error: name,
    command: `zfs list '${name}'`,
  });
  const routes = each(base.routes, (one, name) => ({
    ...{ ...one, source: { host: name, dataset: `tank/${name}` }, destination: { host: name, dataset: name } },
    ...{ message: name, lastRun: spoiled(one.lastRun!, name), history: one.history.map((p) => spoiled(p, name)) },
    labels: one.labels.map((each) => ({ ...each, label: name, dataset: name, snapshot: name })),
  }));
  const pools = each(base.pools, (pool, name) => ({ ...pool, host: name, pool: name, message: name, health: name }));
  const [first = ""] = names;
  return {
    ...{ ...base, host: first, jobFile: `/etc/${first}`, jobId: first, version: first, routes, pools },
    runs: each(base.runs, (one, name) => ({ ...one, action: name, message: name, last: spoiled(one.last!, name) })),
    heldBack: each(base.heldBack, (one, name) => ({ ...one, host: name, dataset: name, limit: name })),
    aside: each(base.aside, (one, name) => ({ ...one, host: name, dataset: name })),
    findings: each(base.findings, (one, name) => ({ ...one, id: name, about: name, message: name, remedy: name })),
    totals: totalsOf(routes, pools),
  };
}

/** Many hosts with many datasets each; every seventh host has a fault. */
export function largeReport(hosts = 50, datasets = 20): StatusReport {
  const routes = Array.from({ length: hosts }, (_, h) =>
    Array.from({ length: datasets }, (_, d) => {
      const [host, dataset] = [`host${`${h}`.padStart(2, "0")}.example.org`, `tank/data${d}`];
      if (h % 7 === 3 && d === 4) return failedRoute(host, dataset);
      if (h % 7 === 5 && d < 3) return lateRoute(host, dataset, h + d);
      return route(host, dataset, h * 31 + d);
    })).flat();
  const rank = (level: Level): number => ["critical", "warning", "ok"].indexOf(level);
  const sorted = routes.toSorted((a, b) => rank(a.level) - rank(b.level));
  const findings = sorted.filter(({ level }) => level !== "ok").map((one): StatusFinding => ({
    ...{
      id: one.level === "critical" ? "run-failed" : "route-late",
      level: one.level === "critical" ? "critical" : "warning",
    },
    ...{ about: `${one.source.host} ${one.source.dataset} → nas`, message: one.message ?? "" },
    remedy: "bzfs doctor --config /etc/bzfs/fleet.yaml",
  }));
  return troubledReport({ routes: sorted, findings, totals: totalsOf(sorted, POOLS) });
}
