/**
 * One exit status for many subjobs. Source: docs/spec/jobrunner.md §7.5.
 * @module
 */
import { HELD_BACK_STATUS } from "../../model/errors.ts";

/** Status of a subjob about which nothing is known. */
const UNKNOWN = 3;
const STILL_RUNNING = 4;
const WARNING = 1;
const CRITICAL = 2;

/**
 * What the status of a subjob that monitors counts as: what could not be looked at is critical. An interrupt, which is no
 * finding, stays what it is.
 */
export function statusOfMonitoring(status: number): number {
  return [0, WARNING, CRITICAL, STILL_RUNNING].includes(status) ? status : CRITICAL;
}

/** The worst status of subjobs of which one is "held back": worse than a warning, but no failure and not critical. */
export function orHeldBack(worst: number): number {
  return [0, WARNING, STILL_RUNNING].includes(worst) ? HELD_BACK_STATUS : worst;
}

/**
 * The worst status: failures before findings of monitoring, those before "still running", that before success. Among
 * failures the largest number counts. `undefined` = no status is known.
 */
export function combineStatuses(statuses: readonly (number | undefined)[]): number {
  const known = statuses.map((status) => status ?? UNKNOWN);
  const failures = known.filter((status) => ![0, WARNING, CRITICAL, STILL_RUNNING].includes(status));
  if (failures.length > 0) return Math.max(...failures);
  return [CRITICAL, WARNING, STILL_RUNNING].find((status) => known.includes(status)) ?? 0;
}
