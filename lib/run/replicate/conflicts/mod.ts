/**
 * What stands in the way of replication at the destination.
 * @module
 */
export { isHeldBack, lostBySource, proveLacking, resolve } from "./conflicts.ts";
