/**
 * Looks at a root dataset for `bzfs status`: its datasets, the ages of their snapshots, partial receives, and the pool.
 *
 * Only looks: takes no lock, writes no log file, changes nothing. Source: docs/spec/status.md §3.
 * @module
 */
import { poolGuid } from "../../model/capabilities.ts";
import { type Dataset, poolOf } from "../../model/dataset.ts";
import { AppError, messageOf, MissingRootError, reasonOfSsh, Retryable } from "../../model/errors.ts";
import type { AlertPolicy, Job } from "../../model/job.ts";
import { datasetOf } from "../../model/location.ts";
import { findMonitoredEnds, judgeHealth, needsHolds } from "../../plan/health.ts";
import { composeName } from "../../plan/labels.ts";
import { isSetAside } from "../../plan/replication/mod.ts";
import type { DatasetFacts, LabelFacts, PoolFacts, RootFacts } from "../../plan/status/mod.ts";
import { SILENT_RECORDER } from "../../report/events.ts";
import type { History } from "../../zfs/world.ts";
import { namesOf } from "../datasets.ts";
import { ForceBudget, HealthReport, type PairContext } from "../job/context.ts";
import type { JobEnvironment } from "../job/environment.ts";
import { openPair } from "../job/pair.ts";
import { listHistories, retrying } from "../retrying.ts";
import { selectListed } from "../select_datasets.ts";

/**
 * Looks at the destination of each pair of a job, whose sources are all `dummy`. Failures are facts; throws only the
 * reason of the signal, and defects.
 */
export async function observeRoots(job: Job, environment: JobEnvironment): Promise<RootFacts[]> {
  const facts: RootFacts[] = [];
  for (const pair of job.pairs) {
    const before = facts.at(-1);
    // Who does not answer for one root is not asked for the next one.
    facts.push(before?.kind === "unreachable" ? before : await observeRoot(pair, job, environment));
  }
  return facts;
}

async function observeRoot(operands: Job["pairs"][number], job: Job, environment: JobEnvironment): Promise<RootFacts> {
  try {
    const context = await openPair(operands, job, environment, {
      run: {
        force: new ForceBudget(job.force),
        calendar: { zone: environment.zones.local, namesZone: false, anchors: job.verbs.schedule.anchors },
        startedAtMs: environment.clock.now(),
        health: new HealthReport(),
        told: new Set(),
        existing: new Map(),
        destroyed: new Map(),
      },
      counters: { snapshotsFound: 0, snapshotsReplicated: 0, datasetsSelected: 0 },
      recorder: SILENT_RECORDER,
      opened: () => {},
    });
    return await look(context);
  } catch (error) {
    environment.signal.throwIfAborted();
    if (error instanceof MissingRootError) {
      const pool = poolOf(datasetOf(operands.dst));
      return { kind: "no-pool", pool, message: error.message };
    }
    if (!(error instanceof AppError || error instanceof Retryable)) throw error;
    const cause = error instanceof Retryable && error.cause instanceof AppError ? error.cause : error;
    return {
      kind: "unreachable",
      message: whyUnreachable(cause),
      hint: cause instanceof AppError ? cause.hint : undefined,
    };
  }
}

/** Why a host cannot be asked: what ssh said last, without the command, which is in the log. */
function whyUnreachable(error: unknown): string {
  return reasonOfSsh(error) || messageOf(error).replace(/^ssh exit code 255: (?:[^]*\n)?/, "");
}

async function look(context: PairContext): Promise<RootFacts> {
  const { job, world: { destination: zfs }, roots: { dst: root }, signal, facts: { nowMs } } = context;
  const pool = poolFacts(root, zfs.capabilities.pool, poolGuid(zfs.capabilities));
  const columns = { blockSizes: false, snapshotsChanged: false, forDestroying: true, creation: true };
  const all = await retrying(
    () => zfs.datasets(root, { recursive: job.datasets.recursive, ...columns, signal }),
    context,
  );
  if (all === undefined || all.length === 0) return { kind: "missing", pool };
  const selected = await selectListed(all, "dst", context);
  const partial = new Map<string, DatasetFacts["partial"]>();
  for (const { dataset } of selected.filter(({ isPartial }) => isPartial)) {
    const isBusy = await retrying(() => zfs.isBusy(dataset, "receive", { signal }), context);
    partial.set(dataset, isBusy ? "receiving" : "waiting");
  }
  const createdAt = new Map(selected.map((info) => [info.dataset, info.createdAt]));
  const alerts = job.verbs.monitor?.alerts ?? [];
  const listing = { bookmarks: false, creation: alerts.length > 0, holds: needsHolds(alerts) };
  const datasets: DatasetFacts[] = [];
  for await (const history of listHistories("dst", namesOf(selected), listing, context)) {
    const { dataset, count } = history;
    // Gone since the listing: then it is missing.
    if (count === 0 && history.versions === undefined) continue;
    const labels = labelFacts(dataset, history, alerts, nowMs);
    const created = createdAt.get(dataset);
    const createdAtMs = created && created * 1000;
    datasets.push({ dataset, createdAtMs, snapshots: count, labels, partial: partial.get(dataset) ?? "none" });
  }
  const aside = namesOf(all).filter((dataset) => isSetAside(dataset, root));
  return { kind: "seen", datasets, aside, pool };
}

function labelFacts(
  dataset: Dataset,
  history: Pick<History, "newestFirst" | "oldestFirst">,
  alerts: readonly AlertPolicy[],
  nowMs: number,
): LabelFacts[] {
  const ends = findMonitoredEnds(history, alerts);
  const versions = ends.flatMap(({ latest, oldest }) => [latest, oldest]);
  return judgeHealth(dataset, ends, { alerts, nowMs }).map(({ kind, label, limits, severity, end }) => ({
    kind: kind === "Latest" ? "latest" : "oldest",
    label: composeName(label, "*"),
    ...limits,
    level: severity,
    snapshot: end?.tag,
    createdAtMs: end && end.createdAt * 1000,
    guid: versions.find((one) => one !== undefined && one === end)?.guid,
  }));
}

function poolFacts(root: Dataset, properties: ReadonlyMap<string, string>, guid: string | undefined): PoolFacts {
  const whole = (name: string): string | undefined => /^\d{1,20}$/.exec(properties.get(name) ?? "")?.[0];
  const capacity = whole("capacity");
  return {
    pool: poolOf(root),
    guid,
    health: properties.get("health"),
    capacityPercent: capacity === undefined ? undefined : Number(capacity),
    sizeBytes: whole("size"),
    freeBytes: whole("free"),
  };
}
