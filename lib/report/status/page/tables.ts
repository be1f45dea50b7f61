/**
 * The other tables of the page: findings, failures, runs, pools, what is held back, and what was set aside.
 * @module
 */
import { isFine } from "../../../model/status/mod.ts";
import { counted, formatSpan } from "../../../model/text/mod.ts";
import type { PoolStatus, RunPoint, RunStatus, StatusFinding, StatusReport } from "../report.ts";
import { runChart } from "./charts.ts";
import { type Html, html, nameOf, NOTHING } from "./html.ts";
import { agoOf, cell, endOf, levelMark, lines, placeOf, sizeOf, timeOf } from "./words.ts";

/** Rows of a table that are shown at once; the others on request. */
const MOST_ROWS = 25;

/** A part of the page with a heading. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly count: number;
  readonly content: Html;
}

/** A table; nothing for no rows. */
function table(title: string, columns: readonly string[], rows: readonly Html[]): Html {
  if (rows.length === 0) return NOTHING;
  const head = html`
    <thead><tr>${columns.map((column) =>
      html`
        <th scope="col">${column}</th>
      `
    )}</tr></thead>
  `;
  const of = (part: readonly Html[]): Html =>
    html`
      <table aria-label="${title}">${head}<tbody>${part}</tbody></table>
    `;
  if (rows.length <= MOST_ROWS) return of(rows);
  const more = `${rows.length - MOST_ROWS} more`;
  return html`
    ${of(rows.slice(0, MOST_ROWS))}<details class="rest"><summary>${more}</summary>${of(
      rows.slice(MOST_ROWS),
    )}</details>
  `;
}

/** What is not ok, with what helps. */
export function findingsSection({ findings }: StatusReport): Section {
  return sectionOf(findings, "findings", "Findings");
}

/** What does not count because the job file says so. */
export function uncountedSection({ uncounted = [] }: StatusReport): Section {
  return sectionOf(uncounted, "uncounted", "Not counted");
}

function sectionOf(findings: readonly StatusFinding[], id: string, title: string): Section {
  const rows = findings.map(({ id, level, about, message, remedy }) =>
    html`
      <tr>${cell("State", levelMark(level), "state")}<th scope="row">${nameOf(about)}</th>${cell(
        "What",
        html`
          ${lines(message)}<div class="quiet">${nameOf(id)}</div>
        `,
        "text",
      )}${cell(
        "Remedy",
        remedy === undefined ? "–" : html`
          <code>${remedy}</code>
        `,
      )}</tr>
    `
  );
  return { id, title, count: rows.length, content: table(title, ["State", "About", "What", "Remedy"], rows) };
}

/** Runs that failed alike, one after the other or not. */
interface Failure {
  readonly about: Html;
  readonly runs: readonly [RunPoint, ...RunPoint[]];
}

/** Failures of the remembered runs, the latest first. */
export function failuresSection({ routes, runs }: StatusReport, nowMs: number): Section {
  const failures = [
    ...routes.flatMap(({ source, destination, history }) =>
      alike(
        html`
          ${placeOf(source)} ${destination === undefined ? "" : html`
            → ${nameOf(destination.host)}
          `}
        `,
        history,
      )
    ),
    ...runs.flatMap(({ action, history }) =>
      alike(
        html`
          run of ${nameOf(action)}
        `,
        history,
      )
    ),
  ].toSorted((a, b) => compareTexts(b.runs.at(-1)!.startedAt, a.runs.at(-1)!.startedAt));
  const rows = failures.map(({ about, runs }) => {
    const last = runs.at(-1)!;
    const since = runs.length === 1 ? NOTHING : html`
      <div class="quiet">${runs.length} times since ${timeOf(runs[0].startedAt)}</div>
    `;
    const command = last.command === undefined ? NOTHING : html`
      <pre><code>${last.command}</code></pre>
    `;
    return html`
      <tr>
        ${cell(
          "When",
          html`
            ${timeOf(last.startedAt)} ${agoOf(last.startedAt, nowMs)}${since}
          `,
        )}
        <th scope="row">${about}</th>${cell("Status", last.exitStatus)}${cell(
          "Error and command",
          html`
            ${lines(last.error ?? "no message")}${command}
          `,
          "text",
        )}
      </tr>
    `;
  });
  const content = table("Failures", ["When", "What", "Status", "Error and command"], rows);
  return { id: "failures", title: "Failures", count: rows.length, content };
}

