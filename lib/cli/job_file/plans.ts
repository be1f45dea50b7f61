/**
 * Plans of a job file: of the file, and of pairs of datasets that have plans of their own.
 * @module
 */
import { type AlertEntry, KEPT_FOREVER, type PairGroup, type RetentionPlan } from "../../model/fleet.ts";
import { periodsOf, type PeriodTable, readPeriodTable } from "../../model/period_table.ts";
import { parsePeriod, periodMs, tryParseDuration } from "../../model/text/mod.ts";
import type { JobFileEntry } from "./entry.ts";
import { PLAN_FIELDS, readSwitch } from "./fields.ts";
import { checkPeriod } from "./periods.ts";

/** Entries that hold plans, absent or not. */
export type PlanEntries = Readonly<Record<typeof PLAN_FIELDS[number], JobFileEntry>>;

/** What words mean in plans. */
export interface PlanWords {
  /** Words that are no periods, and not meant to be. */
  readonly alwaysDue: ReadonlySet<string>;
  /** Others make the snapshots, and their names. */
  readonly isExternal: boolean;
}

/** Plans that count. */
export type Plans = Omit<PairGroup, "pairs">;

/**
 * The plans of the first of these places that has each of them: a pair, then the file. What neither says about bookmarks and
 * destinations is as with the snapshots of the sources, and nothing is monitored. Throws `UsageError`.
 */
export function readPlans(places: readonly PlanEntries[], words: PlanWords): Plans {
  const given = <K extends keyof PlanEntries>(field: K): JobFileEntry | undefined =>
    places.map((entries) => entries[field]).find((entry) => !entry.isAbsent);
  const retention = (field: keyof PlanEntries): RetentionPlan | undefined => {
    const entry = given(field);
    return entry === undefined ? undefined : readPlan(entry, keptAmount, words);
  };
  const srcSnapshots = retention("src-snapshot-plan");
  if (srcSnapshots === undefined) throw places.at(-1)!["src-snapshot-plan"].error("is missing");
  const alerts = given("monitor-snapshot-plan");
  return {
    srcSnapshots,
    srcBookmarks: retention("src-bookmark-plan") ?? srcSnapshots,
    dstSnapshots: retention("dst-snapshot-plan") ?? srcSnapshots,
    alerts: alerts === undefined ? new Map() : readPlan(alerts, alert, words),
  };
}

/** True if something of an entry that stands for a pair is a plan. */
export function hasPlans(entries: PlanEntries): boolean {
  return PLAN_FIELDS.some((field) => !entries[field].isAbsent);
}

/** Equal for plans that say the same, in whatever order. */
export function plansKey({ srcSnapshots, srcBookmarks, dstSnapshots, alerts }: Plans): string {
  const keyOf = (plan: PeriodTable<unknown>): string[] =>
    periodsOf(plan).map(({ organisation, target, period, value }) =>
      JSON.stringify([organisation, target, period, value instanceof Map ? [...value].map(String).sort() : `${value}`])
    ).sort();
  return JSON.stringify([srcSnapshots, srcBookmarks, dstSnapshots, alerts].map(keyOf));
}

/** Organisation, target, period, value. */
function readPlan<V>(
  field: JobFileEntry,
  read: (entry: JobFileEntry, period: string) => V,
  words: PlanWords,
): PeriodTable<V> {
  return readPeriodTable(field, {
    entriesOf: (level, path) =>
      level.entries().map(([name, entry]) => [path.length === 2 ? name : part(name, entry, words.isExternal), entry]),
    valueOf: ({ period, value }) => {
      checkPeriod(period, value, words.alwaysDue);
      return read(value, period);
    },
  });
}

/**
 * An organisation or a target, which becomes part of the names of snapshots. These are taken apart at underscores: with one
 * inside, `a_b` and `c` would be the same as `a` and `b_c`, and the one that creates them refuses them.
 */
function part(name: string, entry: JobFileEntry, isExternal: boolean): string {
  if ((isExternal ? /^[\w.: -]*$/ : /^[A-Za-z0-9.: -]*$/).test(name)) return name;
  if (!/^[\w.: -]*$/.test(name)) {
    throw entry.error(
      "cannot be part of the name of a snapshot",
      "ZFS allows letters of ASCII, digits, blanks, - . and :",
    );
  }
  throw entry.error(
    "holds an underscore, which stands between organisation, target, time and period",
    `Write ${name.replaceAll("_", "-")}. Only where src-snapshots is external may others have made such names.`,
  );
}

function amount(entry: JobFileEntry): bigint {
  const text = entry.text();
  if (/^\d+$/.test(text)) return BigInt(text);
  const hint = /^[a-z∞]/i.test(text) ? "Write forever to keep all." : undefined;
  throw entry.error("must be a whole number that is not negative", hint);
}

/** How many are kept; `forever` = all. */
function keptAmount(entry: JobFileEntry): bigint {
  return entry.text() === "forever" ? KEPT_FOREVER : amount(entry);
}

/** Settings of an alert; their names are those of the option. */
const ALERT_FIELDS = [
  "warning",
  "critical",
  "src_snapshot_cycles",
  "dst_snapshot_cycles",
  "oldest_skip_holds",
] as const;

function alert(entry: JobFileEntry, period: string): AlertEntry {
  const { age, ...fields } = entry.fields(["age", ...ALERT_FIELDS]);
  const given = ALERT_FIELDS.filter((name) => !fields[name].isAbsent);
  const values = given.map((name) => [name, alertValue(name, fields[name])] as const);
  if (age.isAbsent) return new Map(values);
  const twice = given.find((name) => name === "warning" || name === "critical");
  if (twice !== undefined) throw fields[twice].error("stands beside age, which says the same in another way");
  return new Map([...latenessOf(age, period), ...values]);
}

/** Ages of the newest snapshot as what the option takes: how late it is, beyond its period. */
function latenessOf(age: JobFileEntry, period: string): [string, string][] {
  const fields = age.fields(["warning", "critical"]);
  return (["warning", "critical"] as const).filter((name) => !fields[name].isAbsent).map((name) => {
    alertValue(name, fields[name]);
    const lateness = tryParseDuration(fields[name].text())! - periodMs(parsePeriod(period));
    if (lateness > 0) return [name, `${lateness}milliseconds`];
    throw fields[name].error(
      `must be longer than the period, since the newest ${period} snapshot grows as old as that`,
    );
  });
}

function alertValue(name: typeof ALERT_FIELDS[number], entry: JobFileEntry): string | bigint | boolean {
  if (name === "oldest_skip_holds") return readSwitch(entry);
  if (name.endsWith("_cycles")) return amount(entry);
  if (tryParseDuration(entry.text()) !== undefined) return entry.text();
  throw entry.error("must be a duration such as 30 minutes");
}
