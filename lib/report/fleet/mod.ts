/**
 * What is told of a fleet: its policy, its progress, how it ended, and what is wrong with it.
 * @module
 */
export { describeFleet, NO_ACTION, type Route } from "./explanation.ts";
export { FleetHealth } from "./health.ts";
export { describeFleetProgress, describeReadiness, type FleetProgress } from "./progress.ts";
export { FleetFold } from "./result.ts";
