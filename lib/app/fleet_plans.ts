/**
 * Plans of a fleet: written, shown, applied. Their code is loaded only if an option asks for it.
 * @module
 */
import { fleetOptionsText, type JobrunnerRun } from "../cli/jobrunner/mod.ts";
import { UsageError } from "../model/errors.ts";
import type { Fleet } from "../model/fleet.ts";
import type { AppliedPlanPolicy, OutputPolicy } from "../model/job.ts";
import type { FleetEvent } from "../report/events.ts";
import { hasDocument, type PlanOutput } from "./outputs.ts";
import type { RunnerParts } from "./fleet_preparation.ts";

/** What `--plan-file` or `--ask-hosts` ask for; its code is loaded only then. */
export async function planOutput(
  policy: OutputPolicy,
  words: JobrunnerRun,
  fleet: () => Fleet,
  { program, forwarded, jobFile }: RunnerParts,
): Promise<PlanOutput<FleetEvent> | undefined> {
  const { arguments: args } = words;
  if (policy.planFile === undefined && !args.flag("--ask-hosts")) return undefined;
  const runsNone = args.flag("--jobrunner-dryrun") || args.flag("--explain") || args.isGiven("--print-schedule");
  if (policy.planFile !== undefined && runsNone) {
    throw new UsageError("argument --plan-file: nothing is planned where no subjob runs", {
      hint: "Leave out --jobrunner-dryrun, --explain and --print-schedule.",
    });
  }
  const { openPlanOutput } = await import("./plan_files.ts");
  return openPlanOutput({
    path: policy.planFile,
    program: "bzfs_jobrunner",
    version: program.version,
    host: program.identity.hostname,
    inputs: () => ({ options: fleetOptionsText(fleet(), args, forwarded), jobFile }),
    print: (text) => hasDocument(policy) ? undefined : program.print("out", text),
  });
}

/** Checks a plan that is applied, before any host is asked; its code is loaded only then. Throws `UsageError`. */
export async function appliedPlan(
  policy: AppliedPlanPolicy,
  { words, fleet }: { readonly words: JobrunnerRun; readonly fleet: () => Fleet },
  { program, forwarded, jobFile, log }: RunnerParts,
): Promise<{ requireSubjobs(names: ReadonlySet<string>): void }> {
  const { checkFleetPlan, requireSubjobs } = await import("./plan_files.ts");
  const options = fleetOptionsText(fleet(), words.arguments, forwarded);
  const plan = checkFleetPlan(policy, { options, jobFile }, program.identity.hostname);
  return { requireSubjobs: (names) => requireSubjobs(plan, names, log) };
}
