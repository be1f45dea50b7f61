/**
 * Drawings of the page, in SVG: age against limits, and runs along time.
 * @module
 */
import { isDone, isFine } from "../../../model/status/mod.ts";
import { counted, formatBytes, formatSpan } from "../../../model/text/mod.ts";
import type { LabelStatus, RunPoint } from "../report.ts";
import { type Html, html, NOTHING } from "./html.ts";
import { bytesPerSecond, instantOf } from "./words.ts";

/** How far beyond the last limit the bar of an age goes on, as a share of the limit. */
const BEYOND = 1.25;

/** Age against limits as a bar with a mark for each limit. What it shows is said beside it, in words. */
export function ageBar(label: LabelStatus, nowMs: number): Html {
  const limits = [label.warningSeconds, label.criticalSeconds].filter((limit) => limit !== undefined);
  const most = Math.max(...limits) * BEYOND;
  if (limits.length === 0 || !(most > 0)) return NOTHING;
  const created = instantOf(label.createdAt);
  const age = created === undefined ? most : Math.max(0, (nowMs - created) / 1000);
  const at = (seconds: number): number => Math.round(Math.min(1, seconds / most) * 100);
  const marks = limits.map((limit) =>
    html`
      <path class="limit" d="M${at(limit)} 0V8" />
    `
  );
  return html`
    <svg class="bar ${label.level}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">${[
      html`
        <rect class="track" width="100" height="8" />
      `,
      html`
        <rect class="fill" width="${Math.max(1, at(age))}" height="8" />
      `,
      ...marks,
    ]}</svg>
  `;
}

/** How large a chart is, in its own units, and what it shows. */
interface ChartForm {
  readonly width: number;
  readonly height: number;
  readonly kind: "bytes" | "rate" | "both";
}

/** A run with its place in a chart. */
interface Point {
  readonly run: RunPoint;
  readonly x: number;
}

/** Room at both ends of a chart, and above. */
const MARGIN = 4;

/**
 * Runs along time, from the first one to `nowMs`: bytes as bars, rates as a line, failures as crosses. So a timer that has
 * stopped shows as a gap at the right.
 */
export function runChart(history: readonly RunPoint[], nowMs: number, form: ChartForm): Html {
  const points = placed(history, nowMs, form.width);
  if (points.length === 0) return NOTHING;
  const failed = points.filter(({ run }) => !isFine(run.exitStatus));
  const base = form.height - MARGIN;
  const bars = form.kind === "rate" ? NOTHING : barsOf(points, base);
  const line = form.kind === "bytes" ? NOTHING : lineOf(points, base);
  const crosses = failed.map(({ x }) => `M${x - 2} ${base - 2}l4 4m0-4l-4 4`);
  return html`
    <svg class="chart ${form.kind}" viewBox="0 0 ${form.width} ${form.height}" role="img">${[
      html`
        <title>${spoken(points, failed.length, form.kind)}</title>
      `,
      html`
        <path class="base" d="M0 ${base}.5H${form.width}" />
      `,
      bars,
      line,
      pathOf("failed", crosses),
    ]}</svg>
  `;
}

function placed(history: readonly RunPoint[], nowMs: number, width: number): readonly Point[] {
  const timed = history.flatMap((run) => {
    const ms = instantOf(run.startedAt);
    return ms === undefined ? [] : [{ run, ms }];
  });
  const first = Math.min(...timed.map(({ ms }) => ms));
  const span = Math.max(1, nowMs - first, ...timed.map(({ ms }) => ms - first));
  const room = width - 2 * MARGIN;
  return timed.map(({ run, ms }) => ({ run, x: MARGIN + Math.round(((ms - first) / span) * room) }));
}

/** A run that did not fail and sent nothing is a short mark, so that each run is seen. */
function barsOf(points: readonly Point[], base: number): Html {
  const most = Math.max(1, ...points.map(({ run }) => Number(run.bytes)));
  const sending = points.filter(({ run }) => Number(run.bytes) > 0);
  const idle = points.filter(({ run }) => Number(run.bytes) === 0 && isFine(run.exitStatus));
  const bars = sending.map(({ run, x }) => `M${x} ${base}v-${heightOf(Number(run.bytes) / most, base)}`);
  return html`
    ${pathOf("sent", bars)}${pathOf("idle", idle.map(({ x }) => `M${x} ${base}v-5`))}
  `;
}

function lineOf(points: readonly Point[], base: number): Html {
  const sending = points.filter(({ run }) => isDone(run.exitStatus) && bytesPerSecond(run) > 0);
  const most = Math.max(...sending.map(({ run }) => bytesPerSecond(run)));
  const places = sending.map(({ run, x }) => `${x} ${base - heightOf(bytesPerSecond(run) / most, base)}`);
  // A line of one point is a dot, thanks to its round ends.
  if (places.length === 1) return pathOf("speed dot", [`M${places[0]!}h0`]);
  return pathOf("speed", places.map((place, i) => `${i === 0 ? "M" : "L"}${place}`));
}

function heightOf(share: number, base: number): number {
  return Math.max(1, Math.round(share * (base - MARGIN)));
}

function pathOf(kind: string, parts: readonly string[]): Html {
  return parts.length === 0 ? NOTHING : html`
    <path class="${kind}" d="${parts.join("")}" />
  `;
}

/** What a chart shows, in words, for all who do not see it. */
function spoken(points: readonly Point[], failures: number, kind: ChartForm["kind"]): string {
  const runs = points.map(({ run }) => run);
  const first = instantOf(runs[0]!.startedAt)!;
  const days = formatSpan(Math.max(0, instantOf(runs.at(-1)!.startedAt)! - first));
  const most = kind === "rate"
    ? `at most ${formatBytes(Math.max(...runs.map(bytesPerSecond)))}/s`
    : `at most ${formatBytes(Math.max(...runs.map(({ bytes }) => Number(bytes))))}`;
  return `${counted(runs.length, "run")} within ${days}, ${failures} failed, ${most}`;
}
