/**
 * Reads a fleet's policy with the eyes of somebody who has seen many: what is valid, but hardly meant.
 *
 * Nothing here keeps anything from running. The order in which subjobs run is here, too: it is for the same reader.
 * @module
 */
import { isWithin } from "../../model/dataset.ts";
import {
  type AlertEntry,
  CYCLES_KEYS,
  FAN_OUT_ACTIONS,
  type Fleet,
  type FleetAction,
  groupPolicies,
  type GroupPolicy,
  KEPT_FOREVER,
  type RetentionPlan,
} from "../../model/fleet.ts";
import { DAY_MS, formatDuration, parsePeriod, periodMs, tryParseDuration } from "../../model/text/mod.ts";
import { onlyTargets, type PeriodEntry, periodsOf } from "../../model/period_table.ts";
import { keepsSomething, onlyKept } from "./fleet.ts";
import type { Subjob } from "./subjobs.ts";
import { TaskSchedule } from "../task_schedule.ts";

/** What a review looks at beside the fleet. */
export interface ReviewOptions {
  /** Replication of the whole fleet, whatever the actions of this run are. */
  readonly routes: readonly Subjob[];
  /** The time after which the program looks again for something to do. */
  readonly cadenceMs: number;
  /** Destination hosts whose pools may be absent without an alarm. */
  readonly removable?: ReadonlySet<string>;
  /** Options of bzfs that every scheduled run has, and that destroy what is in the way. */
  readonly forces?: readonly string[];
  /** Shortest period whose replicated snapshots get bookmarks that are used; `Infinity` = none do. Default: 0. */
  readonly bookmarkedFromMs?: number;
  /** The sources keep a bookmark of what each destination has, however long it is away. */
  readonly isGuarded?: boolean;
}

/** Names of subjobs in the order in which a single worker runs them if all goes well. */
export function orderOf(names: readonly string[]): string[] {
  const schedule = new TaskSchedule(names, "depth");
  const order: string[] = [];
  for (let name = schedule.next(); name !== undefined; name = schedule.next()) {
    order.push(name);
    schedule.complete(name, "done");
  }
  return order;
}

/** Sentences about what looks like a mistake. */
export function suspicionsOf(fleet: Fleet, options: ReviewOptions): string[] {
  const { routes, forces = [] } = options;
  const policies = groupPolicies(fleet);
  return [
    ...nobody(fleet),
    ...ofGroups(policies, emptyPlans),
    ...neverPruned(fleet),
    ...nothingSent(fleet),
    ...ofGroups(policies, (policy) => [...prunedAgain(policy), ...neverCreated(policy), ...neverSent(policy)]),
    ...sharedDestinations(routes),
    ...relays(fleet, routes),
    ...unmonitored(policies),
    ...ofGroups(policies, unmonitoredDestinations),
    ...ofGroups(policies, (policy) => [...alerts(policy, options.cadenceMs), ...lostBases(policy, options)]),
    ...forces.map((option) =>
      `Every scheduled run has ${option}, which destroys what is in its way at the destinations, also after a mistake ` +
      "at a source. Give it on the command line, for the one run that needs it."
    ),
  ];
}

/** What is found in each group, with the datasets that it is about if there are several groups. */
function ofGroups(policies: readonly GroupPolicy[], find: (policy: GroupPolicy) => string[]): string[] {
  return policies.flatMap((policy) =>
    find(policy).map((text) =>
      policies.length === 1 ? text : `${policy.pairs.map(({ src }) => src).join(", ")}: ${text}`
    )
  );
}

function nobody({ actions, sources, destinations }: Fleet): string[] {
  const needsDestinations = actions.some((action) => FAN_OUT_ACTIONS.has(action));
  return [
    ...(sources.length === 0 ? ["There is no source host, so nothing is done."] : []),
    ...(needsDestinations && destinations.size === 0 ? ["There is no destination host."] : []),
    ...new Set(
      sources.filter((host, index) => sources.indexOf(host) < index).map((host) =>
        `Source ${host} occurs twice, so what is done for it is done twice.`
      ),
    ),
  ];
}

