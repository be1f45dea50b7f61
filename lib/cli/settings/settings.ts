/**
 * The second stage from words to a job: parsed words and what the environment says, checked against each other.
 *
 * Every violation is a refusal, status 3, after the log was opened. The order of checks is that of
 * docs/spec/cli.md §15, steps 6 and 8. Nothing behind this module knows options.
 * @module
 */
import { RefusedError, UsageError } from "../../model/errors.ts";
import { compileRegexes } from "../../model/regex/regex.ts";
import { parseDuration, parseLimit } from "../../model/text/mod.ts";
import type {
  ComparePolicy,
  DatasetPolicy,
  DeleteSnapshotsPolicy,
  EnvironmentPolicy,
  ForgetPolicy,
  Job,
  OperandPair,
  PropertyGroup,
} from "../../model/job.ts";
import type { SnapshotFilterGroup } from "../../model/snapshot_filter.ts";
import type { ArgumentFileReader } from "../parse/argument_file.ts";
import type { BzfsArguments } from "../parse/bzfs_arguments.ts";
import { type Environment, makeTuning } from "../environment.ts";
import { checkAccounts, checkPvOptions, makeHosts, makePrograms } from "./host.ts";
import { jobIdentity } from "./identity.ts";
import { makeLimits } from "./limits.ts";
import { makeMonitor } from "./monitor.ts";
import { likelyPeriod } from "../options/periods.ts";
import { type PlanFilters, planGroups, planWords } from "../options/plan_options.ts";
import { makeAppliedPlan } from "./plan_files.ts";
import { makeForce, makeReplication, makeRetry } from "./replication.ts";
import { makeReportPolicy } from "./report.ts";
import { makeSchedule } from "./schedule.ts";
import { foldFilters, optimiseFilters } from "./snapshot_filters.ts";
import { checkReceiveOptions } from "./zfs_options.ts";

/** What settings need from outside. */
export interface JobContext {
  readonly files: ArgumentFileReader;
  readonly environment: Environment;
  /** Throws `RefusedError` unless the text is a time zone; empty = the local one. */
  readonly checkTimezone: (text: string) => unknown;
  /** The path with the working directory in front if it is relative. */
  readonly absolutePath: (path: string) => string;
}

/**
 * Makes the job. Throws {@linkcode RefusedError}.
 *
 * @param report the settings of the log, if they were made before
 */
export function makeJob(parsed: BzfsArguments, context: JobContext, report = makeReportPolicy(parsed)): Job {
  const environment = makeEnvironment(parsed);
  const replication = makeReplication(parsed);
  const hosts = makeHosts(parsed, context.files);
  const { create, schedule } = makeSchedule(parsed, context.checkTimezone);
  const monitor = makeMonitor(parsed);
  const programs = makePrograms(parsed);
  const tuning = makeTuning(context.environment);
  const timeout = parsed.text("--timeout");
  const lifetimeMs = parseDuration(parsed.text("--daemon-lifetime"));
  const force = makeForce(parsed);
  const groups = allFilterGroups(parsed);
  const job: Job = {
    pairs: pairsOf(parsed.words.operands),
    identity: jobIdentity(parsed, groups, context.absolutePath),
    datasets: makeDatasets(parsed),
    snapshotFilters: groups,
    replication: parsed.flag("--skip-replication") ? undefined : replication,
    dryRun: parsed.text("--dryrun") ?? "off",
    force,
    retry: makeRetry(parsed),
    skipOnError: parsed.text("--skip-on-error"),
    missingRoot: parsed.text("--missing-root"),
    threads: force.once ? { amount: 1, percent: false } : parsed.amount("--threads"),
    hosts,
    programs,
    report,
    tuning,
    environment,
    joinStages: parsed.text("--pipeline"),
    timeoutMs: timeout === undefined ? undefined : parseDuration(timeout),
    patience: {
      queryMs: parseLimit(parsed.text("--query-timeout"), "--query-timeout"),
      stallMs: parseLimit(parsed.text("--stall-timeout"), "--stall-timeout"),
      busyMs: parseLimit(parsed.text("--busy-limit"), "--busy-limit") + lifetimeMs,
    },
    limits: makeLimits(parsed),
    verbs: {
      cacheSnapshots: parsed.flag("--cache-snapshots"),
      create,
      deleteDatasets: parsed.flag("--delete-dst-datasets"),
      deleteSnapshots: makeDeleteSnapshots(parsed),
      forgetGuards: makeForgetGuards(parsed),
      deleteEmptyDatasets: parsed.text("--delete-empty-dst-datasets"),
      compare: makeCompare(parsed.text("--compare-snapshot-lists"), { bookmarks: replication.useBookmarks }),
      monitor,
      schedule,
      daemon: lifetimeMs > 0 ? { lifetimeMs } : undefined,
      remoteConfigTtlMs: parseDuration(parsed.text("--daemon-remote-conf-cache-ttl")),
    },
    appliedPlan: makeAppliedPlan(parsed, {
      isDry: parsed.isGiven("--dryrun"),
      daemonLifetime: parsed.text("--daemon-lifetime"),
    }),
  };
  checkReceiveOptions(replication.receiveOptions, replication.preserveProperties);
  compileAll(job, replication.propertyGroups);
  checkPvOptions(programs, report.quiet);
  checkAccounts(hosts);
  checkTemporaryBookmarks(parsed);
  return deepFreeze(job);
}

