/**
 * The judgement: from what is expected and what was found to what `bzfs status` says. Pure.
 *
 * What is not proved to be well is not well. Source: docs/spec/status.md §4.
 * @module
 */
import type { AsideDataset, Level, StatusFinding, StatusReport } from "../../model/status/mod.ts";
import { setAsideSince } from "../replication/mod.ts";
import { keyOf, type StatusInputs } from "./facts.ts";
import { judgeHeldBack, judgeHost, judgeRuns } from "./runs.ts";
import { judgePools } from "./pools.ts";
import { judgeRoutes } from "./routes.ts";
import { worstFirst, worstLevel } from "./levels.ts";

/** What the judgement does not depend on. */
export type StatusHead = Pick<StatusReport, "version" | "jobId" | "offline">;

/** The report. */
export function judgeStatus(inputs: StatusInputs, head: StatusHead): StatusReport {
  const routes = judgeRoutes(inputs);
  const pools = judgePools(inputs);
  const runs = judgeRuns(inputs);
  const heldBack = judgeHeldBack(inputs);
  const findings = distinct(
    worstFirst([...routes, ...pools, ...runs, heldBack, judgeHost(inputs)].flatMap((judged) => judged.findings)),
  );
  const uncounted = distinct(worstFirst(routes.flatMap((judged) => judged.uncounted)));
  const shownRoutes = worstFirst(routes.map(({ status }) => status));
  const shownPools = worstFirst(pools.map(({ status }) => status));
  const shownRuns = worstFirst(runs.map(({ status }) => status));
  const count = (of: readonly { readonly level: Level }[], level: Level): number =>
    of.filter((item) => item.level === level).length;
  const report: StatusReport = {
    format: 1,
    program: "bzfs",
    version: head.version,
    reportedAt: new Date(inputs.nowMs).toISOString(),
    host: inputs.host,
    jobFile: inputs.jobFile,
    jobId: head.jobId,
    offline: head.offline,
    ...(inputs.expected.actions.length === 0 ? { noRunsExpected: true } : {}),
    // Never better than anything that is shown.
    level: worstLevel([...findings, ...shownRoutes, ...shownPools, ...shownRuns]),
    routes: shownRoutes,
    pools: shownPools,
    runs: shownRuns,
    heldBack: heldBack.all,
    aside: asideOf(inputs),
    findings,
    ...(uncounted.length === 0 ? {} : { uncounted }),
    totals: {
      routes: routes.length,
      routesOk: count(shownRoutes, "ok"),
      routesWarning: count(shownRoutes, "warning"),
      routesCritical: count(shownRoutes, "critical"),
      poolsWarning: count(shownPools, "warning"),
      poolsCritical: count(shownPools, "critical"),
      heldBackSnapshots: heldBack.all.filter(({ what }) => what === "snapshots")
        .reduce((sum, held) => sum + held.count, 0),
    },
  };
  return report;
}

/** What was set aside at destinations; its name says when. */
function asideOf({ expected, found }: StatusInputs): AsideDataset[] {
  return expected.routes.flatMap(({ destination }) => {
    const facts = destination && found.get(keyOf(destination.place));
    if (facts?.kind !== "seen") return [];
    return facts.aside.map((dataset) => {
      const { host, dataset: root } = destination!.place;
      const sinceMs = setAsideSince(dataset, root);
      return { host, dataset, ...sinceMs === undefined ? {} : { since: new Date(sinceMs).toISOString() } };
    });
  });
}

/** The same is told once, such as a host that does not answer, however many routes it has; of two levels the first. */
function distinct(findings: readonly StatusFinding[]): StatusFinding[] {
  const told = new Map<string, StatusFinding>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.id, finding.about, finding.message]);
    if (!told.has(key)) told.set(key, finding);
  }
  return [...told.values()];
}
