/**
 * The findings of `bzfs doctor`, for people and for programs.
 * @module
 */
import type { Severity } from "../../model/checkup.ts";
import { counted } from "../../model/text/mod.ts";
import { jsonOf, pasteable, visible } from "../visible.ts";

/** What a check has found. */
export interface ShownFinding {
  /** The check. */
  readonly id: string;
  /** How bad it is. */
  readonly severity: Severity;
  /** As the job names it to ssh; `localhost` is the host of the doctor. */
  readonly host: string;
  /** What it is; may be empty where it is ok. */
  readonly text: string;
  /** A command line that removes the finding; absent if there is none. */
  readonly remedy?: string;
}

/** The document of `--json`: docs/doctor.schema.json. */
export interface DoctorReport {
  /** Version of this form. */
  readonly format: 1;
  /** Always the same. */
  readonly program: "bzfs";
  /** Version of the program. */
  readonly version: string;
  /** When the checks came to their end. */
  readonly reportedAt: string;
  /** In the order of the checks, those that are ok included. */
  readonly findings: readonly ShownFinding[];
  /** How many findings are ok. */
  readonly ok: number;
  /** How many are warnings. */
  readonly warnings: number;
  /** How many are failures. */
  readonly failures: number;
  /** 0 all ok, 1 warnings, 2 failures. */
  readonly exitStatus: number;
}

/** Adds up findings. Exit status: 0 all ok, 1 warnings, 2 failures. Source: docs/spec/doctor.md §2. */
export function doctorReport(
  findings: readonly ShownFinding[],
  about: Pick<DoctorReport, "version" | "reportedAt">,
): DoctorReport {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  const [warnings, failures] = [count("warn"), count("FAIL")];
  return {
    format: 1,
    program: "bzfs",
    ...about,
    findings,
    ok: count("ok"),
    warnings,
    failures,
    exitStatus: failures > 0 ? 2 : warnings > 0 ? 1 : 0,
  };
}

/** One JSON document, with a line feed at its end. */
export function renderDoctorJson(report: DoctorReport): string {
  return `${jsonOf(report, 2)}\n`;
}

/** Columns that the text of a finding has before its remedy moves to the next line. */
const WIDEST_TEXT = 76;

/**
 * A line for each host with what is ok there, a line for each other finding, and the counts. The remedies stand in a column
 * of their own, behind an arrow; that of a long text has a line of its own.
 */
export function renderDoctorText({ findings, ok, warnings, failures }: DoctorReport): string {
  const hosts = [...new Set(findings.map(({ host }) => host))];
  const fine = hosts.flatMap((host): ShownFinding[] => {
    const own = findings.filter((finding) => finding.host === host && finding.severity === "ok");
    const text = own.map((finding) => finding.text).filter((word) => word !== "").join(", ");
    return own.length === 0 ? [] : [{ ...own[0]!, text: text === "" ? counted(own.length, "check") : text }];
  });
  const rows = [...fine, ...findings.filter(({ severity }) => severity !== "ok")].map((row) => ({
    severity: row.severity,
    host: visible(row.host),
    text: visible(row.text).trim().replaceAll(/\s*\n\s*/g, " / "),
    remedy: row.remedy === undefined ? undefined : pasteable(row.remedy),
  }));
  const hostWidth = Math.max(0, ...rows.map(({ host }) => host.length));
  const remedied = rows.filter(({ text, remedy }) => remedy !== undefined && text.length <= WIDEST_TEXT);
  const textWidth = Math.max(0, ...remedied.map(({ text }) => text.length));
  const indent = " ".repeat("FAIL".length + hostWidth + 4);
  const lines = rows.flatMap(({ severity, host, text, remedy }) => {
    const start = `${severity.padEnd(4)}  ${host.padEnd(hostWidth)}  `;
    if (remedy === undefined) return [start + text];
    if (text.length > WIDEST_TEXT) return [start + text, `${indent}→ ${remedy}`];
    return [`${start}${text.padEnd(textWidth)}  → ${remedy}`];
  });
  return [...lines, `${counted(ok, "check")} ok, ${counted(warnings, "warning")}, ${counted(failures, "failure")}`, ""]
    .join("\n");
}
