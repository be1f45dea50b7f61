/**
 * The rows of the option tables. Made into one table in `bzfs_options.ts`.
 * @module
 */
export { JOBRUNNER_OPTIONS, JOBRUNNER_TABLE } from "./jobrunner.ts";
