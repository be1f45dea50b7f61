/**
 * `bzfs_jobrunner --explain`: what a run would do, without asking any host.
 * Source: docs/spec/jobrunner.md §10.
 * @module
 */
import {
  bookmarkedFromMs,
  isGuarded,
  type SubjobCommand,
  subjobCommand,
  type SubjobContext,
} from "../cli/jobrunner/mod.ts";
import { type JobContext, makeJob } from "../cli/settings/mod.ts";
import { joinWords, quoteInsideDoubleQuotes, quoteWord } from "../host/process/mod.ts";
import { type AlikeHosts, type Fleet, FLEET_ACTIONS } from "../model/fleet.ts";
import { sha256 } from "../host/node.ts";
import { AppError } from "../model/errors.ts";
import type { Job, LimitPolicy } from "../model/job.ts";
import { parseLocation } from "../model/location.ts";
import { parsePeriod, periodMs } from "../model/text/mod.ts";
import {
  alikeHosts,
  cadenceMsOf,
  describeThisHost,
  type FleetSurroundings,
  hostSuspicions,
  isWhole,
  localPoolsOf,
  orderOf,
  planSubjobs,
  type SharedWork,
  type Subjob,
  suspicionsOf,
} from "../plan/fleet/mod.ts";
import {
  cutsOf,
  datasetOfRemembered,
  describeLimit,
  readPlans,
  rememberedFileName,
  UNLIMITED,
} from "../plan/limits/mod.ts";
import { describeFleet, type Route } from "../report/fleet/mod.ts";
import type { StateFiles } from "../zfs/world.ts";

/** What the explanation is made of, beside the fleet. */
export interface ExplanationParts {
  readonly around: Pick<FleetSurroundings, "thisHost" | "users">;
  readonly context: SubjobContext;
  /** For the checks that a subjob begins with. */
  readonly jobContext: JobContext;
  /** Destination hosts of a job file whose pools may be absent. */
  readonly removable: ReadonlySet<string>;
  /** Plans that were carried out, where there are limits. */
  readonly plans: StateFiles;
  /** Options of a job file that destroy what is in the way of replication. */
  readonly forces: readonly string[];
}

/** What is explained beside the fleet of a job file. */
export interface ExplainedFile {
  /** How the hosts share the work. */
  readonly shared: SharedWork;
  /** The job file says so itself. */
  readonly isShared: boolean;
  /** Words of the command line that other commands need as well to be about the same. */
  readonly again: readonly string[];
}

/** What a fleet does, and what looks like a mistake in it. */
export interface FleetReview {
  readonly routes: readonly Subjob[];
  /** In the order in which they run. */
  readonly subjobs: readonly (SubjobCommand & { readonly title: string })[];
  /** Those that do not refuse at once. */
  readonly jobs: readonly { readonly title: string; readonly destination: string; readonly job: Job }[];
  readonly suspicions: readonly string[];
}

/** Reviews a fleet. Pools of this host are taken to be there. */
export function reviewFleet(fleet: Fleet, parts: ExplanationParts): FleetReview {
  const { around, context, jobContext } = parts;
  const whole = { ...fleet, actions: FLEET_ACTIONS };
  const withPools = { ...around, localPools: new Set(localPoolsOf(whole, around)), removable: "all" as const };
  const routes = planSubjobs(whole, withPools).subjobs.filter(({ action }) => action === "replicate");
  const planned = new Map(planSubjobs(fleet, withPools).subjobs.map((subjob) => [subjob.name, subjob]));
  const subjobs = orderOf([...planned.keys()]).map((name) => planned.get(name)!)
    .map((subjob) => ({ title: titleOf(subjob), ...subjobCommand(subjob, context) }));
  const jobs = subjobs.flatMap(({ title, destination, read }) => {
    const job = jobOf(read, jobContext);
    return job instanceof AppError || job === undefined ? [] : [{ title, destination, job }];
  });
  const suspicions = [
    ...suspicionsOf(fleet, {
      routes,
      cadenceMs: cadenceOf(fleet, context),
      removable: parts.removable,
      forces: parts.forces,
      bookmarkedFromMs: bookmarkedFromMs(context.forwarded),
      isGuarded: isGuarded(context.forwarded),
    }),
    ...refusalsOf(subjobs, jobContext),
    ...jobs.flatMap(({ title, job }) => cutsOfPlans(job, parts.plans).map((text) => `${title}: ${text}`)),
  ];
  return { routes, subjobs, jobs, suspicions };
}

