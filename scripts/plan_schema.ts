/**
 * The published form of `--plan-file`.
 * @module
 */
import { PLAN_FORMAT, PLAN_KIND } from "../lib/report/plan_file/document.ts";
import type {
  HeldBackLoss,
  KeptVersions,
  PlanDocument,
  PlannedDataset,
  PlannedLoss,
  PlannedRollback,
  PlannedRun,
  PlannedStream,
  PlanTotals,
} from "../lib/report/plan_file/document.ts";
import { COUNT, DECIMAL, INSTANT, listOf, objectOf, oneOf, type Schema, TEXT } from "./json_schema.ts";
import { DELETION_REASON, DIALECT, HOLD_REASON, PLACE_FIELDS } from "./report_schemas.ts";
import { Descriptions } from "./schema_descriptions.ts";

const DESCRIPTIONS = new Descriptions(
  ["events", "plan_file/document"].map((name) =>
    Deno.readTextFileSync(new URL(`../lib/report/${name}.ts`, import.meta.url))
  ),
);

const LOSS = objectOf<PlannedLoss>({ name: TEXT, guid: DECIMAL, reason: DELETION_REASON }, { createtxg: DECIMAL });
const STREAM = objectOf<PlannedStream>(
  { kind: oneOf<PlannedStream["kind"]>("full", "incremental", "resume"), to: TEXT, snapshots: COUNT },
  { from: TEXT, bytes: DECIMAL },
);
const DATASET = objectOf<PlannedDataset>({ ...PLACE_FIELDS.required, dataset: TEXT }, {
  ...PLACE_FIELDS.optional,
  create: listOf(TEXT),
  receive: listOf(STREAM),
  destroy: listOf(LOSS),
  destroyBytes: DECIMAL,
  rollBack: listOf(objectOf<PlannedRollback>({ to: TEXT, guid: DECIMAL }, {})),
  heldBack: listOf(objectOf<HeldBackLoss>({ name: TEXT, guid: DECIMAL, reason: HOLD_REASON }, {})),
  heldBackOf: COUNT,
  keep: listOf(objectOf<KeptVersions>({ reason: oneOf("foreign", "newest", "held"), versions: listOf(TEXT) }, {})),
  notes: listOf(TEXT),
});
const RUN = objectOf<PlannedRun>({ options: TEXT, datasets: listOf(DATASET) }, { subjob: TEXT });
const TOTALS = objectOf<PlanTotals>({
  create: COUNT,
  receive: COUNT,
  receiveBytes: DECIMAL,
  destroy: COUNT,
  destroyBytes: DECIMAL,
  heldBack: COUNT,
}, {});
const PLAN = objectOf<PlanDocument>({
  kind: { const: PLAN_KIND },
  format: { const: PLAN_FORMAT },
  program: oneOf<PlanDocument["program"]>("bzfs", "bzfs_jobrunner"),
  version: TEXT,
  createdAt: INSTANT,
  host: TEXT,
  exitStatus: COUNT,
  totals: TOTALS,
  runs: listOf(RUN),
  digest: TEXT,
}, { options: TEXT, jobFile: TEXT });

/** The form of a plan. */
export const PLAN_SCHEMA: Schema = {
  $schema: DIALECT,
  title: "What a run of bzfs or bzfs_jobrunner would do, and permits to destroy",
  ...DESCRIPTIONS.describe(PLAN, "PlanDocument"),
};
