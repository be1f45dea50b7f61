import { type Dataset, datasetFromZfs } from "../../lib/model/dataset.ts";
import { type Finding, findMonitoredEnds, judgeHealth, MONITOR_LABEL, worstFinding } from "../../lib/plan/health.ts";
import { compileDatasetSelection, selectDatasets, selectedDatasets } from "../../lib/plan/dataset_selection.ts";
import { compareLabelled } from "../../lib/plan/labels.ts";
import { jobOf } from "../support/arguments.ts";
import { parity } from "../support/parity.ts";

type Rows = readonly (readonly [string, number, number, string])[];

interface MonitorInput {
  readonly argv: readonly string[];
  readonly nowMicros: number;
  readonly snapshots: Readonly<Record<"src" | "dst", Readonly<Record<string, Rows>>>>;
}

const LEVELS = { ok: "DEBUG", warning: "WARN", critical: "CRITICAL" } as const;
const EXITS = { ok: 0, warning: 1, critical: 2 } as const;

parity<MonitorInput>("monitor-eval", ({ argv, nowMicros, snapshots }) => {
  const job = jobOf(argv);
  const policy = job.verbs.monitor;
  if (policy === undefined) return { exit: 0, message: "", log: [] };
  const roots = { src: datasetFromZfs(argv[0]!), dst: datasetFromZfs(argv[1]!) };
  const selection = compileDatasetSelection(job.datasets, roots);
  const findings = (["src", "dst"] as const).flatMap((side): Finding[] => {
    const listing = Object.keys(snapshots[side]).sort() as Dataset[];
    return selectedDatasets(selectDatasets(listing, selection, side)).flatMap((dataset) => {
      const rows = snapshots[side][dataset]!.map(([tag, createtxg, createdAt, holds]) => ({
        tag,
        createtxg: BigInt(createtxg),
        createdAt,
        holds: Number(holds) || 0,
      }));
      const ends = findMonitoredEnds(rows.sort(compareLabelled), policy.alerts);
      return judgeHealth(dataset, ends, { alerts: policy.alerts, nowMs: nowMicros / 1000 });
    });
  });
  const worst = worstFinding(findings, policy);
  const log = findings.map(({ severity, text }) => [LEVELS[severity], MONITOR_LABEL + text]);
  return {
    exit: EXITS[worst?.severity ?? "ok"],
    message: worst === undefined ? "" : MONITOR_LABEL + worst.text,
    log: log.sort((a, b) => a.join("\0") < b.join("\0") ? -1 : 1),
  };
});