function emptyPlans(fleet: GroupPolicy): string[] {
  const does = (...actions: FleetAction[]): boolean => actions.some((action) => fleet.actions.includes(action));
  const plans: readonly (readonly [boolean, RetentionPlan, string])[] = [
    [does("create-src-snapshots", "prune-src-snapshots"), fleet.srcSnapshots, "The plan of source snapshots"],
    [does("prune-src-bookmarks"), fleet.srcBookmarks, "The plan of source bookmarks"],
    [does("replicate", "prune-dst-snapshots"), fleet.dstSnapshots, "The plan of destination snapshots"],
  ];
  const empty = plans.filter(([isUsed, plan]) => isUsed && !keepsSomething(plan)).map(([, , name]) =>
    `${name} keeps nothing.`
  );
  const idle = !does("replicate") || !keepsSomething(fleet.dstSnapshots) ? [] : [...fleet.destinations]
    .filter(([, targets]) => !keepsSomething(onlyTargets(fleet.dstSnapshots, targets)))
    .map(([host]) => `Destination ${host} receives nothing: the plan keeps no snapshots of its targets.`);
  return [...empty, ...idle];
}

function neverPruned({ actions, destinations }: Fleet): string[] {
  if (!actions.includes("replicate") || actions.includes("prune-dst-snapshots")) return [];
  return [...destinations.keys()].map((host) =>
    `Destination ${host} receives snapshots, but this run does not prune them: some other run has to.`
  );
}

/** What is replicated to a host, but not retained there, comes and goes with every run. */
function prunedAgain({ destinations, retained, dstSnapshots }: GroupPolicy): string[] {
  return [...destinations].flatMap(([host, targets]) => {
    const lost = targets.filter((target) =>
      !(retained.get(host) ?? []).includes(target) && keepsSomething(onlyTargets(dstSnapshots, [target]))
    );
    return lost.map((target) =>
      `Destination ${host} receives snapshots of target '${target}', but retains none of them.`
    );
  });
}

function neverCreated({ srcSnapshots, dstSnapshots }: GroupPolicy): string[] {
  return periodsOf(dstSnapshots).filter((entry) => Number(entry.value) > 0 && !isIn(srcSnapshots, entry)).map((entry) =>
    `Destinations keep ${describe(entry)}, which no source creates.`
  );
}

/** Sentences about pairs of which nothing is ever copied, though there are destinations and plans for them. */
export function nothingSent(fleet: Fleet): string[] {
  if (!fleet.actions.includes("replicate")) return [];
  return ofGroups(groupPolicies(fleet), (policy) => {
    const unsent = unsentTargets(policy);
    if (unsent.length === 0 || unsent.length < targetsOf(policy.srcSnapshots).length) return [];
    return [`${unsent.join(", ")} of ${policy.sources.join(", ")} is sent to no destination: nothing will be copied.`];
  });
}

/** Some targets are sent; what others keep that nobody creates may be those that are not. */
function neverSent(policy: GroupPolicy): string[] {
  const unsent = unsentTargets(policy);
  const isPart = unsent.length < targetsOf(policy.srcSnapshots).length;
  if (!policy.actions.includes("replicate") || !isPart || neverCreated(policy).length === 0) return [];
  return unsent.map((target) => `${target} of ${policy.sources.join(", ")} is sent to no destination.`);
}

/** What sources create and no destination gets; none where there is no destination, or where it keeps nothing. */
function unsentTargets({ destinations, srcSnapshots, dstSnapshots }: GroupPolicy): string[] {
  if (destinations.size === 0 || !keepsSomething(dstSnapshots)) return [];
  const received = [...destinations.values()].map((targets) => onlyTargets(dstSnapshots, targets));
  const sent = periodsOf(srcSnapshots).filter((entry) => received.some((plan) => isIn(plan, entry)));
  const names = new Set(sent.map((entry) => describe({ ...entry, period: "" })));
  return targetsOf(srcSnapshots).filter((target) => !names.has(target));
}

