/**
 * Makes one dataset pair ready to be worked on: operands, hosts, rights, capabilities, workers.
 *
 * Source: spec/cli-bzfs.md chapter 15 step 9, chapter 2; spec/replication.md chapters 3 and 10.4.
 * @module
 */
import type { Dataset } from "../model/dataset.ts";
import { checkDummyDestination, checkPair, isNonlocal, type Location, parseLocation } from "../model/location.ts";
import { workerCount } from "../plan/capabilities.ts";
import type { PipelineEnd } from "../plan/pipeline.ts";
import type { BothSides, Job, OperandPair, Side } from "../plan/policy.ts";
import { dryRun } from "../zfs/layers.ts";
import type { World } from "../zfs/world.ts";
import type { Counters, PairContext } from "./context.ts";
import type { JobEnvironment, RunState } from "./job.ts";
import { versionFilter } from "./version_filter.ts";

/** Both ends of a pair, reached and detected. */
export interface Connection {
  readonly world: World;
  /** Programs of this host. */
  readonly localPrograms: ReadonlySet<string>;
  readonly privilegePrefix: BothSides<readonly string[]>;
}

/** Locations of a pair. Throws `RefusedError` for operands that are wrong or do not go together. */
export function locatePair(operands: OperandPair, job: Job): BothSides<Location> {
  const locate = (side: Side): Location => parseLocation(operands[side], job.hosts[side]);
  const locations = { src: locate("src"), dst: locate("dst") };
  checkPair(locations.src, locations.dst, { recursive: job.datasets.recursive });
  checkDummyDestination(locations.dst, {
    replicates: job.replication !== undefined,
    looksAtDestination: looksAtDestination(job.verbs),
  });
  return locations;
}

function looksAtDestination(verbs: Job["verbs"]): boolean {
  const { deleteDatasets, deleteSnapshots, deleteEmptyDatasets, compare, monitor } = verbs;
  return deleteDatasets || [deleteSnapshots, deleteEmptyDatasets, compare, monitor].some((verb) => verb !== undefined);
}

/** Connects to both ends. Throws what {@linkcode locatePair} and `connect` throw. */
export async function openPair(
  operands: OperandPair,
  job: Job,
  environment: JobEnvironment,
  shared: { readonly state: RunState; readonly counters: Counters },
): Promise<PairContext> {
  const locations = locatePair(operands, job);
  const { log, signal, digest, hostName } = environment;
  const connection = await environment.connect(locations.src, locations.dst, { signal });
  const world = job.dryRun === "off" ? connection.world : dryRun(connection.world, job.dryRun, log);
  const threads = job.force.once ? { amount: 1, percent: false } : job.threads;
  return {
    job,
    world,
    log,
    signal,
    digest,
    hostName,
    roots: { src: locations.src.dataset, dst: locations.dst.dataset },
    operands,
    ends: {
      src: pipelineEnd(locations.src, "src", world, job),
      dst: pipelineEnd(locations.dst, "dst", world, job),
    },
    localPrograms: connection.localPrograms,
    privilegePrefix: connection.privilegePrefix,
    workers: Math.min(
      workerCount(threads, world.source.capabilities.cpus),
      workerCount(threads, world.destination.capabilities.cpus),
    ),
    filter: versionFilter(job.snapshotFilters, { nowMs: shared.state.startedAtMs, log }),
    existing: existingAt(locations.dst.userHost, shared.state),
    force: shared.state.force,
    counters: shared.counters,
  };
}

function pipelineEnd(location: Location, side: Side, world: World, job: Job): PipelineEnd {
  const zfs = side === "src" ? world.source : world.destination;
  return {
    userHost: location.userHost,
    nonlocal: isNonlocal(location, { loopbackIsNonlocal: job.tuning.loopbackIsNonlocal }),
    port: job.hosts[side].port,
    configFile: job.hosts[side].configFile,
    programs: zfs.capabilities.programs,
  };
}

function existingAt(userHost: string, state: RunState): Set<Dataset> {
  const known = state.existing.get(userHost) ?? new Set();
  state.existing.set(userHost, known);
  return known;
}
