/**
 * The published forms of `--event-log` and `--result-file`.
 * @module
 */
import type { DatasetOutcome, DatasetResult } from "../lib/report/dataset_result.ts";
import {
  type Compared,
  type Created,
  type Deleted,
  type DeletionReason,
  type EventSide,
  type Failed,
  type FleetEnded,
  type FleetStarted,
  type GuardMoved,
  type GuardName,
  type HeldBack,
  type HoldReason,
  type KeepReason,
  type Kept,
  type Monitored,
  type NamedLoss,
  type PairEnded,
  type PairOpened,
  type PairStarted,
  type Permitted,
  type PhaseName,
  type Place,
  type PropertiesSet,
  type Renamed,
  REPORT_FORMAT,
  type Retried,
  type RolledBack,
  type RoundEnded,
  type RunEnded,
  type RunEvent,
  type RunStarted,
  type Sent,
  type SetAside,
  type Skipped,
  type SkipReason,
  type SubjobEnded,
  type SubjobSkipped,
  type SubjobStarted,
  type UpToDate,
} from "../lib/report/events.ts";
import type { FailedCommand, FailedStage, Failure } from "../lib/report/failure.ts";
import { FLEET_ACTIONS, type FleetAction } from "../lib/model/fleet.ts";
import type { FleetFailure, FleetResult, SubjobResult } from "../lib/report/fleet/result.ts";
import type { PairResult, RunResult } from "../lib/report/result.ts";
import type { Totals } from "../lib/report/totals.ts";
import { Descriptions } from "./schema_descriptions.ts";
import {
  BOOLEAN,
  COUNT,
  DECIMAL,
  INSTANT,
  INTEGER,
  listOf,
  objectOf,
  oneOf,
  reference,
  type Schema,
  SECONDS,
  TEXT,
} from "./json_schema.ts";

/** How the forms change over time, for those who read them. */
const EVOLUTION =
  "`format` grows when the meaning of something changes or something goes. Fields, kinds of events and values of " +
  "enumerations may be added at any time without that: a consumer must ignore what it does not know. This schema is that " +
  "of one version of the program, and refuses what that version does not write. `side` is a role: the operand of the run " +
  "of bzfs to which a dataset belongs; whether that is a source or a destination of a fleet is told by the action of the " +
  "subjob.";

/** The version of JSON Schema. */
export const DIALECT = "https://json-schema.org/draft/2020-12/schema";

const SIDE = oneOf<EventSide>("src", "dst");
const PHASE = oneOf<PhaseName>(
  "create-snapshots",
  "replicate",
  "delete-datasets",
  "delete-snapshots",
  "delete-empty-datasets",
  "forget-guards",
  "compare",
  "monitor",
);
const SKIP_REASON = oneOf<SkipReason>("no-snapshot-included", "vanished", "ancestor");
const FORMAT: Schema = { const: REPORT_FORMAT };
const WORDS = listOf(TEXT);

const FAILED_COMMAND = objectOf<FailedCommand>({ text: TEXT, host: TEXT, status: INTEGER, fault: TEXT }, {});
const FAILED_STAGE = objectOf<FailedStage>({ role: TEXT, host: TEXT, isCulprit: BOOLEAN }, { status: INTEGER });
const FAILURE = objectOf<Failure>(
  { type: TEXT, message: TEXT, exitStatus: COUNT },
  { brief: TEXT, hint: TEXT, command: FAILED_COMMAND, stages: listOf(FAILED_STAGE), others: COUNT },
);
const ERROR = reference("failure");

type Untold = "event" | "side" | "dataset" | "performed";

