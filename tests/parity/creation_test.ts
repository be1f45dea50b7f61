import { datasetFromZfs, type Dataset } from "../../lib/model/dataset.ts";
import { localZone, parseTimezone } from "../../lib/host/zoneinfo.ts";
import { creationNames, type CreationContext, describeUpcoming, judgeCreation, needsHistories, planCreation, recursiveRoots } from "../../lib/plan/creation.ts";
import { compileDatasetSelection, selectDatasets, selectedDatasets } from "../../lib/plan/dataset_selection.ts";
import { compareLabelled, labelTimestamp } from "../../lib/plan/labels.ts";
import { jobOf } from "../support/arguments.ts";
import { parity } from "../support/parity.ts";

parity<{ readonly all: readonly Dataset[]; readonly due: readonly Dataset[] }>(
  "recursive-roots",
  ({ all, due }) => recursiveRoots(all, due) ?? null,
);

interface CreateInput {
  readonly argv: readonly string[];
  readonly nowMicros: number;
  readonly datasets: readonly Dataset[];
  readonly snapshots: Readonly<Record<string, readonly (readonly [string, number, number])[]>>;
}

parity<CreateInput>("create-commands", ({ argv, nowMicros, datasets, snapshots }) => {
  const job = jobOf(argv);
  const policy = job.verbs.create!;
  const local = localZone({ tz: "UTC" });
  const named = parseTimezone(job.verbs.schedule.timezone, { tz: "UTC" });
  const calendar = { zone: named ?? local, namesZone: named !== undefined, anchors: job.verbs.schedule.anchors };
  const now = BigInt(nowMicros);
  const timestamp = labelTimestamp({ instant: now, localZone: local, ...calendar }, policy.timeFormat);
  const context: CreationContext = { policy, names: creationNames(policy, timestamp), calendar, now };
  const roots = { src: datasetFromZfs(argv[0]!), dst: datasetFromZfs(argv[1]!) };
  const selected = selectedDatasets(selectDatasets(datasets, compileDatasetSelection(job.datasets, roots), "src"));
  const judgements = selected.map((dataset) => {
    const rows = needsHistories(policy)
      ? (snapshots[dataset] ?? []).map(([tag, createtxg, createdAt]) => ({ tag, createtxg: BigInt(createtxg), createdAt }))
      : undefined;
    return judgeCreation(dataset, rows?.sort(compareLabelled), context);
  });
  const plan = planCreation(judgements, context, { listing: datasets, recursive: job.datasets.recursive });
  const isDry = job.dryRun !== "off";
  return {
    commands: plan.creations.map(({ action }) => ({
      argv: ["zfs", "snapshot", ...(action.recursive ? ["-r"] : []), ...action.names],
      dry: isDry,
    })),
    log: [
      ...describeUpcoming(plan.upcoming, calendar),
      `${isDry ? "Dry " : ""}--create-src-snapshots: Creating ${plan.count} snapshots within ${selected.length} datasets ...`,
    ],
  };
});
