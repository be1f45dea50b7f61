/**
 * Environment variables: those that tune the program, and the filter that removes variables at start.
 *
 * Source: docs/spec/cli.md §13 and §14, §1.10, docs/spec/replication.md §15.1, docs/spec/logging-progress.md §3.
 * @module
 */
import { RefusedError } from "../../model/errors.ts";
import { compileRegexes, matchesAny } from "../../model/regex/mod.ts";
import type { EnvironmentPolicy, Tuning } from "../../model/job.ts";
import { readInteger } from "./numbers.ts";

/** Looks up a variable; `undefined` if it is not set. */
export type Environment = (name: string) => string | undefined;

/** A variable that tunes the program. */
export interface EnvironmentVariable {
  readonly name: `bzfs_${string}`;
  readonly type: "integer" | "boolean";
  /** Absent = the program decides. */
  readonly default?: number | boolean;
  readonly brief: string;
}

/** All such variables, for help and man page. */
export const ENVIRONMENT_VARIABLES = [
  {
    name: "bzfs_min_pipe_transfer_size",
    type: "integer",
    default: 1048576,
    brief: "Estimated bytes below which streams are neither compressed nor buffered",
  },
  {
    name: "bzfs_max_datasets_per_batch_on_list_snaps",
    type: "integer",
    default: 1024,
    brief: "Most datasets per listing of snapshots",
  },
  {
    name: "bzfs_max_snapshots_per_minibatch_on_delete_snaps",
    type: "integer",
    default: 536870912,
    brief: "Most snapshots per zfs destroy",
  },
  {
    name: "bzfs_dedicated_tcp_connection_per_zfs_send",
    type: "boolean",
    default: true,
    brief: "Give transfers ssh connections of their own",
  },
  {
    name: "bzfs_max_listing_size",
    type: "integer",
    brief:
      "Most bytes of one listing, or of the messages of one command, which is ended if it prints more; unset: 1 GiB, " +
      "or a quarter of the memory that the program may take if that is less",
  },
  { name: "bzfs_reuse_ssh_connection", type: "boolean", default: true, brief: "Share ssh connections" },
  {
    name: "bzfs_ssh_control_persist_margin_secs",
    type: "integer",
    default: 2,
    brief: "How long before its end a shared ssh connection is no longer trusted",
  },
  {
    name: "bzfs_ssh_server_alive_interval",
    type: "integer",
    default: 15,
    brief: "Seconds between signs of life on ssh connections; 0 = ssh decides",
  },
  { name: "bzfs_isatty", type: "boolean", brief: "Force the status line on or off; unset: if stdout is a terminal" },
  { name: "bzfs_terminal_columns", type: "integer", brief: "Width of the terminal" },
  {
    name: "bzfs_no_force_convert_I_to_i",
    type: "boolean",
    default: true,
    brief: "False: never send with -I, only series of -i",
  },
  {
    name: "bzfs_subprocess_run_loglevel",
    type: "integer",
    default: 5,
    brief: "Level at which finished commands are logged: 5 trace, 10 debug, 20 info",
  },
  {
    name: "bzfs_disable_loopback",
    type: "boolean",
    default: false,
    brief: "bzfs_jobrunner: reach this host by ssh, too",
  },
  {
    name: "bzfs_loopback_is_nonlocal",
    type: "boolean",
    default: false,
    brief: "For tests: treat 127.0.0.1 and ::1 like other hosts",
  },
] as const satisfies readonly EnvironmentVariable[];

type Variable = typeof ENVIRONMENT_VARIABLES[number];
type IntegerName = Extract<Variable, { type: "integer" }>["name"];
type BooleanName = Extract<Variable, { type: "boolean" }>["name"];

/** Reads the variables of a job. Throws {@linkcode RefusedError} if one of them is not a number. */
export function makeTuning(environment: Environment): Tuning {
  return {
    minPipeTransferSize: integer(environment, "bzfs_min_pipe_transfer_size")!,
    maxDatasetsPerListing: integer(environment, "bzfs_max_datasets_per_batch_on_list_snaps")!,
    maxSnapshotsPerDelete: integer(environment, "bzfs_max_snapshots_per_minibatch_on_delete_snaps")!,
    maxListingSize: integer(environment, "bzfs_max_listing_size"),
    dedicatedConnectionPerSend: boolean(environment, "bzfs_dedicated_tcp_connection_per_zfs_send")!,
    reuseConnections: boolean(environment, "bzfs_reuse_ssh_connection")!,
    controlPersistMarginSecs: integer(environment, "bzfs_ssh_control_persist_margin_secs")!,
    allowIntermediates: boolean(environment, "bzfs_no_force_convert_I_to_i")!,
    commandLogLevel: integer(environment, "bzfs_subprocess_run_loglevel")!,
    serverAliveIntervalSecs: integer(environment, "bzfs_ssh_server_alive_interval")!,
    loopbackIsNonlocal: boolean(environment, "bzfs_loopback_is_nonlocal")!,
  };
}

/** What the environment prescribes about the terminal; `undefined` = the terminal decides. */
export interface TerminalTuning {
  readonly isTerminal: boolean | undefined;
  readonly columns: number | undefined;
}

/** Reads what is about the terminal, before there is a log. Throws {@linkcode RefusedError} for what is no number. */
export function makeTerminalTuning(environment: Environment): TerminalTuning {
  const columns = integer(environment, "bzfs_terminal_columns") ?? Number(environment("COLUMNS") ?? NaN);
  return {
    isTerminal: boolean(environment, "bzfs_isatty"),
    columns: Number.isInteger(columns) && columns > 0 ? columns : undefined,
  };
}

function integer(environment: Environment, name: IntegerName): number | undefined {
  const text = environment(name);
  if (text === undefined) return defaultOf(name) as number | undefined;
  const value = readInteger(text);
  if (value !== undefined) return value;
  throw new RefusedError(`Invalid value of environment variable ${name}: '${text}'`, {
    hint: "It must be an integer.",
  });
}

/** The value of a boolean variable: true if and only if its text is `true`. */
export function boolean(environment: Environment, name: BooleanName): boolean | undefined {
  const text = environment(name);
  return text === undefined ? defaultOf(name) as boolean | undefined : text.trim().toLowerCase() === "true";
}

function defaultOf(name: Variable["name"]): number | boolean | undefined {
  const variable: EnvironmentVariable | undefined = ENVIRONMENT_VARIABLES.find((row) => row.name === name);
  return variable?.default;
}

/** Names of the variables to remove from the environment, in the order given. */
export function namesToRemove(names: readonly string[], policy: EnvironmentPolicy | undefined): string[] {
  if (policy === undefined) return [];
  const includes = compileRegexes(policy.includeRegexes, "name");
  const excludes = compileRegexes(policy.excludeRegexes, "name");
  return names.filter((name) => matchesAny(excludes, name) && !matchesAny(includes, name));
}
