/**
 * `bzfs doctor`: asks hosts, and mends what is this program's own.
 * @module
 */
export { type ExaminationContext, type ExaminedHost, examineHosts } from "./examination.ts";
export { dropPartialReceives, dropTemporaryBookmarks, type FixContext } from "./fixes.ts";
