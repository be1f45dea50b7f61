/**
 * `--monitor-snapshots`: judges the ages of newest and oldest snapshots on both sides.
 *
 * Source: docs/spec/snapshots.md §5.
 * @module
 */
import { AlertError, RefusedError } from "../model/errors.ts";
import { formatDuration } from "../model/text/mod.ts";
import type { Dataset } from "../model/dataset.ts";
import {
  type Finding,
  findMonitoredEnds,
  judgeHealth,
  MONITOR_LABEL,
  type MonitoredEnds,
  needsHolds,
} from "../plan/health.ts";
import type { Monitored } from "../report/events.ts";
import { composeName, isFromFuture } from "../plan/labels.ts";
import type { MonitorPolicy, Side } from "../model/job.ts";
import { directionOf, type VerbContext } from "./job/context.ts";
import { namesOf, requireSource, type SideDatasets } from "./datasets.ts";
import type { DestinationTree } from "./prune/datasets.ts";
import { bothDone } from "./parallel.ts";
import { listHistories } from "./retrying.ts";

const OPTION = "--monitor-snapshots";
const FUTURE =
  "datasets have snapshots from the future, by this clock, which look new for as long as that lasts; the first is ";
const LEVELS = { ok: "DEBUG", warning: "WARN", critical: "CRITICAL" } as const;

type MonitoredPair = VerbContext<"isDummy" | "operands" | "nowMs", "health" | "cache">;

/**
 * Monitors the selected datasets of both sides. Throws `AlertError` with the worst finding that counts, `RefusedError`
 * if a side does not exist.
 */
export async function monitorSnapshots(
  source: SideDatasets,
  destination: DestinationTree,
  policy: MonitorPolicy,
  context: MonitoredPair,
): Promise<void> {
  const { log, world, facts: { operands }, state: { health, cache } } = context;
  const started = world.clock.monotonicNs();
  log.log("INFO", `${OPTION}: `, directionOf(context));
  requireSource(source, context);
  if (destination.all.length === 0) throw new RefusedError(`Destination dataset does not exist: ${operands.dst}`);
  const datasets = { src: namesOf(await source.selected()), dst: namesOf(destination.selected) };
  const [src, dst] = await bothDone(
    monitorSide("src", datasets.src, policy, context),
    monitorSide("dst", datasets.dst, policy, context),
  );
  const count = datasets.src.length + datasets.dst.length;
  const worst = health.add([...src, ...dst], count, policy);
  if (worst !== undefined && worst.severity !== "ok") {
    throw new AlertError(`${MONITOR_LABEL}${worst.text}`, worst.severity);
  }
  const took = formatDuration(world.clock.monotonicNs() - started, "ns");
  const counts = `[${count} datasets; took ${took}${cache.describe()}]`;
  log.log("INFO", `${OPTION} done: `, `${directionOf(context)} ${counts}`);
}

/** A finding as data. */
function factsOf({ kind, severity, text, label, end, ageMs, limits }: Finding): Omit<Monitored, keyof AboutEvent> {
  const limit = (ms: number): number | undefined => Number.isFinite(ms) ? ms / 1000 : undefined;
  const [warningSeconds, criticalSeconds] = [limit(limits.warningMs), limit(limits.criticalMs)];
  return {
    severity,
    kind: kind === "Latest" ? "latest" : "oldest",
    message: text,
    label: composeName(label, "*"),
    ...(end?.tag === undefined ? {} : { snapshot: end.tag }),
    ...(end === undefined ? {} : { createdAt: new Date(end.createdAt * 1000).toISOString(), ageSeconds: ageMs / 1000 }),
    ...(warningSeconds === undefined ? {} : { warningSeconds }),
    ...(criticalSeconds === undefined ? {} : { criticalSeconds }),
  };
}

/** What every event about a dataset has. */
type AboutEvent = Pick<Monitored, "event" | "phase" | "side" | "dataset">;

/** Judges the datasets of one side, and logs each finding; returns those that are not well. */
async function monitorSide(
  side: Side,
  datasets: readonly Dataset[],
  policy: MonitorPolicy,
  context: MonitoredPair,
): Promise<readonly Finding[]> {
  const { log, recorder, phase, facts: { nowMs }, state: { cache } } = context;
  const { alerts } = policy;
  const bad: Finding[] = [];
  const fromFuture: string[] = [];
  const judge = (dataset: Dataset, ends: readonly MonitoredEnds[]): void => {
    if (ends.some(({ latest }) => latest !== undefined && isFromFuture(latest.createdAt, nowMs))) {
      fromFuture.push(dataset);
    }
    for (const finding of judgeHealth(dataset, ends, { alerts, nowMs })) {
      const { severity } = finding;
      if (severity !== "ok") bad.push(finding);
      const level = LEVELS[severity];
      if (log.isEnabled(level)) log.log(level, "", MONITOR_LABEL + finding.text);
      if (!recorder.isWanted) continue;
      recorder.record({ event: "monitored", phase, side, dataset, ...factsOf(finding) });
    }
  };
  const unknown: Dataset[] = [];
  for (const dataset of datasets) {
    const ends = cache.monitoredEnds(side, dataset, alerts);
    if (ends === undefined) unknown.push(dataset);
    else judge(dataset, ends);
  }
  const listing = { bookmarks: false, creation: true, holds: needsHolds(alerts) };
  for await (const history of listHistories(side, unknown, listing, context)) {
    const { dataset } = history;
    const ends = findMonitoredEnds(history, alerts);
    judge(dataset, ends);
    if (history.count > 0 || history.versions !== undefined) cache.rememberEnds(side, dataset, alerts, ends);
  }
  if (fromFuture.length > 0) log.log("WARN", `${OPTION}: `, `${fromFuture.length} ${FUTURE}${fromFuture[0]}`);
  return bad;
}
