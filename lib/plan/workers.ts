/**
 * How many datasets are processed at once. Source: spec/cli-bzfs.md chapter 10.
 * @module
 */
import type { IntOrPercent } from "./policy.ts";

/** Number of workers for a host with so many CPUs: rounded half to even, at least one. */
export function workerCount(threads: IntOrPercent, cpus: number): number {
  const exact = threads.percent ? (cpus * threads.amount) / 100 : threads.amount;
  return Math.max(1, roundHalfEven(exact));
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
