/**
 * The JSON Schema of job files, made from the option tables: for editors, checked in as documentation, and what the man
 * page of job files is made of.
 * @module
 */
import { FLEET_MODES } from "../../model/fleet.ts";
import {
  BZFS_FIELDS,
  fieldSchema,
  FILE_FIELDS,
  oneOrMore,
  PLAN_FIELDS,
  RUNNER_FIELDS,
  type Schema,
  type Schemas,
} from "./fields.ts";
import { LIMIT_DEFAULTS } from "./limits.ts";
import { NEVER } from "../../plan/limits/mod.ts";
import type { OptionSpec } from "../options/option.ts";

const DURATION_PATTERN = "^[0-9]+ *(milliseconds|millis|seconds|secs|minutes|mins|hours|days|weeks|months|years)$";
const LIMIT_PATTERN = "^(unlimited|[0-9]+|[0-9]{1,3} ?%( and [0-9]+)?)$";
const TEXT: Schema = { type: "string", minLength: 1 };

/** The schema as indented JSON, with a line feed at its end. */
export function renderJobFileSchema(): string {
  const schema: Schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Job file of bzfs_jobrunner",
    ...jobFileSchema(),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

/** What may be in a job file: `properties` has its fields, `required` those that must be there. */
export function jobFileSchema(): Schema {
  return object(
    {
      "root-dataset-pairs": {
        description:
          "Datasets to replicate: source and destination, or a name that is the same on both sides. Plans in a pair " +
          "take the place of those of the file.",
        type: "array",
        minItems: 1,
        items: datasetPair(),
      },
      "src-hosts": { description: "All source hosts.", type: "array", minItems: 1, uniqueItems: true, items: TEXT },
      "dst-hosts": { description: "All destination hosts.", type: "array", items: destinationHost() },
      ...plans(),
      "src-snapshots": {
        description: "Whether this fleet creates and prunes the snapshots of its sources, or somebody else does.",
        enum: ["own", "external"],
        default: "own",
      },
      "always-due": {
        description: "Words in plans that are no periods: their snapshots are created at every start. Such as adhoc.",
        ...oneOrMore(TEXT),
      },
      ...schemas(RUNNER_FIELDS),
      ...schemas(FILE_FIELDS),
      "job-id": {
        description: "Name of this set of jobs. Part of the names of log files. Default: the name of the file.",
        ...TEXT,
      },
      limits: limits(),
      bzfs: { description: "Options of bzfs, for all subjobs.", ...object(schemas(BZFS_FIELDS)) },
      schedule: schedule(),
    },
    ["root-dataset-pairs", "src-hosts", "dst-hosts"],
  );
}

function object(properties: Schemas, required: readonly string[] = []): Schema {
  return { type: "object", properties, additionalProperties: false, ...(required.length === 0 ? {} : { required }) };
}

function schemas(fields: ReadonlyMap<string, OptionSpec>): Schemas {
  return Object.fromEntries([...fields].map(([name, option]) => [name, fieldSchema(option)]));
}

function datasetPair(): Schema {
  const own: Schemas = Object.fromEntries(
    Object.entries(plans()).map(([name, schema]) => [
      name,
      { ...schema, description: "For this pair, in place of that of the file." },
    ]),
  );
  const fields = object({
    src: { description: "Dataset of the sources, beside dst.", ...TEXT },
    dst: { description: "Dataset of the destinations, below their root-dataset.", ...TEXT },
    both: { description: "Stands for src and dst, if their names are the same.", ...TEXT },
    ...own,
  });
  return { ...fields, minProperties: 1, dependentRequired: { src: ["dst"], dst: ["src"] } };
}

function destinationHost(): Schema {
  return object({
    name: { description: "Name of the host, as ssh knows it.", ...TEXT },
    targets: { description: "Targets that are replicated there. Default: all.", ...oneOrMore({ type: "string" }) },
    "retain-targets": {
      description: "Targets that pruning retains. Default: targets.",
      ...oneOrMore({ type: "string" }),
    },
    "root-dataset": {
      description: "Dataset in front of all names; ^SRC_HOST and ^DST_HOST stand for names of hosts. May be empty.",
      type: "string",
    },
    removable: {
      description:
        "The pool may be absent, as on a drive that is plugged in now and then: then nothing is done there, and " +
        "that is no failure.",
      type: "boolean",
      default: false,
    },
  }, ["name", "root-dataset"]);
}

/** Plans of the file or of a pair. */
function plans(): Readonly<Record<typeof PLAN_FIELDS[number], Schema>> {
  return {
    "src-snapshot-plan": plan(
      "What is created and retained at the sources. Must be there unless each pair has its own.",
    ),
    "src-bookmark-plan": plan("Which bookmarks are retained at the sources. Default: src-snapshot-plan."),
    "dst-snapshot-plan": plan("What is replicated and retained at the destinations. Default: src-snapshot-plan."),
    "monitor-snapshot-plan": table(
      "How late the newest snapshot may be beyond its period (warning, critical), or how old it may be (age).",
      alert(),
    ),
  };
}

/** Organisation, target, period, value. */
function table(description: string, value: Schema): Schema {
  const level = (title: string, inner: Schema): Schema => ({
    type: "object",
    propertyNames: { title },
    additionalProperties: inner,
  });
  return { description, ...level("organisation", level("target", level("period", value))) };
}

function plan(description: string): Schema {
  return table(description, { anyOf: [{ type: "integer", minimum: 0 }, { const: "forever" }] });
}

function alert(): Schema {
  const duration = { title: "duration", type: "string", pattern: DURATION_PATTERN };
  const cycles = { type: "integer", minimum: 0 };
  return object({
    warning: { description: "How late the newest may be before a warning, such as 4 hours.", ...duration },
    critical: { description: "How late it may be before that is critical.", ...duration },
    age: {
      description: "In place of both: how old the newest may be, which is a period more.",
      ...object({ warning: duration, critical: duration }),
    },
    src_snapshot_cycles: {
      description:
        "How many periods old the oldest at the sources may be before it is late, too. Default: the amount in the plan.",
      ...cycles,
    },
    dst_snapshot_cycles: { description: "The same at the destinations.", ...cycles },
    oldest_skip_holds: { description: "Snapshots with a hold are not taken for the oldest.", type: "boolean" },
  });
}

function limits(): Schema {
  const limit = { anyOf: [{ type: "integer", minimum: 0 }, { type: "string", pattern: LIMIT_PATTERN }] };
  const whole = (description: string, name: keyof typeof LIMIT_DEFAULTS, type: Schema): Schema => ({
    description,
    ...type,
    default: LIMIT_DEFAULTS[name],
  });
  return {
    description: "How much a run may destroy. What is more is held back, and the run ends with status 5.",
    ...object({
      "delete": whole("Snapshots of a dataset, and bookmarks likewise: a share and a number.", "delete", limit),
      "delete-datasets": whole("Datasets of a root pair.", "delete-datasets", limit),
      "foreign": whole("Snapshots whose names belong to no plan of the file.", "foreign", { enum: ["keep", "delete"] }),
      "floor": whole("Newest snapshots of a dataset that pruning never deletes.", "floor", {
        type: "integer",
        minimum: 0,
      }),
      "aside": whole(
        "How long datasets are kept that were set aside; pruning of destinations destroys older ones.",
        "aside",
        {
          anyOf: [{ const: NEVER }, { type: "string", pattern: DURATION_PATTERN }],
        },
      ),
    }),
  };
}

function schedule(): Schema {
  return {
    description: "Who does what, for --print-schedule.",
    ...object({
      mode: { description: "Who replicates.", enum: FLEET_MODES, default: "pull" },
      bastion: { description: "The host that does everything, in mode bastion.", ...TEXT },
      user: { description: "As whom it runs.", default: "root", ...TEXT },
    }),
  };
}
