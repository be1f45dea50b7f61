/**
 * Settings of snapshot creation and of the calendar: `--create-src-snapshots*`, anchors, daemon frequency.
 *
 * Source: docs/spec/snapshots.md §1.1 to §1.5.
 * @module
 */
import { RefusedError } from "../../model/errors.ts";
import { compareNames } from "../../model/text/mod.ts";
import type { CalendarAnchors, CreatePolicy, LabelPolicy, SchedulePolicy } from "../../model/job.ts";
import type { BzfsArguments } from "../parse/bzfs_arguments.ts";
import { BZFS_OPTIONS } from "../options/bzfs_options.ts";
import type { Notation } from "../literal/read.ts";
import { AMOUNTS_FORM } from "../literal/forms.ts";
import { writeLiteral } from "../literal/text.ts";
import { checkDivides, compareSuffixes, type LabelEntry, readLabelPlan, readPeriod } from "./plan_literal.ts";

const PLAN = "--create-src-snapshots-plan";

/** Plan of creation, and when things are due. */
export interface CreationSettings {
  readonly create: CreatePolicy | undefined;
  readonly schedule: SchedulePolicy;
}

/** Makes the settings. A plan that is given is checked even if nothing is to be created. */
export function makeSchedule(parsed: BzfsArguments, checkTimezone: (text: string) => unknown): CreationSettings {
  const creates = parsed.flag("--create-src-snapshots");
  const labels = creates || parsed.isGiven(PLAN)
    ? dueLabels(readLabelPlan(planOf(parsed), { name: PLAN, form: AMOUNTS_FORM }))
    : [];
  const timezone = parsed.text("--create-src-snapshots-timezone");
  checkTimezone(timezone);
  const periods = creates ? periodsOf(labels) : [daemonPeriod(parsed.text("--daemon-frequency"))];
  for (const { suffix } of periods) checkDivides(suffix, creates ? PLAN : "--daemon-frequency");
  return {
    create: creates
      ? {
        labels,
        timeFormat: parsed.text("--create-src-snapshots-timeformat"),
        evenIfNotDue: parsed.flag("--create-src-snapshots-even-if-not-due"),
      }
      : undefined,
    schedule: { periods, anchors: makeAnchors(parsed), timezone },
  };
}

/** The plan; empty text stands for the default. */
export function planOf(parsed: BzfsArguments): Notation {
  return parsed.notation(PLAN) || BZFS_OPTIONS.find((option) => option.name === PLAN)!.default;
}

function dueLabels(entries: readonly LabelEntry[]): LabelPolicy[] {
  return entries
    .filter((entry) => amountOf(entry) > 0n)
    .map((entry) => entry.label)
    .sort((a, b) => compareSuffixes(a, b) || compareNames(a.prefix, b.prefix) || compareNames(a.infix, b.infix));
}

/** In Python a boolean is an integer. */
function amountOf({ value }: LabelEntry): bigint {
  const amount = typeof value === "boolean" ? BigInt(value) : value;
  if (typeof amount === "bigint" && amount >= 0n) return amount;
  throw new RefusedError(`${PLAN}: Period amount must be a non-negative integer: ${writeLiteral(value)}`, {
    hint: AMOUNTS_FORM,
  });
}

function periodsOf(labels: readonly LabelPolicy[]): SchedulePolicy["periods"] {
  return [...new Map(labels.map(({ suffix, period }) => [suffix, { suffix, period }])).values()];
}

function daemonPeriod(text: string): SchedulePolicy["periods"][number] {
  const period = readPeriod(text);
  if (period !== undefined) return { suffix: `_${text}`, period };
  throw new RefusedError(`Invalid --daemon-frequency: ${text}`, { hint: "A period looks like hourly or 10minutely." });
}

/** Each of these options is called after its place: `--yearly_month`. */
function makeAnchors(parsed: BzfsArguments): CalendarAnchors {
  const anchors: Record<string, Record<string, number>> = {};
  for (const { name, section } of BZFS_OPTIONS) {
    if (section !== "Calendar anchors") continue;
    const [unit = "", field = ""] = name.slice(2).split("_");
    (anchors[unit] ??= {})[field] = parsed.number(name);
  }
  return anchors as unknown as CalendarAnchors;
}
