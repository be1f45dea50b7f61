/**
 * `bzfs status`: what is expected, what was found, and the judgement.
 * @module
 */
export * from "./facts.ts";
export { judgeStatus } from "./judge.ts";
export { FINDING_MEANINGS } from "./meanings.ts";
