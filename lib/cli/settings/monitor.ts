/**
 * Settings of `--monitor-snapshots`: which label may be how old. Source: docs/spec/snapshots.md §5.1,
 * docs/spec/jobrunner.md §5.2.
 * @module
 */
import { RefusedError } from "../../model/errors.ts";
import { compareNames, parseDuration, periodMs } from "../../model/text/mod.ts";
import type { AgeLimits, AlertPolicy, LabelPolicy, MonitorPolicy } from "../../model/job.ts";
import type { BzfsArguments } from "../parse/bzfs_arguments.ts";
import { ALERTS_FORM } from "../literal/forms.ts";
import { type Literal, writeLiteral } from "../literal/text.ts";
import { readInteger } from "../options/numbers.ts";
import { compareSuffixes, dictEntries, type LabelEntry, readLabelPlan } from "./plan_literal.ts";

const OPTION = "--monitor-snapshots";
const PLAN = { name: OPTION, form: ALERTS_FORM };

/** Makes the settings; `undefined` if no alert remains. */
export function makeMonitor(parsed: BzfsArguments): MonitorPolicy | undefined {
  const checks = {
    latest: !parsed.flag("--monitor-snapshots-no-latest-check"),
    oldest: !parsed.flag("--monitor-snapshots-no-oldest-check"),
  };
  const alerts = readLabelPlan(parsed.notation(OPTION), PLAN)
    .map((entry) => makeAlert(entry))
    .map((alert) => ({
      ...alert,
      latest: checks.latest ? alert.latest : undefined,
      oldest: checks.oldest ? alert.oldest : undefined,
    }))
    .filter((alert) => alert.latest !== undefined || alert.oldest !== undefined)
    .sort((a, b) => compareAlerts(a.label, b.label));
  if (alerts.length === 0) return undefined;
  return {
    alerts,
    warn: !parsed.flag("--monitor-snapshots-dont-warn"),
    crit: !parsed.flag("--monitor-snapshots-dont-crit"),
  };
}

/** The longest period first, then labels in descending order. */
function compareAlerts(a: LabelPolicy, b: LabelPolicy): number {
  return periodMs(b.period) - periodMs(a.period) || compareNames(b.prefix, a.prefix) ||
    compareNames(b.infix, a.infix) || compareSuffixes(a, b);
}

function makeAlert({ label, value }: LabelEntry): AlertPolicy {
  let latest: AgeLimits | undefined;
  let oldest: AgeLimits | undefined;
  let oldestSkipHolds = false;
  for (const [type, config] of dictEntries(value, PLAN)) {
    if (type !== "latest" && type !== "oldest") {
      throw new RefusedError(`${OPTION}: '${type}' must be 'latest' or 'oldest' within ${writeLiteral(value)}`, {
        hint: ALERTS_FORM,
      });
    }
    const limits = readLimits(type, config, label);
    if (type === "latest") latest = limits.ages;
    else {
      oldest = limits.ages;
      oldestSkipHolds = limits.skipHolds;
    }
  }
  return { label, latest, oldest, oldestSkipHolds };
}

/** Reads `{warning, critical, cycles, oldest_skip_holds}`; no ages if neither limit is above zero. */
function readLimits(
  type: "latest" | "oldest",
  config: Literal,
  label: LabelPolicy,
): { readonly ages: AgeLimits | undefined; readonly skipHolds: boolean } {
  let [warning, critical, cycles, skipHolds] = [0, 0, 1, false];
  for (const [key, value] of dictEntries(config, PLAN)) {
    if (key === "warning") warning = duration(value, config);
    else if (key === "critical") critical = duration(value, config);
    else if (key === "cycles") cycles = Math.max(0, integer(value));
    else if (key === "oldest_skip_holds" && type === "oldest") skipHolds = bool(key, value, config);
    else {
      throw new RefusedError(
        `${OPTION}: '${key}' must be 'warning', 'critical' or 'cycles' within ${writeLiteral(config)}`,
      );
    }
  }
  const slack = cycles * periodMs(label.period);
  if (warning <= 0 && critical <= 0) return { ages: undefined, skipHolds };
  const withSlack = (limit: number): number => limit > 0 ? limit + slack : Infinity;
  return { ages: { warningMs: withSlack(warning), criticalMs: withSlack(critical) }, skipHolds };
}

function duration(value: Literal, config: Literal): number {
  return parseDuration(typeof value === "string" ? value : writeLiteral(value), writeLiteral(config));
}

/** As Python's `int()`: texts are read, fractions cut off. */
function integer(value: Literal): number {
  const number = typeof value === "string"
    ? readInteger(value)
    : typeof value === "bigint" || typeof value === "boolean"
    ? Number(value)
    : typeof value === "number"
    ? Math.trunc(value)
    : undefined;
  if (number !== undefined && Number.isFinite(number)) return number;
  throw new RefusedError(`${OPTION}: 'cycles' must be an integer: ${writeLiteral(value)}`);
}

function bool(key: string, value: Literal, config: Literal): boolean {
  if (typeof value === "boolean") return value;
  throw new RefusedError(`${OPTION}: '${key}' must be a bool within ${writeLiteral(config)}`);
}
