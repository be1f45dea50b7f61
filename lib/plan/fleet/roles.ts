/**
 * What one host has to do for its fleet, and how often: the tasks for the scheduler that it already has.
 * @module
 */
import { type Fleet, FLEET_ACTIONS, type FleetAction, type FleetMode, groupPolicies } from "../../model/fleet.ts";
import { DAY_MS } from "../../model/text/mod.ts";
import { plannedActions } from "./fleet.ts";
import { shortestPeriodMs } from "./review.ts";

/** Actions of one host that are started together. */
export interface FleetRole {
  /** Such as `source`, `monitor-destination`, or the name of an action. */
  readonly name: string;
  readonly actions: readonly FleetAction[];
  /** The part of the fleet that it is about; `everything` for a bastion. */
  readonly part: "source" | "destination" | "everything";
}

/** True for a role that may unmount datasets: to replace them, or to destroy them, with clones if need be. */
export function mayUnmount({ actions }: FleetRole): boolean {
  return actions.some((action) => UNMOUNTING.has(action));
}

const UNMOUNTING: ReadonlySet<FleetAction> = new Set(["replicate", "prune-src-snapshots", "prune-dst-snapshots"]);

/** All tasks of a host, and how often they start. */
export interface HostSchedule {
  readonly roles: readonly FleetRole[];
  /** Minutes between starts; `always` = the program stays and looks for work. */
  readonly every: number | "always";
}

/** How the hosts of a fleet share the work. */
export interface SharedWork {
  readonly mode: FleetMode;
  readonly bastion: string | undefined;
  /** The subjobs are told to stay. */
  readonly stays: boolean;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/** The tasks of a host; none if the fleet does not know it. */
export function scheduleOf(host: string, fleet: Fleet, shared: SharedWork): HostSchedule {
  const periodMs = shortestOf(fleet);
  const stays = shared.stays || periodMs < MINUTE_MS;
  const roles = rolesOf(host, fleet, shared).map((role) => ({ ...role, actions: useful(role.actions, fleet) }));
  const present = roles.filter(({ actions }) => actions.length > 0);
  return { roles: stays ? present.flatMap(separate) : present, every: stays ? "always" : minutesFor(periodMs) };
}

/** The time between two runs of the schedule; `stays`: how often subjobs that were told to stay look for work. */
export function cadenceMsOf(fleet: Fleet, stays: number | undefined): number {
  if (stays !== undefined) return stays;
  const periodMs = shortestOf(fleet);
  return periodMs < MINUTE_MS ? SECOND_MS : minutesFor(periodMs) * MINUTE_MS;
}

/** How many periods an earlier run may be late before that is a failure, and the shortest limit. */
const BUSY_PERIODS = 10;
const SHORTEST_BUSY_LIMIT_MS = 60 * MINUTE_MS;

/** How long a run may be at work before the next ones call that a failure; a day if no plan has a period. */
export function busyLimitMsOf(fleet: Fleet): number {
  const periodMs = shortestOf(fleet);
  return Number.isFinite(periodMs) ? Math.max(SHORTEST_BUSY_LIMIT_MS, BUSY_PERIODS * periodMs) : DAY_MS;
}

/** The least time that a first replication of everything must have. */
const SHORTEST_RUN_LIMIT_MS = 7 * DAY_MS;

/**
 * How long a scheduler lets a start run: far longer than a run is at work before others call that a failure, since a
 * first replication may take days. What hangs is ended long before; this is for what nobody has thought of.
 *
 * @param busyMs the busy limit
 * @param lifetimeMs of a daemon, or 0
 */
export function runLimitMsOf(busyMs: number, lifetimeMs: number): number {
  return lifetimeMs + Math.max(SHORTEST_RUN_LIMIT_MS, 2 * busyMs);
}

function shortestOf(fleet: Fleet): number {
  return Math.min(
    ...fleet.groups.flatMap(({ srcSnapshots, dstSnapshots }) => [srcSnapshots, dstSnapshots].map(shortestPeriodMs)),
  );
}

/** A subjob that stays would keep those behind it waiting forever, so each action is a task of its own. */
function separate({ actions, part }: FleetRole): FleetRole[] {
  return actions.map((action) => ({ name: action, actions: [action], part }));
}

/** Often enough that what is due is not late by much; a run with nothing to do is cheap. */
function minutesFor(periodMs: number): number {
  if (periodMs <= 10 * MINUTE_MS) return 1;
  return periodMs <= 60 * MINUTE_MS ? 5 : 15;
}

function rolesOf(host: string, fleet: Fleet, { mode, bastion }: SharedWork): FleetRole[] {
  const isSource = fleet.sources.includes(host);
  const isDestination = fleet.destinations.has(host);
  const isAlone = isSource && isDestination && fleet.sources.length === 1 && fleet.destinations.size === 1;
  if (mode === "bastion" ? host === bastion : isAlone) return EVERYTHING;
  if (mode === "bastion") return [];
  return [...(isSource ? SOURCE[mode] : []), ...(isDestination ? DESTINATION[mode] : [])];
}

const MAINTAIN_SOURCE = ["prune-src-snapshots", "prune-src-bookmarks"] as const;

const EVERYTHING: FleetRole[] = [
  {
    name: "backup",
    actions: ["create-src-snapshots", "replicate", ...MAINTAIN_SOURCE, "prune-dst-snapshots"],
    part: "everything",
  },
  { name: "monitor", actions: ["monitor-src-snapshots", "monitor-dst-snapshots"], part: "everything" },
];

const MONITOR_SOURCE: FleetRole = { name: "monitor-source", actions: ["monitor-src-snapshots"], part: "source" };
const MONITOR_DESTINATION: FleetRole = {
  name: "monitor-destination",
  actions: ["monitor-dst-snapshots"],
  part: "destination",
};

const SOURCE: Readonly<Record<"pull" | "push", FleetRole[]>> = {
  pull: [{ name: "source", actions: ["create-src-snapshots", ...MAINTAIN_SOURCE], part: "source" }, MONITOR_SOURCE],
  push: [
    { name: "source", actions: ["create-src-snapshots", "replicate", ...MAINTAIN_SOURCE], part: "source" },
    MONITOR_SOURCE,
  ],
};

const DESTINATION: Readonly<Record<"pull" | "push", FleetRole[]>> = {
  pull: [
    { name: "destination", actions: ["replicate", "prune-dst-snapshots"], part: "destination" },
    MONITOR_DESTINATION,
  ],
  push: [{ name: "destination", actions: ["prune-dst-snapshots"], part: "destination" }, MONITOR_DESTINATION],
};

/** All that the schedules of a fleet do. */
export function scheduledActions(fleet: Fleet): FleetAction[] {
  return useful(FLEET_ACTIONS, fleet);
}

/** Without those that the policy says nothing about. */
function useful(actions: readonly FleetAction[], fleet: Fleet): FleetAction[] {
  const planned = new Set(groupPolicies(fleet).flatMap((policy) => plannedActions(actions, policy)));
  return actions.filter((action) => planned.has(action));
}
