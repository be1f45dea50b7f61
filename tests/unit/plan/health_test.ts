import type { Dataset } from "../../../lib/model/dataset.ts";
import { findMonitoredEnds, judgeHealth, needsHolds, worstFinding } from "../../../lib/plan/health.ts";
import type { LabelledSnapshot } from "../../../lib/plan/labels.ts";
import type { MonitorPolicy } from "../../../lib/model/job.ts";
import { jobOf } from "../../support/arguments.ts";
import { assertEquals } from "../../support/assert.ts";

const HOUR = 3600;
const NOW = 1_700_000_000;

function policyOf(plan: string, ...words: readonly string[]): MonitorPolicy {
  return jobOf(["p/s", "q/d", `--monitor-snapshots=${plan}`, ...words]).verbs.monitor!;
}

function snapshot(tag: string, hoursAgo: number, holds = 0): LabelledSnapshot {
  return { tag, createtxg: BigInt(NOW - hoursAgo * HOUR), createdAt: NOW - hoursAgo * HOUR, holds };
}

const LATEST = "{'p': {'': {'hourly': {'latest': {'warning': '0 seconds', 'critical': '30 minutes'}}}}}";
const OLDEST =
  "{'p': {'': {'hourly': {'oldest': {'warning': '1 hours', 'critical': '1 days', 'cycles': 2, 'oldest_skip_holds': True}}}}}";

function texts(policy: MonitorPolicy, snapshots: readonly LabelledSnapshot[]): string[] {
  const ends = findMonitoredEnds(snapshots, policy.alerts);
  const findings = judgeHealth("t" as Dataset, ends, { alerts: policy.alerts, nowMs: NOW * 1000 });
  return findings.map(({ severity, text }) => `${severity}: ${text}`);
}

Deno.test("judgeHealth() judges the newest snapshot by its limits plus the cycles", () => {
  const policy = policyOf(LATEST);
  assertEquals(texts(policy, [snapshot("p_2024_hourly", 1.5)]), [
    "ok: OK. Latest snapshot for t@p_<timestamp>_hourly is 1.5h old: @p_2024_hourly",
  ]);
  assertEquals(texts(policy, [snapshot("p_2024_hourly", 1.6)]), [
    "critical: Latest snapshot for t@p_<timestamp>_hourly is 1.6h old but should be at most 1.5h old: @p_2024_hourly",
  ]);
  assertEquals(texts(policy, [snapshot("p_2024_daily", 0)]), [
    "critical: No snapshot exists for t@p_<timestamp>_hourly",
  ]);
});

Deno.test("judgeHealth() ignores held snapshots as oldest where it is told to", () => {
  const policy = policyOf(OLDEST);
  assertEquals(needsHolds(policy.alerts), true);
  assertEquals(texts(policy, [snapshot("p_2024a_hourly", 100, 1), snapshot("p_2024b_hourly", 4)]), [
    "warning: Oldest snapshot for t@p_<timestamp>_hourly is 4h old but should be at most 3h old: @p_2024b_hourly",
  ]);
});

Deno.test("judgeHealth() leaves out the name where only the time is known", () => {
  const { alerts } = policyOf(LATEST);
  const ends = [{ latest: { createdAt: NOW - 2 * HOUR }, oldest: undefined }];
  assertEquals(
    judgeHealth("t" as Dataset, ends, { alerts, nowMs: NOW * 1000 })[0]!.text,
    "Latest snapshot for t@p_<timestamp>_hourly is 2h old but should be at most 1.5h old",
  );
});

Deno.test("worstFinding() takes critical before warning, latest before oldest, and respects what does not count", () => {
  const findings = [
    { severity: "warning", kind: "Latest", text: "w" },
    { severity: "critical", kind: "Oldest", text: "a" },
    { severity: "critical", kind: "Latest", text: "c" },
    { severity: "critical", kind: "Latest", text: "b" },
    { severity: "ok", kind: "Latest", text: "0" },
  ] as const;
  const worst = (...words: readonly string[]): string | undefined =>
    worstFinding(findings, policyOf(LATEST, ...words))?.text;
  assertEquals(worst(), "b");
  assertEquals(worst("--monitor-snapshots-dont-crit"), "w");
  assertEquals(worst("--monitor-snapshots-dont-crit", "--monitor-snapshots-dont-warn"), undefined);
});
