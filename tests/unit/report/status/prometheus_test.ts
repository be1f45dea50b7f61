/** Metrics, checked by promtool, which also runs the alert rules of docs/monitoring against them. */
import { capture } from "../../../../scripts/process.ts";
import { renderMetrics } from "../../../../lib/report/status/prometheus.ts";
import { metricsHead, readMetricsHead } from "../../../../lib/report/status/metrics_head.ts";
import type { StatusReport } from "../../../../lib/report/status/report.ts";
import { visible } from "../../../../lib/report/visible.ts";
import { assertAlertsFire, assertRuleTests, IN_TIME } from "../../../support/alerts.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../../support/assert.ts";
import { readMetrics, type RuleTest, type Sample } from "../../../support/metrics.ts";
import {
  healthyReport,
  HOSTILE_NAMES,
  hostileReport,
  largeReport,
  route,
  troubledReport,
} from "../../../support/status_reports.ts";
import { withTempFolder } from "../../../support/temp.ts";

const DOCS = new URL("../../../../docs/monitoring/", import.meta.url).pathname;

const samplesOf = (report: StatusReport): readonly Sample[] => readMetrics(renderMetrics(report));

/** The value of the only sample with such a name and these labels, and perhaps more. */
function valueOf(
  report: StatusReport,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): string | undefined {
  const found = samplesOf(report).filter((sample) =>
    sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value)
  );
  assert(found.length <= 1, JSON.stringify(found));
  return found[0]?.value;
}

for (
  const [name, report] of Object.entries({
    healthy: healthyReport(),
    troubled: troubledReport(),
    hostile: hostileReport(),
    large: largeReport(),
    empty: healthyReport({ routes: [], pools: [], runs: [] }),
  })
) {
  Deno.test(`promtool has nothing to say against the metrics of a report: ${name}`, async () => {
    const text = renderMetrics(report);
    const { code, stdout, stderr } = await capture(["promtool", "check", "metrics"], { stdin: text });
    assertEquals([code, stdout, stderr], [0, "", ""]);
    assert(readMetrics(text).length > 5);
  });
}

Deno.test("a name of the outside is a label's value and nothing else", () => {
  const abouts = samplesOf(hostileReport()).filter(({ name }) => name === "bzfs_finding").map(({ labels }) => labels);
  assertEquals(
    abouts.map(({ about, finding }) => [about, finding]),
    HOSTILE_NAMES.map((name) => visible(name.toWellFormed())).map((name) => [name, name]),
  );
});

Deno.test("times are timestamps, 0 is never, and amounts of 64 bits are exact", () => {
  const report = troubledReport();
  const web1 = { source_host: "web1", source_dataset: "tank/data" };
  const gone = { source_host: "gone" };
  assertEquals(valueOf(report, "bzfs_report_timestamp_seconds"), "1795896300");
  assertEquals(valueOf(report, "bzfs_report_level"), "2");
  assertEquals(valueOf(report, "bzfs_route_newest_snapshot_timestamp_seconds", web1), `${1795896300 - 88 * 3600}`);
  assertEquals(valueOf(report, "bzfs_route_newest_snapshot_timestamp_seconds", gone), "0");
  assertEquals(valueOf(report, "bzfs_route_late_since_timestamp_seconds", web1), `${1795896300 - 86 * 3600}`);
  assertEquals(valueOf(report, "bzfs_route_late_since_timestamp_seconds", gone), undefined);
  assertEquals(valueOf(report, "bzfs_route_last_run_exit_status", web1), "3");
  assertEquals(valueOf(report, "bzfs_route_last_run_exit_status", gone), undefined);
  assertEquals(valueOf(report, "bzfs_route_last_run_start_timestamp_seconds", gone), "0");
  const [hours, label] = [{ ...web1, label: "mine_onsite_*_hourly" }, { ...web1, label: "mine_onsite_*_daily" }];
  assertEquals(valueOf(report, "bzfs_snapshot_timestamp_seconds", hours), `${1795896300 - 88 * 3600}`);
  assertEquals(valueOf(report, "bzfs_snapshot_timestamp_seconds", label), "0");
  assertEquals(valueOf(report, "bzfs_snapshot_critical_age_seconds", label), "7200");
  assertEquals(valueOf(report, "bzfs_pool_used_ratio", { pool: "backup" }), "0.85");
  assertEquals(valueOf(report, "bzfs_pool_health_info", { host: "gone", health: "unknown" }), "1");
  assertEquals(valueOf(report, "bzfs_run_success_timestamp_seconds", { action: "prune" }), `${1795896300 - 90 * 3600}`);
  assertEquals(valueOf(report, "bzfs_run_running_since_timestamp_seconds", { action: "monitor" }), undefined);
  assertEquals(valueOf(report, "bzfs_held_back_items"), "137");
  const [first, ...others] = report.routes;
  const huge = { ...first!, lastRun: { ...first!.lastRun!, bytes: "18446744073709551615" } };
  assertEquals(
    valueOf(troubledReport({ routes: [huge, ...others] }), "bzfs_route_last_run_sent_bytes", web1),
    "18446744073709551615",
  );
});