/** What a stream was; its dataset is told apart. */
const STREAM = {
  required: {
    phase: PHASE,
    kind: oneOf<Sent["kind"]>("full", "incremental", "resume"),
    to: TEXT,
    guid: DECIMAL,
    snapshots: COUNT,
    seconds: SECONDS,
  },
  optional: { from: TEXT, bytes: DECIMAL, estimatedBytes: DECIMAL },
};
const CREATED = {
  required: { phase: PHASE, what: oneOf<Created["what"]>("ancestor", "snapshot", "bookmark") },
  optional: { version: TEXT },
};
/** The form of {@linkcode DeletionReason}. */
export const DELETION_REASON = oneOf<DeletionReason>(
  "conflict",
  "selected",
  "not-retained",
  "not-on-source",
  "empty",
  "in-the-way",
  "given-up",
  "set-aside",
);
const IDENTITIES = { guids: listOf(DECIMAL), createtxgs: listOf(DECIMAL) };
const DELETED = {
  required: {
    phase: PHASE,
    what: oneOf<Deleted["what"]>("dataset", "versions", "partial-receive"),
    reason: DELETION_REASON,
    versions: WORDS,
  },
  optional: { ...IDENTITIES, freedBytes: DECIMAL },
};
const ROLLED_BACK = {
  required: { phase: PHASE, to: TEXT, destroysNewer: BOOLEAN, versions: WORDS },
  optional: { ...IDENTITIES, guid: DECIMAL },
};
const KEPT = { reason: oneOf<KeepReason>("foreign", "newest", "held"), versions: WORDS };
/** The form of {@linkcode HoldReason}. */
export const HOLD_REASON = oneOf<HoldReason>("limit", "foreign", "not-in-plan");
const NAMED_LOSS = objectOf<NamedLoss>({ name: TEXT, guid: DECIMAL }, {});
const HELD_BACK = {
  phase: PHASE,
  what: oneOf<HeldBack["what"]>("snapshot", "bookmark", "dataset", "changes"),
  reason: HOLD_REASON,
  of: COUNT,
  losses: listOf(NAMED_LOSS),
};
const PERMITTED = { phase: PHASE, what: HELD_BACK.what, losses: HELD_BACK.losses };
const PROPERTIES_SET = { phase: PHASE, names: WORDS };
const GUARD = { version: TEXT, guid: DECIMAL };
const GUARD_MOVED = { phase: PHASE, ...GUARD, destination: TEXT, former: listOf(objectOf<GuardName>(GUARD, {})) };
const SET_ASIDE = { phase: PHASE, aside: TEXT, versions: WORDS, guids: WORDS };
const RENAMED = { phase: PHASE, from: TEXT, guid: DECIMAL };
const RETRIED = {
  phase: PHASE,
  display: TEXT,
  attempt: COUNT,
  attempts: COUNT,
  waitSeconds: SECONDS,
  error: ERROR,
};
const MONITORED = {
  required: {
    phase: PHASE,
    severity: oneOf<Monitored["severity"]>("ok", "warning", "critical"),
    kind: oneOf<Monitored["kind"]>("latest", "oldest"),
    message: TEXT,
    label: TEXT,
  },
  optional: {
    snapshot: TEXT,
    createdAt: INSTANT,
    ageSeconds: { type: "number" },
    warningSeconds: SECONDS,
    criticalSeconds: SECONDS,
  },
};
const COMPARED = { phase: PHASE, sourceOnly: COUNT, destinationOnly: COUNT, both: COUNT };

const ABOUT = { phase: PHASE, side: SIDE, dataset: TEXT };
const CHANGE = { ...ABOUT, performed: BOOLEAN };

function event<const N extends string>(name: N): Schema {
  return { const: name };
}

const START = { version: TEXT, arguments: WORDS, host: TEXT, uid: COUNT, effectiveUid: COUNT, format: FORMAT };
const RUN_START = { ...START, program: { const: "bzfs" }, dryRun: oneOf("off", "send", "recv"), log: TEXT };
const FLEET_START = { ...START, program: { const: "bzfs_jobrunner" }, dryRun: BOOLEAN, jobId: TEXT, localhost: TEXT };
/** The form of a place: its fields are those of datasets of a plan, too. */
export const PLACE_FIELDS = {
  required: { host: TEXT },
  optional: { port: COUNT, configFile: TEXT, poolGuid: DECIMAL },
};
const PLACE = objectOf<Place>(PLACE_FIELDS.required, PLACE_FIELDS.optional);
const OPERANDS = { source: TEXT, destination: TEXT };

