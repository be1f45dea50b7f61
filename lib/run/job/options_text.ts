/**
 * What decides what a job does, as text: a plan that was made for other options is not applied.
 * @module
 */
import { canonicalText } from "../../model/text/mod.ts";
import type { Job } from "../../model/job.ts";

/** Options that decide what is done, as text for a digest: neither how it is shown nor how fast it goes. */
export function optionsText(job: Job): string {
  const { pairs, datasets, snapshotFilters, replication, force, missingRoot, hosts, verbs } = job;
  return canonicalText([pairs, datasets, snapshotFilters, replication, force, missingRoot, hosts, verbs]);
}
