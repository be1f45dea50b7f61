/**
 * Makes one dataset pair ready to be worked on: operands, hosts, rights, capabilities, workers.
 *
 * Source: docs/spec/cli.md §15 step 9, §2; docs/spec/replication.md §3 and §10.4.
 * @module
 */
import type { JobEnvironment, RunState } from "./environment.ts";
import type { Dataset } from "../../model/dataset.ts";
import {
  checkDummyDestination,
  checkPair,
  isDummy,
  isNonlocal,
  type Location,
  parseLocation,
} from "../../model/location.ts";
import { poolGuid, workerCount } from "../../model/capabilities.ts";
import { ORDINARY } from "../../plan/limits/mod.ts";
import type { PipelineEnd } from "../../plan/replication/mod.ts";
import type { BothSides, HostAddress, Job, OperandPair, Side } from "../../model/job.ts";
import { compileFilters, gainsWithTime, needsCreation } from "../../plan/selection.ts";
import type { Place } from "../../report/events.ts";
import { dryRun } from "../../zfs/layers.ts";
import type { World } from "../../zfs/world.ts";
import { DeletionGuard } from "../limits/mod.ts";
import { SnapshotCache } from "../cache.ts";
import { looksAtDestination, type PairContext, type PairFacts, type PairState, versionFilter } from "./context.ts";

/** Locations of a pair. Throws `RefusedError` for operands that are wrong or do not go together. */
function locatePair(operands: OperandPair, job: Job): BothSides<Location> {
  const locate = (side: Side): Location => parseLocation(operands[side], job.hosts[side]);
  const locations = { src: locate("src"), dst: locate("dst") };
  checkPair(locations.src, locations.dst, { recursive: job.datasets.recursive });
  checkDummyDestination(locations.dst, {
    replicates: job.replication !== undefined,
    looksAtDestination: looksAtDestination(job.verbs),
  });
  return locations;
}

/** What else a pair is made of. */
interface PairParts extends Pick<PairContext, "recorder">, Pick<PairState, "counters"> {
  readonly run: RunState;
  /** Told where both sides are, once they were reached. */
  readonly opened: (places: BothSides<Place>) => void;
}

/** Connects to both ends. Throws what {@linkcode locatePair} and `connect` throw. */
export async function openPair(
  operands: OperandPair,
  job: Job,
  environment: JobEnvironment,
  { run, counters, recorder, opened }: PairParts,
): Promise<PairContext> {
  const locations = locatePair(operands, job);
  const { log, signal, digest, hostName } = environment;
  const { forgetGuards } = job.verbs;
  const needsDestination = forgetGuards === undefined || forgetGuards === "ask";
  const dst = needsDestination ? locations.dst : { ...locations.dst, isDummy: true };
  const connection = await environment.connect(locations.src, dst, { signal });
  const [srcPool, dstPool] = [connection.world.source, connection.world.destination].map((zfs) =>
    poolGuid(zfs.capabilities)
  );
  const samePool = srcPool !== undefined && srcPool === dstPool;
  checkPair(locations.src, locations.dst, { recursive: job.datasets.recursive, samePool });
  const world = job.dryRun === "off" ? connection.world : dryRun(connection.world, job.dryRun, log);
  const threads = job.force.once ? { amount: 1, percent: false } : job.threads;
  const wanted = Math.min(
    workerCount(threads, world.source.capabilities.cpus),
    workerCount(threads, world.destination.capabilities.cpus),
  );
  const facts: PairFacts = {
    operands,
    isDummy: { src: isDummy(locations.src.dataset), dst: isDummy(locations.dst.dataset) },
    hostName,
    destinationHost: locations.dst.userHost,
    route: {
      ends: {
        src: pipelineEnd(locations.src, "src", world, job),
        dst: pipelineEnd(locations.dst, "dst", world, job),
      },
      localPrograms: connection.localPrograms,
      privilegePrefix: connection.privilegePrefix,
    },
    workers: await environment.affordable?.(wanted) ?? wanted,
    digest,
    filter: versionFilter(job.snapshotFilters, { nowMs: run.startedAtMs, log }),
    filters: compileFilters(job.snapshotFilters),
    nowMs: run.startedAtMs,
    calendar: run.calendar,
    localZone: environment.zones.local,
  };
  const state: PairState = {
    cache: cacheOf(locations, world, job, environment),
    plans: environment.files.plans,
    reports: environment.files.reports,
    health: run.health,
    told: run.told,
    existing: existingAt(locations.dst.userHost, run),
    force: run.force,
    counters,
  };
  const roots = { src: locations.src.dataset, dst: locations.dst.dataset };
  const places = { src: placeOf(locations, "src", srcPool, job), dst: placeOf(locations, "dst", dstPool, job) };
  opened(places);
  const permit = environment.files.permitAt?.(places) ?? ORDINARY;
  const guard = new DeletionGuard(job.limits, {
    permit,
    counts: run.destroyed,
    host: locations.dst.userHost,
    alarm: environment.display.alarm,
    told: run.told,
  });
  return { job, world, log, signal, roots, recorder, guard, phase: "replicate", facts, state };
}

/** What tells a side from others that hold datasets and guids of the same names. */
function placeOf(locations: BothSides<Location>, side: Side, pool: string | undefined, job: Job): Place {
  const { port, configFile } = job.hosts[side];
  return {
    host: locations[side].userHost || "localhost",
    ...(port === undefined ? {} : { port }),
    ...(configFile === undefined ? {} : { configFile }),
    ...(pool === undefined ? {} : { poolGuid: pool }),
  };
}

function cacheOf(
  locations: BothSides<Location>,
  world: World,
  job: Job,
  { digest, files: { stamps, absolutePath } }: JobEnvironment,
): SnapshotCache {
  const marked = (side: Side): HostAddress => {
    const { port, configFile } = job.hosts[side];
    const path = configFile === undefined ? undefined : absolutePath(configFile);
    return { userHost: locations[side].userHost, port, configFile: path };
  };
  return new SnapshotCache({
    stamps,
    world,
    digest,
    hosts: { src: marked("src"), dst: marked("dst") },
    isAsked: job.verbs.cacheSnapshots,
    remembers: job.dryRun === "off",
    filterKey: filterKeyOf(job),
  });
}

/** What was up to date stays so if fewer snapshots are selected, unless it is a failure that there are none. */
function filterKeyOf({ snapshotFilters, replication }: Job): string | undefined {
  const mustFindSome = replication?.skipMissingSnapshots === "fail";
  if (gainsWithTime(snapshotFilters) || (mustFindSome && needsCreation(snapshotFilters))) return undefined;
  const { skipMissingSnapshots, useBookmarks, guard = "off" } = replication ?? {};
  return JSON.stringify([snapshotFilters, skipMissingSnapshots, useBookmarks, ...(guard === "off" ? [] : [guard])]);
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