/** The plans of all options, in the order in which they count: `--include-snapshot-plan` first. */
function plansOf(parsed: BzfsArguments): PlanFilters[] {
  return [...parsed.plans("--include-snapshot-plan"), ...parsed.plans("--delete-dst-snapshots-except-plan")];
}

/** Options that the plan options stand for, for the log. */
export function auxiliaryWords(parsed: BzfsArguments): string[] {
  return plansOf(parsed).flatMap(planWords);
}

/** All filter groups, in the form in which they are applied: those of plans behind all explicit filters. */
function allFilterGroups(parsed: BzfsArguments): SnapshotFilterGroup[] {
  const ofPlans = plansOf(parsed).flatMap(planGroups);
  const explicit = foldFilters(parsed.words.occurrences);
  const groups = ofPlans.length === 0 ? explicit : explicit.filter((group) => group.length > 0);
  return optimiseFilters([...groups, ...ofPlans]);
}

/** Takes a flat list of operands, whose number is even. */
export function pairsOf(operands: readonly string[]): OperandPair[] {
  const pairs: OperandPair[] = [];
  for (let i = 0; i + 1 < operands.length; i += 2) pairs.push({ src: operands[i]!, dst: operands[i + 1]! });
  return pairs;
}

function makeEnvironment(parsed: BzfsArguments): EnvironmentPolicy | undefined {
  const includeRegexes = parsed.list("--include-envvar-regex");
  const excludeRegexes = parsed.list("--exclude-envvar-regex");
  if (includeRegexes.length === 0 && excludeRegexes.length === 0) return undefined;
  compileRegexes([...includeRegexes, ...excludeRegexes], "name");
  return { includeRegexes, excludeRegexes };
}

function makeDatasets(parsed: BzfsArguments): DatasetPolicy {
  return {
    recursive: parsed.flag("--recursive"),
    skipParent: parsed.flag("--skip-parent"),
    includeDatasets: parsed.list("--include-dataset"),
    excludeDatasets: parsed.list("--exclude-dataset"),
    includeRegexes: parsed.list("--include-dataset-regex"),
    excludeRegexes: parsed.list("--exclude-dataset-regex"),
    excludeProperty: parsed.text("--exclude-dataset-property"),
  };
}

