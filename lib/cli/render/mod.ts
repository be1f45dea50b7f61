/**
 * Help, man page, completion and reference, rendered from the option tables.
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
export { DOCTOR_HELP } from "./doctor_help.ts";
export { renderJobFilePage } from "./job_file_page.ts";
export { renderManPage } from "./man.ts";
export {
  exampleText,
  isTopic,
  nearestHelp,
  nearestTopic,
  type ReadDocument,
  renderSections,
  renderTopic,
  renderTopics,
} from "./manual.ts";
export { BZFS_HELP, helpOf, JOBRUNNER_HELP, PROGRAM_HELPS } from "./program_help.ts";
export { STATUS_HELP } from "./status_help.ts";
export { renderMarkdown, type TextStyle } from "./terminal_text.ts";