Deno.test("of two routes between the same places the worse one counts, and the file stays readable", () => {
  const [good, bad] = [route("a", "tank/x"), { ...route("a", "tank/x"), level: "critical" as const }];
  assertEquals(valueOf(healthyReport({ routes: [bad, good] }), "bzfs_route_level"), "2");
});

/** Names of alerts, in the file of rules. */
async function alertNames(): Promise<string[]> {
  return [...(await Deno.readTextFile(`${DOCS}alerts.yaml`)).matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);
}

Deno.test("the alert rules are valid, and do what their own tests say, in which each of them fires", async () => {
  const check = await capture(["promtool", "check", "rules", `${DOCS}alerts.yaml`]);
  assertEquals([check.code, check.stderr], [0, ""]);
  const test = await capture(["promtool", "test", "rules", `${DOCS}alerts-test.yaml`]);
  assertEquals([test.code, test.stderr], [0, ""], test.stdout);
  const tests = await Deno.readTextFile(`${DOCS}alerts-test.yaml`);
  const names = await alertNames();
  assert(names.length > 8);
  for (const name of names) {
    assertMatch(tests, new RegExp(`alertname="${name}"|alertname: ${name}\\n\\s+exp_alerts`), `${name} never fires`);
  }
});

Deno.test("reports fire the alerts that they ought to, each finding its own", async () => {
  const each = troubledReport().findings.map((finding): RuleTest => ({
    name: finding.id,
    metrics: renderMetrics(healthyReport({ level: finding.level, findings: [finding] })),
    ...IN_TIME,
    expects: [
      [`count(ALERTS{alertstate="firing", finding="${finding.id}", severity="${finding.level}"})`, 1],
      ['count(ALERTS{alertstate="firing"})', 1],
    ],
  }));
  const expectsCritical = (count: number): RuleTest["expects"] => [
    ['count(ALERTS{alertstate="firing", severity="critical"})', count],
  ];
  const critical = troubledReport().findings.filter(({ level }) => level === "critical").length;
  await assertRuleTests([
    ...each,
    { name: "everything", metrics: renderMetrics(troubledReport()), ...IN_TIME, expects: expectsCritical(critical) },
    {
      ...{ name: "hostile", metrics: renderMetrics(hostileReport()), ...IN_TIME },
      expects: expectsCritical(HOSTILE_NAMES.length),
    },
  ]);
});

Deno.test("an alert fires when a report says that something is wrong, when it expects nothing, and when there is none", async () => {
  const cases = [
    { name: "something is wrong", metrics: renderMetrics(troubledReport()) },
    { name: "nothing says why", metrics: renderMetrics(healthyReport({ level: "critical" })) },
    { name: "nothing is expected", metrics: renderMetrics(healthyReport({ routes: [], totals: NO_ROUTES })) },
    { name: "no report for an hour", metrics: undefined },
  ];
  await assertAlertsFire(cases, renderMetrics(healthyReport()));
  const [wrong] = cases;
  await assertRejects(() => assertAlertsFire([], wrong!.metrics!), Error, "Values are not equal");
  const silent = { name: "silent", metrics: renderMetrics(healthyReport()) };
  await assertRejects(() => assertAlertsFire([silent], silent.metrics), Error, "vector(0) # silent");
});