function makeDeleteSnapshots(parsed: BzfsArguments): DeleteSnapshotsPolicy | undefined {
  const temporaryBookmarks = parsed.flag("--force-delete-dst-tmp-bookmarks");
  const kind = temporaryBookmarks ? "bookmarks" : parsed.text("--delete-dst-snapshots");
  if (kind === undefined) return undefined;
  return {
    kind,
    crosscheck: !parsed.flag("--delete-dst-snapshots-no-crosscheck"),
    except: parsed.flag("--delete-dst-snapshots-except") || parsed.isGiven("--delete-dst-snapshots-except-plan"),
    temporaryBookmarks,
  };
}

function makeCompare(
  what: string | undefined,
  use: Pick<ComparePolicy, "bookmarks">,
): ComparePolicy | undefined {
  if (what === undefined) return undefined;
  const parts = what.split("+");
  return { src: parts.includes("src"), dst: parts.includes("dst"), all: parts.includes("all"), ...use };
}

/** Compiles every regex of the job once, so that a broken one ends the run before anything is looked at. */
function compileAll(job: Job, properties: readonly PropertyGroup[]): void {
  for (const filter of job.snapshotFilters.flat()) {
    if (filter.kind !== "times-and-ranks") compileRegexes(filter.regexes, "name");
  }
  compileRegexes([...job.datasets.includeRegexes, ...job.datasets.excludeRegexes], "dataset");
  for (const group of properties) compileRegexes([...group.includeRegexes, ...group.excludeRegexes], "name");
}

function makeForgetGuards(parsed: BzfsArguments): ForgetPolicy | undefined {
  const option = "--forget-guards";
  const by = parsed.text(option);
  if (by === undefined) return undefined;
  if (!/^(?:ask|any|[0-9]{1,20})$/.test(by)) {
    throw new UsageError(`argument ${option}: is neither ask, any nor the guid of a pool: '${by}'`);
  }
  if (!parsed.flag("--skip-replication")) throw new RefusedError(`${option} requires --skip-replication.`);
  // The host of the destination may not have been reached, and nothing is known about it then.
  const other = LOOKING_AT_DESTINATION.find((name) => parsed.isGiven(name));
  if (other !== undefined) throw new RefusedError(`${option} cannot be combined with ${other}.`);
  return by;
}

const LOOKING_AT_DESTINATION = [
  "--delete-dst-datasets",
  "--delete-dst-snapshots",
  "--delete-empty-dst-datasets",
  "--compare-snapshot-lists",
  "--monitor-snapshots",
] as const;

function checkTemporaryBookmarks(parsed: BzfsArguments): void {
  const option = "--force-delete-dst-tmp-bookmarks";
  if (!parsed.flag(option)) return;
  if (!parsed.flag("--skip-replication")) throw new RefusedError(`${option} requires --skip-replication.`);
  for (
    const other of ["--delete-dst-snapshots", "--delete-dst-snapshots-except-plan", "--include-snapshot-plan"] as const
  ) {
    if (parsed.isGiven(other)) throw new RefusedError(`${option} cannot be combined with ${other}.`);
  }
}

/** A warning for each word of a plan that is near a period. Any word is valid on the command line. */
export function doubtfulPeriods(parsed: BzfsArguments, { verbs }: Job): string[] {
  const labels = [...verbs.create?.labels ?? [], ...verbs.monitor?.alerts.map(({ label }) => label) ?? []];
  const plans = [...parsed.plans("--include-snapshot-plan"), ...parsed.plans("--delete-dst-snapshots-except-plan")];
  const words = new Set([
    ...labels.map(({ suffix }) => suffix.replace(/^_/, "")),
    ...plans.flatMap(({ entries }) => entries.map(({ period }) => period)),
  ]);
  return [...words].flatMap((word) => {
    const likely = likelyPeriod(word);
    if (likely === undefined) return [];
    return `'${word}' in a plan is no period: its snapshots are created at every start, and of them only the number ` +
      `counts, whatever their age. Did you mean ${likely}?`;
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach((item) => deepFreeze(item));
  return Object.freeze(value);
}
