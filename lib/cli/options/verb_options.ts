/**
 * The option tables of words that are programs of their own: `bzfs status`.
 * @module
 */
export { STATUS_OPTIONS } from "./table/status.ts";
