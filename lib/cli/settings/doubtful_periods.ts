/**
 * Words in plans that are hardly meant as what they are: always due.
 * @module
 */
import type { Job } from "../../model/job.ts";
import { likelyPeriod } from "../options/periods.ts";
import type { BzfsArguments } from "../parse/bzfs_arguments.ts";

/** A warning for each word of a plan that is near a period. Any word is valid on the command line. */
export function doubtfulPeriods(parsed: BzfsArguments, { verbs }: Job): string[] {
  const labels = [...verbs.create?.labels ?? [], ...verbs.monitor?.alerts.map(({ label }) => label) ?? []];
  const plans = [...parsed.plans("--include-snapshot-plan"), ...parsed.plans("--delete-dst-snapshots-except-plan")];
  const words = new Set([
    ...labels.map(({ suffix }) => suffix.replace(/^_/, "")),
    ...plans.flatMap(({ entries }) => entries.map(({ period }) => period)),
  ]);
  return [...words].flatMap((word) => {
    const likely = likelyPeriod(word);
    if (likely === undefined) return [];
    return `'${word}' in a plan is no period: its snapshots are created at every start, and of them only the number ` +
      `counts, whatever their age. Did you mean ${likely}?`;
  });
}
