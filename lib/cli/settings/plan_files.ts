/**
 * Which plan is written and which one is applied, and what contradicts that.
 * @module
 */
import { RefusedError, UsageError } from "../../model/errors.ts";
import type { AppliedPlanPolicy } from "../../model/job.ts";
import { parseDuration, parseLimit } from "../../model/text/mod.ts";

/** The part of a command line that is about plans: the same for both programs. */
interface PlanArguments {
  /** The last has a default. */
  text(name: "--plan-file" | "--apply-plan" | "--plan-max-age"): string | undefined;
}

/** What else of a run counts for plans. */
export interface PlanContext {
  readonly isDry: boolean;
  /** `--daemon-lifetime`, as it was given. */
  readonly daemonLifetime: string | undefined;
}

/** The plan that is applied; `undefined` if there is none. Throws `UsageError` for what contradicts the rest. */
export function makeAppliedPlan(
  parsed: PlanArguments,
  { isDry, daemonLifetime }: PlanContext,
): AppliedPlanPolicy | undefined {
  const [planFile, path] = [parsed.text("--plan-file"), parsed.text("--apply-plan")];
  const maxAge = parsed.text("--plan-max-age") ?? "";
  const refuse = (message: string, hint?: string): never => {
    throw new UsageError(message, { hint });
  };
  if (planFile !== undefined && path !== undefined) {
    refuse("argument --plan-file: not allowed with argument --apply-plan", "Make a new plan without --apply-plan.");
  }
  if (planFile !== undefined && !isDry) {
    refuse("argument --plan-file: needs --dryrun", "A plan is made by a run that changes nothing.");
  }
  const isDaemon = daemonLifetime !== undefined && orUsageError(() => parseDuration(daemonLifetime)) > 0;
  if (isDaemon && (planFile !== undefined || path !== undefined)) {
    const option = planFile === undefined ? "--apply-plan" : "--plan-file";
    refuse(
      `argument ${option}: not allowed with a daemon`,
      "A plan is made and applied once: leave out --daemon-lifetime.",
    );
  }
  if (path === undefined) return undefined;
  return { path, maxAgeMs: orUsageError(() => parseLimit(maxAge, "--plan-max-age")) };
}

function orUsageError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    throw new UsageError(error.message, { cause: error, hint: error.hint });
  }
}
