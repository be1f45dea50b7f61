/**
 * The man page of job files, made from the schema of job files and the option tables.
 * @module
 */
import {
  BZFS_FIELDS,
  FILE_FIELDS,
  RUNNER_FIELDS,
  SAFE_DEFAULTS,
  type Schema,
  type Schemas,
} from "../job_file/fields.ts";
import { jobFileSchema } from "../job_file/schema.ts";
import type { OptionSpec } from "../options/option.ts";
import { entry, heading, paragraphs, prose, verbatim } from "./man_macros.ts";
import { forEachSection, valueNotation } from "./help.ts";

/** Name of the page. */
export const JOB_FILE_PAGE = "bzfs-job-file";

/** One host backs up another: docs/examples/home.yaml. */
const EXAMPLE = `\
root-dataset-pairs: [{ src: tank/home, dst: home }]
src-hosts: [desktop]
dst-hosts: [{ name: nas, root-dataset: backup/^SRC_HOST }]
src-snapshot-plan: { mine: { onsite: { hourly: 24, daily: 7 } } }
dst-snapshot-plan: { mine: { onsite: { hourly: 48, daily: 90 } } }
monitor-snapshot-plan:
  mine: { onsite: { hourly: { warning: 2 hours, critical: 1 days } } }
bzfs: { recursive: true }
schedule: { mode: bastion, bastion: nas }
`;

const DESCRIPTION = [
  "A job file says in one YAML file, the same on all hosts, which datasets of which hosts go where and what is kept how " +
  "long. `bzfs jobrunner --config FILE` reads it. Which part of that a call does, options say, such as --replicate: each host " +
  "has a part of its own. Options on the command line override the file.",
  "Before anything runs, `--explain` tells what would be done and what looks like a mistake, without asking any host. " +
  "`--print-schedule=cron|systemd|nomad` prints what the scheduler of a host has to start. `--print-jobfile-schema` prints " +
  "the JSON Schema of job files, for editors.",
  "All values are texts: numbers of any length, dates and words such as no stay what is written. A flag is true or " +
  "false. Comments, anchors and merge keys (<<: *base) work. A key that occurs twice is an error, and so is a field that " +
  "there is not. The file must be owned by its user or root, and nobody else may write it.",
];

const PLANS = [
  "A plan says for an organisation, a target and a period how many snapshots are kept; `forever` keeps all. Organisation, " +
  "target and period are part of the names of the snapshots. Names of organisations and targets hold ASCII letters, " +
  "digits, blanks and -, ., :.",
  "A period is `yearly`, `monthly`, `weekly`, `daily`, `hourly`, `minutely`, `secondly` or `millisecondly`, with a " +
  "number in front if it is several of them: `15minutely`, `2weekly`, `3monthly` for every quarter. Any other word is an " +
  "error unless `always-due` lists it.",
  "Limits of monitoring say how late the newest snapshot may be, beyond its period: `daily: { warning: 4 hours }` alarms " +
  "when it is older than 28 hours, which may also be written as `daily: { age: { warning: 28 hours } }`.",
];

/** Renders the page. */
export function renderJobFilePage(version: string): string {
  const { properties = {}, required = [] } = jobFileSchema();
  const lines = [
    ...heading({ name: JOB_FILE_PAGE, section: 5, manual: "File Formats", version, brief: "Policy of bzfs_jobrunner" }),
    ".SH DESCRIPTION",
    ...paragraphs(DESCRIPTION),
    ".SH FIELDS",
    prose(`These must be there: ${required.join(", ")}.`),
    ...Object.entries(properties).flatMap(([name, schema]) =>
      fieldLines(name, schema, RUNNER_FIELDS.get(name) ?? FILE_FIELDS.get(name))
    ),
    ".SH OPTIONS OF BZFS",
    prose("Below the field `bzfs`, which holds for all subjobs. bzfs(1) says more about each."),
  ];
  forEachSection([...BZFS_FIELDS.values()], (section, options) => {
    lines.push(`.SS ${section}`, ...options.flatMap(bzfsFieldLines));
  });
  lines.push(".SH PLANS", ...paragraphs(PLANS));
  lines.push(".SH EXAMPLES", prose("The host nas backs up desktop, and does everything:"));
  lines.push(...verbatim(EXAMPLE.trimEnd().split("\n")));
  lines.push(".SH SEE ALSO", "bzfs_jobrunner(1), bzfs-status(1), bzfs-doctor(1), bzfs(1)");
  return `${lines.join("\n")}\n`;
}

/** A field, and those within it. `option` is the one that it stands for. */
function fieldLines(name: string, schema: Schema, option: OptionSpec | undefined): string[] {
  const { description = "", default: byDefault } = schema;
  const notes = byDefault === undefined || byDefault === false ? "" : ` Default: ${byDefault}.`;
  const inner = name === "bzfs" ? [] : Object.entries(fieldsWithin(schema));
  const notation = option === undefined ? notationOf(schema) : notationOfOption(option);
  return [
    ...entry([name], notation, description + notes),
    ...(inner.length === 0
      ? []
      : [".RS", ...inner.flatMap(([key, value]) => fieldLines(key, value, undefined)), ".RE"]),
  ];
}

function bzfsFieldLines(option: OptionSpec): string[] {
  const name = option.name.slice(2);
  const byDefault = SAFE_DEFAULTS[name];
  const notes = byDefault === undefined ? "" : ` Default in job files: ${byDefault}.`;
  return entry([name], notationOfOption(option), `${option.brief}.${notes}`);
}

/** Fields of a mapping, of the mappings in a list, or of those that a table leads to; none if they need no words. */
function fieldsWithin({ properties = {}, items, additionalProperties }: Schema): Schemas {
  if (items !== undefined) return fieldsWithin(items);
  if (additionalProperties) return fieldsWithin(additionalProperties);
  return isDescribed(properties) ? properties : {};
}

function isDescribed(properties: Schemas): boolean {
  return Object.values(properties).every(({ description }) => description !== undefined);
}

/** How a value is written. */
function notationOf(schema: Schema): string {
  const { title, type, enum: words, const: word, anyOf, items, properties, propertyNames, additionalProperties } =
    schema;
  if (anyOf !== undefined) return anyOf.map(notationOf).join("|");
  if (words !== undefined) return words.join("|");
  if (word !== undefined) return word;
  if (title !== undefined) return title.toUpperCase();
  if (items !== undefined) return `[${notationOf(items)}, …]`;
  if (additionalProperties) return `{${propertyNames?.title?.toUpperCase()}: ${notationOf(additionalProperties)}}`;
  if (properties !== undefined) {
    if (isDescribed(properties)) return "{…}";
    return `{${Object.entries(properties).map(([name, value]) => `${name}: ${notationOf(value)}`).join(", ")}}`;
  }
  if (type === "boolean") return "true|false";
  return type === "integer" || type === "number" ? "NUMBER" : "TEXT";
}

/** How the value of a field is written that stands for an option; one that can be repeated is a list. */
function notationOfOption(option: OptionSpec): string {
  const notation = valueNotation({ ...option, arity: "one" });
  switch (option.arity) {
    case "flag":
      return "true|false";
    case "count":
      return "NUMBER";
    case "optional":
      return `true|false|${notation}`;
    case "many":
    case "any":
      return `${notation}|[${notation}, …]`;
    case "one":
      return option.repeat === "add" ? `${notation}|[${notation}, …]` : notation;
  }
}
