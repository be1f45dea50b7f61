/**
 * The published forms of `bzfs status --json` and of the files in the state folder.
 * @module
 */
import { type ActionState, type KnownDataset, type RouteState, STATE_FORMAT } from "../lib/model/status/mod.ts";
import type {
  AsideDataset,
  HeldBack,
  LabelStatus,
  Level,
  Place,
  PoolStatus,
  RouteStatus,
  RunningProcess,
  RunPoint,
  RunStatus,
  StatusFinding,
  StatusReport,
  StatusTotals,
} from "../lib/model/status/mod.ts";
import {
  BOOLEAN,
  COUNT,
  DECIMAL,
  INSTANT,
  INTEGER,
  listOf,
  objectOf,
  oneOf,
  type Schema,
  SECONDS,
  TEXT,
} from "./json_schema.ts";
import { DIALECT } from "./report_schemas.ts";
import { Descriptions } from "./schema_descriptions.ts";

const DESCRIPTIONS = new Descriptions(
  ["report", "run_state"].map((name) =>
    Deno.readTextFileSync(new URL(`../lib/model/status/${name}.ts`, import.meta.url))
  ),
);

/** How the form changes over time, for those who read it. */
const EVOLUTION =
  "`format` grows when the meaning of something changes or something goes. Fields, kinds of findings and values of " +
  "enumerations may be added at any time without that: a consumer must ignore what it does not know.";

const LEVEL = oneOf<Level>("ok", "warning", "critical");
const PLACE = objectOf<Place>({ host: TEXT, dataset: TEXT }, {});
const POINT = objectOf<RunPoint>(
  { startedAt: INSTANT, seconds: SECONDS, exitStatus: INTEGER, bytes: DECIMAL },
  { error: TEXT, command: TEXT },
);
const LABEL = objectOf<LabelStatus>({
  side: oneOf("src", "dst"),
  kind: oneOf("latest", "oldest"),
  label: TEXT,
  level: LEVEL,
  dataset: TEXT,
}, { snapshot: TEXT, createdAt: INSTANT, warningSeconds: SECONDS, criticalSeconds: SECONDS });
const ROUTE = objectOf<RouteStatus>({
  source: PLACE,
  level: LEVEL,
  datasets: COUNT,
  snapshots: COUNT,
  partialReceives: COUNT,
  history: listOf(POINT),
  labels: listOf(LABEL),
}, { destination: PLACE, message: TEXT, newDatasets: COUNT, newestAt: INSTANT, lateSeconds: SECONDS, lastRun: POINT });
const POOL = objectOf<PoolStatus>(
  { host: TEXT, pool: TEXT, level: LEVEL },
  { message: TEXT, health: TEXT, capacityPercent: COUNT, sizeBytes: DECIMAL, freeBytes: DECIMAL },
);
const RUN = objectOf<RunStatus>({ action: TEXT, level: LEVEL, history: listOf(POINT) }, {
  message: TEXT,
  last: POINT,
  running: objectOf<RunningProcess>({ processId: COUNT, startedAt: INSTANT }, {}),
  succeededAt: INSTANT,
});
const HELD_BACK = objectOf<HeldBack>({
  host: TEXT,
  dataset: TEXT,
  what: oneOf<HeldBack["what"]>("snapshots", "bookmarks", "datasets"),
  count: COUNT,
  total: COUNT,
  since: INSTANT,
  limit: TEXT,
}, { bytes: DECIMAL });
const FINDING = objectOf<StatusFinding>(
  { id: TEXT, level: oneOf<StatusFinding["level"]>("warning", "critical"), about: TEXT, message: TEXT },
  { remedy: TEXT },
);
const TOTALS = objectOf<StatusTotals>({
  routes: COUNT,
  routesOk: COUNT,
  routesWarning: COUNT,
  routesCritical: COUNT,
  poolsWarning: COUNT,
  poolsCritical: COUNT,
  heldBackSnapshots: COUNT,
}, {});
const REPORT = objectOf<StatusReport>({
  format: { const: 1 },
  program: { const: "bzfs" },
  version: TEXT,
  reportedAt: INSTANT,
  host: TEXT,
  jobFile: TEXT,
  jobId: TEXT,
  offline: BOOLEAN,
  level: LEVEL,
  routes: listOf(ROUTE),
  pools: listOf(POOL),
  runs: listOf(RUN),
  heldBack: listOf(HELD_BACK),
  aside: listOf(objectOf<AsideDataset>({ host: TEXT, dataset: TEXT }, { since: INSTANT })),
  findings: listOf(FINDING),
  totals: TOTALS,
}, { noRunsExpected: BOOLEAN, uncounted: listOf(FINDING) });

/** The form of `bzfs status --json`. */
export const STATUS_SCHEMA: Schema = {
  $schema: DIALECT,
  title: "The state of all that a job file of bzfs expects",
  ...DESCRIPTIONS.describe(REPORT, "StatusReport"),
  description: EVOLUTION,
};

const ROUTE_STATE = objectOf<RouteState>(
  { source: PLACE, runs: listOf(POINT), datasets: listOf(objectOf<KnownDataset>({ name: TEXT, seenAt: INSTANT }, {})) },
  { destination: PLACE, sourcePool: DECIMAL, destinationPool: DECIMAL, succeededAt: INSTANT, sentAt: INSTANT },
);
const STATE = objectOf<ActionState>({
  format: { const: STATE_FORMAT },
  program: { const: "bzfs" },
  jobId: TEXT,
  action: TEXT,
  host: TEXT,
  runs: listOf(POINT),
  routes: listOf(ROUTE_STATE),
  heldBack: listOf(HELD_BACK),
}, { succeededAt: INSTANT, lostAt: INSTANT, roundEndedAt: INSTANT });

/** The form of a file of the state folder. */
export const STATE_SCHEMA: Schema = {
  $schema: DIALECT,
  title: "What the runs of one action of a job of bzfs have left behind",
  ...DESCRIPTIONS.describe(STATE, "ActionState"),
  description: EVOLUTION,
};