const NO_ROUTES = { ...healthyReport().totals, routes: 0, routesOk: 0, routesWarning: 0, routesCritical: 0 };

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

/** Names of metrics in a text. */
function namesIn(text: string): string[] {
  return [...new Set(text.match(/\bbzfs_[a-z_]+\b/g) ?? [])].toSorted();
}

Deno.test("dashboard and rules name metrics that exist, the manual names all, and queries are valid", async () => {
  const exist = new Set(samplesOf(troubledReport()).map(({ name }) => name));
  const dashboard: Dashboard = JSON.parse(await Deno.readTextFile(`${DOCS}grafana-dashboard.json`));
  const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const variables = dashboard.templating.list.map(({ definition = "" }) => definition);
  assert(queries.length > 20);
  assertEquals(namesIn([...queries, ...variables].join(" ")).filter((name) => !exist.has(name)), []);
  assertEquals(namesIn(await Deno.readTextFile(`${DOCS}alerts.yaml`)).filter((name) => !exist.has(name)), []);
  const manual = new Set(namesIn(await Deno.readTextFile(`${DOCS}README.md`)));
  assertEquals([...exist].filter((name) => !manual.has(name)), []);
  assertEquals([...manual].filter((name) => !exist.has(name)), []);
  await withTempFolder(async (folder) => {
    const rules = queries.map((expr, i) => ({ record: `panel:query:${i}`, expr: expr.replaceAll(/\$\w+/g, ".*") }));
    await Deno.writeTextFile(`${folder}/rules.json`, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
    const { code, stderr } = await capture(["promtool", "check", "rules", `${folder}/rules.json`]);
    assertEquals([code, stderr], [0, ""]);
  });
});

Deno.test("the units and the configuration in the manual are valid", async () => {
  const manual = await Deno.readTextFile(`${DOCS}README.md`);
  const blocks = [...manual.matchAll(/\n\n((?: {4}.*\n|\n(?= {4}))+)/g)].map(([, block]) =>
    block!.replaceAll(/^ {4}/gm, "")
  );
  const one = (word: string): string => {
    const found = blocks.filter((block) => block.includes(word));
    assertEquals(found.length, 1, word);
    return found[0]!;
  };
  await withTempFolder(async (folder) => {
    const service = one("[Service]").replace("/usr/local/bin/bzfs", "/bin/true");
    await Deno.writeTextFile(`${folder}/bzfs-status.service`, service);
    await Deno.writeTextFile(`${folder}/bzfs-status.timer`, one("[Timer]"));
    const units = ["service", "timer"].map((kind) => `${folder}/bzfs-status.${kind}`);
    const verified = await capture(["systemd-analyze", "verify", "--man=no", ...units]);
    assertEquals([verified.code, verified.stdout + verified.stderr], [0, ""]);
    await Deno.writeTextFile(`${folder}/prometheus.yml`, one("scrape_configs:"));
    await Deno.copyFile(`${DOCS}alerts.yaml`, `${folder}/bzfs-alerts.yaml`);
    const { code, stderr } = await capture(["promtool", "check", "config", `${folder}/prometheus.yml`]);
    assertEquals([code, stderr], [0, ""]);
  });
});

Deno.test("the first line says whose metrics they are, whatever the names are, and nothing else does", async () => {
  for (const name of HOSTILE_NAMES.map((name) => name.toWellFormed())) {
    const owner = { jobFile: `/etc/${name}`, jobId: name };
    const text = metricsHead(owner) + renderMetrics(healthyReport());
    assertEquals(readMetricsHead(text), owner);
    assertEquals(readMetrics(text), samplesOf(healthyReport()));
  }
  const hostile = HOSTILE_NAMES.join("").toWellFormed();
  const stdin = metricsHead({ jobFile: hostile, jobId: hostile }) + renderMetrics(healthyReport());
  assertEquals(await capture(["promtool", "check", "metrics"], { stdin }), { code: 0, stdout: "", stderr: "" });
  for (
    const text of ["", "# bzfs status of ", "# bzfs status of {}", '# bzfs status of {"jobFile":1,"jobId":"a"}', "null"]
  ) {
    assertEquals(readMetricsHead(text), undefined, text);
  }
});
