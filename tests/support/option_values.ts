/**
 * Values of options in the notation of the parity data.
 * @module
 */
import type { OptionSpec } from "../../lib/cli/options/option.ts";
import { type PlanFilters, planWords } from "../../lib/cli/options/plan_options.ts";
import { readValues } from "../../lib/cli/options/values.ts";

/** A value as the data writes it. */
export function describeValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.flatMap(describeValue);
  if (typeof value === "object" && value !== null && "entries" in value) return planWords(value as PlanFilters);
  if (value === Infinity) return "Infinity";
  if (typeof value === "object" && value !== null && "percent" in value) {
    const { amount, percent } = value as { amount: number; percent: boolean };
    return [amount, percent];
  }
  return value;
}

/** True if the value is what counts when the option is absent. */
export function isDefault(option: OptionSpec, value: unknown): boolean {
  return JSON.stringify(describeValue(value)) === JSON.stringify(describeValue(option.defaults ?? defaultOf(option)));
}

function defaultOf(option: OptionSpec): unknown {
  if (option.default === undefined) return undefined;
  return readValues(option, [option.default], { readTimesAndRanks: () => ({}) as never })[0];
}
