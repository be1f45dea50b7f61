/**
 * The fleet: which subjobs a job file or policy means, for which hosts, in which order.
 * @module
 */
export * from "./alike.ts";
export * from "./fleet.ts";
export * from "./review.ts";
export * from "./roles.ts";
export * from "./status.ts";
export * from "./subjobs.ts";
export * from "./this_host.ts";
