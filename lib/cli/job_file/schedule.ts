/**
 * The chapter `schedule` of a job file: who does what, for the scheduler of each host.
 * @module
 */
import { FLEET_MODES, type FleetMode } from "../../model/fleet.ts";
import type { JobFileEntry } from "./entry.ts";
import { didYouMean } from "../parse/suggestion.ts";

/** Fields of the chapter. */
const SCHEDULE_FIELDS = ["mode", "bastion", "user"] as const;

/** Who replicates, and as whom. */
export interface JobFileSchedule {
  readonly mode: FleetMode;
  /** Host that does everything, in mode `bastion`. */
  readonly bastion: string | undefined;
  readonly user: string;
}

/** Reads the chapter; what is absent has defaults. Throws `UsageError`. */
export function readSchedule(chapter: JobFileEntry): JobFileSchedule {
  if (chapter.isAbsent) return { mode: "pull", bastion: undefined, user: "root" };
  const { mode, bastion, user } = chapter.fields(SCHEDULE_FIELDS);
  const chosen = mode.isAbsent ? "pull" : FLEET_MODES.find((known) => known === mode.text());
  if (chosen === undefined) {
    throw mode.error(`must be one of ${FLEET_MODES.join(", ")}`, didYouMean(mode.text(), FLEET_MODES));
  }
  if (chosen === "bastion" && bastion.isAbsent) throw bastion.error("is missing");
  if (chosen !== "bastion" && !bastion.isAbsent) throw bastion.error("is for mode bastion only");
  const name = user.isAbsent ? "root" : user.word();
  if (!/^[a-z_][a-z0-9_-]*\$?$/i.test(name)) throw user.error("must be the name of a user");
  return { mode: chosen, bastion: bastion.isAbsent ? undefined : bastion.word(), user: name };
}
