/**
 * The words in front of a command that make ssh run it elsewhere (docs/spec/replication.md §15.1). Runs nothing.
 * @module
 */
import { MissingToolError, RefusedError } from "../../model/errors.ts";
import type { HostAddress } from "../../model/job.ts";

/** What all connections of a run share. */
export interface SshSettings {
  /** `ssh` or `hpnssh`; `-` = disabled. */
  readonly program: string;
  /** Empty = the default of ssh. */
  readonly cipher: string;
  /** Lends the agent of this host to the hosts that it connects to. */
  readonly forwardsAgent: boolean;
  /** Options that `program` knows, of {@linkcode NEWER_GUARDS}. */
  readonly guards?: readonly string[];
  /** From 3 on ssh says what it does. */
  readonly verbosity: number;
  /** Seconds of silence after which the peer is asked for a sign of life; 0 = never. */
  readonly serverAliveIntervalSecs: number;
}

/** Unanswered questions after which a peer counts as dead (docs/spec/replication.md §15.1). */
const SERVER_ALIVE_COUNT = 8;

/**
 * Options against an ssh configuration that would change what a command does: by something else that runs here, whose
 * output would be taken for the command's, or by ports that another connection holds. Known to every ssh.
 */
const GUARDS = ["-oPermitLocalCommand=no", "-oClearAllForwardings=yes"];

/**
 * The same for settings that older programs do not know, and would fail for; the oldest first. A connection that goes to
 * the background returns 0 before the command has ended, and one without a session never runs it.
 */
export const NEWER_GUARDS: readonly string[] = [
  "-oRemoteCommand=none", // OpenSSH 7.6
  "-oSessionType=default", // 8.7, as those that follow
  "-oForkAfterAuthentication=no",
  "-oStdinNull=no",
];

/**
 * Words that run what follows them at the target; the last one names the host. Empty for this host. Throws
 * `RefusedError` if ssh is disabled.
 *
 * @param socket path of the control socket of a master; without it ssh makes a connection of its own
 */
export function sshWords(target: HostAddress, settings: SshSettings, socket?: string): readonly string[] {
  if (target.userHost === "") return [];
  const { program, cipher, verbosity, serverAliveIntervalSecs: interval } = settings;
  if (program === "-") throw new RefusedError("Cannot talk to remote host because ssh CLI is disabled.");
  return [
    program,
    "-oBatchMode=yes",
    `-oServerAliveInterval=${interval}`,
    ...(interval === 0 ? [] : [`-oServerAliveCountMax=${SERVER_ALIVE_COUNT}`]),
    "-x",
    "-T",
    settings.forwardsAgent ? "-A" : "-a",
    ...GUARDS,
    ...(settings.guards ?? []),
    ...(verbosity >= 3 ? ["-v"] : []),
    ...(target.configFile === undefined ? [] : ["-F", target.configFile]),
    ...(cipher === "" ? [] : ["-c", cipher]),
    ...(target.port === undefined ? [] : ["-p", String(target.port)]),
    ...(socket === undefined ? [] : ["-S", socket]),
    target.userHost,
  ];
}

/** The error of a run that needs ssh where there is none. */
export function sshMissing(): MissingToolError {
  return new MissingToolError("ssh CLI is not available to talk to remote host. Install ssh first!");
}
