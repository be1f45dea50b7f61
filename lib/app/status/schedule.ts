/**
 * What the schedule of this host has, and which runs are at work. Source: docs/spec/status.md §2, §4.3.
 * @module
 */
import { type JobrunnerRun, subjobCommand, type SubjobContext } from "../../cli/jobrunner/mod.ts";
import { makeJob } from "../../cli/settings/mod.ts";
import { hasLocks, lockHolder } from "../../host/files/mod.ts";
import { systemClock } from "../../host/system.ts";
import type { Fleet } from "../../model/fleet.ts";
import { parseLimit, tryParseDuration } from "../../model/text/mod.ts";
import { localPoolsOf, planSubjobs, scheduledActions, scheduleOf } from "../../plan/fleet/mod.ts";
import type { ExpectedAction, ExpectedRoute, RunningFacts } from "../../plan/status/mod.ts";
import { forwardedValue, type RunnerParts, saysSchedule, sharedWorkOf } from "../fleet_preparation.ts";
import type { ExpectationParts } from "./expectations.ts";

/** Actions of this host's schedule, with the limits of the shortest period; those that monitor are left out. */
export function scheduledHere(
  fleet: Fleet,
  run: JobrunnerRun,
  { host, routes }: { readonly host: string; readonly routes: readonly ExpectedRoute[] },
): ExpectedAction[] {
  const shared = sharedWorkOf(run);
  if (shared === undefined) return [];
  const { roles } = scheduleOf(host, fleet, shared);
  const limits = routes.flatMap(({ source, destination }) => [...source.limits, ...destination?.limits ?? []])
    .filter(({ kind }) => kind === "latest");
  const criticalMs = limits.reduce((least, limit) => Math.min(least, limit.criticalMs), Infinity);
  const warningMs = limits.reduce((least, limit) => Math.min(least, limit.warningMs), criticalMs);
  const actions = new Set(roles.flatMap((role) => role.actions).filter((action) => !action.startsWith("monitor-")));
  return [...actions].map((action) => ({ action, warningMs, criticalMs }));
}

/** True if the job file says which hosts have a part in its schedule, and is asked about all of its hosts. */
export function namesHosts(run: JobrunnerRun): boolean {
  const { arguments: args } = run;
  return saysSchedule(run) && !args.isGiven("--src-host") && !args.isGiven("--dst-host");
}

/** How long a run may be at work; a daemon its lifetime longer. */
export function busyMsOf({ busyLimit }: SubjobContext, around: Pick<RunnerParts, "forwarded">): number {
  const lifetime = tryParseDuration(forwardedValue("--daemon-lifetime", around) ?? "") ?? 0;
  return busyLimit === undefined ? Infinity : lifetime + parseLimit(busyLimit, "--busy-limit");
}

/** What a subjob locks. */
export interface LockIdentity {
  readonly action: string;
  readonly identity: string;
}

/** What the runs of this job lock, those of all actions. */
export function lockIdentities(fleet: Fleet, parts: Omit<ExpectationParts, "removable">): LockIdentity[] {
  const all = { ...fleet, actions: scheduledActions(fleet) };
  const localPools = new Set(localPoolsOf(all, parts.around));
  return planSubjobs(all, { ...parts.around, localPools, removable: new Set() }).subjobs.flatMap((subjob) => {
    const outcome = subjobCommand(subjob, parts.context).read();
    if (outcome.kind !== "arguments") return [];
    return [{ action: subjob.action, identity: makeJob(outcome.arguments, parts.jobContext).identity }];
  });
}

/** Those of them that are held. */
export async function runsAtWork(folder: string, identities: () => readonly LockIdentity[]): Promise<RunningFacts[]> {
  if (!hasLocks(folder)) return [];
  const running: RunningFacts[] = [];
  for (const { action, identity } of identities()) {
    const holder = await lockHolder({ folder, identity });
    if (holder === undefined) continue;
    running.push({ action, processId: holder.pid, startedAtMs: systemClock.now() - holder.ageMs });
  }
  return running;
}
