/**
 * What the outputs of a run cost: the same idle run with all of them and with as few as there can be.
 * @module
 */
import { costOf, median } from "./cost.ts";
import { type IdleGround, idleGround, type VerbRun } from "./idle.ts";
import type { TreeSize } from "./listings.ts";

/** CPU time of both kinds of runs: medians in milliseconds. */
export interface OutputCost {
  readonly quietMs: number;
  readonly everythingMs: number;
}

/** Log file, terminal, result and events; and only the log file, which `--quiet` leaves almost empty. */
function everything({ folder }: IdleGround): readonly string[] {
  return [`--result-file=${folder}/result.json`, `--event-log=${folder}/events.ndjson`];
}

/** Runs both kinds in turn, so that a busy machine treats them alike. */
export async function costOfOutputs(
  executable: string,
  size: TreeSize,
  verb: VerbRun,
  runs: number,
): Promise<OutputCost> {
  await using ground = await idleGround(size, verb);
  const quiet: number[] = [];
  const all: number[] = [];
  for (let run = 0; run < runs; run++) {
    quiet.push((await costOf(ground.argv(executable, ["--quiet"]), ground.env)).cpuMs);
    all.push((await costOf(ground.argv(executable, everything(ground)), ground.env)).cpuMs);
  }
  return { quietMs: median(quiet), everythingMs: median(all) };
}
