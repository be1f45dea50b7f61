/**
 * A job file: the policy of a fleet as YAML, which becomes options of `bzfs_jobrunner` and of `bzfs`, as values.
 *
 * There is one notion for everything, the option; so options on the command line, which follow, override the file, and
 * what can be checked is checked once. Here only what the notation of the file adds: places, defaults, shapes.
 * Source: docs/spec/jobrunner.md §1 and §9.
 * @module
 */
import { UsageError } from "../../model/errors.ts";
import { KEPT_FOREVER } from "../../model/fleet.ts";
import { type PeriodTable, readPeriodTable } from "../../model/period_table.ts";
import { parsePeriod, periodMs, tryParseDuration } from "../../model/text/mod.ts";
import { decodeText } from "../parse/argument_file.ts";
import { JobFileEntry } from "./entry.ts";
import { readDestinations, readPairs, readSources } from "./hosts.ts";
import {
  BZFS_FIELDS,
  fieldOccurrences,
  placeOfOption,
  readSwitch,
  RUNNER_FIELDS,
  SAFE_DEFAULTS,
  STRUCTURED_FIELDS,
} from "./fields.ts";
import { checkPeriod, readAlwaysDue } from "./periods.ts";
import { readSchedule } from "./schedule.ts";
import type { Literal } from "../literal/text.ts";
import type { OptionName, OptionSpec } from "../options/option.ts";
import { JOBRUNNER_OPTIONS } from "../options/jobrunner_options.ts";
import { NO_FILTERS } from "../options/values.ts";
import { type Occurrence, occurrenceOf, planOccurrence } from "../parse/occurrence.ts";
import { readYaml, type YamlDocument, YamlError } from "./yaml.ts";

/** Opens a job file. Throws {@linkcode UsageError}. */
export function openJobFile(name: string, bytes: Uint8Array): JobFileEntry {
  const text = decodeText(bytes, "Job file", name);
  let document: YamlDocument;
  try {
    document = readYaml(text);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const place = error.line === undefined ? name : `${name}, line ${error.line}`;
    throw new UsageError(`${place}: this is not valid YAML: ${error.message}`, { cause: error });
  }
  return new JobFileEntry({ name, lineOf: document.lineOf }, document.node);
}

/** The options that a job file stands for. */
export interface JobFileOptions {
  /** Of the runner itself. */
  readonly runner: readonly Occurrence[];
  /** Of `bzfs`, for every subjob. */
  readonly bzfs: readonly Occurrence[];
}

/** Reads the options that a job file stands for. Throws {@linkcode UsageError} with the place of what is wrong. */
export function jobFileOptions(file: JobFileEntry, name: string): JobFileOptions {
  const fields = jobFileFields(file);
  const alwaysDue = readAlwaysDue(fields["always-due"]);
  const plan = readPlan(fields["src-snapshot-plan"], keptAmount, alwaysDue);
  const planOf = (field: JobFileEntry): PeriodTable<Literal> =>
    field.isAbsent ? plan : readPlan(field, keptAmount, alwaysDue);
  const alerts = readPlan(fields["monitor-snapshot-plan"], alert, alwaysDue);
  const dstPlan = planOf(fields["dst-snapshot-plan"]);
  const sources = readSources(fields["src-hosts"]);
  const plain = [...RUNNER_FIELDS].filter(([field]) => !fields[field]!.isAbsent && field !== "job-id");
  const pairs = readPairs(fields["root-dataset-pairs"]);
  const jobId = fields["job-id"]!.isAbsent ? stemOf(name) : fields["job-id"]!.word();
  const destinations = readDestinations(fields["dst-hosts"], { sources, targets: targetsOf(dstPlan) });
  return {
    runner: [
      occurrenceOf(rowOf("--root-dataset-pairs"), pairs, NO_FILTERS),
      occurrenceOf(rowOf("--job-id"), [jobId], NO_FILTERS),
      planOccurrence(rowOf("--src-hosts"), sources),
      planOccurrence(rowOf("--dst-hosts"), destinations.targets),
      planOccurrence(rowOf("--retain-dst-targets"), destinations.retained),
      planOccurrence(rowOf("--dst-root-datasets"), destinations.roots),
      planOccurrence(rowOf("--src-snapshot-plan"), plan),
      planOccurrence(rowOf("--src-bookmark-plan"), planOf(fields["src-bookmark-plan"])),
      planOccurrence(rowOf("--dst-snapshot-plan"), dstPlan),
      planOccurrence(rowOf("--monitor-snapshot-plan"), alerts),
      ...plain.flatMap(([field, option]) => fieldOccurrences(option, fields[field]!)),
    ],
    bzfs: [...safeDefaults(), ...bzfsOptions(fields.bzfs)],
  };
}

function rowOf(name: OptionName<typeof JOBRUNNER_OPTIONS>): OptionSpec {
  return JOBRUNNER_OPTIONS.find((option) => option.name === name)!;
}

/** What a job file means unless it says otherwise; the last use of an option counts. */
function safeDefaults(): Occurrence[] {
  return Object.entries(SAFE_DEFAULTS).map(([field, value]) =>
    occurrenceOf(BZFS_FIELDS.get(field)!, [value], NO_FILTERS)
  );
}

