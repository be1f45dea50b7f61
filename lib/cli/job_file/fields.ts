/**
 * Options as fields of a job file: which there are, how a field is read, and what an editor is told about it. All of it
 * comes from the rows of the option tables.
 * @module
 */
import { UsageError } from "../../model/errors.ts";
import { BZFS_OPTIONS } from "../options/bzfs_options.ts";
import { LIMIT_FIELDS } from "./limits.ts";
import type { JobFileEntry } from "./entry.ts";
import type { OptionSpec } from "../options/option.ts";
import { JOBRUNNER_OPTIONS, JOBRUNNER_TABLE } from "../options/jobrunner_options.ts";
import { NO_FILTERS } from "../options/values.ts";
import { type Occurrence, occurrenceOf } from "../parse/occurrence.ts";

/** Part of a JSON Schema. */
export interface Schema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly default?: string | number | boolean;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Schemas;
  readonly required?: readonly string[];
  readonly dependentRequired?: Readonly<Record<string, readonly string[]>>;
  readonly minProperties?: number;
  readonly propertyNames?: Schema;
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Schemas of fields by their names. */
export type Schemas = Readonly<Record<string, Schema>>;

/** Options of the runner that are no fields: they belong to a command line, or have a notation of their own. */
const NOT_FIELDS: ReadonlySet<string> = new Set([
  "--src-host",
  "--dst-host",
  "--retain-dst-targets",
  "--dst-root-datasets",
  "--localhost",
  "--jobrunner-dryrun",
]);

/** Options of bzfs that are no fields below `bzfs`: field `limits` has them, or they are about one run. */
const NOT_BZFS_FIELDS: ReadonlySet<string> = new Set([
  ...Object.values(LIMIT_FIELDS),
  "--own-names",
  "--plan-memory",
  "--allow-deletions",
]);

/** Fields that hold plans: of the file, and of a pair of datasets. */
export const PLAN_FIELDS = [
  "src-snapshot-plan",
  "src-bookmark-plan",
  "dst-snapshot-plan",
  "monitor-snapshot-plan",
] as const;

/** Fields of the runner that are more than one value: `job_file.ts` reads them. */
export const STRUCTURED_FIELDS = ["root-dataset-pairs", "src-hosts", "dst-hosts", ...PLAN_FIELDS] as const;

/** Options of the runner that are plain fields, by the name of the field. */
export const RUNNER_FIELDS: ReadonlyMap<string, OptionSpec> = fieldsOf(
  JOBRUNNER_OPTIONS,
  (option) =>
    option.section !== "Actions" && option.section !== "General" && !NOT_FIELDS.has(option.name) &&
    !(STRUCTURED_FIELDS as readonly string[]).includes(fieldName(option)),
);

/** Options of bzfs that are fields of the file itself, by the name of the field: they are about what the file says as a whole. */
export const FILE_FIELDS: ReadonlyMap<string, OptionSpec> = fieldsOf(BZFS_OPTIONS, ({ name }) => name === "--guard");

/** Options of bzfs that are fields under `bzfs`, by the name of the field. */
export const BZFS_FIELDS: ReadonlyMap<string, OptionSpec> = fieldsOf(
  BZFS_OPTIONS,
  (option) =>
    option.section !== "General" && !FILE_FIELDS.has(fieldName(option)) && !NOT_BZFS_FIELDS.has(option.name) &&
    !JOBRUNNER_TABLE.some((own) => own.name === option.name),
);

function fieldsOf(table: readonly OptionSpec[], isField: (option: OptionSpec) => boolean): Map<string, OptionSpec> {
  return new Map(table.filter(isField).map((option) => [fieldName(option), option]));
}

function fieldName(option: OptionSpec): string {
  return option.name.slice(2);
}

/** Where the words of a script for the command line are in a job file. */
const PLACES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(LIMIT_FIELDS).map(([field, name]) => [name.slice(2), `Write limits: {${field}: …}.`]),
  ),
  "own-names": "The names of all plans of the file are own; others are foreign.",
  "plan-memory": "Plans are remembered under the job-id.",
  "retain-dst-targets": "Write retain-targets: […] for each of dst-hosts.",
  "dst-root-datasets": "Write root-dataset: … for each of dst-hosts.",
  "allow-deletions": "Write --allow-deletions on the command line: it is for one run.",
};

/** Where a name of an option belongs if not below `parent`; `undefined` for what is no option. */
export function placeOfOption(name: string, parent: "the file" | "bzfs" | "a pair"): string | undefined {
  const place = PLACES[name];
  if (place !== undefined) return place;
  if (parent !== "bzfs" && BZFS_FIELDS.has(name)) return `It is an option of bzfs: write it below bzfs.`;
  const isField = RUNNER_FIELDS.has(name) || FILE_FIELDS.has(name) ||
    (STRUCTURED_FIELDS as readonly string[]).includes(name);
  if (parent !== "the file" && isField) {
    return `Write ${name} at the beginning of a line, ${parent === "bzfs" ? "not below bzfs" : "for all pairs"}.`;
  }
  const option = JOBRUNNER_TABLE.find((row) => fieldName(row) === name);
  if (option === undefined || isField) return undefined;
  if (option.isProtected) return "The job runner says that to bzfs itself, by what the file says.";
  return `Write --${name} on the command line.`;
}

