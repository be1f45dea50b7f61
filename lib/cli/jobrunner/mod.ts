/**
 * The command line of the job runner: its arguments, the policy of a fleet, and the words of subjobs.
 *
 * Apart from the other folders of `cli/`, since a run of `bzfs` does not need it and to load a module takes time.
 * @module
 */
export * from "./arguments.ts";
export * from "./fleet.ts";
export * from "./plan_inputs.ts";
export * from "./reviewed_options.ts";
export * from "./subjobs.ts";