/** Forms of what can happen in a run, by name. */
const RUN_EVENTS: Readonly<Record<RunEvent["event"], Schema>> = {
  "run-started": objectOf<RunStarted>({ event: event("run-started"), ...RUN_START }, {}),
  "run-ended": objectOf<RunEnded>({ event: event("run-ended"), exitStatus: COUNT, seconds: SECONDS }, { error: ERROR }),
  "round-ended": objectOf<RoundEnded>({ event: event("round-ended"), exitStatus: COUNT, seconds: SECONDS }, {
    error: ERROR,
  }),
  "pair-started": objectOf<PairStarted>({ event: event("pair-started"), pair: COUNT, ...OPERANDS }, { options: TEXT }),
  "pair-opened": objectOf<PairOpened>(
    { event: event("pair-opened"), pair: COUNT, sourcePlace: PLACE, destinationPlace: PLACE },
    {},
  ),
  "pair-ended": objectOf<PairEnded>({ event: event("pair-ended"), pair: COUNT, seconds: SECONDS }, { error: ERROR }),
  "up-to-date": objectOf<UpToDate>({ event: event("up-to-date"), ...ABOUT, destination: TEXT }, {}),
  "skipped": objectOf<Skipped>({ event: event("skipped"), ...ABOUT, reason: SKIP_REASON }, {}),
  "sent": objectOf<Sent>(
    { event: event("sent"), ...CHANGE, ...STREAM.required, destination: TEXT },
    STREAM.optional,
  ),
  "retried": objectOf<Retried>({ event: event("retried"), ...RETRIED }, { side: SIDE, dataset: TEXT }),
  "failed": objectOf<Failed>({ event: event("failed"), ...ABOUT, error: ERROR }, {}),
  "created": objectOf<Created>({ event: event("created"), ...CHANGE, ...CREATED.required }, CREATED.optional),
  "deleted": objectOf<Deleted>({ event: event("deleted"), ...CHANGE, ...DELETED.required }, DELETED.optional),
  "rolled-back": objectOf<RolledBack>(
    { event: event("rolled-back"), ...CHANGE, ...ROLLED_BACK.required },
    ROLLED_BACK.optional,
  ),
  "kept": objectOf<Kept>({ event: event("kept"), ...ABOUT, ...KEPT }, {}),
  "held-back": objectOf<HeldBack>({ event: event("held-back"), ...CHANGE, ...HELD_BACK }, { limit: TEXT }),
  "permitted": objectOf<Permitted>({ event: event("permitted"), ...CHANGE, ...PERMITTED }, {}),
  "properties-set": objectOf<PropertiesSet>({ event: event("properties-set"), ...CHANGE, ...PROPERTIES_SET }, {}),
  "guard-moved": objectOf<GuardMoved>({ event: event("guard-moved"), ...CHANGE, ...GUARD_MOVED }, {}),
  "set-aside": objectOf<SetAside>({ event: event("set-aside"), ...CHANGE, ...SET_ASIDE }, {}),
  "renamed": objectOf<Renamed>({ event: event("renamed"), ...CHANGE, ...RENAMED }, {}),
  "compared": objectOf<Compared>({ event: event("compared"), ...ABOUT, ...COMPARED }, {}),
  "monitored": objectOf<Monitored>({ event: event("monitored"), ...ABOUT, ...MONITORED.required }, MONITORED.optional),
};

const SUBJOB_ABOUT = {
  required: { action: oneOf<FleetAction>(...FLEET_ACTIONS, "forget-destination"), source: TEXT },
  optional: { destination: TEXT, datasets: WORDS },
};

const SUBJOB_SKIPPED = oneOf<SubjobSkipped["reason"]>("earlier-failure", "interrupted");

