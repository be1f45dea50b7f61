/** Documents of events that are all there already. */
import { FleetFold, type FleetResult } from "../../lib/report/fleet/result.ts";
import { RunFold, type RunResult } from "../../lib/report/result.ts";
import type { FleetEvent, RunEvent, Stamped } from "../../lib/report/events.ts";

/** The result of a run. */
export function foldRun(events: Iterable<Stamped<RunEvent>>): RunResult | undefined {
  const fold = new RunFold();
  for (const event of events) fold.add(event);
  return fold.document();
}

/** The result of a fleet. */
export function foldFleet(events: Iterable<Stamped<FleetEvent>>): FleetResult | undefined {
  const fold = new FleetFold();
  for (const event of events) fold.add(event);
  return fold.document();
}
