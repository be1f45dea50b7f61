/**
 * The table of all checks of `bzfs doctor`, and what they find. Source: docs/spec/doctor.md §4.
 * @module
 */
import type { Checkup, Finding } from "../../model/checkup.ts";
import type { Check } from "./check.ts";
import { DATASET_CHECKS } from "./datasets.ts";
import { HOST_CHECKS } from "./hosts.ts";
import { JOB_CHECKS } from "./job.ts";
import { POOL_CHECKS } from "./pools.ts";

/** All checks, in their order. */
export const CHECKS: readonly Check[] = [...HOST_CHECKS, ...POOL_CHECKS, ...DATASET_CHECKS, ...JOB_CHECKS];

/** What `--fix` can mend: all of it was made by this program. */
export const FIXES = ["partial-receives", "temporary-bookmarks", "control-sockets", "locks"] as const;

/** The findings of all checks, those that are ok included. */
export function examine(checkup: Checkup): Finding[] {
  return CHECKS.flatMap(({ id, examine }) => examine(checkup).map((finding) => ({ id, ...finding })));
}
