/**
 * With which rights commands change a pool: as root, through sudo, or by ZFS delegation (docs/spec/replication.md §18).
 * @module
 */
import { RefusedError } from "../model/errors.ts";
import type { Side } from "../model/job.ts";
import type { Location } from "../model/location.ts";
import type { Capabilities } from "../model/capabilities.ts";

/** What decides about the rights at one location. */
export interface PrivilegeFacts extends Pick<Location, "userHost" | "user"> {
  /** Our own user id. */
  readonly uid: number;
  /** False with `--no-privilege-elevation`. */
  readonly elevate: boolean;
  /** Name of the program that elevates, `-` = disabled. */
  readonly sudoProgram: string;
}

/** How commands at one location get their rights. */
export interface Privileges {
  /** Words in front of a command that changes or sends something. */
  readonly prefix: readonly string[];
  /** The plain user relies on what `zfs allow` granted. */
  readonly delegation: boolean;
}

/** Throws `RefusedError` if rights are needed that no program can give. */
export function privilegesOf(facts: PrivilegeFacts): Privileges {
  if (isRoot(facts)) return { prefix: [], delegation: false };
  if (!facts.elevate) return { prefix: [], delegation: true };
  if (facts.sudoProgram === "-") {
    throw new RefusedError(`sudo CLI is not available on host: ${facts.userHost || "localhost"}`, {
      hint: "Connect as root, allow --sudo-program, or use --no-privilege-elevation with 'zfs allow'.",
    });
  }
  return { prefix: [facts.sudoProgram, "-n"], delegation: false };
}

function isRoot(facts: PrivilegeFacts): boolean {
  if (facts.userHost === "") return facts.uid === 0;
  return facts.user === "root" || (facts.user === "" && facts.uid === 0);
}

/** Where a check happens, for its message. */
export interface CheckedLocation extends Pick<Location, "userHost" | "operand"> {
  readonly side: Side;
  readonly pool: string;
}

/** Throws `RefusedError` if the host cannot give the rights in this way. */
export function checkPrivileges(privileges: Privileges, capabilities: Capabilities, at: CheckedLocation): void {
  if (privileges.prefix.length > 0 && !capabilities.programs.has("sudo")) {
    throw new RefusedError(`sudo CLI is not available on ${at.side} host: ${at.userHost || "localhost"}`, {
      hint: "Install sudo there, connect as root, or use --no-privilege-elevation with 'zfs allow'.",
    });
  }
  if (privileges.delegation && capabilities.pool.get("delegation") === "off") {
    throw new RefusedError(`Permission denied as ZFS delegation is disabled for ${at.side} dataset: ${at.operand}`, {
      hint: `Enable it with 'zpool set delegation=on ${at.pool}'.`,
    });
  }
}
