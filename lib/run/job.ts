/**
 * Runs one job: its dataset pairs in turn, failures isolated as the user asked, errors summed up at the end.
 *
 * Source: spec/cli-bzfs.md chapter 15 (step 9) and chapter 3, spec/replication.md chapter 2.
 * @module
 */
import { isTolerable, RefusedError } from "../model/errors.ts";
import type { Dataset } from "../model/dataset.ts";
import type { Location } from "../model/location.ts";
import type { Job, OperandPair } from "../plan/policy.ts";
import type { Logger } from "../report/log.ts";
import type { Clock, Random } from "../zfs/world.ts";
import { type Counters, type Digest, ForceBudget } from "./context.ts";
import { type Connection, openPair } from "./pair.ts";
import { replicatePair } from "./replicate_pair.ts";
import { Tolerance } from "./tolerance.ts";

/** What a job needs from outside. */
export interface JobEnvironment {
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly digest: Digest;
  /** Name of this host, as `--exclude-dataset-property` knows it. */
  readonly hostName: string;
  /** Aborted with the reason to stop. */
  readonly signal: AbortSignal;
  /** Reaches both ends of a pair and finds out what they can do. Throws `RefusedError`, `MissingToolError`. */
  connect(src: Location, dst: Location, options: { readonly signal: AbortSignal }): Promise<Connection>;
}

/** What is known at the end of a run, for the last lines of the log. */
export interface JobSummary {
  /** Snapshots replicated for the last pair. */
  readonly snapshotsReplicated: number;
}

/** State that pairs of one run share. */
export interface RunState {
  readonly force: ForceBudget;
  /** Datasets known to exist, by `user@host` of the destination. */
  readonly existing: Map<string, Set<Dataset>>;
  /** The time that relative filters are measured from: Unix milliseconds. */
  readonly startedAtMs: number;
}

/**
 * Works on all pairs. Throws what ended the run, or `PartialFailure` if failures were tolerated.
 *
 * @param summary told after each pair, so that it is known even if a later pair throws
 */
export async function runJob(
  job: Job,
  environment: JobEnvironment,
  summary: (summary: JobSummary) => void = () => {},
): Promise<void> {
  const { log, signal } = environment;
  refuseWhatThisVersionLacks(job);
  const tolerance = new Tolerance(log);
  const state: RunState = {
    force: new ForceBudget(job.force),
    existing: new Map(),
    startedAtMs: environment.clock.now(),
  };
  for (const operands of job.pairs) {
    const name = taskName(operands, job);
    if (job.pairs.length > 1) log.log("INFO", "Starting task: ", `${name} ...`);
    const counters: Counters = { snapshotsFound: 0, snapshotsReplicated: 0 };
    try {
      await runPair(operands, job, environment, { state, tolerance, counters });
    } catch (error) {
      signal.throwIfAborted();
      if (job.skipOnError === "fail" || !isTolerable(error)) throw error;
      tolerance.record(error, `task: ${name}`);
    } finally {
      summary({ snapshotsReplicated: counters.snapshotsReplicated });
    }
  }
  tolerance.conclude();
}

/** Better no run than one that silently leaves out what was asked for. */
function refuseWhatThisVersionLacks({ verbs }: Job): void {
  const asked: readonly (readonly [boolean, string])[] = [
    [verbs.create !== undefined, "creating snapshots"],
    [verbs.deleteDatasets || verbs.deleteEmptyDatasets !== undefined, "deleting datasets"],
    [verbs.deleteSnapshots !== undefined, "deleting snapshots"],
    [verbs.compare !== undefined, "comparing snapshots"],
    [verbs.monitor !== undefined, "monitoring snapshots"],
    [verbs.cacheSnapshots, "caching snapshots"],
    [verbs.daemon !== undefined, "running as a daemon"],
  ];
  const missing = asked.filter(([isAsked]) => isAsked).map(([, name]) => name);
  if (missing.length > 0) throw new RefusedError(`This version lacks: ${missing.join(", ")}`);
}

async function runPair(
  operands: OperandPair,
  job: Job,
  environment: JobEnvironment,
  shared: { readonly state: RunState; readonly tolerance: Tolerance; readonly counters: Counters },
): Promise<void> {
  const context = await openPair(operands, job, environment, shared);
  if (job.replication === undefined) throw new RefusedError("Nothing to do: --skip-replication without another action");
  await replicatePair(context, job.replication, shared.tolerance);
}

function taskName({ src, dst }: OperandPair, job: Job): string {
  return `${src} ${job.datasets.recursive ? "-r " : ""}--> ${dst}`;
}
