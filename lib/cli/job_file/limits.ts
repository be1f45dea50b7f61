/**
 * Field `limits` of a job file: what a run may destroy. It is there also where the file does not say anything.
 *
 * Source: docs/spec/snapshots.md §8, docs/spec/jobrunner.md §9.
 * @module
 */
import type { PairGroup } from "../../model/fleet.ts";
import { periodsOf } from "../../model/period_table.ts";
import { tryParseDuration } from "../../model/text/mod.ts";
import { NEVER, ownNameRegex, parseDeletionLimit } from "../../plan/limits/mod.ts";
import { BZFS_OPTIONS, type BzfsOptions } from "../options/bzfs_options.ts";
import type { OptionName } from "../options/option.ts";
import { NO_FILTERS } from "../options/values.ts";
import { type Occurrence, occurrenceOf } from "../parse/occurrence.ts";
import type { JobFileEntry } from "./entry.ts";

/** Fields below `limits`, and the options of bzfs that they become. */
export const LIMIT_FIELDS = {
  "delete": "--delete-limit",
  "delete-datasets": "--delete-datasets-limit",
  "foreign": "--foreign-snapshots",
  "floor": "--keep-newest",
  "aside": "--delete-aside-after",
} as const;

/** A field below `limits`. */
type LimitField = keyof typeof LIMIT_FIELDS;

/** What a job file means where it does not say anything. */
export const LIMIT_DEFAULTS: Readonly<Record<LimitField, string>> = {
  "delete": "30% and 10",
  "delete-datasets": "20% and 1",
  "foreign": "keep",
  "floor": "1",
  "aside": NEVER,
};

const NAMES = Object.keys(LIMIT_FIELDS) as LimitField[];

/** Options of bzfs for every subjob, with the names of all plans of the file. Throws `UsageError` that names the entry. */
export function readLimits(
  field: JobFileEntry,
  { groups, jobId }: { readonly groups: readonly PairGroup[]; readonly jobId: string },
): Occurrence[] {
  const given = field.isAbsent ? undefined : field.fields(NAMES);
  const limits = NAMES.flatMap((name) => {
    const entry = given?.[name];
    const isSaid = entry !== undefined && !entry.isAbsent;
    if (name === "aside" && !isSaid) return []; // the option's own default, too
    return [option(LIMIT_FIELDS[name], [isSaid ? checked(name, entry) : LIMIT_DEFAULTS[name]])];
  });
  const names = ownNamesOf(groups);
  const own = names.length === 0 ? [] : [option("--own-names", names)];
  return [...limits, ...own, option("--plan-memory", [jobId])];
}

function option(name: OptionName<BzfsOptions>, values: readonly string[]): Occurrence {
  return occurrenceOf(BZFS_OPTIONS.find((row) => row.name === name)!, values, NO_FILTERS);
}

/** Regular expressions of the names that the plans give to snapshots and bookmarks, each once. */
function ownNamesOf(groups: readonly PairGroup[]): string[] {
  const plans = groups.flatMap(({ srcSnapshots, srcBookmarks, dstSnapshots, alerts }) => [
    ...periodsOf(srcSnapshots),
    ...periodsOf(srcBookmarks),
    ...periodsOf(dstSnapshots),
    ...periodsOf(alerts),
  ]);
  return [...new Set(plans.map(ownNameRegex))];
}

function checked(name: LimitField, entry: JobFileEntry): string {
  const text = entry.word();
  switch (name) {
    case "delete":
    case "delete-datasets":
      if (parseDeletionLimit(text) !== undefined) return text;
      throw entry.error("must be a limit such as 30% and 10, a number, or unlimited");
    case "foreign":
      if (text === "keep" || text === "delete") return text;
      throw entry.error("must be keep or delete");
    case "floor":
      if (/^[0-9]{1,9}$/.test(text)) return text;
      throw entry.error("must be a whole number");
    case "aside":
      if (text === NEVER || tryParseDuration(text) !== undefined) return text;
      throw entry.error("must be never, or a duration such as 90 days");
  }
}
