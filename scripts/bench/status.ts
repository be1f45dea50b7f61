/**
 * What `bzfs status` costs over two equal trees, with a `zfs` whose answers cost nothing.
 * @module
 */
import { type Cost, costOf, median } from "./cost.ts";
import { idleGround } from "./idle.ts";
import type { TreeSize } from "./listings.ts";

const LISTED = {
  types: "filesystem,volume,snapshot",
  columns: "createtxg,creation,guid,name",
  datasetCells: "-\t-\t5\t",
} as const;

const JOB_FILE = `job-id: bench
root-dataset-pairs: [{src: tank1/src, dst: tank2/dst}]
src-hosts: [here]
dst-hosts: [{name: here, root-dataset: ""}]
src-snapshot-plan: {auto: {onsite: {daily: 100}}}
monitor-snapshot-plan: {auto: {onsite: {daily: {warning: 90000 days, critical: 90000 days}}}}
bzfs: {recursive: true}
`;

const RUNS = 5;

/** Medians of several runs. */
export async function runStatus(executable: string, size: TreeSize): Promise<Cost> {
  await using ground = await idleGround(size, { words: [], listed: { src: LISTED, dst: LISTED } });
  const config = `${ground.folder}/bench.yaml`;
  await Deno.writeTextFile(config, JOB_FILE, { mode: 0o600 });
  const words = ["status", `--config=${config}`, `--log-dir=${ground.folder}/bzfs-logs`, "--localhost=here"];
  // That no run is known is a warning.
  const script = '"$@"; [ $? -le 1 ]';
  const costs: Cost[] = [];
  for (let run = 0; run < RUNS; run++) {
    costs.push(await costOf(["sh", "-c", script, "sh", executable, ...words], ground.env));
  }
  return {
    wallMs: median(costs.map(({ wallMs }) => wallMs)),
    cpuMs: median(costs.map(({ cpuMs }) => cpuMs)),
    peakMiB: median(costs.map(({ peakMiB }) => peakMiB)),
  };
}
