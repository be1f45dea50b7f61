/**
 * What the schedule of a job file says of this host, for a reader. Source: docs/spec/jobrunner.md §10, §11.
 * @module
 */
import type { Fleet } from "../../model/fleet.ts";
import { nearest } from "../../model/text/mod.ts";
import { scheduleOf, type SharedWork } from "./roles.ts";

/** True if the run is about all hosts of the policy. */
export function isWhole({ sources, definedSources, destinations, definedDestinations }: Fleet): boolean {
  return sources.length === definedSources && destinations.size === definedDestinations;
}

/** One sentence about the part that this host has in the schedule. */
export function describeThisHost(host: string, fleet: Fleet, shared: SharedWork): string {
  const { roles } = scheduleOf(host, fleet, shared);
  const what = roles.length === 0
    ? "nothing"
    : roles.some(({ part }) => part === "everything")
    ? "everything"
    : roles.flatMap(({ actions }) => actions).join(", ");
  return `This host is ${host}. It runs ${what} (schedule: ${shared.mode}${
    shared.bastion === undefined ? "" : ` ${shared.bastion}`
  }).`;
}

/** True if the job file has this name. */
export function isNamed(host: string, { sources, destinations }: Fleet, { bastion }: SharedWork): boolean {
  return host === bastion || sources.includes(host) || destinations.has(host);
}

/** Names in the job file, or of this host, that hardly are what is meant. */
export function hostSuspicions(host: string, fleet: Fleet, shared: SharedWork): string[] {
  const { bastion } = shared;
  const isForeign = bastion !== undefined && bastion !== host &&
    !isNamed(bastion, fleet, { ...shared, bastion: undefined });
  return [
    ...isNamed(host, fleet, shared) ? [] : [
      `This host is called ${host}, which the job file does not name: add --localhost=NAME${
        misspelt(host, fleet, shared)
      }.`,
    ],
    ...isForeign ? [`schedule.bastion is ${bastion}, which is neither a host of this file nor this host.`] : [],
  ];
}

/** Where the job file has nearly this name, as the end of a sentence; empty if nowhere. */
function misspelt(host: string, { sources, destinations }: Fleet, { bastion }: SharedWork): string {
  const places = new Map(bastion === undefined ? [] : [[bastion, "schedule.bastion"]]);
  for (const name of sources) places.set(name, "src-hosts");
  for (const name of destinations.keys()) places.set(name, "dst-hosts");
  const near = nearest(host, places.keys());
  return near === undefined ? "" : `, or correct the name: ${near} stands in ${places.get(near)}`;
}
