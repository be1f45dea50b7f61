/**
 * Environment variables: those that tune the program, and the filter that removes variables at start.
 *
 * Source: docs/spec/cli.md §13 and §14, §1.10, docs/spec/replication.md §15.1, docs/spec/logging-progress.md §3.
 * @module
 */
import { RefusedError } from "../model/errors.ts";
import { compileRegexes, matchesAny } from "../model/regex/regex.ts";
import type { EnvironmentPolicy, Tuning } from "../model/job.ts";
import { readInteger } from "./options/numbers.ts";

/** Looks up a variable; `undefined` if it is not set. */
export type Environment = (name: string) => string | undefined;

/** A variable that tunes the program. */
export interface EnvironmentVariable {
  readonly name: `bzfs_${string}`;
  readonly type: "integer" | "boolean";
  /** `undefined` = the program decides. */
  readonly default: number | boolean | undefined;
  readonly brief: string;
}

type Row<N extends string, T> = EnvironmentVariable & { readonly name: N; readonly type: T };

/** A whole number, and what it is if the variable is not set. */
function whole<const N extends `bzfs_${string}`>(name: N, value: number | undefined, brief: string): Row<N, "integer"> {
  return { name, type: "integer", default: value, brief };
}

/** What is on or off, and which of both if the variable is not set. */
function flag<const N extends `bzfs_${string}`>(name: N, value: boolean | undefined, brief: string): Row<N, "boolean"> {
  return { name, type: "boolean", default: value, brief };
}

/** All such variables, for help and man page. */
export const ENVIRONMENT_VARIABLES = [
  whole(
    "bzfs_min_pipe_transfer_size",
    1048576,
    "Estimated bytes below which streams are neither compressed nor buffered",
  ),
  whole("bzfs_max_datasets_per_batch_on_list_snaps", 1024, "Most datasets per listing of snapshots"),
  whole("bzfs_max_snapshots_per_minibatch_on_delete_snaps", 536870912, "Most snapshots per zfs destroy"),
  flag("bzfs_dedicated_tcp_connection_per_zfs_send", true, "Give transfers ssh connections of their own"),
  whole(
    "bzfs_max_listing_size",
    undefined,
    "Most bytes of one listing, or of the messages of one command, which is ended if it prints more; unset: 1 GiB, " +
      "or a quarter of the memory that the program may take if that is less",
  ),
  flag("bzfs_reuse_ssh_connection", true, "Share ssh connections"),
  flag(
    "bzfs_ssh_session",
    true,
    "Run commands of remote hosts in shells that stay; off or false: each in an ssh session of its own",
  ),
  whole(
    "bzfs_ssh_control_persist_margin_secs",
    2,
    "How long before its end a shared ssh connection is no longer trusted",
  ),
  whole("bzfs_ssh_server_alive_interval", 15, "Seconds between signs of life on ssh connections; 0 = ssh decides"),
  flag("bzfs_isatty", undefined, "Force the status line on or off; unset: if stdout is a terminal"),
  whole("bzfs_terminal_columns", undefined, "Width of the terminal"),
  flag("bzfs_no_force_convert_I_to_i", true, "False: never send with -I, only series of -i"),
  whole("bzfs_subprocess_run_loglevel", 5, "Level at which finished commands are logged: 5 trace, 10 debug, 20 info"),
  flag("bzfs_disable_loopback", false, "bzfs_jobrunner: reach this host by ssh, too"),
  flag("bzfs_loopback_is_nonlocal", false, "For tests: treat 127.0.0.1 and ::1 like other hosts"),
] as const;

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
    liveSshSessions: !["off", "false"].includes(environment("bzfs_ssh_session")?.trim().toLowerCase() ?? ""),
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
  return ENVIRONMENT_VARIABLES.find((row) => row.name === name)?.default;
}

/** Names of the variables to remove from the environment, in the order given. */
export function namesToRemove(names: readonly string[], policy: EnvironmentPolicy | undefined): string[] {
  if (policy === undefined) return [];
  const includes = compileRegexes(policy.includeRegexes, "name");
  const excludes = compileRegexes(policy.excludeRegexes, "name");
  return names.filter((name) => matchesAny(excludes, name) && !matchesAny(includes, name));
}
