/**
 * What exit statuses of runs say about the work. Source: docs/spec/jobrunner.md §7, docs/spec/status.md §4.3.
 * @module
 */
import { BUSY_STATUS, HELD_BACK_STATUS } from "../errors.ts";

/** True for a status of a run that did its work, although limits may have held something back. */
export function isDone(exitStatus: number): boolean {
  return exitStatus === 0 || exitStatus === HELD_BACK_STATUS;
}

/** True for a status of a run that did its work, or left it to an earlier one that was still at work: no failure. */
export function isFine(exitStatus: number): boolean {
  return isDone(exitStatus) || exitStatus === BUSY_STATUS;
}
