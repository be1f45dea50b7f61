/**
 * Job files: YAML in, a checked file out, and its JSON Schema.
 * @module
 */
export type { JobFileEntry } from "./entry.ts";
export { removableHosts } from "./hosts.ts";
export { hasExternalSnapshots, jobFileFields } from "./job_file.ts";
export { readSchedule } from "./schedule.ts";
export { renderJobFileSchema } from "./schema.ts";
