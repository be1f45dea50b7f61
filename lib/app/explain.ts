/**
 * `bzfs_jobrunner --explain`: what a run would do, without asking any host.
 * Source: docs/spec/jobrunner.md §10.
 * @module
 */
import { type SubjobCommand, subjobCommand, type SubjobContext } from "../cli/jobrunner/mod.ts";
import { type JobContext, makeJob } from "../cli/settings/mod.ts";
import { quoteInsideDoubleQuotes, quoteWord } from "../host/process/mod.ts";
import { type Fleet, FLEET_ACTIONS } from "../model/fleet.ts";
import { AppError } from "../model/errors.ts";
import { parsePeriod, periodMs } from "../model/text/mod.ts";
import {
  cadenceMsOf,
  type FleetSurroundings,
  localPoolsOf,
  orderOf,
  planSubjobs,
  type Subjob,
  suspicionsOf,
} from "../plan/fleet/mod.ts";
import { describeFleet } from "../report/fleet_explanation.ts";

/** What the explanation is made of, beside the fleet. */
export interface ExplanationParts {
  readonly around: Pick<FleetSurroundings, "thisHost" | "users">;
  readonly context: SubjobContext;
  /** For the checks that a subjob begins with. */
  readonly jobContext: JobContext;
}

/** The explanation. Pools of this host are taken to be there. */
export function explainFleet(fleet: Fleet, { around, context, jobContext }: ExplanationParts): string {
  const whole = { ...fleet, actions: FLEET_ACTIONS };
  const withPools = { ...around, localPools: new Set(localPoolsOf(whole, around)), removable: "all" as const };
  const routes = planSubjobs(whole, withPools).subjobs.filter(({ action }) => action === "replicate");
  const planned = new Map(planSubjobs(fleet, withPools).subjobs.map((subjob) => [subjob.name, subjob]));
  const subjobs = orderOf([...planned.keys()]).map((name) => planned.get(name)!)
    .map((subjob) => ({ title: titleOf(subjob), ...subjobCommand(subjob, context) }));
  return describeFleet({
    fleet,
    routes,
    subjobs: subjobs.map(({ title, words }) => ({ title, command: words.map(quoted).join(" ") })),
    suspicions: [
      ...suspicionsOf(fleet, { routes, cadenceMs: cadenceOf(fleet, context) }),
      ...refusalsOf(subjobs, jobContext),
    ],
  });
}

function cadenceOf(fleet: Fleet, { args, forwarded }: SubjobContext): number {
  const isTold = forwarded.words.some((word) => word.startsWith("--daemon-lifetime"));
  return cadenceMsOf(fleet, isTold ? periodMs(parsePeriod(args.text("--daemon-replication-frequency"))) : undefined);
}

/** Subjobs that would end at their very beginning, in a sentence for each reason. */
function refusalsOf(subjobs: readonly (SubjobCommand & { title: string })[], context: JobContext): string[] {
  const byReason = new Map<string, string[]>();
  for (const { title, read } of subjobs) {
    const reason = refusalOf(read, context);
    if (reason !== undefined) byReason.set(reason, [...byReason.get(reason) ?? [], title]);
  }
  return [...byReason].map(([reason, [first, ...others]]) =>
    `bzfs will refuse ${first}${others.length === 0 ? "" : ` and ${others.length} more`}: ${reason}`
  );
}

function refusalOf(read: SubjobCommand["read"], context: JobContext): string | undefined {
  try {
    const outcome = read();
    if (outcome.kind === "arguments") makeJob(outcome.arguments, context);
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.message;
  }
}

function titleOf({ action, source, destination }: Subjob): string {
  return destination === "" ? `${action} of ${source}` : `${action} of ${source} at ${destination}`;
}

/** Plans are full of single quotes, so they are easier to read in double ones. */
function quoted(word: string): string {
  return word.includes("'") ? quoteInsideDoubleQuotes(word) : quoteWord(word);
}
