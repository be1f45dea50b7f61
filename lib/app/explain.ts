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
import { quoteInsideDoubleQuotes, quoteWord } from "../host/process/mod.ts";
import { type AlikeHosts, type Fleet, FLEET_ACTIONS } from "../model/fleet.ts";
import { AppError } from "../model/errors.ts";
import { parsePeriod, periodMs } from "../model/text/mod.ts";
import {
  alikeHosts,
  cadenceMsOf,
  type FleetSurroundings,
  localPoolsOf,
  orderOf,
  planSubjobs,
  type Subjob,
  suspicionsOf,
} from "../plan/fleet/mod.ts";
import { describeFleet } from "../report/fleet/mod.ts";

/** What the explanation is made of, beside the fleet. */
export interface ExplanationParts {
  readonly around: Pick<FleetSurroundings, "thisHost" | "users">;
  readonly context: SubjobContext;
  /** For the checks that a subjob begins with. */
  readonly jobContext: JobContext;
  /** Destination hosts of a job file whose pools may be absent. */
  readonly removable: ReadonlySet<string>;
  /** Options of a job file that destroy what is in the way of replication. */
  readonly forces: readonly string[];
}

/** The explanation. Pools of this host are taken to be there. */
export function explainFleet(fleet: Fleet, parts: ExplanationParts): string {
  const { around, context, jobContext } = parts;
  const whole = { ...fleet, actions: FLEET_ACTIONS };
  const withPools = { ...around, localPools: new Set(localPoolsOf(whole, around)), removable: "all" as const };
  const routes = planSubjobs(whole, withPools).subjobs.filter(({ action }) => action === "replicate");
  const planned = new Map(planSubjobs(fleet, withPools).subjobs.map((subjob) => [subjob.name, subjob]));
  const subjobs = orderOf([...planned.keys()]).map((name) => planned.get(name)!)
    .map((subjob) => ({ title: titleOf(subjob), ...subjobCommand(subjob, context) }));
  const alike = alikeHosts(fleet, around.thisHost, parts.removable);
  const standsFor = (hosts: readonly AlikeHosts[], host: string): boolean => hosts.some(([shown]) => shown === host);
  const shown = subjobs.filter(({ source, destination }) =>
    standsFor(alike.sources, source) && (destination === "" || standsFor(alike.destinations, destination))
  );
  return describeFleet({
    fleet,
    ...alike,
    routes,
    subjobs: shown.map(({ title, words }) => ({ title, command: words.map(quoted).join(" ") })),
    subjobCount: subjobs.length,
    suspicions: [
      ...suspicionsOf(fleet, {
        routes,
        cadenceMs: cadenceOf(fleet, context),
        removable: parts.removable,
        forces: parts.forces,
        bookmarkedFromMs: bookmarkedFromMs(context.forwarded),
        isGuarded: isGuarded(context.forwarded),
      }),
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

/** With the datasets where others have plans of their own. */
function titleOf({ action, source, destination, datasets }: Subjob): string {
  const hosts = destination === "" ? `${action} of ${source}` : `${action} of ${source} at ${destination}`;
  return datasets === undefined ? hosts : `${hosts}: ${datasets.join(", ")}`;
}

/** Plans are full of single quotes, so they are easier to read in double ones. */
function quoted(word: string): string {
  return word.includes("'") ? quoteInsideDoubleQuotes(word) : quoteWord(word);
}
