/**
 * Schedules for cron, systemd and Nomad as text.
 *
 * The door of this folder: what the rest of the program may use of it.
 * @module
 */
export { renderCron } from "./cron.ts";
export { renderNomad } from "./nomad.ts";
export type { Schedule, ScheduledTask } from "./schedule.ts";
export { renderSystemd } from "./systemd.ts";
