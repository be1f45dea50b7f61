// deno-lint-ignore-file explicit-function-return-type -- the literal types of a family of rows only survive inference
/**
 * Options that create snapshots, compare and monitor them. Data only.
 * @module
 */
import type { OptionTable } from "../option.ts";
import { chapter } from "./chapter.ts";

/** A calendar anchor: name, smallest and largest value, default, and what it moves. */
function anchor<const N extends `--${string}`>(name: N, min: number, max: number, value: string, moves: string) {
  return {
    name,
    type: "integer",
    metavar: "N",
    min,
    max,
    default: value,
    brief: moves,
    detail: `Where in its cycle a period begins (${min} to ${max}). Used by {--create-src-snapshots} and by the ` +
      "schedule of a daemon.",
  } as const;
}

/** Chapters "Snapshot creation", "Comparison and monitoring" and "Calendar anchors". */
export const SNAPSHOT_OPTIONS = [
  ...chapter("Snapshot creation", [
    {
      name: "--create-src-snapshots",
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
        "'oldest': {'warning': '30 minutes', 'cycles': 36}}}}}`. A limit is no age, but lateness: it is added to `cycles` times the period (default 1), so that here the newest " +
        "may be 90 minutes old. " +
        "Exit status 1 means a warning, 2 a critical finding. With {--quiet} the first line of the output is the worst " +
        "finding, or OK: the form that Nagios-like monitors want.",
    },
    {
      name: "--monitor-snapshots-dont-warn",
      brief: "Log warnings of monitoring, but exit as if there were none",
      detail: "The findings are still logged.",
    },
    {
      name: "--monitor-snapshots-dont-crit",
      brief: "Log critical findings, but exit as if there were none",
      detail: "The findings are still logged.",
    },
    {
      name: "--monitor-snapshots-no-latest-check",
      hidden: true,
      brief: "Skip the checks of the newest snapshots",
      detail: "Drops all `latest` entries of {--monitor-snapshots}.",
    },
    {
      name: "--monitor-snapshots-no-oldest-check",
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
      brief: "Skip datasets that have not changed since the last run",
      detail:
        "Keeps small marker files below the log folder and trusts the `snapshots_changed` property of OpenZFS 2.2 and " +
        "newer. Without that property nothing is skipped.",
    },
  ]),
  ...chapter("Calendar anchors", [
    anchor("--yearly_year", 1, 9999, "2025", "Year in which a cycle of n years begins"),
    anchor("--yearly_month", 1, 12, "1", "Month of yearly snapshots"),
    anchor("--yearly_monthday", 1, 31, "1", "Day of the month of yearly snapshots"),
    anchor("--yearly_hour", 0, 23, "0", "Hour of yearly snapshots"),
    anchor("--yearly_minute", 0, 59, "0", "Minute of yearly snapshots"),
    anchor("--yearly_second", 0, 59, "0", "Second of yearly snapshots"),
    anchor("--monthly_month", 1, 12, "1", "Month in which a cycle of n months begins"),
    anchor("--monthly_monthday", 1, 31, "1", "Day of monthly snapshots"),
    anchor("--monthly_hour", 0, 23, "0", "Hour of monthly snapshots"),
    anchor("--monthly_minute", 0, 59, "0", "Minute of monthly snapshots"),
    anchor("--monthly_second", 0, 59, "0", "Second of monthly snapshots"),
    anchor("--weekly_weekday", 0, 6, "0", "Day of weekly snapshots, 0 = Sunday"),
    anchor("--weekly_hour", 0, 23, "0", "Hour of weekly snapshots"),
    anchor("--weekly_minute", 0, 59, "0", "Minute of weekly snapshots"),
    anchor("--weekly_second", 0, 59, "0", "Second of weekly snapshots"),
    anchor("--daily_hour", 0, 23, "0", "Hour of daily snapshots"),
    anchor("--daily_minute", 0, 59, "0", "Minute of daily snapshots"),
    anchor("--daily_second", 0, 59, "0", "Second of daily snapshots"),
    anchor("--hourly_minute", 0, 59, "0", "Minute of hourly snapshots"),
    anchor("--hourly_second", 0, 59, "0", "Second of hourly snapshots"),
    anchor("--minutely_second", 0, 59, "0", "Second of minutely snapshots"),
    anchor("--secondly_millisecond", 0, 999, "0", "Millisecond of secondly snapshots"),
    anchor("--millisecondly_microsecond", 0, 999, "0", "Microsecond of millisecondly snapshots"),
  ]),
] as const satisfies OptionTable;
