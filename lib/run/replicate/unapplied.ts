/**
 * Receive options that were not carried out: `zfs receive` keeps the data, says so on stderr and returns 0.
 *
 * What the user named is a failure, once the data of all datasets is in; what is only copied by default is a warning.
 * Source: docs/spec/replication.md §8.
 * @module
 */
import { RefusedError } from "../../model/errors.ts";
import type { ReceiveProperties } from "../../plan/replication/mod.ts";
import { failureOf } from "../../report/failure.ts";
import type { UnappliedProperty } from "../../zfs/world.ts";
import type { FailureLog } from "../job/failure_log.ts";
import type { DatasetTask, ReplicationContext } from "./context.ts";

/** Notes what a receive that succeeded has not done. Where names are missing, any of those demanded may be meant. */
export function noteUnapplied(
  unapplied: readonly UnappliedProperty[],
  { demanded }: Pick<ReceiveProperties, "demanded">,
  { destination }: Pick<DatasetTask, "destination">,
  { log, state }: ReplicationContext,
): void {
  const fatal = state.unapplied.get(destination) ?? new Map<string, string>();
  for (const { name, why } of unapplied) {
    if (name === undefined ? demanded.size > 0 : demanded.has(name)) fatal.set(name ?? "", why);
    else log.log("WARN", "", `Received ${destination} without the property ${name ?? "that it should have"}: ${why}`);
  }
  if (fatal.size > 0) state.unapplied.set(destination, fatal);
}

/** Records a failure for each destination whose receive options were not carried out. */
export function tellUnapplied({ state, facts, recorder, phase }: ReplicationContext, failures: FailureLog): void {
  const host = facts.route.ends.dst.userHost || "localhost";
  for (const [destination, properties] of state.unapplied) {
    const names = [...properties.keys()].filter((name) => name !== "");
    const whys = [...new Set(properties.values())];
    const subject = names.length === 0 ? "not all properties of the receive options" : names.join(", ");
    const error = new RefusedError(
      `The data of ${destination} was received on ${host}, but zfs receive did not set or exclude ${subject}: ` +
        whys.join("; "),
      { hint: hintAbout(destination, names, whys) },
    );
    recorder.record({ event: "failed", phase, side: "dst", dataset: destination, error: failureOf(error) });
    failures.record(error, `Replication: ${destination}`);
  }
}

/** Names of the rights are those of the properties; user properties have one for all of them. */
function hintAbout(destination: string, names: readonly string[], whys: readonly string[]): string {
  const now = "set or inherit them by hand now, since later runs find the data up to date and do not try again";
  if (!whys.includes("permission denied") || names.length === 0) return `Compare with zfs get, and ${now}`;
  const rights = [...new Set(names.map((name) => name.includes(":") ? "userprop" : name))];
  return `Allow it with: zfs allow -u USER ${rights.join(",")} ${destination}; ${now}`;
}
