/**
 * Calendar anchors by the names of their options.
 * @module
 */
import type { CalendarAnchors } from "../../lib/model/job.ts";
import { jobOf } from "./arguments.ts";

/** The defaults with some options changed, such as `{ hourly_minute: 30 }`. */
export function anchorsOf(options: Readonly<Record<string, number>> = {}): CalendarAnchors {
  const words = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  return jobOf(["p/s", "q/d", ...words]).verbs.schedule.anchors;
}
