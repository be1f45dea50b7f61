/**
 * Hosts of a fleet that differ by nothing but their names, for a reader who has many.
 * @module
 */
import type { AlikeHosts, Fleet } from "../../model/fleet.ts";
import type { ThisHost } from "./subjobs.ts";

/**
 * Groups the hosts of each side. This host is alone, since it is reached without ssh; so are hosts of both sides apart
 * from those of one.
 *
 * @param removable destinations whose pools may be absent
 */
export function alikeHosts(
  fleet: Fleet,
  { names }: ThisHost,
  removable: ReadonlySet<string>,
): { readonly sources: AlikeHosts[]; readonly destinations: AlikeHosts[] } {
  const { sources, destinations, retained, roots } = fleet;
  const grouped = (hosts: Iterable<string>, whatOf: (host: string) => unknown): AlikeHosts[] => {
    const kinds = Map.groupBy(new Set(hosts), (host) => JSON.stringify(names.has(host) ? host : whatOf(host)));
    return [...kinds.values()].map((alike) => alike as unknown as AlikeHosts);
  };
  return {
    sources: grouped(sources, (host) => [destinations.has(host)]),
    destinations: grouped(destinations.keys(), (host) => [
      sources.includes(host),
      removable.has(host),
      destinations.get(host),
      retained.get(host),
      roots.get(host),
    ]),
  };
}
