/**
 * A fleet becomes subjobs: what each one does, to which datasets, and behind which others it has to wait.
 *
 * The order is in the names: they are paths of a tree in which a child waits for its parent, and what is below a
 * component `~` for all its siblings (`plan/task_schedule.ts`). Source: docs/spec/jobrunner.md §4 to §6.
 * @module
 */
import {
  DST_HOST_TOKEN,
  FAN_OUT_ACTIONS,
  type Fleet,
  FLEET_ACTIONS,
  type FleetAction,
  groupPolicies,
  type GroupPolicy,
  type MonitorPlan,
  type RetentionPlan,
  SRC_HOST_TOKEN,
} from "../../model/fleet.ts";
import type { OperandPair } from "../../model/job.ts";
import { poolOf } from "../../model/dataset.ts";
import { datasetOf, parseDataset } from "../../model/location.ts";
import { onlyTargets } from "../../model/period_table.ts";
import { expandAlerts, onlyKept, plannedActions } from "./fleet.ts";

/** One run of `bzfs`. */
export interface Subjob {
  /** Path in the tree of subjobs. */
  readonly name: string;
  /** Position in the order of planning, from 0, as six digits. */
  readonly serial: string;
  readonly action: FleetAction;
  readonly source: string;
  /** Empty if the action is about the source alone. */
  readonly destination: string;
  readonly plan: RetentionPlan | MonitorPlan;
  readonly operands: readonly OperandPair[];
  /** Source datasets of its pairs, where other pairs of the fleet have other plans and so subjobs of their own. */
  readonly datasets?: readonly string[];
}

/** What is known about this host. */
export interface ThisHost {
  /** Names and addresses that mean this host; empty = all hosts are reached by ssh. */
  readonly names: ReadonlySet<string>;
  readonly loginName: string;
  /** For ssh to this host; `undefined` if it has none. */
  readonly loopbackAddress: string | undefined;
}

/** Names that mean this host wherever the program runs. */
export const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "::1"] as const;

/** The prefix of operands that are here. */
const LOCAL_PREFIX = "-:";

/** What planning needs to know. */
export interface FleetSurroundings {
  readonly thisHost: ThisHost;
  /** ssh users of the sides; empty = ours. */
  readonly users: { readonly src: string; readonly dst: string };
  /** Pools of this host that exist, of those that {@linkcode localPoolsOf} names. */
  readonly localPools: ReadonlySet<string>;
  /**
   * Destination hosts whose pools may be absent: subjobs there are left out then. Other subjobs on an absent pool are planned,
   * and will fail.
   */
  readonly removable: ReadonlySet<string> | "all";
}

/** The subjobs, and the destinations that were left out since their pool is not here now. */
export interface FleetPlan {
  readonly subjobs: readonly Subjob[];
  readonly skippedDestinations: readonly string[];
}

/** The source or destination that a run does not have. */
const DUMMY = "dummy";
const BARRIER = "~";
/** What no schedule does. */
const FORGET = "forget-destination" satisfies FleetAction;

/** Pools of this host that destinations lie on: they may be absent, as on a drive that was taken away. */
export function localPoolsOf(fleet: Fleet, around: Pick<FleetSurroundings, "thisHost" | "users">): string[] {
  if (!fleet.actions.some((action) => FAN_OUT_ACTIONS.has(action))) return [];
  const operands = fleet.sources.flatMap((source) =>
    [...fleet.destinations.keys()].flatMap((destination) =>
      fleet.groups.flatMap(({ pairs }) => pairs).map(({ dst }) =>
        destinationOperand(fleet, { source, destination, dataset: dst }, around)
      )
    )
  );
  return [...new Set(operands.filter((operand) => operand.startsWith(LOCAL_PREFIX)).map(poolOfOperand))];
}

