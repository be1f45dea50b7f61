/**
 * A job file: the policy of a fleet as YAML, which becomes options of `bzfs_jobrunner` and of `bzfs`, as values.
 *
 * There is one notion for everything, the option; so options on the command line, which follow, override the file, and
 * what can be checked is checked once. Here only what the notation of the file adds: places, defaults, shapes.
 * Source: docs/spec/jobrunner.md §1 and §9.
 * @module
 */
import { UsageError } from "../../model/errors.ts";
import { type PeriodTable, readPeriodTable } from "../../model/period_table.ts";
import { tryParseDuration } from "../../model/text/mod.ts";
import { decodeText } from "../parse/argument_file.ts";
import { JobFileEntry } from "./entry.ts";
import { readDestinations, readPairs, readSources } from "./hosts.ts";
import { BZFS_FIELDS, fieldOccurrences, RUNNER_FIELDS, SAFE_DEFAULTS, STRUCTURED_FIELDS } from "./fields.ts";
import { checkPeriod, readAlwaysDue } from "./periods.ts";
import { readSchedule } from "./schedule.ts";
import type { Literal } from "../literal/value.ts";
import type { OptionName, OptionSpec } from "../options/option.ts";
import { JOBRUNNER_OPTIONS } from "../options/table/mod.ts";
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
  const plan = readPlan(fields["src-snapshot-plan"], amount, alwaysDue);
  const planOf = (field: JobFileEntry): PeriodTable<Literal> =>
    field.isAbsent ? plan : readPlan(field, amount, alwaysDue);
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

type TopField = typeof STRUCTURED_FIELDS[number] | "always-due" | "bzfs" | "schedule";

/** All fields of the file, of which those that must be there are. */
export function jobFileFields(
  file: JobFileEntry,
): Readonly<Record<TopField, JobFileEntry> & Record<string, JobFileEntry>> {
  const names = [...STRUCTURED_FIELDS, "always-due", ...RUNNER_FIELDS.keys(), "bzfs", "schedule"];
  const fields = file.fields(names) as Readonly<Record<TopField, JobFileEntry> & Record<string, JobFileEntry>>;
  for (const required of ["root-dataset-pairs", "src-hosts", "dst-hosts", "src-snapshot-plan"] as const) {
    if (fields[required].isAbsent) throw fields[required].error("is missing");
  }
  readSchedule(fields.schedule);
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
  read: (entry: JobFileEntry) => Literal,
  alwaysDue: ReadonlySet<string>,
): PeriodTable<Literal> {
  if (field.isAbsent) return new Map();
  return readPeriodTable(field, {
    entriesOf: (level) => level.entries(),
    valueOf: ({ period, value }) => {
      checkPeriod(period, value, alwaysDue);
      return read(value);
    },
  });
}

function amount(entry: JobFileEntry): Literal {
  const text = entry.text();
  if (/^\d+$/.test(text)) return BigInt(text);
  throw entry.error("must be a whole number that is not negative");
}

/** Settings of an alert; their names are those of the option. */
const ALERT_FIELDS = [
  "warning",
  "critical",
  "src_snapshot_cycles",
  "dst_snapshot_cycles",
  "oldest_skip_holds",
] as const;

function alert(entry: JobFileEntry): Literal {
  const fields = entry.fields(ALERT_FIELDS);
  return new Map(
    ALERT_FIELDS.filter((name) => !fields[name].isAbsent).map((name) => [name, alertValue(name, fields[name])]),
  );
}

function alertValue(name: typeof ALERT_FIELDS[number], entry: JobFileEntry): Literal {
  if (name === "oldest_skip_holds") {
    if (!/^(?:true|false)$/.test(entry.text())) throw entry.error("must be true or false");
    return entry.text() === "true";
  }
  if (name.endsWith("_cycles")) return amount(entry);
  if (tryParseDuration(entry.text()) !== undefined) return entry.text();
  throw entry.error("must be a duration such as 30 minutes");
}

function bzfsOptions(field: JobFileEntry): Occurrence[] {
  if (field.isAbsent) return [];
  const given = field.fields([...BZFS_FIELDS.keys()]);
  return field.entries().flatMap(([name]) => fieldOccurrences(BZFS_FIELDS.get(name)!, given[name]!));
}
