/**
 * What a fleet's policy means, host by host. Pure.
 * @module
 */
import {
  type AlertPlan,
  type AlikeHosts,
  type Fleet,
  groupPolicies,
  type GroupPolicy,
  KEPT_FOREVER,
  type RetentionPlan,
} from "../../model/fleet.ts";
import type { OperandPair } from "../../model/job.ts";
import { onlyTargets, periodsOf } from "../../model/period_table.ts";
import { formatDuration, formatSpan, parsePeriod, periodMs, tryParseDuration } from "../../model/text/mod.ts";

/** Datasets that go from a source to a destination, and which of their snapshots. */
export interface Route {
  readonly source: string;
  readonly destination: string;
  readonly operands: readonly OperandPair[];
}

/** A subjob as the reader sees it. */
export interface ExplainedSubjob {
  readonly title: string;
  /** Can be pasted into a shell. */
  readonly command: string;
}

/** All that is explained. */
export interface FleetExplanation {
  /** What the schedule says of this host, in a sentence; `undefined` where it says nothing. */
  readonly thisHost: string | undefined;
  readonly fleet: Fleet;
  readonly sources: readonly AlikeHosts[];
  readonly destinations: readonly AlikeHosts[];
  readonly routes: readonly Route[];
  /** Of the hosts that stand for others, in the order in which they run. */
  readonly subjobs: readonly ExplainedSubjob[];
  /** Their commands are of interest, too. */
  readonly showsCommands: boolean;
  /** How many there are for all hosts. */
  readonly subjobCount: number;
  readonly suspicions: readonly string[];
  /** What runs may destroy at once, as sentences; none without limits. */
  readonly limits: readonly string[];
  /** The command that looks at the hosts; `undefined` without a job file. */
  readonly next: string | undefined;
}

/** What is said if there is nothing to do. */
export const NO_ACTION =
  "No action is given, so there is nothing to do: add for example --create-src-snapshots --replicate";

/** The explanation as text, with a line feed at its end. */
export function describeFleet(explanation: FleetExplanation): string {
  const { thisHost, fleet, sources, destinations, subjobs, showsCommands, subjobCount, suspicions } = explanation;
  const routes = explanation.routes.filter(({ source, destination }) =>
    sources.some(([shown]) => shown === source) && destinations.some(([shown]) => shown === destination)
  );
  const shown = subjobs.length === subjobCount
    ? ""
    : `, of which those of the hosts that stand for others: ${subjobs.length}`;
  const lines = [
    ...thisHost === undefined ? [] : [thisHost, ""],
    ...sources.flatMap((hosts) => [...hostLines("Source", hosts), ...sourceLines(hosts[0], fleet, routes), ""]),
    ...destinations.flatMap((hosts) => [
      ...hostLines("Destination", hosts),
      ...destinationLines(hosts[0], fleet, routes),
      "",
    ]),
    suspicions.length === 0 ? "Nothing looks suspicious." : "Suspicious",
    ...suspicions.map((text) => `  ${text}`),
    ...explanation.limits.length === 0 ? [] : ["", "Limits", ...explanation.limits.map((text) => `  ${text}`)],
    "",
    fleet.actions.length === 0
      ? `${NO_ACTION}.`
      : `Subjobs of ${fleet.actions.join(", ")}, in their order: ${subjobCount}${shown}`,
    ...subjobs.flatMap(({ title, command }, index) => [
      `  ${index + 1}. ${title}`,
      ...showsCommands ? [`     ${command}`] : [],
    ]),
    ...showsCommands || subjobs.length === 0 ? [] : ["  With -v also their commands."],
    ...explanation.next === undefined ? [] : ["", `Next, whether the hosts are fit for that: ${explanation.next}`],
  ];
  return `${lines.join("\n")}\n`;
}

function hostLines(what: string, [shown, ...others]: AlikeHosts): string[] {
  if (others.length === 0) return [`${what} ${shown}`];
  return [`${what} ${shown}, and the same for ${others.length} more: ${others.join(", ")}`];
}

/** What is said of each group of pairs, with their names if there are several groups. */
function groupLines(fleet: Fleet, linesOf: (policy: GroupPolicy) => string[]): string[] {
  const policies = groupPolicies(fleet);
  if (policies.length === 1) return linesOf(policies[0]!);
  return policies.flatMap((policy) => [
    `  ${policy.pairs.map(({ src }) => src).join(", ")}:`,
    ...linesOf(policy).map((line) => `  ${line}`),
  ]);
}

function sourceLines(host: string, fleet: Fleet, routes: readonly Route[]): string[] {
  return [
    ...groupLines(fleet, ({ srcSnapshots, srcBookmarks, alerts }) => [
      ...planLines(fleet.hasExternalSnapshots ? "has from elsewhere" : "creates and keeps", srcSnapshots),
      ...planLines("keeps bookmarks of", srcBookmarks),
      ...alertLines(alerts),
    ]),
    ...routes.filter((route) => route.source === host).flatMap(({ operands }) =>
      operands.map(({ src, dst }) => `  sends ${src} to ${dst}`)
    ),
  ];
}

function destinationLines(host: string, fleet: Fleet, routes: readonly Route[]): string[] {
  const targets = fleet.destinations.get(host) ?? [];
  const retained = fleet.retained.get(host) ?? [];
  return [
    ...routes.filter((route) => route.destination === host).flatMap(({ operands }) =>
      operands.map(({ src, dst }) => `  receives ${src} as ${dst}`)
    ),
    ...groupLines(fleet, ({ dstSnapshots, alerts }) => [
      ...planLines("receives", onlyTargets(dstSnapshots, targets)),
      ...planLines("keeps", onlyTargets(dstSnapshots, retained)),
      ...alertLines(onlyTargets(alerts, targets.filter((target) => retained.includes(target)))),
    ]),
  ];
}

function planLines(verb: string, plan: RetentionPlan): string[] {
  const labels = Map.groupBy(periodsOf(plan), ({ organisation, target }) => `${organisation}\0${target}`);
  return [...labels.values()].map((entries) => {
    const { organisation, target } = entries[0]!;
    const amounts = entries.map(({ period, value }) => describeAmount(period, Number(value)));
    return `  ${verb} ${target === "" ? organisation : `${organisation}_${target}`}: ${amounts.join(", ")}`;
  });
}

/** What results of limits, which count from the end of a period. */
function alertLines(alerts: AlertPlan): string[] {
  return periodsOf(alerts).flatMap(({ organisation, target, period, value }) => {
    const length = periodMs(parsePeriod(period));
    const age = (name: string): string | undefined => {
      const lateness = tryParseDuration(String(value.get(name) ?? ""));
      if (lateness === undefined || lateness === 0) return undefined;
      const parts = length === 0 ? "" : ` (${formatSpan(length)} period + ${formatSpan(lateness)})`;
      return formatSpan(lateness + length) + parts;
    };
    const [warning, critical] = [age("warning"), age("critical")];
    if (warning === undefined && critical === undefined) return [];
    const label = [organisation, target, period].filter((part) => part !== "").join("_");
    const limits = warning === undefined ? `${critical}, critical` : warning;
    const more = warning === undefined || critical === undefined ? "" : `, critical ${critical}`;
    return [`  alarms when the newest ${label} is older than ${limits}${more}`];
  });
}

/** How many of a period, and how long that is. */
function describeAmount(period: string, amount: number): string {
  if (amount === Number(KEPT_FOREVER)) return `${period} for ever`;
  const length = periodMs(parsePeriod(period));
  return length === 0 ? `${amount} ${period}` : `${amount} ${period} (${formatDuration(amount * length, "ms")})`;
}
