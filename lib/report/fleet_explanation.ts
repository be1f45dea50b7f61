/**
 * What a fleet's policy means, host by host. Pure.
 * @module
 */
import { type AlertPlan, type Fleet, KEPT_FOREVER, type RetentionPlan } from "../model/fleet.ts";
import type { OperandPair } from "../model/job.ts";
import { onlyTargets, periodsOf } from "../model/period_table.ts";
import { formatDuration, formatSpan, parsePeriod, periodMs, tryParseDuration } from "../model/text/mod.ts";

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
  readonly fleet: Fleet;
  readonly routes: readonly Route[];
  /** In the order in which they run. */
  readonly subjobs: readonly ExplainedSubjob[];
  readonly suspicions: readonly string[];
}

/** The explanation as text, with a line feed at its end. */
export function describeFleet({ fleet, routes, subjobs, suspicions }: FleetExplanation): string {
  const lines = [
    ...fleet.sources.flatMap((host) => [`Source ${host}`, ...sourceLines(host, fleet, routes), ""]),
    ...[...fleet.destinations.keys()].flatMap((host) => [
      `Destination ${host}`,
      ...destinationLines(host, fleet, routes),
      "",
    ]),
    suspicions.length === 0 ? "Nothing looks suspicious." : "Suspicious",
    ...suspicions.map((text) => `  ${text}`),
    "",
    `Subjobs of ${
      fleet.actions.length === 0 ? "no action" : fleet.actions.join(", ")
    }, in their order: ${subjobs.length}`,
    ...subjobs.flatMap(({ title, command }, index) => [`  ${index + 1}. ${title}`, `     ${command}`]),
  ];
  return `${lines.join("\n")}\n`;
}

function sourceLines(host: string, fleet: Fleet, routes: readonly Route[]): string[] {
  return [
    ...planLines(fleet.hasExternalSnapshots ? "has from elsewhere" : "creates and keeps", fleet.srcSnapshots),
    ...planLines("keeps bookmarks of", fleet.srcBookmarks),
    ...alertLines(fleet.alerts),
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
    ...planLines("receives", onlyTargets(fleet.dstSnapshots, targets)),
    ...planLines("keeps", onlyTargets(fleet.dstSnapshots, retained)),
    ...alertLines(onlyTargets(fleet.alerts, targets.filter((target) => retained.includes(target)))),
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
      return lateness === undefined || lateness === 0 ? undefined : formatSpan(lateness + length);
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