const FLEET_EVENTS: Readonly<Record<string, Schema>> = {
  "fleet-started": objectOf<FleetStarted>({ event: event("fleet-started"), ...FLEET_START }, {}),
  "fleet-ended": objectOf<FleetEnded>({ event: event("fleet-ended"), exitStatus: COUNT, seconds: SECONDS }, {
    error: ERROR,
  }),
  "subjob-started": objectOf<SubjobStarted>(
    { event: event("subjob-started"), subjob: TEXT, ...SUBJOB_ABOUT.required, arguments: WORDS },
    SUBJOB_ABOUT.optional,
  ),
  "subjob-ended": objectOf<SubjobEnded>({
    event: event("subjob-ended"),
    subjob: TEXT,
    exitStatus: INTEGER,
    seconds: SECONDS,
  }, {}),
  "subjob-skipped": objectOf<SubjobSkipped>(
    { event: event("subjob-skipped"), subjob: TEXT, ...SUBJOB_ABOUT.required, reason: SUBJOB_SKIPPED },
    SUBJOB_ABOUT.optional,
  ),
};

/** Events of the run as a whole; all others belong to a pair. */
const WITHOUT_PAIR = new Set(["run-started", "run-ended", "round-ended"]);

const DESCRIPTIONS = new Descriptions(
  ["events", "failure", "dataset_result", "fleet/result", "result", "totals"].map((name) =>
    Deno.readTextFileSync(new URL(`../lib/report/${name}.ts`, import.meta.url))
  ),
);
const DESCRIBED_FAILURE = DESCRIPTIONS.describe(FAILURE, "Failure");

/** A line of an event log: every event has its time, those of a pair its number, those of a subjob its name. */
function line(name: string, schema: Schema): Schema {
  const described = DESCRIPTIONS.describe(schema, DESCRIPTIONS.ofEvent(name));
  const { properties, required } = described as { readonly properties: Schema; readonly required: readonly string[] };
  const isOfRun = name in RUN_EVENTS;
  const isOfPair = isOfRun && !WITHOUT_PAIR.has(name);
  return {
    ...described,
    properties: {
      ...fieldsOf("Stamp", { at: INSTANT, run: TEXT }),
      ...(isOfRun ? fieldsOf("SubjobStarted", { subjob: TEXT }) : {}),
      ...(isOfPair ? fieldsOf("PairStarted", { pair: COUNT }) : {}),
      ...properties,
    },
    required: [...new Set(["at", "run", ...(isOfPair ? ["pair"] : []), ...required])],
  };
}

/** Fields with what an interface says about them. */
function fieldsOf(name: string, properties: Schema): Schema {
  return DESCRIPTIONS.describe({ properties }, name)["properties"] as Schema;
}

/** The form of a line of an event log. */
export const EVENT_SCHEMA: Schema = {
  $schema: DIALECT,
  title: "A line of an event log of bzfs or bzfs_jobrunner",
  description: EVOLUTION,
  oneOf: Object.entries({ ...RUN_EVENTS, ...FLEET_EVENTS }).map(([name, schema]) => line(name, schema)),
  $defs: { failure: DESCRIBED_FAILURE },
};

const TOTALS = objectOf<Totals>({
  streams: COUNT,
  snapshotsSent: COUNT,
  bytesSent: DECIMAL,
  created: COUNT,
  deleted: COUNT,
  rolledBack: COUNT,
  heldBack: COUNT,
  upToDate: COUNT,
  skipped: COUNT,
  retried: COUNT,
  failed: COUNT,
}, {});