/** Organisations and targets of a plan that keep something. */
function targetsOf(plan: RetentionPlan): string[] {
  return [...new Set(periodsOf(onlyKept(plan)).map((entry) => describe({ ...entry, period: "" })))];
}

function isIn(plan: RetentionPlan, { organisation, target, period }: PeriodEntry<unknown>): boolean {
  return Number(plan.get(organisation)?.get(target)?.get(period) ?? 0) > 0;
}

function describe({ organisation, target, period }: PeriodEntry<unknown>): string {
  return [organisation, target, period].filter((part) => part !== "").join("_");
}

function sharedDestinations(routes: readonly Subjob[]): string[] {
  const writers = new Map<string, Set<string>>();
  for (const { operands } of routes) {
    for (const { src, dst } of operands) writers.set(dst, (writers.get(dst) ?? new Set()).add(src));
  }
  return [...writers].filter(([, sources]) => sources.size > 1).map(([dst, sources]) =>
    `Several sources write to ${dst}: ${[...sources].join(", ")}.`
  );
}

/** A source that creates and prunes snapshots where others replicate to stops them: what they send comes after those. */
function relays({ hasExternalSnapshots }: Fleet, routes: readonly Subjob[]): string[] {
  if (hasExternalSnapshots) return [];
  const all = routes.flatMap(({ operands }) => operands);
  const relayed = all.flatMap(({ src }) =>
    all.filter(({ dst }) => isWithin(src, dst) || isWithin(dst, src)).map((from) =>
      `Source ${src} is the destination of ${from.src}: snapshots that are created or pruned there stop that replication. ` +
      "Give it a job file of its own with src-snapshots: external."
    )
  );
  return [...new Set(relayed)];
}

function unmonitored(policies: readonly GroupPolicy[]): string[] {
  const silent = policies.filter(({ alerts, srcSnapshots }) => alerts.size === 0 && keepsSomething(srcSnapshots));
  if (silent.length === 0) return [];
  const what = silent.length === policies.length
    ? "Nothing is monitored"
    : `Not monitored: ${silent.flatMap(({ pairs }) => pairs).map(({ src }) => src).join(", ")}`;
  return [`${what}: without monitor-snapshot-plan nobody learns that snapshots have stopped.`];
}

/** Destinations that receive something, of which no limit is about anything, while other limits exist. */
function unmonitoredDestinations({ destinations, retained, dstSnapshots, alerts }: GroupPolicy): string[] {
  if (alerts.size === 0) return [];
  return [...destinations].filter(([host, targets]) => {
    const both = targets.filter((target) => (retained.get(host) ?? []).includes(target));
    return keepsSomething(onlyTargets(dstSnapshots, targets)) && periodsOf(onlyTargets(alerts, both)).length === 0;
  }).map(([host, targets]) =>
    `${host} is not monitored: monitor-snapshot-plan has no limits for what it receives (${targets.join(", ")}).`
  );
}

/** How long a pool that may be absent is taken to be away. */
const REMOVABLE_MS = 30 * DAY_MS;

/**
 * Destinations that may be away for longer than the sources keep what the next increment begins with. A file does not say
 * how long that is, but what it tolerates: the age at which monitoring of the destination becomes critical, and 30 days
 * for a pool that is removable. Amounts are taken for times, though plans also keep that many of what is older.
 */
