/**
 * What to do about one dataset: lineage, steps, bookmarks, tokens, properties, pipeline.
 *
 * The door of this folder: what the rest of the program may use of it.
 * @module
 */
export {
  bookmarkTags,
  type DestinationMark,
  destinationMark,
  isTemporaryTag,
  isTooLong,
  planPromotions,
  type Promotion,
  snapshotsToBookmark,
} from "./bookmarks.ts";
export { type FullTarget, replacesTarget } from "./full_target.ts";
export { isMetered, limitWarning, type PipelineEnd, planPipeline, type R2rMode, resolveR2r } from "./pipeline.ts";
export {
  checkPreservation,
  type GroupSelection,
  hasFixedInRaw,
  isGroupActive,
  namedExclusions,
  type ReceivePhase,
  type ReceiveProperties,
  receiveProperties,
  selectNames,
  sortExclusions,
} from "./properties.ts";
export { type ReceiveStateVerdict, receiveStateVerdict } from "./receive_fault.ts";
export { decide, type Decision, type Observation, type Resolution, usableVersions } from "./replication.ts";
export { objectionTo, openToken, rawModeQuestion, readToken, type ResumeToken, type TokenFit } from "./resume_token.ts";
export { mayEmbed, sendsRaw, withoutEmbedding } from "./send_options.ts";
export { type StepLimits } from "./send_steps.ts";
export {
  gainOf,
  incrementalPhases,
  type Interrupted,
  type PlanPolicy,
  planReplication,
  planTransfers,
  type ReplicationPlan,
  type Start,
  type TransferPhase,
} from "./transfers.ts";
