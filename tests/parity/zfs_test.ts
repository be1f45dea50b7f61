import { parity } from "../support/parity.ts";
import { batches, maxCommandLineBytes } from "../../lib/zfs/batching.ts";
import { busyProcess, diagnose } from "../../lib/zfs/diagnosis.ts";
import { receiveStateVerdict } from "../../lib/plan/replication/receive_fault.ts";
import { planSendSteps } from "../../lib/plan/replication/send_steps.ts";
import { datasetFromZfs } from "../../lib/model/dataset.ts";
import type { Guid, Version } from "../../lib/model/snapshot.ts";

interface StepsCase {
  readonly base: "@" | "#";
  readonly included: readonly number[];
  readonly noI: boolean;
}

parity<StepsCase>("send-steps", ({ base, included, noI }) => {
  const history = included.map((flag, i) => ({ version: numbered(i, i === 0 ? base : "@"), selected: flag === 1 }));
  return planSendSteps(history, { allowIntermediates: !noI }).map((step) => [
    step.flag,
    Number(step.from.tag),
    Number(step.to.tag),
    step.gains.map((gain) => Number(gain.tag)),
  ]);
});

function numbered(index: number, mark: "@" | "#"): Version {
  const base = {
    dataset: datasetFromZfs("p/s"),
    tag: `${index}`,
    guid: `${index}` as Guid,
    createtxg: BigInt(index),
    createdAt: 0,
  };
  return mark === "@" ? { kind: "snapshot", ...base } : { kind: "bookmark", ...base };
}

parity<{ dst: string; stderr: string }>("recv-errors", ({ dst, stderr }) => {
  const verdict = receiveStateVerdict(diagnose(stderr), datasetFromZfs(dst));
  return { clear: verdict.clear !== undefined, retryImmediatelyOnce: verdict.retryAtOnce };
});

parity<{ dataset: string; sendCounts: boolean; processes: string[] }>(
  "busy",
  ({ dataset, sendCounts, processes }) => processes.map(busyProcess(dataset, sendCounts)),
);

parity<{ args: string[]; maxItems: number; maxBytes: number }>(
  "batching",
  ({ args, maxItems, maxBytes }) => [...batches(args, { maxItems, maxBytes })],
);

parity<{ os: string }>("cmdline-limits", ({ os }) => maxCommandLineBytes(os));
