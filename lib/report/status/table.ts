/**
 * The table of `bzfs status`. Source: docs/spec/status.md §6.1.
 * @module
 */
import { isDone, isFine } from "../../model/status/mod.ts";
import { counted, formatBytes, formatSpan } from "../../model/text/mod.ts";
import { wallClockOf, type Zone } from "../../model/time/mod.ts";
import { lengthOf, padTo } from "../record.ts";
import { visible } from "../visible.ts";
import type { Level, RouteStatus, RunPoint, StatusFinding, StatusReport } from "./report.ts";

/** What stands where there is nothing to say. */
const NOTHING = "–";

/** Levels as the table says them: what is well must not catch the eye. */
const STATES: Readonly<Record<Level, string>> = { ok: "ok", warning: "WARNING", critical: "CRITICAL" };

const HEAD = ["route", "newest there", "late", "kept", "last run", "state"];

/** The table as text, with a line feed at its end; times as the wall clock of a zone shows them. */
export function renderTable(report: StatusReport, zone: Zone): string {
  const clock = wallTexts(zone, Date.parse(report.reportedAt));
  const rows = [
    HEAD,
    ...report.routes.map((route) => routeRow(route, clock)),
    ...report.pools.filter(({ level }) => level !== "ok").map((
      { host, pool, level, message },
    ) => [`${host} pool ${pool}`, NOTHING, NOTHING, NOTHING, NOTHING, stateOf(level, message)]),
    ...report.runs.filter(({ level }) => level !== "ok").map(({ action, level, message, last }) => [
      `${report.host} ${action} of ${report.jobId}`,
      NOTHING,
      NOTHING,
      NOTHING,
      last === undefined ? "never" : runText(last, clock),
      stateOf(level, message),
    ]),
  ].map((row) => row.map(oneLine));
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => lengthOf(row[column]!))));
  const lines = rows.map((row) =>
    row.map((cell, i) => i === HEAD.length - 1 ? cell : padTo(cell, widths[i]!)).join("  ")
  );
  const { totals, uncounted = [] } = report;
  const isBad = totals.poolsCritical + totals.poolsWarning > 0;
  return [
    ...lines,
    ...report.heldBack.map(({ host, dataset, what, count, total, since, limit }) =>
      `held back since ${clock(since)}: ${host} ${dataset}, ${count} of ${total} ${what}, limit ${limit}`
    ),
    ...report.aside.map(({ host, dataset }) => `set aside: ${host} ${dataset}`),
    ...(report.findings.length === 0 ? [] : [
      "",
      ...report.findings.flatMap((finding, index) => findingLines(finding, report.findings[index + 1]?.remedy)),
      "",
    ]),
    ...uncounted.map(({ id, level, about, message }) => `not counted: ${level}  ${about}: ${message}  [${id}]`),
    `${
      counted(totals.routes, "route")
    }: ${totals.routesOk} ok, ${totals.routesWarning} warning, ${totals.routesCritical} critical` +
    (isBad ? `; pools: ${totals.poolsWarning} warning, ${totals.poolsCritical} critical` : "") +
    (report.noRunsExpected ? `; no run is expected of ${report.host}` : "") +
    (report.offline ? "; no host was asked" : ""),
  ].map((line) => `${oneLine(line).trimEnd()}\n`).join("");
}

function routeRow(route: RouteStatus, clock: (iso: string) => string): string[] {
  const { source, destination, datasets, newDatasets, newestAt, lateSeconds, snapshots, lastRun, level, message } =
    route;
  const young = newDatasets === undefined ? "" : `, ${newDatasets} new`;
  const more = datasets > 1 || young !== "" ? ` (${counted(datasets, "dataset")}${young})` : "";
  return [
    `${source.host} ${source.dataset}${destination === undefined ? "" : ` → ${destination.host}`}${more}`,
    newestAt === undefined ? "never" : clock(newestAt),
    lateSeconds === undefined ? NOTHING : shortSpan(lateSeconds),
    String(snapshots),
    lastRun === undefined ? NOTHING : runText(lastRun, clock),
    stateOf(level, message),
  ];
}

function stateOf(level: Level, message: string | undefined): string {
  return message === undefined ? STATES[level] : `${STATES[level]}  ${message}`;
}

function runText({ startedAt, exitStatus, bytes }: RunPoint, clock: (iso: string) => string): string {
  if (isDone(exitStatus)) {
    return clock(startedAt) + (bytes === "0" ? "" : `, ${formatBytes(Number(bytes))}`);
  }
  return `${clock(startedAt)} ${isFine(exitStatus) ? "busy" : "failed"}`;
}

/** What helps against several in a row is said once, behind the last of them. */
function findingLines({ id, level, about, message, remedy }: StatusFinding, next: string | undefined): string[] {
  const head = padTo(STATES[level], 8);
  const help = remedy === undefined || remedy === next ? [] : [`          try: ${remedy}`];
  return [`${head}  ${about}: ${message}  [${id}]`, ...help];
}

/** Seconds as `3d 14h`. */
function shortSpan(seconds: number): string {
  return formatSpan(seconds * 1000).replaceAll(/(\d) (d|h|min|s)\b/g, "$1$2");
}

const DAY_MS = 86_400_000;
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** Times near to a moment: `19:03` on the same day, `Tue 04:00` within a week, otherwise the date. */
function wallTexts(zone: Zone, nowMs: number): (iso: string) => string {
  const wallOf = (ms: number): number => Number(wallClockOf(zone, BigInt(Math.floor(ms)) * 1000n) / 1000n);
  const now = wallOf(nowMs);
  return (iso) => {
    const ms = Date.parse(iso);
    if (Number.isNaN(ms)) return "?";
    const wall = wallOf(ms);
    const text = new Date(wall).toISOString();
    const days = Math.floor(now / DAY_MS) - Math.floor(wall / DAY_MS);
    if (days === 0) return text.slice(11, 16);
    if (days > 0 && days < 7) return `${WEEKDAYS[new Date(wall).getUTCDay()]} ${text.slice(11, 16)}`;
    return text.slice(0, 10);
  };
}

/** Names of others in one line of a table. */
function oneLine(text: string): string {
  return visible(text).replaceAll(/[\t\n]+/g, " ");
}
