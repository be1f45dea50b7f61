/**
 * Jobs made from words, and contexts for the engine, for tests.
 * @module
 */
import { unlimitedGuard } from "./limits.ts";
import { makeJob } from "../../lib/cli/settings/settings.ts";
import { sha256 } from "../../lib/host/node.ts";
import type { Dataset } from "../../lib/model/dataset.ts";
import { UTC } from "../../lib/model/time/zone.ts";
import type { Capabilities } from "../../lib/model/capabilities.ts";
import type { Job } from "../../lib/model/job.ts";
import { SILENT_RECORDER } from "../../lib/report/events.ts";
import type { Logger } from "../../lib/model/log.ts";
import { SnapshotCache } from "../../lib/run/cache.ts";
import { ForceBudget } from "../../lib/run/job/context.ts";
import type { DatasetTask, ReplicationContext } from "../../lib/run/replicate/context.ts";
import { settle } from "../../lib/run/replicate/pair.ts";
import { versionFilter } from "../../lib/run/job/context.ts";
import type { World } from "../../lib/zfs/world.ts";
import { argumentsOf } from "./arguments.ts";
import { surroundings } from "./surroundings.ts";

/** The job that these words ask for. */
export function jobOf(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): Job {
  return makeJob(
    argumentsOf(argv),
    {
      zone: () => UTC,
      files: { read: () => new Uint8Array() },
      environment: (name) => environment[name],
      checkTimezone: () => {},
      absolutePath: (path) => path,
    } as Parameters<typeof makeJob>[1],
  );
}

/** Capabilities of a host that has everything. */
export function fullCapabilities(
  overrides: Partial<Capabilities> & { poolProperties?: Record<string, string> } = {},
): Capabilities {
  const { poolProperties = {}, ...rest } = overrides;
  return {
    zfsVersion: [2, 2, 0],
    programs: new Set(["sh", "ssh", "sudo", "zpool", "zstd", "mbuffer", "pv"]),
    os: "Linux",
    cpus: 2,
    pool: new Map(Object.entries({
      "guid": "5",
      "feature@bookmark_v2": "active",
      "feature@bookmark_written": "enabled",
      "feature@extensible_dataset": "active",
      "feature@large_blocks": "enabled",
      ...poolProperties,
    })),
    ...rest,
  };
}

/** Parts of a context that tests choose. */
export interface ContextParts {
  readonly job: Job;
  readonly world: World;
  readonly log: Logger;
  readonly existing?: Iterable<Dataset>;
  /** Unix milliseconds from which relative times count. */
  readonly nowMs?: number;
  readonly signal?: AbortSignal;
}

/** The replication context of a local pair whose operands are the first ones of the job. */
export function contextOf(parts: ContextParts): ReplicationContext {
  const { job, world, log, nowMs = 0 } = parts;
  const operands = job.pairs[0]!;
  const end = { userHost: "", nonlocal: false, port: undefined, configFile: undefined, programs: new Set(["sh"]) };
  return settle({
    job,
    world,
    log,
    signal: parts.signal ?? new AbortController().signal,
    roots: { src: operands.src as Dataset, dst: operands.dst as Dataset },
    recorder: SILENT_RECORDER,
    guard: unlimitedGuard(),
    phase: "replicate",
    facts: {
      operands,
      route: {
        ends: { src: end, dst: end },
        localPrograms: new Set(["sh", "pv"]),
        privilegePrefix: { src: [], dst: [] },
      },
      workers: 1,
      digest: sha256,
      filter: versionFilter(job.snapshotFilters, { nowMs, log }),
    },
    state: {
      cache: uncached(world),
      told: new Set(),
      existing: new Set(parts.existing ?? []),
      force: new ForceBudget(job.force),
      counters: { snapshotsFound: 0, snapshotsReplicated: 0, datasetsSelected: 0 },
    },
  }, job.replication!);
}

/** A cache that nobody asked for. */
function uncached(world: World): SnapshotCache {
  const host = { userHost: "", port: undefined, configFile: undefined };
  return new SnapshotCache({
    stamps: surroundings().files.stamps,
    world,
    digest: sha256,
    hosts: { src: host, dst: host },
    isAsked: false,
    remembers: false,
    filterKey: "",
  });
}

/** The task of the root dataset of a context. */
export function rootTask(context: ReplicationContext, type: DatasetTask["type"] = "filesystem"): DatasetTask {
  return {
    source: context.roots.src,
    destination: context.roots.dst,
    type,
    blockSize: 131072,
    tid: "1/1",
    worker: 0,
    release: () => false,
    hold: () => Promise.resolve(),
    signal: context.signal,
  };
}
