/**
 * What a job file expects, and the jobs that look at it: every source root on every source host, and every destination of it.
 *
 * The list comes from the policy alone. Source: docs/spec/status.md §2.
 * @module
 */
import { subjobCommand, type SubjobContext } from "../../cli/jobrunner/mod.ts";
import { type JobContext, makeJob } from "../../cli/settings/mod.ts";
import type { Dataset } from "../../model/dataset.ts";
import { UsageError } from "../../model/errors.ts";
import type { Fleet, FleetAction } from "../../model/fleet.ts";
import type { DatasetPolicy, Job } from "../../model/job.ts";
import { datasetOf } from "../../model/location.ts";
import type { Level, Place } from "../../model/status/mod.ts";
import { compileDatasetSelection, selectsName } from "../../plan/dataset_selection.ts";
import { type FleetSurroundings, localPoolsOf, planSubjobs, type Subjob } from "../../plan/fleet/mod.ts";
import { composeName } from "../../plan/labels.ts";
import { type ExpectedRoot, type ExpectedRoute, keyOf, type LabelLimits } from "../../plan/status/mod.ts";

/** A job that only looks, and the places that it looks at, one for each pair. */
export interface Look {
  readonly side: "src" | "dst";
  readonly job: Job;
  readonly places: readonly Place[];
}

/** What follows from a fleet. */
export interface FleetExpectations {
  readonly routes: readonly ExpectedRoute[];
  readonly looks: readonly Look[];
}

/** Parts of the runner that planning needs. */
export interface ExpectationParts {
  readonly around: Pick<FleetSurroundings, "thisHost" | "users">;
  readonly context: SubjobContext;
  readonly jobContext: JobContext;
  /** Destination hosts of which pools may be away. */
  readonly removable: ReadonlySet<string>;
}

/** Expectations and looks, in the order of the file. Throws `UsageError` if nothing is monitored. */
export function expectationsOf(fleet: Fleet, parts: ExpectationParts): FleetExpectations {
  const looks: Look[] = [];
  const roots = new Map<string, ExpectedRoot>();
  const policies = new Map<string, DatasetPolicy>();
  const routes: ExpectedRoute[] = [];
  for (const group of fleet.groups) {
    const subjobs = (action: FleetAction): readonly Subjob[] => {
      const part = { ...fleet, groups: [group], actions: [action] };
      const localPools = new Set(localPoolsOf(part, parts.around));
      return planSubjobs(part, { ...parts.around, localPools, removable: new Set() }).subjobs;
    };
    for (const side of ["src", "dst"] as const) {
      for (const subjob of subjobs(`monitor-${side}-snapshots`)) {
        const look = lookOf(side, subjob, parts);
        looks.push(look);
        const limits = limitsOf(look.job);
        const uncounted = uncountedOf(look.job);
        for (const place of look.places) {
          roots.set(keyOf(place), { place, limits, uncounted });
          if (side === "src") policies.set(keyOf(place), look.job.datasets);
        }
      }
    }
    const replications = subjobs("replicate");
    for (const source of fleet.sources) {
      for (const [index, { src }] of group.pairs.entries()) {
        const from = roots.get(keyOf({ host: source, dataset: src }))!;
        const own = replications.filter((subjob) => subjob.source === source).map((subjob): ExpectedRoute => {
          const place = { host: subjob.destination, dataset: datasetOf(subjob.operands[index]!.dst) };
          const destination = roots.get(keyOf(place)) ?? { place, limits: [] };
          const isRemovable = parts.removable.has(subjob.destination);
          const selects = selecting(policies.get(keyOf(from.place))!, from.place, place);
          return { source: from, destination, isRemovable, selects };
        });
        routes.push(...own.length > 0 ? own : [{ source: from, isRemovable: false }]);
      }
    }
  }
  if ([...roots.values()].every(({ limits }) => limits.length === 0)) {
    throw new UsageError("The job file has no monitoring plan, so nothing would ever be late", {
      hint: "Add monitor-snapshot-plan, for example: {prod: {onsite: {hourly: {warning: 2 hours, critical: 6 hours}}}}",
    });
  }
  return { routes, looks };
}

function lookOf(side: Look["side"], subjob: Subjob, { context, jobContext }: ExpectationParts): Look {
  const outcome = subjobCommand(subjob, context).read();
  if (outcome.kind !== "arguments") throw new UsageError("The job file does not ask for a run");
  const host = side === "src" ? subjob.source : subjob.destination;
  const places = subjob.operands.map(({ dst }) => ({ host, dataset: datasetOf(dst) }));
  return { side, job: makeJob(outcome.arguments, jobContext), places };
}

/** Which datasets are replicated from a root to another one: names that are absolute may be those of either side. */
function selecting(policy: DatasetPolicy, source: Place, destination: Place): (name: string) => boolean {
  const selection = compileDatasetSelection(policy, {
    src: source.dataset as Dataset,
    dst: destination.dataset as Dataset,
  });
  return (name) => (policy.recursive || name === "") && selectsName(name, selection);
}

function uncountedOf({ verbs: { monitor } }: Job): Level[] {
  return [
    ...(monitor?.warn === false ? ["warning" as const] : []),
    ...(monitor?.crit === false ? ["critical" as const] : []),
  ];
}

function limitsOf(job: Job): LabelLimits[] {
  return (job.verbs.monitor?.alerts ?? []).flatMap(({ label, latest, oldest }) => [
    ...(latest === undefined ? [] : [{ kind: "latest" as const, label: composeName(label, "*"), ...latest }]),
    ...(oldest === undefined ? [] : [{ kind: "oldest" as const, label: composeName(label, "*"), ...oldest }]),
  ]);
}
