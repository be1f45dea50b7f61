// deno-lint-ignore-file explicit-function-return-type -- the literal types of a family of rows only survive inference
/**
 * Options that create snapshots, compare and monitor them. Data only.
 * @module
 */
import type { OptionTable } from "../option.ts";
import { chapter } from "./chapter.ts";

/** A calendar anchor: name, range, default, and what it moves. */
function anchor<const N extends `--${string}`>(
  row: {
    readonly name: N;
    readonly min: number;
    readonly max: number;
    readonly default: string;
    readonly moves: string;
  },
) {
  return {
    name: row.name,
    type: "integer",
    metavar: "N",
    min: row.min,
    max: row.max,
    default: row.default,
    brief: row.moves,
    detail:
      `Where in its cycle a period begins (${row.min} to ${row.max}). Used by {--create-src-snapshots} and by the ` +
      "schedule of a daemon.",
  } as const;
}

/** Chapters "Snapshot creation", "Comparison and monitoring" and "Calendar anchors". */
export const SNAPSHOT_OPTIONS = [
  ...chapter("Snapshot creation", [
    {
      name: "--create-src-snapshots",
      arity: "flag",
      brief: "Create the snapshots of the source that are due",
      detail:
        "Runs before replication. A snapshot is due if the newest one with the same label (name without its time) is " +
        "older than the current period. A missed period is made up once, never several times. Use {--skip-replication} to " +
        "do nothing else.",
    },
    {
      name: "--create-src-snapshots-plan",
      type: "literal",
      metavar: "DICT",
      default: "{'bzfs': {'onsite': {'adhoc': 1}}}",
      brief: "Which snapshots to create how often",
      detail:
        "A dictionary of organisation, target, period and amount: `{'prod': {'onsite': {'hourly': 36, 'daily': 31}, " +
        "'': {'10minutely': 12}}}` (Python or JSON). Amount 0 creates none; otherwise the amount only matters to options that " +
        "delete. Periods are `yearly` to `millisecondly`, optionally with a number in front; any other word, such as " +
        "`adhoc`, is always due.",
    },
    {
      name: "--create-src-snapshots-timeformat",
      metavar: "FORMAT",
      default: "%Y-%m-%d_%H:%M:%S",
      brief: "How the time in a snapshot name is written",
      detail:
        "Directives of strftime. A final `%F` stands for milliseconds. As ZFS does not allow `+` in names it becomes " +
        "`z`. When clocks are set back by an hour the default writes the same times twice: what is due and has a name that " +
        "is taken is left to the next run, with a warning. `%z`, with a time zone that is named, avoids that.",
    },
    {
      name: "--create-src-snapshots-timezone",
      metavar: "ZONE",
      default: "",
      brief: "Time zone of periods and of names",
      detail: "Empty for the system's zone, `UTC`, an offset such as `+05:30`, or a name such as `Europe/Vienna`.",
    },
    {
      name: "--create-src-snapshots-even-if-not-due",
      arity: "flag",
      brief: "Create the snapshots of the plan now",
      detail: "Treats every entry of the plan as due.",
    },
  ]),
  ...chapter("Comparison and monitoring", [
    {
      name: "--monitor-snapshots",
      type: "literal",
      metavar: "DICT",
      default: "{}",
      brief: "Alert if the newest or oldest snapshots are too old",
      detail:
        "A dictionary: `{'prod': {'onsite': {'hourly': {'latest': {'warning': '30 minutes', 'critical': '5 hours'}, " +
        "'oldest': {'warning': '30 minutes', 'cycles': 36}}}}}`. A limit is added to `cycles` times the period (default 1). " +
        "Exit status 1 means a warning, 2 a critical finding. With {--quiet} the first line of the output is the worst " +
        "finding, or OK: the form that Nagios-like monitors want.",
    },
    {
      name: "--monitor-snapshots-dont-warn",
      arity: "flag",
      brief: "Log warnings of monitoring, but exit as if there were none",
      detail: "The findings are still logged.",
    },
    {
      name: "--monitor-snapshots-dont-crit",
      arity: "flag",
      brief: "Log critical findings, but exit as if there were none",
      detail: "The findings are still logged.",
    },
    {
      name: "--monitor-snapshots-no-latest-check",
      arity: "flag",
      hidden: true,
      brief: "Skip the checks of the newest snapshots",
      detail: "Drops all `latest` entries of {--monitor-snapshots}.",
    },
    {
      name: "--monitor-snapshots-no-oldest-check",
      arity: "flag",
      hidden: true,
      brief: "Skip the checks of the oldest snapshots",
      detail: "Drops all `oldest` entries of {--monitor-snapshots}.",
    },
    {
      name: "--compare-snapshot-lists",
      arity: "optional",
      choices: ["src", "dst", "all", "src+dst", "src+all", "dst+all", "src+dst+all"],
      bareValue: "src+dst+all",
      brief: "Write which snapshots only one side, or both, have",
      detail:
        "Read-only. Writes tables (TSV) of the selected snapshots into a folder beside the log file, and a summary per " +
        "dataset into the log: what only the source has, only the destination, or both (`all`). Combine with " +
        "{--skip-replication} to only compare.",
    },
  ]),
  ...chapter("Speed", [
    {
      name: "--cache-snapshots",
      arity: "flag",
      brief: "Skip datasets that have not changed since the last run",
      detail:
        "Keeps small marker files below the log folder and trusts the `snapshots_changed` property of OpenZFS 2.2 and " +
        "newer. Without that property nothing is skipped.",
    },
  ]),
  ...chapter("Calendar anchors", [
    anchor({
      name: "--yearly_year",
      min: 1,
      max: 9999,
      default: "2025",
      moves: "Year in which a cycle of n years begins",
    }),
    anchor({ name: "--yearly_month", min: 1, max: 12, default: "1", moves: "Month of yearly snapshots" }),
    anchor({ name: "--yearly_monthday", min: 1, max: 31, default: "1", moves: "Day of the month of yearly snapshots" }),
    anchor({ name: "--yearly_hour", min: 0, max: 23, default: "0", moves: "Hour of yearly snapshots" }),
    anchor({ name: "--yearly_minute", min: 0, max: 59, default: "0", moves: "Minute of yearly snapshots" }),
    anchor({ name: "--yearly_second", min: 0, max: 59, default: "0", moves: "Second of yearly snapshots" }),
    anchor({
      name: "--monthly_month",
      min: 1,
      max: 12,
      default: "1",
      moves: "Month in which a cycle of n months begins",
    }),
    anchor({ name: "--monthly_monthday", min: 1, max: 31, default: "1", moves: "Day of monthly snapshots" }),
    anchor({ name: "--monthly_hour", min: 0, max: 23, default: "0", moves: "Hour of monthly snapshots" }),
    anchor({ name: "--monthly_minute", min: 0, max: 59, default: "0", moves: "Minute of monthly snapshots" }),
    anchor({ name: "--monthly_second", min: 0, max: 59, default: "0", moves: "Second of monthly snapshots" }),
    anchor({ name: "--weekly_weekday", min: 0, max: 6, default: "0", moves: "Day of weekly snapshots, 0 = Sunday" }),
    anchor({ name: "--weekly_hour", min: 0, max: 23, default: "0", moves: "Hour of weekly snapshots" }),
    anchor({ name: "--weekly_minute", min: 0, max: 59, default: "0", moves: "Minute of weekly snapshots" }),
    anchor({ name: "--weekly_second", min: 0, max: 59, default: "0", moves: "Second of weekly snapshots" }),
    anchor({ name: "--daily_hour", min: 0, max: 23, default: "0", moves: "Hour of daily snapshots" }),
    anchor({ name: "--daily_minute", min: 0, max: 59, default: "0", moves: "Minute of daily snapshots" }),
    anchor({ name: "--daily_second", min: 0, max: 59, default: "0", moves: "Second of daily snapshots" }),
    anchor({ name: "--hourly_minute", min: 0, max: 59, default: "0", moves: "Minute of hourly snapshots" }),
    anchor({ name: "--hourly_second", min: 0, max: 59, default: "0", moves: "Second of hourly snapshots" }),
    anchor({ name: "--minutely_second", min: 0, max: 59, default: "0", moves: "Second of minutely snapshots" }),
    anchor({
      name: "--secondly_millisecond",
      min: 0,
      max: 999,
      default: "0",
      moves: "Millisecond of secondly snapshots",
    }),
    anchor({
      name: "--millisecondly_microsecond",
      min: 0,
      max: 999,
      default: "0",
      moves: "Microsecond of millisecondly snapshots",
    }),
  ]),
] as const satisfies OptionTable;