/** Plans all subjobs. Throws `RefusedError` if a destination is no valid name. */
export function planSubjobs(fleet: Fleet, around: FleetSurroundings): FleetPlan {
  const plan: FleetPlan & Target = { subjobs: [], skippedDestinations: [] };
  const policies = groupPolicies(fleet);
  for (const [index, source] of fleet.sources.entries()) {
    const parent = `${paddedNumber(index)}src-host`;
    if (policies.length === 1) new Planner(policies[0]!, around, plan, {}).addSource(parent, source, fleet.actions);
    else {
      for (const [group, policy] of policies.entries()) {
        const actions = plannedActions(fleet.actions, policy);
        const datasets = policy.pairs.map(({ src }) => src);
        new Planner(policy, around, plan, { datasets }).addSource(
          `${parent}/${paddedNumber(group)}pairs`,
          source,
          actions,
        );
      }
    }
  }
  return plan;
}

function paddedNumber(n: number): string {
  return String(n).padStart(6, "0");
}

/** A plan while it is made. */
interface Target {
  readonly subjobs: Subjob[];
  readonly skippedDestinations: string[];
}

/** Adds the subjobs of one group of pairs. */
class Planner {
  readonly #fleet: GroupPolicy;
  readonly #around: FleetSurroundings;
  readonly #plan: Target;
  readonly #group: Pick<Subjob, "datasets">;

  constructor(fleet: GroupPolicy, around: FleetSurroundings, plan: Target, group: Pick<Subjob, "datasets">) {
    this.#fleet = fleet;
    this.#around = around;
    this.#plan = plan;
    this.#group = group;
  }

  addSource(above: string, source: string, actions: readonly FleetAction[]): void {
    let parent = above;
    for (const action of [...FLEET_ACTIONS, FORGET] as const) {
      if (!actions.includes(action)) continue;
      parent = FAN_OUT_ACTIONS.has(action)
        ? this.#addFanOut(parent, action, source)
        : this.#addSingle(parent, action, source);
    }
  }

  /** Adds the subjob of an action about the source; it becomes the parent of what follows. */
  #addSingle(parent: string, action: FleetAction, source: string): string {
    const { pairs } = this.#fleet;
    const here = (pair: OperandPair): string =>
      operandAt(source, pair.src, this.#around.users.src, this.#around.thisHost);
    const operands = action === "create-src-snapshots"
      ? pairs.map((pair) => ({ src: here(pair), dst: DUMMY }))
      : pairs.map((pair) => ({ src: DUMMY, dst: here(pair) }));
    const plan = planOfSource(this.#fleet, action);
    return this.#add(`${parent}/${action}`, { action, source, destination: "", plan, operands: distinct(operands) });
  }

  /** Adds one subjob for each destination; what follows waits for all of them. */
  #addFanOut(parent: string, action: FleetAction, source: string): string {
    const names: string[] = [];
    for (const destination of this.#fleet.destinations.keys()) {
      const plan = planOfDestination(this.#fleet, action, destination);
      if (plan === undefined) continue;
      const all = this.#destinationOperands(action, source, destination);
      const { removable } = this.#around;
      const mayBeAbsent = action !== FORGET && (removable === "all" || removable.has(destination));
      const operands = mayBeAbsent ? this.#existing(all) : all;
      if (operands.length === 0) continue;
      const name = `${parent}/${paddedNumber(names.length)}${action}`;
      names.push(this.#add(name, { action, source, destination, plan, operands }));
    }
    if (names.length === 0) return parent;
    return names.length === 1 ? names[0]! : `${parent}/${BARRIER}`;
  }

  #destinationOperands(action: FleetAction, source: string, destination: string): OperandPair[] {
    const { users, thisHost } = this.#around;
    const replicates = action === "replicate" || action === FORGET;
    const operands = this.#fleet.pairs.map((pair) => ({
      src: replicates ? operandAt(source, pair.src, users.src, thisHost) : DUMMY,
      dst: destinationOperand(this.#fleet, { source, destination, dataset: pair.dst }, this.#around),
    }));
    return replicates ? operands : distinct(operands);
  }

  #existing(operands: readonly OperandPair[]): OperandPair[] {
    return operands.filter(({ dst }) => {
      if (!dst.startsWith(LOCAL_PREFIX) || this.#around.localPools.has(poolOfOperand(dst))) return true;
      this.#plan.skippedDestinations.push(dst);
      return false;
    });
  }

  #add(name: string, subjob: Omit<Subjob, "name" | "serial">): string {
    const { subjobs } = this.#plan;
    subjobs.push({ name, serial: paddedNumber(subjobs.length), ...subjob, ...this.#group });
    return name;
  }
}

