/**
 * Transfers: a pipeline as text or as joined streams, its stages and its meter.
 * @module
 */
export type { PipelineWords } from "./pipeline_text.ts";
export { ProgressReporter, totalBytesOfRun } from "./progress_reporter.ts";
export { FirstChangeError, mayBeginWithChange, runTransfer, type TransferContext } from "./transfer.ts";
