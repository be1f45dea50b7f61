/**
 * The fleet: which subjobs a job file or policy means, for which hosts, in which order.
 * @module
 */
export { shuffled } from "./fleet.ts";
export { LOOPBACK_NAMES, type ThisHost } from "./hosts.ts";
export { orderOf, suspicionsOf } from "./review.ts";
export { busyLimitMsOf, cadenceMsOf, type FleetRole, runLimitMsOf, scheduleOf } from "./roles.ts";
export { combineStatuses, statusOfMonitoring } from "./status.ts";
export { type FleetSurroundings, localPoolsOf, planSubjobs, poolOfOperand, type Subjob } from "./subjobs.ts";
