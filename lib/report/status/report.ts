/**
 * What `bzfs status` says, as data. The types are in the model, since `plan/` makes the judgement and `report/` shows it.
 * @module
 */
export type * from "../../model/status/mod.ts";
