/**
 * Help, man page, completion and reference, rendered from the option tables.
 *
 * The door of this folder: what the rest of the program may use of it.
 * @module
 */
export { renderCompletion } from "./completion.ts";
export {
  renderBriefing,
  renderLongHelp,
  renderOptionHelp,
  renderShortHelp,
  renderUsageError,
  renderVersion,
} from "./help.ts";
export { renderManPage } from "./man.ts";
export { BZFS_HELP, helpOf, JOBRUNNER_HELP, PROGRAM_HELPS } from "./program_help.ts";
