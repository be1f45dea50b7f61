/**
 * `bzfs status`: what is expected, what was found, and the judgement.
 * @module
 */
export * from "./facts.ts";
export { judgeStatus } from "./judge.ts";
