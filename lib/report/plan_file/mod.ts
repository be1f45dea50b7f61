/**
 * What a run would do, as a file that permits it, and as a table.
 * @module
 */
export { AppliedPlan } from "./applied.ts";
export type { PlanDocument, PlanHead, PlannedDataset, PlannedRun } from "./document.ts";
export { PlanFold } from "./fold.ts";
export { openPlan, PLAN_BYTES_MAX, sealPlan } from "./sealed.ts";
export { planTable } from "./table.ts";
