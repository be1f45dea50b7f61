/**
 * Schedules for cron, systemd and Nomad as text.
 * @module
 */
export { renderCron } from "./cron.ts";
export { renderNomad } from "./nomad.ts";
export type { AfterStart, Schedule, ScheduledCommand, ScheduledTask } from "./schedule.ts";
export { renderSystemd } from "./systemd.ts";