function alike(about: Html, history: readonly RunPoint[]): readonly Failure[] {
  const failed = history.filter(({ exitStatus }) => !isFine(exitStatus));
  const groups = Map.groupBy(failed, ({ exitStatus, error, command }) => JSON.stringify([exitStatus, error, command]));
  return [...groups.values()].map(([first, ...others]) => ({ about, runs: [first!, ...others] }));
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The runs of each action by the host that reports. */
export function runsSection({ runs }: StatusReport, nowMs: number): Section {
  const rows = runs.map((run) =>
    html`
      <tr>${cell("State", levelMark(run.level), "state")}<th scope="row">${nameOf(
        run.action,
      )}${run.message === undefined ? NOTHING : html`
        <div class="why">${run.message}</div>
      `}</th>${cell("Last run", lastOf(run, nowMs))}${cell(
        "Last success",
        html`
          ${timeOf(run.succeededAt)} <div>${agoOf(run.succeededAt, nowMs)}</div>
        `,
      )}${cell("Bytes (bars) and rate (line)", timelineOf(run, nowMs), "drawn wide")}</tr>
    `
  );
  const columns = ["State", "Action", "Last run", "Last success", "Bytes (bars) and rate (line)"];
  return { id: "runs", title: "Runs", count: rows.length, content: table("Runs", columns, rows) };
}

function lastOf({ last, running }: RunStatus, nowMs: number): Html {
  const now = running === undefined ? NOTHING : html`
    <div>process ${running.processId} since ${timeOf(running.startedAt)}</div>
  `;
  if (last === undefined) {
    return html`
      <span class="none">never</span>${now}
    `;
  }
  const what = `took ${formatSpan(last.seconds * 1000)}, sent ${sizeOf(last.bytes)}`;
  return html`
    ${timeOf(last.startedAt)} ${endOf(last)} ${agoOf(last.startedAt, nowMs)}<div class="quiet">${what}</div>${now}
  `;
}

function timelineOf({ history }: RunStatus, nowMs: number): Html {
  const [first] = history;
  if (first === undefined) {
    return html`
      <span class="none">–</span>
    `;
  }
  return html`
    ${runChart(history, nowMs, { width: 360, height: 48, kind: "both" })}<div class="axis quiet">${timeOf(
      first.startedAt,
    )}<span>now</span></div>
  `;
}

/** All pools that routes need. */
export function poolsSection({ pools }: StatusReport): Section {
  const rows = pools.map((pool) =>
    html`
      <tr>${cell("State", levelMark(pool.level), "state")}<th scope="row">${nameOf(pool.host)} ${nameOf(
        pool.pool,
      )}${pool.message === undefined ? NOTHING : html`
        <div class="why">${pool.message}</div>
      `}</th>${cell("Health", pool.health === undefined ? "not known" : nameOf(pool.health))}${cell(
        "Used",
        usedOf(pool),
        "used",
      )}${cell("Free", sizeOf(pool.freeBytes), "number")}${cell("Size", sizeOf(pool.sizeBytes), "number")}</tr>
    `
  );
  const content = table("Pools", ["State", "Pool", "Health", "Used", "Free", "Size"], rows);
  return { id: "pools", title: "Pools", count: rows.length, content };
}

function usedOf({ capacityPercent: percent, level }: PoolStatus): Html {
  if (percent === undefined) {
    return html`
      <span class="none">not known</span>
    `;
  }
  const width = Math.round(Math.min(100, Math.max(0, percent)));
  return html`
    <b>${percent} %</b><svg class="bar ${level}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="8" />
      <rect class="fill" width="${width}" height="8" />
    </svg>
  `;
}

/** What limits have kept. */
export function heldBackSection({ heldBack }: StatusReport, nowMs: number): Section {
  const rows = heldBack.map(({ host, dataset, what, count, total, bytes, since, limit }) =>
    html`
      <tr><th scope="row">${nameOf(host)} ${nameOf(dataset)}</th>${cell(
        "Held back",
        `${counted(count, what.slice(0, -1))} of ${total}`,
      )}${cell("Would free", sizeOf(bytes), "number")}${cell("Limit", nameOf(limit))}${cell(
        "Since",
        html`
          ${timeOf(since)} ${agoOf(since, nowMs)}
        `,
      )}</tr>
    `
  );
  const content = table("Held back", ["Dataset", "Held back", "Would free", "Limit", "Since"], rows);
  return { id: "held-back", title: "Held back", count: rows.length, content };
}

/** What was set aside at destinations. */
export function asideSection({ aside }: StatusReport, nowMs: number): Section {
  const rows = aside.map(({ host, dataset, since }) =>
    html`
      <tr><th scope="row">${nameOf(host)} ${nameOf(dataset)}</th>${cell(
        "Since",
        html`
          ${timeOf(since, "not known")} ${agoOf(since, nowMs)}
        `,
      )}</tr>
    `
  );
  return {
    id: "aside",
    title: "Set aside",
    count: rows.length,
    content: table("Set aside", ["Dataset", "Since"], rows),
  };
}