function lostBases(policy: GroupPolicy, options: ReviewOptions): string[] {
  const { destinations, dstSnapshots, alerts } = policy;
  if (options.isGuarded) return [];
  return [...destinations].flatMap(([host, targets]) => {
    const received = periodsOf(onlyKept(onlyTargets(dstSnapshots, targets)));
    const keptMs = Math.max(...received.map((entry) => keptAtSourceMs(entry, policy, options)));
    const ages = periodsOf(onlyTargets(alerts, targets)).map(({ period, value }) => {
      const lateness = tryParseDuration(String(value.get("critical") ?? "")) || NaN;
      return lateness + periodMs(parsePeriod(period));
    });
    const silentMs = Math.min(...ages.filter((ms) => !Number.isNaN(ms)));
    const isRemovable = options.removable?.has(host) ?? false;
    const awayMs = isRemovable ? REMOVABLE_MS : silentMs;
    if (received.length === 0 || !Number.isFinite(awayMs) || keptMs >= awayMs) return [];
    const away = isRemovable
      ? `Destination ${host} is removable, but after ${duration(keptMs)}`
      : `Destination ${host} may be away for ${duration(awayMs)} until monitoring calls that critical, but after ${
        duration(keptMs)
      }`;
    return [`${away} sources have neither snapshot nor bookmark left to go on from: keep more in src-bookmark-plan.`];
  });
}

/** How long sources keep a snapshot of the period, or its bookmark. */
function keptAtSourceMs(
  { organisation, target, period }: PeriodEntry<unknown>,
  { actions, srcSnapshots, srcBookmarks, hasExternalSnapshots }: GroupPolicy,
  { bookmarkedFromMs = 0 }: ReviewOptions,
): number {
  const lengthMs = periodMs(parsePeriod(period));
  const keptMs = (plan: RetentionPlan): number => {
    const amount = BigInt(plan.get(organisation)?.get(target)?.get(period) ?? 0);
    return amount === KEPT_FOREVER ? Infinity : Number(amount) * lengthMs;
  };
  const isPruned = (action: FleetAction, plan: RetentionPlan): boolean =>
    actions.includes(action) && keepsSomething(plan);
  const snapshotsMs = hasExternalSnapshots || !isPruned("prune-src-snapshots", srcSnapshots)
    ? Infinity
    : keptMs(srcSnapshots);
  const bookmarksMs = isPruned("prune-src-bookmarks", srcBookmarks) ? keptMs(srcBookmarks) : Infinity;
  return Math.max(snapshotsMs, lengthMs < bookmarkedFromMs ? 0 : bookmarksMs);
}

function alerts(fleet: GroupPolicy, cadenceMs: number): string[] {
  return periodsOf(fleet.alerts).flatMap((entry) => {
    const known = isIn(fleet.srcSnapshots, entry) || isIn(fleet.dstSnapshots, entry);
    if (!known) return [`Monitoring expects ${describe(entry)}, which no plan keeps: it will always raise an alarm.`];
    return limitFaults(entry.value, cadenceMs).map((fault) => `Monitoring of ${describe(entry)}: ${fault}`);
  });
}

/**
 * A limit is what is tolerated beyond the period, so it need not be longer than that, but than the pause of the
 * scheduler.
 */
function limitFaults(entry: AlertEntry, cadenceMs: number): string[] {
  const limit = (name: string): number | undefined => tryParseDuration(String(entry.get(name) ?? "")) || undefined;
  const [warning, critical] = [limit("warning"), limit("critical")];
  const short = ([["warning", warning], ["critical", critical]] as const)
    .filter(([, ms]) => ms !== undefined && ms < cadenceMs)
    .map(([name]) => `the limit for ${name} is shorter than the time between two runs, ${duration(cadenceMs)}.`);
  const unordered = warning !== undefined && critical !== undefined && critical < warning
    ? ["the limit for critical is shorter than that for warning."]
    : [];
  const silent = [...entry.keys()].every((key) => CYCLES_KEYS.has(key) || limit(key) === undefined)
    ? ["there is no limit, so it never raises an alarm."]
    : [];
  return [...short, ...unordered, ...silent];
}

function duration(ms: number): string {
  return formatDuration(ms, "ms");
}

/** The shortest period of a plan in milliseconds; `Infinity` if it has none. */
export function shortestPeriodMs(plan: RetentionPlan): number {
  const lengths = periodsOf(plan).filter(({ value }) => Number(value) > 0).map(({ period }) =>
    periodMs(parsePeriod(period))
  );
  return Math.min(Infinity, ...lengths.filter((ms) => ms > 0));
}