/** The explanation. Pools of this host are taken to be there; without a job file `file` is absent. */
export function explainFleet(
  fleet: Fleet,
  parts: ExplanationParts,
  file: ExplainedFile | undefined,
): string {
  const { routes, subjobs, jobs, suspicions } = reviewFleet(fleet, parts);
  const { localhost, forwarded } = parts.context;
  const told = file !== undefined && isWhole(fleet) ? file : undefined;
  const ofHost = told?.isShared === true ? hostSuspicions(localhost, fleet, told.shared) : [];
  const alike = alikeHosts(fleet, parts.around.thisHost, parts.removable);
  const standsFor = (hosts: readonly AlikeHosts[], host: string): boolean => hosts.some(([shown]) => shown === host);
  const shown = subjobs.filter(({ source, destination }) =>
    standsFor(alike.sources, source) && (destination === "" || standsFor(alike.destinations, destination))
  );
  const config = parts.context.args.text("--config");
  return describeFleet({
    thisHost: told && describeThisHost(localhost, fleet, told.shared),
    fleet,
    ...alike,
    routes: routes.map(withHosts),
    subjobs: shown.map(({ title, words }) => ({ title, command: words.map(quoted).join(" ") })),
    showsCommands: forwarded.parsed.occurrences.some(({ option }) => option.name === "--verbose"),
    subjobCount: subjobs.length,
    limits: jobs[0] === undefined ? [] : limitsOf(jobs[0].job.limits),
    suspicions: [...ofHost, ...suspicions],
    next: config === undefined ? undefined : joinWords(["bzfs", "doctor", "--config", config, ...file?.again ?? []]),
  });
}

/** Operands that are here, under the names of their hosts. */
function withHosts({ source, destination, operands }: Subjob): Route {
  const named = (operand: string, host: string): string => operand.replace(/^-:/, () => `${host}:`);
  const of = operands.map(({ src, dst }) => ({ src: named(src, source), dst: named(dst, destination) }));
  return { source, destination, operands: of };
}

function cadenceOf(fleet: Fleet, { args, forwarded }: SubjobContext): number {
  const isTold = forwarded.words.some((word) => word.startsWith("--daemon-lifetime"));
  return cadenceMsOf(fleet, isTold ? periodMs(parsePeriod(args.text("--daemon-replication-frequency"))) : undefined);
}

/** Subjobs that would end at their very beginning, in a sentence for each reason. */
function refusalsOf(subjobs: readonly (SubjobCommand & { title: string })[], context: JobContext): string[] {
  const byReason = new Map<string, string[]>();
  for (const { title, read } of subjobs) {
    const refusal = jobOf(read, context);
    const reason = refusal instanceof AppError ? refusal.message : undefined;
    if (reason !== undefined) byReason.set(reason, [...byReason.get(reason) ?? [], title]);
  }
  return [...byReason].map(([reason, [first, ...others]]) =>
    `bzfs will refuse ${first}${others.length === 0 ? "" : ` and ${others.length} more`}: ${reason}`
  );
}

/** What a subjob is asked to do, or why it will refuse; `undefined` for what is no run. */
function jobOf(read: SubjobCommand["read"], context: JobContext): Job | AppError | undefined {
  try {
    const outcome = read();
    return outcome.kind === "arguments" ? makeJob(outcome.arguments, context) : undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error;
  }
}

/** What the limits of a job mean. */
function limitsOf({ versions, datasets, ownNames, keepNewest }: LimitPolicy): string[] {
  if (versions === UNLIMITED && datasets === UNLIMITED && ownNames === undefined && keepNewest === 0) return [];
  const foreign = ownNames === undefined
    ? "Foreign snapshots are deleted like others."
    : `Foreign snapshots are kept: those whose names do not match ${ownNames.join(", ")}`;
  return [
    `A run holds back deletions of more than ${
      describeLimit(versions)
    } of the snapshots of a dataset, and of more than ${describeLimit(datasets)} of the datasets of a root.`,
    `Pruning keeps the newest snapshots of each dataset: ${keepNewest}.`,
    foreign,
  ];
}

/** Where a plan keeps less than the one that was carried out last, as far as this host remembers that. */
function cutsOfPlans({ limits: { memory, versions }, pairs, hosts, verbs }: Job, plans: StateFiles): string[] {
  const what = verbs.deleteSnapshots?.kind;
  if (memory === undefined || what === undefined) return [];
  return pairs.flatMap(({ dst }) => {
    const { userHost, dataset } = parseLocation(dst, hosts.dst);
    const place = { job: memory.name, host: userHost, root: dataset, what };
    const known = readPlans(plans.read(rememberedFileName(place, sha256)) ?? "");
    const cut = [...known].filter(([, plan]) => cutsOf(plan, memory.plan).length > 0);
    const [first] = cut;
    if (first === undefined) return [];
    const labels = cutsOf(first[1], memory.plan).map(({ label, before, now }) => `${label} ${before} -> ${now}`);
    const others = cut.length === 1 ? "" : ` and ${cut.length - 1} more`;
    return [
      `The plan was cut since it was carried out for ${datasetOfRemembered(first[0])}${others} (${
        labels.join(", ")
      }): what it deletes will ` +
      `be held back if it is more than ${describeLimit(versions)}`,
    ];
  });
}

/** With the datasets where others have plans of their own. */
function titleOf({ action, source, destination, datasets }: Subjob): string {
  const hosts = destination === "" ? `${action} of ${source}` : `${action} of ${source} at ${destination}`;
  return datasets === undefined ? hosts : `${hosts}: ${datasets.join(", ")}`;
}

/** Plans are full of single quotes, so they are easier to read in double ones. */
function quoted(word: string): string {
  return word.includes("'") ? quoteInsideDoubleQuotes(word) : quoteWord(word);
}
