/**
 * Reads a fleet's policy with the eyes of somebody who has seen many: what is valid, but hardly meant.
 *
 * Nothing here keeps anything from running. The order in which subjobs run is here, too: it is for the same reader.
 * @module
 */
import {
  type AlertEntry,
  CYCLES_KEYS,
  FAN_OUT_ACTIONS,
  type Fleet,
  type FleetAction,
  type RetentionPlan,
} from "../../model/fleet.ts";
import { formatDuration, parsePeriod, periodMs, tryParseDuration } from "../../model/text/mod.ts";
import { onlyTargets, type PeriodEntry, periodsOf } from "../../model/period_table.ts";
import { keepsSomething } from "./fleet.ts";
import type { Subjob } from "./subjobs.ts";
import { TaskSchedule } from "../task_schedule.ts";

/** What a review looks at beside the fleet. */
export interface ReviewOptions {
  /** Replication of the whole fleet, whatever the actions of this run are. */
  readonly routes: readonly Subjob[];
  /** The time after which the program looks again for something to do. */
  readonly cadenceMs: number;
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
  return [
    ...nobody(fleet),
    ...emptyPlans(fleet),
    ...neverPruned(fleet),
    ...prunedAgain(fleet),
    ...neverCreated(fleet),
    ...sharedDestinations(options.routes),
    ...relays(fleet, options.routes),
    ...unmonitored(fleet),
    ...alerts(fleet, options.cadenceMs),
  ];
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

function emptyPlans(fleet: Fleet): string[] {
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
function prunedAgain({ destinations, retained, dstSnapshots }: Fleet): string[] {
  return [...destinations].flatMap(([host, targets]) => {
    const lost = targets.filter((target) =>
      !(retained.get(host) ?? []).includes(target) && keepsSomething(onlyTargets(dstSnapshots, [target]))
    );
    return lost.map((target) =>
      `Destination ${host} receives snapshots of target '${target}', but retains none of them.`
    );
  });
}

function neverCreated({ srcSnapshots, dstSnapshots }: Fleet): string[] {
  return periodsOf(dstSnapshots).filter((entry) => Number(entry.value) > 0 && !isIn(srcSnapshots, entry)).map((entry) =>
    `Destinations keep ${describe(entry)}, which no source creates.`
  );
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
  const isWithin = (inner: string, outer: string): boolean => inner === outer || inner.startsWith(`${outer}/`);
  const all = routes.flatMap(({ operands }) => operands);
  const relayed = all.flatMap(({ src }) =>
    all.filter(({ dst }) => isWithin(src, dst) || isWithin(dst, src)).map((from) =>
      `Source ${src} is the destination of ${from.src}: snapshots that are created or pruned there stop that replication. ` +
      "Give it a job file of its own with src-snapshots: external."
    )
  );
  return [...new Set(relayed)];
}

function unmonitored({ alerts, srcSnapshots }: Fleet): string[] {
  if (alerts.size > 0 || !keepsSomething(srcSnapshots)) return [];
  return ["Nothing is monitored: without monitor-snapshot-plan nobody learns that snapshots have stopped."];
}

function alerts(fleet: Fleet, cadenceMs: number): string[] {
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
