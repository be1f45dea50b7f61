/**
 * Guards of limits for tests.
 * @module
 */
import type { LimitPolicy } from "../../lib/model/job.ts";
import { ORDINARY, type Permit, UNLIMITED } from "../../lib/plan/limits/mod.ts";
import { DeletionGuard } from "../../lib/run/limits/mod.ts";

/** The policy of a run without any limit. */
export const NO_LIMITS: LimitPolicy = {
  versions: UNLIMITED,
  datasets: UNLIMITED,
  ownNames: undefined,
  keepNewest: 0,
  asideMs: Infinity,
  allowed: [],
  memory: undefined,
};

/** A guard that a test may give a policy and a permit. */
export function guardOf(policy: Partial<LimitPolicy>, permit: Permit = ORDINARY, said: string[] = []): DeletionGuard {
  const rest = {
    counts: new Map(),
    host: "",
    alarm: (text: string): void => void said.push(text),
    told: new Set<string>(),
  };
  return new DeletionGuard({ ...NO_LIMITS, ...policy }, { permit, ...rest });
}

/** A guard that allows everything. */
export function unlimitedGuard(): DeletionGuard {
  return guardOf({});
}
