/**
 * Times, amounts and levels, as the page says them.
 * @module
 */
import { isDone, isFine } from "../../../model/status/mod.ts";
import { formatBytes, formatSpan } from "../../../model/text/mod.ts";
import type { Level, Place, RunPoint } from "../report.ts";
import { type Html, html, nameOf, NOTHING } from "./html.ts";

/** A level as a word with a mark of its own shape: nobody needs to see colours. */
export function levelMark(level: Level, text: string = level): Html {
  return html`
    <span class="level ${level}">${text}</span>
  `;
}

/** Milliseconds since 1970 of an ISO 8601 text; `undefined` for none. */
export function instantOf(iso: string | undefined): number | undefined {
  const ms = iso === undefined ? NaN : Date.parse(iso);
  return Number.isNaN(ms) ? undefined : ms;
}

/** A time in UTC, to the minute: `2026-11-28 20:05`. */
export function minuteOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace("T", " ");
}

/** The same as an element that knows the whole time. */
export function timeOf(iso: string | undefined, otherwise = "never"): Html {
  const ms = instantOf(iso);
  if (ms === undefined) {
    return html`
      <span class="none">${otherwise}</span>
    `;
  }
  return html`
    <time datetime="${new Date(ms).toISOString()}">${minuteOf(ms)}</time>
  `;
}

/** How long before `nowMs` something was: `3 h 12 min ago`. */
export function agoOf(iso: string | undefined, nowMs: number): Html {
  const ms = instantOf(iso);
  if (ms === undefined) return NOTHING;
  const text = ms > nowMs ? `in ${formatSpan(ms - nowMs)}` : `${formatSpan(nowMs - ms)} ago`;
  return html`
    <span class="quiet ago">${text}</span>
  `;
}

/** How a run has ended, in a word; nothing for one that did all its work. */
export function endOf({ exitStatus }: RunPoint): Html {
  if (exitStatus === 0) return NOTHING;
  if (!isFine(exitStatus)) {
    return html`
      <span class="word bad">failed (${exitStatus})</span>
    `;
  }
  return html`
    <span class="word">${isDone(exitStatus) ? "held back" : "busy"}</span>
  `;
}

/** Decimal text as a size: `12 MiB`. */
export function sizeOf(bytes: string | undefined): string {
  return bytes === undefined ? "–" : formatBytes(Number(bytes));
}

/** Bytes per second of a run: `1.5 MiB/s`. */
export function rateOf(run: RunPoint): string {
  return run.seconds > 0 ? `${formatBytes(bytesPerSecond(run))}/s` : "–";
}

/** Bytes per second of a run; 0 if it took no time. */
export function bytesPerSecond({ bytes, seconds }: RunPoint): number {
  return seconds > 0 ? Number(bytes) / seconds : 0;
}

/** `nas backup/web1` */
export function placeOf({ host, dataset }: Place): Html {
  return html`
    ${nameOf(host)} ${nameOf(dataset)}
  `;
}

/** A message, which may have several lines. */
export function lines(message: string): Html {
  return html`
    <span class="lines">${message}</span>
  `;
}

/** A cell of a table. It knows the title of its column, which narrow screens show at each cell. */
export function cell(title: string, content: Html | string | number, kind = ""): Html {
  return html`
    <td class="${kind}" data-title="${title}">${content}</td>
  `;
}
