/**
 * Plans as files: `--plan-file` is written, `--apply-plan` is read. Loaded only if one of them is given.
 *
 * Source: docs/spec/cli.md §20.
 * @module
 */
import { readTrustedFile } from "../host/files/mod.ts";
import { openResultFile, STANDARD_OUTPUT } from "../host/output/mod.ts";
import { sha256 } from "../host/node.ts";
import { randomName, systemClock, systemRandom } from "../host/system.ts";
import { AppError, messageOf, RefusedError, UsageError } from "../model/errors.ts";
import type { AppliedPlanPolicy } from "../model/job.ts";
import { base64url, formatSpan } from "../model/text/mod.ts";
import type { Logger } from "../model/log.ts";
import type { FleetEvent, RunEvent, Stamped } from "../report/events.ts";
import {
  AppliedPlan,
  openPlan,
  PLAN_BYTES_MAX,
  type PlanDocument,
  PlanFold,
  type PlanHead,
  planTable,
  sealPlan,
} from "../report/plan_file/mod.ts";
import type { PlanOutput } from "./outputs.ts";

/** The digest of plans, options and job files. */
export function planDigest(text: string): string {
  return base64url(sha256(text));
}

/** What a plan is made with. */
export interface PlanParts extends Pick<PlanHead, "program" | "version" | "host"> {
  /** Where to; `undefined` if only the table is wanted. */
  readonly path: string | undefined;
  /** What options and job file of a fleet say, known when the run ends; the options of `bzfs` are known by its events. */
  readonly inputs?: () => PlanInputs;
  /** Prints the table; not called if standard output is needed for something else. */
  readonly print: (text: string) => void;
}

/** What decided about a fleet's plan, as texts. */
export interface PlanInputs {
  readonly options: string;
  readonly jobFile: string | undefined;
}

/** Opens what `--plan-file` names, if it does. Throws `RefusedError` for a path that cannot be written. */
export function openPlanOutput(
  { path, program, version, host, inputs, print }: PlanParts,
): PlanOutput<RunEvent | FleetEvent> {
  const file = path === undefined ? undefined : openResultFile(path, randomName(systemRandom, 8), "--plan-file");
  const fold = new PlanFold();
  return {
    add: (event: Stamped<RunEvent | FleetEvent>) => fold.add(event),
    write(): void {
      const createdAt = new Date(systemClock.now()).toISOString();
      if (fold.isEmpty && file === undefined) return;
      if (fold.isEmpty) throw new RefusedError("nothing was planned");
      const plan = fold.document({ program, version, createdAt, host, ...digestsOf(inputs?.()) });
      if (file !== undefined) {
        const text = sealPlan(plan, planDigest);
        if (new TextEncoder().encode(text).length > PLAN_BYTES_MAX) {
          throw new RefusedError("the plan is too large to be applied");
        }
        file.write(text);
      }
      if (path !== STANDARD_OUTPUT) print(planTable(plan));
    },
  };
}

function digestsOf(inputs: PlanInputs | undefined): Partial<Pick<PlanHead, "options" | "jobFile">> {
  if (inputs === undefined) return {};
  const { options, jobFile } = inputs;
  return { options: planDigest(options), ...(jobFile === undefined ? {} : { jobFile: planDigest(jobFile) }) };
}

/**
 * Reads a plan, and checks all but whether it was made for these options. Throws `UsageError`, so that a plan that is not
 * applied is status 2.
 */
function readPlanFile({ path, maxAgeMs }: AppliedPlanPolicy, host: string): PlanDocument {
  const refuse = (why: string, hint = "Make a new one with --dryrun --plan-file."): never => {
    throw new UsageError(`Cannot apply the plan ${path}: it ${why}`, { hint });
  };
  const plan = openPlan(readText(path), planDigest);
  if ("fault" in plan) return refuse(plan.fault);
  const ageMs = systemClock.now() - Date.parse(plan.createdAt);
  if (!(ageMs > -CLOCK_STEP_MS)) {
    return refuse("was made in the future", "Find out whether the clock of this host is right.");
  }
  if (ageMs > maxAgeMs) return refuse(`is ${formatSpan(ageMs)} old, more than --plan-max-age allows`);
  if (plan.host !== host) return refuse(`was made on another host, ${plan.host}`);
  return plan;
}

/** How far a clock may have been set back since a plan was made. */
const CLOCK_STEP_MS = 60_000;

function readText(path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readTrustedFile(path, PLAN_BYTES_MAX));
  } catch (cause) {
    const hint = cause instanceof AppError ? cause.hint : undefined;
    throw new UsageError(`Cannot apply the plan ${path}: ${messageOf(cause)}`, { cause, hint });
  }
}

/** The permit of a run of `bzfs` with these options: a plan of its own, or one of a fleet. Throws `UsageError`. */
export function permitOf(policy: AppliedPlanPolicy, options: string, host: string): AppliedPlan {
  const plan = readPlanFile(policy, host);
  const digest = planDigest(options);
  const runs = plan.runs.filter((run) => run.options === digest);
  if (runs.length === 0) throw otherInputs(policy.path, "other options");
  return new AppliedPlan(runs);
}

/** Checks that the plan of a fleet was made for this one. Throws `UsageError`. */
export function checkFleetPlan(
  policy: AppliedPlanPolicy,
  { options, jobFile }: PlanInputs,
  host: string,
): PlanDocument {
  const plan = readPlanFile(policy, host);
  if (plan.jobFile !== (jobFile === undefined ? undefined : planDigest(jobFile))) {
    throw otherInputs(policy.path, "another job file");
  }
  if (plan.program !== "bzfs_jobrunner" || plan.options !== planDigest(options)) {
    throw otherInputs(policy.path, "other options");
  }
  return plan;
}

/**
 * Says what a plan of a fleet holds for subjobs that there are not any more, of a destination that is not here for example.
 * Throws `HeldBackError` if there is anything.
 */
export function requireSubjobs({ runs }: PlanDocument, names: ReadonlySet<string>, log: Logger): void {
  const left = new AppliedPlan(runs.filter(({ subjob }) => subjob === undefined || !names.has(subjob)));
  left.tellLeft(log);
  left.requireAll();
}

function otherInputs(path: string, what: string): UsageError {
  return new UsageError(`Cannot apply the plan ${path}: it was made for ${what}`, {
    hint: "Make a new one with --dryrun --plan-file.",
  });
}