const DATASET = objectOf<DatasetResult>({
  side: SIDE,
  dataset: TEXT,
  outcome: oneOf<DatasetOutcome>("failed", "changed", "skipped", "up-to-date", "unchanged"),
}, {
  destination: TEXT,
  skipped: SKIP_REASON,
  error: ERROR,
  sent: listOf(objectOf<Omit<Sent, Untold | "destination">>(STREAM.required, STREAM.optional)),
  created: listOf(objectOf<Omit<Created, Untold>>(CREATED.required, CREATED.optional)),
  deleted: listOf(objectOf<Omit<Deleted, Untold>>(DELETED.required, DELETED.optional)),
  rolledBack: listOf(objectOf<Omit<RolledBack, Untold>>(ROLLED_BACK.required, ROLLED_BACK.optional)),
  kept: listOf(objectOf<Omit<Kept, Untold>>({ phase: PHASE, ...KEPT }, {})),
  heldBack: listOf(objectOf<Omit<HeldBack, Untold>>(HELD_BACK, { limit: TEXT })),
  permitted: listOf(objectOf<Omit<Permitted, Untold>>(PERMITTED, {})),
  propertiesSet: listOf(objectOf<Omit<PropertiesSet, Untold>>(PROPERTIES_SET, {})),
  guardMoved: listOf(objectOf<Omit<GuardMoved, Untold>>(GUARD_MOVED, {})),
  setAside: listOf(objectOf<Omit<SetAside, Untold>>(SET_ASIDE, {})),
  renamed: listOf(objectOf<Omit<Renamed, Untold>>(RENAMED, {})),
  retried: listOf(objectOf<Omit<Retried, Untold>>(RETRIED, {})),
  monitored: listOf(objectOf<Omit<Monitored, Untold>>(MONITORED.required, MONITORED.optional)),
  compared: listOf(objectOf<Omit<Compared, Untold>>(COMPARED, {})),
});

const END = { endedAt: INSTANT, seconds: SECONDS, exitStatus: COUNT, error: ERROR };

const PAIR = objectOf<PairResult>(
  { ...OPERANDS, startedAt: INSTANT, rounds: COUNT, datasets: listOf(reference("dataset")) },
  {
    endedAt: INSTANT,
    seconds: SECONDS,
    error: ERROR,
    retried: listOf(objectOf<Omit<Retried, "event" | "side" | "dataset">>(RETRIED, {})),
  },
);

const RUN = objectOf<RunResult>(
  { run: TEXT, ...RUN_START, startedAt: INSTANT, totals: TOTALS, pairs: listOf(PAIR) },
  END,
);

const SUBJOB = objectOf<SubjobResult>(
  {
    name: TEXT,
    outcome: oneOf<SubjobResult["outcome"]>("succeeded", "failed", "skipped", "unfinished"),
    ...SUBJOB_ABOUT.required,
  },
  {
    ...SUBJOB_ABOUT.optional,
    reason: SUBJOB_SKIPPED,
    arguments: WORDS,
    startedAt: INSTANT,
    seconds: SECONDS,
    exitStatus: INTEGER,
    run: reference("run"),
  },
);

const FLEET_TOTALS = objectOf<FleetResult["totals"]>({
  succeeded: COUNT,
  failed: COUNT,
  skipped: COUNT,
  unfinished: COUNT,
  snapshotsSent: COUNT,
  bytesSent: DECIMAL,
}, {});

const FLEET_FAILURE = objectOf<FleetFailure>({ subjob: TEXT, ...SUBJOB_ABOUT.required, message: TEXT }, {
  ...SUBJOB_ABOUT.optional,
  exitStatus: INTEGER,
});

const FLEET = objectOf<FleetResult>({
  run: TEXT,
  ...FLEET_START,
  startedAt: INSTANT,
  totals: FLEET_TOTALS,
  failures: listOf(FLEET_FAILURE),
  subjobs: listOf(SUBJOB),
}, END);

/** The form of a result. */
export const RESULT_SCHEMA: Schema = {
  $schema: DIALECT,
  title: "The result of a run of bzfs or bzfs_jobrunner",
  description: EVOLUTION,
  oneOf: [reference("run"), reference("fleet")],
  $defs: {
    run: DESCRIPTIONS.describe(RUN, "RunResult"),
    fleet: DESCRIPTIONS.describe(FLEET, "FleetResult"),
    dataset: DESCRIPTIONS.describe(DATASET, "DatasetResult"),
    failure: DESCRIBED_FAILURE,
  },
};

/** A schema as the content of a file. */
export function renderSchema(schema: Schema): string {
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}
