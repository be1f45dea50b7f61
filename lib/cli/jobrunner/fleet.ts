/**
 * From the options of `bzfs_jobrunner` to the policy of a fleet: every check that needs no host.
 *
 * Every violation is a `RefusedError`, status 3. Source: docs/spec/jobrunner.md §3.
 * @module
 */
import { RefusedError, UsageError } from "../../model/errors.ts";
import { pythonList } from "../../model/text/mod.ts";
import { type Fleet, FLEET_ACTIONS, type FleetAction, type PairGroup, SRC_HOST_TOKEN } from "../../model/fleet.ts";
import {
  checkHostNames,
  readAlertPlan,
  readPolicyLiteral,
  readRetentionPlan,
  readRoots,
  readTargetLists,
  readText,
} from "./fleet_values.ts";
import type { JobrunnerArguments } from "./arguments.ts";
import { runnerForm } from "../literal/forms.ts";
import { notationText } from "../literal/read.ts";
import { isDict } from "../literal/text.ts";
import { pairsOf } from "../settings/settings.ts";

/** Where the source hosts come from if no option names them: all of standard input, or nothing if it is a terminal. */
export type ReadHosts = () => string | undefined;

/** What the policy says of a destination host, by option. */
type HostOption = "--dst-hosts" | "--retain-dst-targets" | "--dst-root-datasets";

/**
 * Makes the policy, restricted to the hosts of this run.
 *
 * @param groups of a job file whose pairs have plans of their own; unless given, all pairs have those of the options
 */
export function makeFleet(args: JobrunnerArguments, readHosts: ReadHosts, groups?: readonly PairGroup[]): Fleet {
  checkTimes(args);
  const srcSnapshots = readRetentionPlan(args.notation("--src-snapshot-plan"), "--src-snapshot-plan");
  const srcBookmarks = readRetentionPlan(args.notation("--src-bookmark-plan"), "--src-bookmark-plan");
  const dstSnapshots = readRetentionPlan(args.notation("--dst-snapshot-plan"), "--dst-snapshot-plan");
  const alerts = readAlertPlan(args.notation("--monitor-snapshot-plan"), "--monitor-snapshot-plan");
  const localhost = args.text("--localhost");
  if (localhost !== undefined) checkHostNames([localhost], "--localhost");
  const allSources = sourceHosts(args, readHosts);
  const sources = restrict(allSources, args, ["--src-host", "--src-hosts"]);
  const allDestinations = readTargetLists(args.notation("--dst-hosts"), "--dst-hosts");
  const names = restrict([...allDestinations.keys()], args, ["--dst-host", "--dst-hosts"]);
  const destinations = new Map(names.map((name) => [name, allDestinations.get(name)!]));
  const retained = readTargetLists(args.notation("--retain-dst-targets"), "--retain-dst-targets");
  const roots = readRoots(args.notation("--dst-root-datasets"), "--dst-root-datasets");
  checkDestinations({ "--dst-hosts": destinations, "--retain-dst-targets": retained, "--dst-root-datasets": roots });
  const fleet: Fleet = {
    actions: actionsOf(args, [...allDestinations.keys()]),
    groups: groups ??
      [{ pairs: pairsOf(args.list("--root-dataset-pairs")), srcSnapshots, srcBookmarks, dstSnapshots, alerts }],
    sources,
    definedSources: allSources.length,
    destinations,
    definedDestinations: allDestinations.size,
    retained,
    roots,
    hasExternalSnapshots: false,
  };
  checkSeparation(fleet);
  if (fleet.actions.includes("prune-dst-snapshots") && retained.size === 0) {
    throw new RefusedError("--retain-dst-targets must not be empty. Cowardly refusing to delete all snapshots!");
  }
  return fleet;
}

/** What a run does. Throws `UsageError` where a destination is to be forgotten that there is not. */
function actionsOf(args: JobrunnerArguments, destinations: readonly string[]): readonly FleetAction[] {
  const actions = FLEET_ACTIONS.filter((action) => args.flag(`--${action as ScheduledAction}`));
  const option = "--forget-destination";
  const name = forgottenOf(args)?.name;
  if (name === undefined) return actions;
  if (!args.isGiven("--config")) throw new UsageError(`argument ${option}: needs --config`);
  const other = args.isGiven("--dst-host") ? "dst-host" : actions[0];
  if (other !== undefined) throw new UsageError(`argument ${option}: not allowed with --${other}`);
  if (destinations.includes(name)) return ["forget-destination"];
  throw new UsageError(`argument ${option}: there is no such destination: '${name}'`, {
    hint: `Those of the job file are: ${destinations.join(", ")}`,
  });
}