type TopField = typeof STRUCTURED_FIELDS[number] | "always-due" | "src-snapshots" | "bzfs" | "schedule";

/** True if the file says that the snapshots of its sources are created and pruned elsewhere. Throws `UsageError`. */
export function hasExternalSnapshots({ "src-snapshots": field }: { readonly "src-snapshots": JobFileEntry }): boolean {
  if (field.isAbsent || field.text() === "own") return false;
  if (field.text() === "external") return true;
  throw field.error("must be own or external");
}

/** All fields of the file, of which those that must be there are. */
export function jobFileFields(
  file: JobFileEntry,
): Readonly<Record<TopField, JobFileEntry> & Record<string, JobFileEntry>> {
  const names = [...STRUCTURED_FIELDS, "always-due", "src-snapshots", ...RUNNER_FIELDS.keys(), "bzfs", "schedule"];
  const fields = file.fields(names, (name) => placeOfOption(name, "the file")) as Readonly<
    Record<TopField, JobFileEntry> & Record<string, JobFileEntry>
  >;
  for (const required of ["root-dataset-pairs", "src-hosts", "dst-hosts", "src-snapshot-plan"] as const) {
    if (fields[required].isAbsent) throw fields[required].error("is missing");
  }
  readSchedule(fields.schedule);
  hasExternalSnapshots(fields);
  return fields;
}

/** The name of a file without folders and ending. */
function stemOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1).replace(/\.[^.]*$/, "") || name;
}

function targetsOf(plan: PeriodTable<Literal>): string[] {
  return [...new Set([...plan.values()].flatMap((targets) => [...targets.keys()]))];
}

/** Organisation, target, period, value; nothing if the field is absent. */
function readPlan(
  field: JobFileEntry,
  read: (entry: JobFileEntry, period: string) => Literal,
  alwaysDue: ReadonlySet<string>,
): PeriodTable<Literal> {
  if (field.isAbsent) return new Map();
  return readPeriodTable(field, {
    entriesOf: (level, path) =>
      level.entries().map(([name, entry]) => [path.length === 2 ? name : part(name, entry), entry]),
    valueOf: ({ period, value }) => {
      checkPeriod(period, value, alwaysDue);
      return read(value, period);
    },
  });
}

/** An organisation or a target, which becomes part of the names of snapshots. */
function part(name: string, entry: JobFileEntry): string {
  if (/^[A-Za-z0-9_.: -]*$/.test(name)) return name;
  throw entry.error(
    "cannot be part of the name of a snapshot",
    "ZFS allows letters of ASCII, digits, blanks, _ - . and :",
  );
}

function amount(entry: JobFileEntry): Literal {
  const text = entry.text();
  if (/^\d+$/.test(text)) return BigInt(text);
  throw entry.error("must be a whole number that is not negative");
}

/** How many are kept; `forever` = all. */
function keptAmount(entry: JobFileEntry): Literal {
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

function alert(entry: JobFileEntry, period: string): Literal {
  const { age, ...fields } = entry.fields(["age", ...ALERT_FIELDS]);
  const given = ALERT_FIELDS.filter((name) => !fields[name].isAbsent);
  const values = given.map((name) => [name, alertValue(name, fields[name])] as const);
  if (age.isAbsent) return new Map(values);
  const twice = given.find((name) => name === "warning" || name === "critical");
  if (twice !== undefined) throw fields[twice].error("stands beside age, which says the same in another way");
  return new Map([...latenessOf(age, period), ...values]);
}

/** Ages of the newest snapshot as what the option takes: how late it is, beyond its period. */
function latenessOf(age: JobFileEntry, period: string): [string, Literal][] {
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

function alertValue(name: typeof ALERT_FIELDS[number], entry: JobFileEntry): Literal {
  if (name === "oldest_skip_holds") return readSwitch(entry);
  if (name.endsWith("_cycles")) return amount(entry);
  if (tryParseDuration(entry.text()) !== undefined) return entry.text();
  throw entry.error("must be a duration such as 30 minutes");
}

/** Snapshots whose names do not change with the time are made once; a name that ZFS refuses is never made. */
function checkTimeFormat(entry: JobFileEntry): void {
  if (entry.isAbsent) return;
  const format = entry.text();
  if (!/%[A-Za-z]/.test(format.replaceAll("%%", ""))) throw entry.error("must hold a time, such as %Y-%m-%d_%H:%M:%S");
  if (/[/@]|%D/.test(format)) throw entry.error("makes names that ZFS refuses: no / and no @ may be in them");
}

function bzfsOptions(field: JobFileEntry): Occurrence[] {
  if (field.isAbsent) return [];
  const given = field.fields([...BZFS_FIELDS.keys()], (name) => placeOfOption(name, "bzfs"));
  checkTimeFormat(given["create-src-snapshots-timeformat"]!);
  return field.entries().flatMap(([name]) => fieldOccurrences(BZFS_FIELDS.get(name)!, given[name]!));
}
