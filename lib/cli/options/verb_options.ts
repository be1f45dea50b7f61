/**
 * The option tables of words that are programs of their own: `bzfs status`, `bzfs doctor`.
 * @module
 */
export { DOCTOR_OPTIONS, DOCTOR_OWN_OPTIONS } from "./table/doctor.ts";
export { STATUS_OPTIONS } from "./table/status.ts";
