/**
 * How hosts of a fleet are reached: without ssh if they are this host and the user is ours.
 *
 * Source: docs/spec/jobrunner.md §4.
 * @module
 */

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
export const LOCAL_PREFIX = "-:";

/** The dataset on a host as an operand of `bzfs`, reached as this user; an empty user is ours. */
export function operandAt(host: string, dataset: string, user: string, thisHost: ThisHost): string {
  return `${addressOf(host, user, thisHost).replaceAll(":", "|")}:${dataset}`;
}

function addressOf(host: string, user: string, thisHost: ThisHost): string {
  if (!thisHost.names.has(host)) return host;
  if (user === "" || user === thisHost.loginName) return "-";
  return thisHost.loopbackAddress ?? host;
}
