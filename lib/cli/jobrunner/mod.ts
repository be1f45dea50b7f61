/**
 * The command line of the job runner: its arguments, the policy of a fleet, and the words of subjobs.
 *
 * Apart from the other folders of `cli/`, since a run of `bzfs` does not need it and to load a module takes time.
 * @module
 */
export {
  type Forwarded,
  type JobrunnerArguments,
  type JobrunnerOutcome,
  type JobrunnerRun,
  lastingWords,
  parseJobrunnerArgv,
  readForwarded,
} from "./arguments.ts";
export { makeFleet } from "./fleet.ts";
export { type SubjobCommand, subjobCommand, type SubjobContext } from "./subjobs.ts";
