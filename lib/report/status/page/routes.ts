/**
 * Routes on the page, in groups of one source host each: the worst group first, and the worst route first in it.
 * @module
 */
import { counted, formatSpan } from "../../../model/text/mod.ts";
import type { LabelStatus, Level, RouteStatus } from "../report.ts";
import { ageBar, runChart } from "./charts.ts";
import { type Html, html, nameOf, NOTHING } from "./html.ts";
import { agoOf, cell, endOf, instantOf, levelMark, placeOf, rateOf, sizeOf, timeOf } from "./words.ts";

/** Of more routes than this, only groups in which something is not ok are open at first, and what is out of sight is not drawn. */
const MOST_ROUTES_AT_ONCE = 60;

const LEVELS: readonly Level[] = ["critical", "warning", "ok"];

/** All groups. The routes come the worst first, so the groups do, too. */
export function routeGroups(routes: readonly RouteStatus[], nowMs: number): readonly Html[] {
  const groups = Map.groupBy(routes, ({ source }) => source.host);
  const areMany = routes.length > MOST_ROUTES_AT_ONCE;
  return [...groups].map(([host, members]) => {
    const isOpen = !areMany || members.some(({ level }) => level !== "ok");
    return groupOf(host, members, { isOpen, areMany, nowMs });
  });
}

function groupOf(
  host: string,
  routes: readonly RouteStatus[],
  { isOpen, areMany, nowMs }: { readonly isOpen: boolean; readonly areMany: boolean; readonly nowMs: number },
): Html {
  const counts = LEVELS.flatMap((level) => {
    const count = routes.filter((route) => route.level === level).length;
    return count === 0 ? [] : [levelMark(level, `${count} ${level}`)];
  });
  const open = isOpen
    ? html`
      open
    `
    : NOTHING;
  return html`
    <details class="group${areMany ? " many" : ""}" ${open}>
      <summary><h3>${nameOf(host)}</h3> ${counts}</summary>
      <table class="routes">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Source and destination</th>
            <th scope="col">Age against limit</th>
            <th scope="col">Newest there</th>
            <th scope="col">Last run</th>
            <th scope="col">Sent</th>
            <th scope="col">Rate</th>
          </tr>
        </thead>
        ${routes.map((route) => routeBody(route, nowMs))}
      </table>
    </details>
  `;
}

function routeBody(route: RouteStatus, nowMs: number): Html {
  const to = route.destination === undefined ? NOTHING : html`
    <div class="to">→ ${placeOf(route.destination)}</div>
  `;
  const why = route.message === undefined || route.level === "ok" ? NOTHING : html`
    <div class="why">${route.message}</div>
  `;
  return html`
    <tbody class="route" data-level="${route.level}">
      <tr>
        ${cell(
          "State",
          html`
            ${levelMark(route.level)}${lateness(route)}
          `,
          "state",
        )}
        <th scope="row">${nameOf(route.source.dataset)}${to}${why}</th>
        ${cell("Age against limit", ages(route, nowMs), "age")} ${cell("Newest there", there(route))} ${cell(
          "Last run",
          lastRun(route, nowMs),
        )} ${cell("Sent", chart(route, nowMs, "bytes"), "drawn")} ${cell("Rate", chart(route, nowMs, "rate"), "drawn")}
      </tr>
    </tbody>
  `;
}

function lateness({ lateSeconds, level }: RouteStatus): Html {
  return lateSeconds === undefined ? NOTHING : html`
    <div class="late ${level}">${formatSpan(lateSeconds * 1000)} late</div>
  `;
}

/** The label that is the worst, and the others on request. */
function ages(route: RouteStatus, nowMs: number): Html {
  const rank = (label: LabelStatus): number => LEVELS.indexOf(label.level) - usedShare(label, nowMs) / 1e6;
  const [worst, ...others] = route.labels.toSorted((a, b) => rank(a) - rank(b));
  if (worst === undefined) {
    return html`
      <span class="none">no limit</span>
    `;
  }
  if (others.length === 0) return ageOf(worst, nowMs);
  return html`
    ${ageOf(worst, nowMs)}<details class="more"><summary>${counted(others.length, "more label")}</summary>${others.map((
      label,
    ) => ageOf(label, nowMs))}</details>
  `;
}

/** How much of its limit an age uses up. */
function usedShare({ createdAt, criticalSeconds, warningSeconds }: LabelStatus, nowMs: number): number {
  const [created, limit] = [instantOf(createdAt), criticalSeconds ?? warningSeconds];
  if (created === undefined) return 1e5;
  return limit === undefined ? 0 : Math.min(1e5, (nowMs - created) / 1000 / Math.max(1, limit));
}

function ageOf(label: LabelStatus, nowMs: number): Html {
  const created = instantOf(label.createdAt);
  const limit = label.criticalSeconds ?? label.warningSeconds;
  const age = created === undefined ? "none" : formatSpan(Math.max(0, nowMs - created));
  const of = limit === undefined ? "" : ` of ${formatSpan(limit * 1000)}`;
  const where = `${label.kind === "oldest" ? " oldest" : ""}${label.side === "src" ? " at source" : ""}`;
  const hint = [label.dataset, ...label.snapshot === undefined ? [] : [label.snapshot]].join("@");
  return html`
    <div class="label ${label.level}" title="${hint}">
      <b>${age}</b>${of} ${mark(label.level)}${ageBar(label, nowMs)}<span class="quiet">${nameOf(
        label.label,
      )}${where}</span>
    </div>
  `;
}

function mark(level: Level): Html {
  return level === "ok" ? NOTHING : html`
    <span class="word">${level}</span>
  `;
}

function there({ newestAt, snapshots, datasets, newDatasets, partialReceives }: RouteStatus): Html {
  const partial = partialReceives === 0 ? NOTHING : html`
    <div class="quiet">${counted(partialReceives, "partial receive")}</div>
  `;
  const young = newDatasets === undefined ? "" : `, ${newDatasets} new`;
  const kept = `${counted(snapshots, "snapshot")}, ${counted(datasets, "dataset")}${young}`;
  return html`
    ${timeOf(newestAt, "none")}<div class="quiet">${kept}</div>${partial}
  `;
}

function lastRun({ lastRun: run }: RouteStatus, nowMs: number): Html {
  if (run === undefined) {
    return html`
      <span class="none">never</span>
    `;
  }
  return html`
    ${timeOf(run.startedAt)} ${endOf(run)}<div>${agoOf(run.startedAt, nowMs)}</div>
  `;
}

function chart({ history, lastRun: run }: RouteStatus, nowMs: number, kind: "bytes" | "rate"): Html {
  if (run === undefined) {
    return html`
      <span class="none">–</span>
    `;
  }
  const amount = kind === "bytes" ? sizeOf(run.bytes) : rateOf(run);
  return html`
    ${runChart(history, nowMs, { width: 120, height: 28, kind })}<div>${amount}</div>
  `;
}
