/**
 * The report as one page for a browser, with everything in it: nothing is loaded from elsewhere, and the policy in the page
 * forbids it. Rules: docs/spec/status.md §8. Pure.
 * @module
 */
import type { StatusReport } from "../report.ts";
import { Html, html, nameOf, NOTHING } from "./html.ts";
import { routeGroups } from "./routes.ts";
import { SCRIPT, SCRIPT_DIGEST } from "./script.ts";
import { STYLE, STYLE_DIGEST } from "./style.ts";
import {
  asideSection,
  failuresSection,
  findingsSection,
  heldBackSection,
  poolsSection,
  runsSection,
  type Section,
  uncountedSection,
} from "./tables.ts";
import { instantOf, levelMark, minuteOf } from "./words.ts";

const POLICY =
  `default-src 'none'; style-src '${STYLE_DIGEST}'; script-src '${SCRIPT_DIGEST}'; base-uri 'none'; form-action 'none'`;

/** Their digests are in the policy, so each has to be in the page as it is, to the last blank. */
const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`);
const SCRIPT_ELEMENT = new Html(`<script>${SCRIPT}</script>`);

/** The page. It depends on the report alone: ages in it are those of the time at which the report was made. */
export function renderPage(report: StatusReport): string {
  const nowMs = instantOf(report.reportedAt) ?? 0;
  const sections = [
    findingsSection(report),
    routesSection(report, nowMs),
    runsSection(report, nowMs),
    failuresSection(report, nowMs),
    poolsSection(report),
    heldBackSection(report, nowMs),
    asideSection(report, nowMs),
    uncountedSection(report),
  ].filter(({ count, id }) => count > 0 || id === "routes");
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="${POLICY}">
        <meta name="referrer" content="no-referrer">
        <meta name="viewport" content="width=device-width">
        <meta name="color-scheme" content="light dark">
        <title>${report.level}: ${report.jobId} · bzfs status</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <a class="skip" href="#main">To the report</a>
        ${headerOf(report, sections)}
        <main id="main">
          ${sections.map(({ id, title, count, content }) =>
            html`
              <section aria-labelledby="${id}">
                <h2 id="${id}">${title} <span class="count">${count}</span></h2>
                ${content}
              </section>
            `
          )}
        </main>
        ${FOOTER} ${SCRIPT_ELEMENT}
      </body>
    </html>
  `.text;
}

function headerOf(report: StatusReport, sections: readonly Section[]): Html {
  const { totals } = report;
  const figure = (title: string, count: number, level = ""): Html =>
    html`
      <div>
        <dt>${title}</dt>
        <dd class="${count === 0 ? "" : level}">${count}</dd>
      </div>
    `;
  const made = instantOf(report.reportedAt) === undefined ? "" : report.reportedAt;
  const offline = report.offline
    ? html`
      <p class="notice">No pool was asked for this report: it tells what former runs have remembered.</p>
    `
    : NOTHING;
  return html`
    <header>
      <h1>${nameOf(report.jobId)} ${levelMark(report.level)}</h1>
      <p class="quiet">
        <time id="made" datetime="${made}">${timeText(report)} UTC</time> · job file ${nameOf(
          report.jobFile,
        )} · asked by ${nameOf(report.host)} · bzfs
        ${report.version}
      </p>
      <p class="notice" id="old" hidden>This page was made <b id="age"></b> ago. What it says may no longer be true.</p>
      ${offline}
      <dl class="figures">${[
        figure("routes", totals.routes),
        figure("ok", totals.routesOk, "ok"),
        figure("warning", totals.routesWarning, "warning"),
        figure("critical", totals.routesCritical, "critical"),
        figure("pools in a warning", totals.poolsWarning, "warning"),
        figure("pools critical", totals.poolsCritical, "critical"),
        figure("snapshots held back", totals.heldBackSnapshots, "warning"),
        figure("datasets set aside", report.aside.length),
      ]}</dl>
      <nav aria-label="Parts of the report"><ul>${sections.map(({ id, title, count }) =>
        html`
          <li><a href="#${id}">${title}</a> <span class="quiet">${count}</span></li>
        `
      )}</ul></nav>
    </header>
  `;
}

function timeText({ reportedAt }: StatusReport): string {
  const ms = instantOf(reportedAt);
  return ms === undefined ? reportedAt : minuteOf(ms);
}

function routesSection({ routes }: StatusReport, nowMs: number): Section {
  const search = html`
    <form id="find" role="search" hidden>
      <input
        type="search"
        id="words"
        placeholder="Host, dataset, message …"
        aria-label="Search routes"
        autocomplete="off"
        spellcheck="false"
      >
      <label><input type="checkbox" id="bad"> only what is not ok</label>
      <span id="found" class="quiet" role="status"></span>
    </form>
  `;
  const groups = routes.length === 0
    ? html`
      <p>The job file expects no route.</p>
    `
    : html`
      ${routeGroups(routes, nowMs)}
    `;
  return {
    id: "routes",
    title: "Routes",
    count: routes.length,
    content: html`
      ${search}${groups}
    `,
  };
}

const FOOTER = html`
  <footer>
    <p>
      All times are UTC. Ages are those at the time of the report. The marks in a bar are the limits for a warning and for
      critical. In a chart, time goes from the first run that is remembered to the time of the report: a bar is what a run
      has sent, a short mark a run that had nothing to send, or left its work to an earlier one, a cross one that failed,
      and the line is bytes per second.
    </p>
  </footer>
`;
