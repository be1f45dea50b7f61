/**
 * A job file: the policy of a fleet as YAML, which becomes options of `bzfs_jobrunner` and of `bzfs`, as values.
 *
 * There is one notion for everything, the option; so options on the command line, which follow, override the file, and
 * what can be checked is checked once. Here only what the notation of the file adds: places, defaults, shapes.
 * Source: docs/spec/jobrunner.md §1 and §9.
 * @module
 */
import { UsageError } from "../../model/errors.ts";
import type { PairGroup } from "../../model/fleet.ts";
import { decodeText } from "../parse/argument_file.ts";
import { JobFileEntry } from "./entry.ts";
import { readDestinations, readSources } from "./hosts.ts";
import { groupPairs, readPairs } from "./pairs.ts";
import { readLimits } from "./limits.ts";
import { hasPlans, readPlans } from "./plans.ts";
import {
  BZFS_FIELDS,
  fieldOccurrences,
  FILE_FIELDS,
  placeOfOption,
  RUNNER_FIELDS,
  SAFE_DEFAULTS,
  STRUCTURED_FIELDS,
} from "./fields.ts";
import { readAlwaysDue } from "./periods.ts";
import { checkTimeFormat } from "./time_format.ts";
import { shortestPeriodMs } from "../../plan/fleet/mod.ts";
import { readSchedule } from "./schedule.ts";
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
  /** What no option can say: groups of pairs, if any of them has plans of its own. */
  readonly groups?: readonly PairGroup[];
}

/** Reads the options that a job file stands for. Throws {@linkcode UsageError} with the place of what is wrong. */
export function jobFileOptions(file: JobFileEntry, name: string): JobFileOptions {
  const fields = jobFileFields(file);
  const words = { alwaysDue: readAlwaysDue(fields["always-due"]), isExternal: hasExternalSnapshots(fields) };
  const sources = readSources(fields["src-hosts"]);
  const plain = [...RUNNER_FIELDS].filter(([field]) => !fields[field]!.isAbsent && field !== "job-id");
  const pairs = readPairs(fields["root-dataset-pairs"]);
  const groups = groupPairs(pairs, (own) => readPlans([own, fields], words));
  const isMixed = pairs.some(({ plans }) => hasPlans(plans));
  // With several groups nobody reads these, but options must be there.
  const { srcSnapshots, srcBookmarks, dstSnapshots, alerts } = groups[0]!;
  const jobId = fields["job-id"]!.isAbsent ? stemOf(name) : fields["job-id"]!.word();
  const destinations = readDestinations(fields["dst-hosts"], { sources, targets: targetsOf(groups) });
  return {
    runner: [
      occurrenceOf(rowOf("--root-dataset-pairs"), pairs.flatMap(({ pair: { src, dst } }) => [src, dst]), NO_FILTERS),
      occurrenceOf(rowOf("--job-id"), [jobId], NO_FILTERS),
      planOccurrence(rowOf("--src-hosts"), sources),
      planOccurrence(rowOf("--dst-hosts"), destinations.targets),
      planOccurrence(rowOf("--retain-dst-targets"), destinations.retained),
      planOccurrence(rowOf("--dst-root-datasets"), destinations.roots),
      planOccurrence(rowOf("--src-snapshot-plan"), srcSnapshots),
      planOccurrence(rowOf("--src-bookmark-plan"), srcBookmarks),
      planOccurrence(rowOf("--dst-snapshot-plan"), dstSnapshots),
      planOccurrence(rowOf("--monitor-snapshot-plan"), alerts),
      ...plain.flatMap(([field, option]) => fieldOccurrences(option, fields[field]!)),
    ],
    bzfs: [
      ...safeDefaults(),
      ...readLimits(fields.limits, { groups, jobId }),
      ...fileOptions(fields),
      ...bzfsOptions(fields.bzfs, groups),
    ],
    ...(isMixed ? { groups } : {}),
  };
}

function rowOf(name: OptionName<typeof JOBRUNNER_OPTIONS>): OptionSpec {
  return JOBRUNNER_OPTIONS.find((option) => option.name === name)!;
}

/** What a job file means unless it says otherwise; the last use of an option counts. */
function safeDefaults(): Occurrence[] {
  return Object.entries(SAFE_DEFAULTS).map(([field, value]) =>
    occurrenceOf((BZFS_FIELDS.get(field) ?? FILE_FIELDS.get(field))!, [value], NO_FILTERS)
  );
}

/** Options of bzfs that the file itself says. */
function fileOptions(fields: Readonly<Record<string, JobFileEntry>>): Occurrence[] {
  const given = [...FILE_FIELDS].filter(([name]) => !fields[name]!.isAbsent);
  return given.flatMap(([name, option]) => fieldOccurrences(option, fields[name]!));
}

type TopField = typeof STRUCTURED_FIELDS[number] | "always-due" | "src-snapshots" | "limits" | "bzfs" | "schedule";

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
  const own = [...RUNNER_FIELDS.keys(), ...FILE_FIELDS.keys()];
  const names = [...STRUCTURED_FIELDS, "always-due", "src-snapshots", ...own, "limits", "bzfs", "schedule"];
  const fields = file.fields(names, (name) => placeOfOption(name, "the file")) as Readonly<
    Record<TopField, JobFileEntry> & Record<string, JobFileEntry>
  >;
  for (const required of ["root-dataset-pairs", "src-hosts", "dst-hosts"] as const) {
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

function targetsOf(groups: readonly PairGroup[]): string[] {
  const plans = groups.flatMap(({ dstSnapshots }) => [...dstSnapshots.values()]);
  return [...new Set(plans.flatMap((targets) => [...targets.keys()]))];
}

function bzfsOptions(field: JobFileEntry, groups: readonly PairGroup[]): Occurrence[] {
  if (field.isAbsent) return [];
  const given = field.fields([...BZFS_FIELDS.keys()], (name) => placeOfOption(name, "bzfs"));
  const periodsMs = groups.map(({ srcSnapshots }) => shortestPeriodMs(srcSnapshots));
  checkTimeFormat(given["create-src-snapshots-timeformat"]!, Math.min(...periodsMs));
  return field.entries().flatMap(([name]) => fieldOccurrences(BZFS_FIELDS.get(name)!, given[name]!));
}
