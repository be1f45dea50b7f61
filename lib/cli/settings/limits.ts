/**
 * Limits on destruction, from options.
 *
 * Source: docs/spec/snapshots.md §8.
 * @module
 */
import { RefusedError } from "../../model/errors.ts";
import { compileRegexes } from "../../model/regex/regex.ts";
import type { DeletionLimit, LimitPolicy } from "../../model/job.ts";
import { parseDuration } from "../../model/text/mod.ts";
import { NEVER, ownNameRegex, parseDeletionLimit } from "../../plan/limits/mod.ts";
import type { BzfsArguments } from "../parse/bzfs_arguments.ts";

/** Makes the limits. Throws {@linkcode RefusedError}. */
export function makeLimits(parsed: BzfsArguments): LimitPolicy {
  const limitOf = (name: "--delete-limit" | "--delete-datasets-limit"): DeletionLimit => {
    const text = parsed.text(name);
    const limit = parseDeletionLimit(text);
    if (limit !== undefined) return limit;
    throw new RefusedError(`Invalid limit for ${name}: ${text}`, {
      hint: "Such as '30% and 10', '10' or 'unlimited'",
    });
  };
  const keepsForeign = parsed.text("--foreign-snapshots") === "keep";
  const plans = [...parsed.plans("--include-snapshot-plan"), ...parsed.plans("--delete-dst-snapshots-except-plan")];
  const ofPlans = plans.flatMap(({ entries }) => entries.map(ownNameRegex));
  const ownNames = [...new Set([...parsed.list("--own-names"), ...ofPlans])];
  compileRegexes(ownNames, "name");
  return {
    versions: limitOf("--delete-limit"),
    datasets: limitOf("--delete-datasets-limit"),
    ownNames: keepsForeign ? ownNames : undefined,
    keepNewest: parsed.number("--keep-newest"),
    asideMs: asideAge(parsed.text("--delete-aside-after")),
    allowed: parsed.list("--allow-deletions"),
    memory: memoryOf(parsed),
  };
}

function asideAge(text: string): number {
  return text === NEVER ? Infinity : parseDuration(text, "--delete-aside-after");
}

/** Filters beside plans may delete what no plan says, so then nothing is remembered. */
function memoryOf(parsed: BzfsArguments): LimitPolicy["memory"] {
  const name = parsed.text("--plan-memory");
  const plans = parsed.plans("--delete-dst-snapshots-except-plan");
  const hasFilters = parsed.words.occurrences.some(({ option }) => option.filter === true) ||
    parsed.isGiven("--include-snapshot-plan");
  if (name === undefined || plans.length === 0 || hasFilters) return undefined;
  const amounts = new Map<string, bigint>();
  for (const { organisation, target, period, value } of plans.flatMap(({ entries }) => entries)) {
    const label = `${organisation}/${target}/${period}`;
    const known = amounts.get(label) ?? 0n;
    amounts.set(label, value > known ? value : known);
  }
  return { name, plan: amounts };
}
