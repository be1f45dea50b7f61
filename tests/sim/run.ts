/**
 * Runs the product's engine in a simulated world, from the words of a command line.
 * @module
 */
import { sha256 } from "../../lib/host/node.ts";
import { runJob } from "../../lib/run/job/job.ts";
import { jobOf } from "../support/job.ts";
import { type Surroundings, surroundings } from "../support/surroundings.ts";
import type { SimulatedWorld } from "./world.ts";

/** Words that make retries quick and few. */
export const FEW_RETRIES: readonly string[] = ["--retries=2", "--retry-min-sleep-secs=0", "--retry-max-sleep-secs=0"];

/** Runs one job; returns what it threw, `undefined` after a success. */
export async function runBzfs(
  sim: Pick<SimulatedWorld, "world" | "log" | "clock">,
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  around: Surroundings = surroundings(),
): Promise<unknown> {
  const controller = new AbortController();
  try {
    await runJob(jobOf(argv, environment), {
      ...around,
      log: sim.log,
      clock: sim.clock,
      random: sim.world.random,
      digest: sha256,
      hostName: "nas",
      signal: controller.signal,
      connect: () =>
        Promise.resolve({
          world: sim.world,
          localPrograms: new Set(["sh", "pv"]),
          privilegePrefix: { src: [], dst: [] },
        }),
    });
    return undefined;
  } catch (error) {
    return error ?? new Error("nothing was thrown");
  }
}
