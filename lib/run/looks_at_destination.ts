/**
 * Which jobs look at the destination beyond replication.
 * @module
 */
import type { VerbPolicies } from "../model/job.ts";

/** True if a job deletes, compares or monitors. */
export function looksAtDestination(verbs: VerbPolicies): boolean {
  return verbs.deleteDatasets || verbs.deleteSnapshots !== undefined || verbs.deleteEmptyDatasets !== undefined ||
    verbs.compare !== undefined || verbs.monitor !== undefined;
}
