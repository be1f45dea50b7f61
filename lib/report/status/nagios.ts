/**
 * `bzfs status --nagios`: what monitoring systems read. The first line is the worst, behind a vertical bar are numbers, the
 * other lines are all findings. Source: docs/spec/status.md §6.3.
 * @module
 */
import { counted } from "../../model/text/mod.ts";
import { headlineOf } from "../visible.ts";
import type { StatusFinding, StatusReport } from "./report.ts";

/** Findings that the first line names; of the others there is a number. */
const MOST_TOLD = 3;

/** The text, with a line feed at its end. */
export function renderNagios(report: StatusReport): string {
  const { findings, uncounted = [], totals, level } = report;
  const told = findings.slice(0, MOST_TOLD).map(textOf);
  const rest = findings.length > MOST_TOLD ? [`and ${findings.length - MOST_TOLD} more`] : [];
  const text = findings.length === 0
    ? `${counted(totals.routes, "route")} of ${report.jobId}`
    : [...told, ...rest].join("; ");
  const late = Math.max(0, ...report.routes.map(({ lateSeconds = 0 }) => lateSeconds));
  const numbers = [
    `routes=${totals.routes}`,
    `ok=${totals.routesOk}`,
    `warning=${totals.routesWarning}`,
    `critical=${totals.routesCritical}`,
    `pools_warning=${totals.poolsWarning}`,
    `pools_critical=${totals.poolsCritical}`,
    `held_back=${totals.heldBackSnapshots}`,
    `late=${late}s`,
  ];
  const lines = [
    `${headlineOf(`${level.toUpperCase()} - ${text}`)} | ${numbers.join(" ")}`,
    ...findings.map((finding) => headlineOf(lineOf(finding))),
    ...uncounted.map((finding) => headlineOf(`not counted: ${lineOf(finding)}`)),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function lineOf(finding: StatusFinding): string {
  return `${finding.level.toUpperCase()}: ${textOf(finding)} [${finding.id}]`;
}

function textOf({ about, message }: StatusFinding): string {
  return `${about}: ${message}`;
}
