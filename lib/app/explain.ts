/**
 * `bzfs_jobrunner --explain`: what a run would do, without asking any host.
 * @module
 */
import { subjobCommand, type SubjobContext } from "../cli/subjobs.ts";
import { quoteInsideDoubleQuotes, quoteWord } from "../host/shell.ts";
import { type Fleet, FLEET_ACTIONS } from "../model/fleet.ts";
import { parsePeriod, periodMs } from "../model/units.ts";
import { orderOf, suspicionsOf } from "../plan/fleet_review.ts";
import { type FleetSurroundings, localPoolsOf, planSubjobs, type Subjob } from "../plan/fleet_subjobs.ts";
import { describeFleet } from "../report/fleet_explanation.ts";

/** The explanation. Pools of this host are taken to be there. */
export function explainFleet(
  fleet: Fleet,
  around: Omit<FleetSurroundings, "localPools">,
  context: SubjobContext,
): string {
  const whole = { ...fleet, actions: FLEET_ACTIONS };
  const withPools = { ...around, localPools: new Set(localPoolsOf(whole, around)) };
  const routes = planSubjobs(whole, withPools).subjobs.filter(({ action }) => action === "replicate");
  const { subjobs } = planSubjobs(fleet, withPools);
  const byName = new Map(subjobs.map((subjob) => [subjob.name, subjob]));
  const frequency = parsePeriod(context.args.text("--daemon-replication-frequency"));
  return describeFleet({
    fleet,
    routes,
    subjobs: orderOf([...byName.keys()]).map((name) => byName.get(name)!).map((subjob) => ({
      title: titleOf(subjob),
      command: subjobCommand(subjob, context).words.map(quoted).join(" "),
    })),
    suspicions: suspicionsOf(fleet, { routes, cadenceMs: periodMs(frequency) }),
  });
}

function titleOf({ action, source, destination }: Subjob): string {
  return destination === "" ? `${action} of ${source}` : `${action} of ${source} at ${destination}`;
}

/** Plans are full of single quotes, so they are easier to read in double ones. */
function quoted(word: string): string {
  return word.includes("'") ? quoteInsideDoubleQuotes(word) : quoteWord(word);
}
