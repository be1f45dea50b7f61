/**
 * What the job runner says about how far it is. Pure. Source: docs/spec/jobrunner.md §7.
 * @module
 */
import type { Fleet } from "../../model/fleet.ts";
import { formatDuration, formatPercent, pythonList } from "../../model/text/mod.ts";

/** How far a tree of subjobs is. */
export interface FleetProgress {
  readonly total: number;
  readonly started: number;
  readonly completed: number;
  readonly failed: number;
  /** Sum of the times of all completed subjobs. */
  readonly completedNs: number;
}

/** The hosts that a run is about. */
type Hosts = Pick<Fleet, "sources" | "definedSources" | "destinations" | "definedDestinations">;

/** What is about to be done. */
export function describeReadiness(hosts: Hosts, subjobs: number): string {
  const { sources, destinations } = hosts;
  return `Ready to run ${subjobs} subjobs using ` +
    `${sources.length}/${hosts.definedSources} src hosts: ${pythonList(sources)}, ` +
    `${destinations.size}/${hosts.definedDestinations} dst hosts: ${pythonList([...destinations.keys()])}`;
}

/** How far it is, without the word in front. */
export function describeFleetProgress(progress: FleetProgress): string {
  const { total, started, completed, failed, completedNs } = progress;
  const average = formatDuration(completed === 0 ? 0 : Math.round(completedNs / completed), "ns");
  return `all:${total}, started:${formatPercent(started, total)}, completed:${formatPercent(completed, total)}, ` +
    `failed:${formatPercent(failed, total)}, running:${started - completed}, avg_completion_time:${average}`;
}
