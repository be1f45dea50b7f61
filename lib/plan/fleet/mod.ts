/**
 * The fleet: which subjobs a job file or policy means, for which hosts, in which order.
 *
 * The door of this folder: what the rest of the program may use of it.
 * @module
 */
export { shuffled } from "./fleet.ts";
export { LOOPBACK_NAMES, type ThisHost } from "./hosts.ts";
export { orderOf, suspicionsOf } from "./review.ts";
export { busyLimitMsOf, cadenceMsOf, type FleetRole, runLimitMsOf, scheduleOf } from "./roles.ts";
export { combineStatuses, statusOfMonitoring } from "./status.ts";
export { type FleetSurroundings, localPoolsOf, planSubjobs, poolOfOperand, type Subjob } from "./subjobs.ts";