/** The uses of an option that a field stands for. Throws `UsageError` that names the entry. */
export function fieldOccurrences(option: OptionSpec, entry: JobFileEntry): Occurrence[] {
  const bare = (): Occurrence => occurrenceOf(option, [], NO_FILTERS);
  switch (option.arity) {
    case "flag":
      return readSwitch(entry) ? [bare()] : [];
    case "count":
      return Array.from({ length: readCount(entry) }, bare);
    case "optional": {
      const flag = entry.flag();
      if (flag === undefined) return valueOccurrences(option, [entry]);
      if (flag) return [bare()];
      // Where a job file has a default of its own, to say no takes the option.
      return SAFE_DEFAULTS[fieldName(option)] === undefined
        ? []
        : [occurrenceOf(option, [option.default!], NO_FILTERS)];
    }
    case "one":
      return valueOccurrences(option, option.repeat === "add" ? entry.itemsOrOne() : [entry]);
    case "many":
    case "any":
      return valueOccurrences(option, entry.itemsOrOne());
  }
}

/** Reads what is on or off. Throws `UsageError` that names the entry. */
export function readSwitch(entry: JobFileEntry): boolean {
  const flag = entry.flag();
  if (flag === undefined) throw entry.error("must be true or false");
  return flag;
}

function readCount(entry: JobFileEntry): number {
  const text = entry.text();
  if (/^\d{1,2}$/.test(text)) return Number(text);
  throw entry.error("must be a whole number");
}

/** Occurrences that accumulate have a value each, so that none of them is taken for an option. */
function valueOccurrences(option: OptionSpec, entries: readonly JobFileEntry[]): Occurrence[] {
  const single = entries.map((entry) => {
    try {
      return occurrenceOf(option, [entry.text()], NO_FILTERS);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw entry.error(`is not what ${option.name} takes: ${withoutName(error.message)}`, error.hint);
    }
  });
  if (single.length === 1 || option.repeat === "add") return single;
  const dashed = entries.find((entry) => entry.text().startsWith("-") && !entry.text().includes(" "));
  if (dashed !== undefined) throw dashed.error("must not start with a dash");
  return [occurrenceOf(option, entries.map((entry) => entry.text()), NO_FILTERS)];
}

function withoutName(message: string): string {
  return message.replace(/^argument \S+: /, "");
}

/** What an editor is told about a field. */
export function fieldSchema(option: OptionSpec): Schema {
  const isField = (name: string): boolean =>
    RUNNER_FIELDS.has(name) || FILE_FIELDS.has(name) || BZFS_FIELDS.has(name) ||
    (STRUCTURED_FIELDS as readonly string[]).includes(name);
  const description = option.detail.replaceAll(
    /\{--([^}]*)\}/g,
    (_, name) => `\`${isField(name) ? "" : "--"}${name}\``,
  );
  return { description: `${option.brief}. ${description}`, ...fieldType(option) };
}

function fieldType(option: OptionSpec): Schema {
  const value = valueType(option);
  switch (option.arity) {
    case "flag":
      return { type: "boolean" };
    case "count":
      return { type: "integer", minimum: 0 };
    case "optional":
      return { anyOf: [{ type: "boolean" }, value] };
    case "one":
      return option.repeat === "add" ? oneOrMore(value) : { ...value, ...defaultOf(option) };
    case "many":
    case "any":
      return oneOrMore(value);
  }
}

/** A list, or a single value in place of a list of one. */
export function oneOrMore(value: Schema): Schema {
  return { anyOf: [value, { type: "array", items: value }] };
}

function valueType(option: OptionSpec): Schema {
  if (option.choices !== undefined) return { enum: option.choices };
  const bounds = {
    ...(option.min === undefined ? {} : { minimum: option.min }),
    ...(option.max === undefined ? {} : { maximum: option.max }),
  };
  if (option.type === "integer" || option.type === "number") return { type: option.type, ...bounds };
  if (option.type === "int-or-percent") {
    return { anyOf: [{ type: "integer", ...bounds }, { type: "string", pattern: "^[0-9]+%?$" }] };
  }
  if (option.type === "non-empty") return { type: "string", minLength: 1 };
  return { type: ["string", "number", "boolean"] };
}

/** What a job file means where it says nothing, in place of the default of the option; by the name of the field. */
export const SAFE_DEFAULTS: Readonly<Record<string, string>> = {
  "existing-data": "refuse",
  "follow-renames": "on",
  "empty-selection": "fail",
  "missing-root": "isolate",
  "log-keep": "30 days",
  "guard": "on",
};

function defaultOf(option: OptionSpec): Schema {
  const safe = SAFE_DEFAULTS[fieldName(option)];
  if (safe !== undefined) return { default: safe };
  if (option.default === undefined || option.default === "") return {};
  const isNumber = option.type === "integer" || option.type === "number";
  return { default: isNumber ? Number(option.default) : option.default };
}