function planOfSource(fleet: GroupPolicy, action: FleetAction): RetentionPlan | MonitorPlan {
  if (action === "prune-src-bookmarks") return fleet.srcBookmarks;
  if (action === "monitor-src-snapshots") return expandAlerts(fleet.alerts, "src", fleet.srcSnapshots);
  return fleet.srcSnapshots;
}

/**
 * True if a dataset of the destination host has the name of one at another host: what stands at a source for both can then be
 * told apart only by their pools.
 *
 * @param subjobs that have a source and a destination
 */
export function sharesNames(destination: string, subjobs: readonly Subjob[]): boolean {
  const own = subjobs.filter((subjob) => subjob.destination === destination);
  const others = subjobs.filter((subjob) => subjob.destination !== destination);
  return own.some(({ source, operands }) =>
    others.some((other) =>
      other.source === source && operands.some((a) => other.operands.some((b) => isPart(a, b) || isPart(b, a)))
    )
  );
}

/** True if the one pair of trees is replicated as a part of the other one, or to the same root, whatever from. */
function isPart(part: OperandPair, whole: OperandPair): boolean {
  const [dst, wholeDst] = [datasetOf(part.dst), datasetOf(whole.dst)];
  const below = dst.slice(wholeDst.length);
  return dst === wholeDst || (dst.startsWith(`${wholeDst}/`) && datasetOf(part.src) === datasetOf(whole.src) + below);
}

/** `undefined` if there is nothing to replicate. */
function planOfDestination(
  fleet: GroupPolicy,
  action: FleetAction,
  destination: string,
): RetentionPlan | MonitorPlan | undefined {
  const targets = fleet.destinations.get(destination) ?? [];
  const retained = fleet.retained.get(destination) ?? [];
  if (action === FORGET) return fleet.dstSnapshots;
  if (action === "prune-dst-snapshots") return onlyTargets(fleet.dstSnapshots, retained);
  if (action === "monitor-dst-snapshots") {
    const both = targets.filter((target) => retained.includes(target));
    return expandAlerts(onlyTargets(fleet.alerts, both), "dst", fleet.dstSnapshots);
  }
  const plan = onlyKept(onlyTargets(fleet.dstSnapshots, targets));
  return plan.size === 0 ? undefined : plan;
}

/** Where a dataset of a source goes on a destination. */
function destinationOperand(
  fleet: Pick<Fleet, "roots">,
  what: { readonly source: string; readonly destination: string; readonly dataset: string },
  { users, thisHost }: Pick<FleetSurroundings, "users" | "thisHost">,
): string {
  const { source, destination, dataset } = what;
  const root = (fleet.roots.get(destination) ?? "")
    .replaceAll(SRC_HOST_TOKEN, () => source)
    .replaceAll(DST_HOST_TOKEN, () => destination);
  const name = root === "" ? dataset : `${root}/${dataset}`;
  return operandAt(destination, parseDataset(name, name), users.dst, thisHost);
}

/**
 * The dataset on a host as an operand of `bzfs`, reached as this user; an empty user is ours. Without ssh if the host is
 * this one and the user is ours (docs/spec/jobrunner.md §4).
 */
function operandAt(host: string, dataset: string, user: string, thisHost: ThisHost): string {
  return `${addressOf(host, user, thisHost).replaceAll(":", "|")}:${dataset}`;
}

function addressOf(host: string, user: string, thisHost: ThisHost): string {
  if (!thisHost.names.has(host)) return host;
  if (user === "" || user === thisHost.loginName) return "-";
  return thisHost.loopbackAddress ?? host;
}

/** The pool of an operand on this host. */
export function poolOfOperand(operand: string): string {
  return poolOf(datasetOf(operand));
}

function distinct(operands: readonly OperandPair[]): OperandPair[] {
  return [...new Map(operands.map((pair) => [`${pair.src}\0${pair.dst}`, pair])).values()];
}