type ScheduledAction = Exclude<FleetAction, "forget-destination">;

/** The destination that is given up, and the guid of its pool if that is said. */
export function forgottenOf(args: JobrunnerArguments): { readonly name: string; readonly pool?: string } | undefined {
  const [name, pool] = args.text("--forget-destination")?.split("#", 2) ?? [];
  return name === undefined ? undefined : { name, ...(pool === undefined ? {} : { pool }) };
}

/** Numbers may be infinite, times that somebody has to wait for may not. */
function checkTimes(args: JobrunnerArguments): void {
  for (const option of ["--work-period-seconds", "--worker-timeout-seconds"] as const) {
    if (args.number(option) === Infinity) throw new RefusedError(`${option} must be finite`);
  }
}

function sourceHosts(args: JobrunnerArguments, readHosts: ReadHosts): readonly string[] {
  const given = args.notation("--src-hosts");
  const hostList = given ?? readHosts();
  const advice = { hint: runnerForm("--src-hosts") };
  if (hostList === undefined) throw new RefusedError("Missing --src-hosts and stdin is a TTY.", advice);
  if (given === undefined && notationText(hostList).trim() === "") {
    throw new RefusedError("Missing --src-hosts and stdin is empty.", advice);
  }
  const list = readPolicyLiteral(hostList, "--src-hosts format");
  if (typeof list !== "object" || list === null || isDict(list)) {
    throw new RefusedError(
      `Invalid --src-hosts: expected a Python list literal, but got: ${notationText(hostList)}`,
      advice,
    );
  }
  const hosts = (list as readonly (typeof list)[]).map((host) => readText(host, "--src-hosts source host"));
  return checkHostNames(hosts, "--src-hosts");
}

/** The hosts that an option restricts the run to, in the order of all hosts; all if it was not given. */
function restrict(
  all: readonly string[],
  args: JobrunnerArguments,
  [option, listOption]: readonly ["--src-host", "--src-hosts"] | readonly ["--dst-host", "--dst-hosts"],
): readonly string[] {
  if (!args.isGiven(option)) return all;
  const chosen = args.list(option);
  checkSubset(chosen, all, `${option} must be a subset of ${listOption}`);
  return all.filter((host) => chosen.includes(host));
}

function checkSubset(part: Iterable<string>, whole: readonly string[], rule: string): void {
  const missing = [...part].filter((name) => !whole.includes(name)).sort();
  if (missing.length > 0) throw new RefusedError(`${rule}. diff: ${pythonList(missing)}, in: ${pythonList(whole)}`);
}

/** Rule 5: whatever is replicated to a host has a root there and is retained by a rule. */
function checkDestinations(hosts: Readonly<Record<HostOption, ReadonlyMap<string, unknown>>>): void {
  const check = (part: HostOption, whole: HostOption): void =>
    checkSubset(hosts[part].keys(), [...hosts[whole].keys()], `${part}.keys must be a subset of ${whole}.keys`);
  check("--dst-hosts", "--retain-dst-targets");
  check("--dst-root-datasets", "--retain-dst-targets");
  check("--dst-hosts", "--dst-root-datasets");
}

/** Rules 6 and 7: no two sources write to the same place. */
function checkSeparation(fleet: Fleet): void {
  const lacksToken = (root: string): boolean => !root.includes(SRC_HOST_TOKEN);
  const hint = { hint: `Put ${SRC_HOST_TOKEN} into the root datasets.` };
  const shared = [...fleet.destinations.keys()].filter((host) => lacksToken(fleet.roots.get(host) ?? ""));
  if (fleet.sources.length > 1 && shared.length > 0) {
    throw new RefusedError(
      "Cowardly refusing to proceed as multiple source hosts must not be configured to write to the same destination " +
        `dataset. Problematic subset of --dst-root-datasets: ${pythonList(shared)}`,
      hint,
    );
  }
  const suspicious = [...fleet.roots].filter(([, root]) => root !== "" && lacksToken(root)).map(([host]) => host);
  if (fleet.definedSources > 1 && suspicious.length > 0) {
    throw new RefusedError(
      "Cowardly refusing to proceed as multiple source hosts are defined in the configuration, but not all non-empty " +
        `root datasets in --dst-root-datasets contain '${SRC_HOST_TOKEN}': ${pythonList(suspicious)}`,
      hint,
    );
  }
}
