/**
 * Paths on which nobody but root and us can put something else.
 *
 * A private folder protects what is in it only if nobody can rename it, or a folder above it, and put another one there
 * between our look at a path and its use. So every folder on the way must be owned by root or us and not writable by
 * others; where it is, the sticky bit must keep them from renaming what is not theirs, as in `/tmp`. Links on the way
 * are followed, each by the same rules.
 *
 * A folder that is writable by its group is accepted if the group has no members but root, us and accounts of the
 * system:
 * `/var/log` of Ubuntu is `root:syslog 0775`, and a user's own group may write to a home folder. OpenSSH and logrotate
 * refuse every such folder; here this would end the backups of users who follow the layout of the distribution. Access
 * control lists cannot be seen by us.
 * @module
 */
import { RefusedError } from "../../model/errors.ts";
import { absolutePath } from "../process/environment.ts";
import { lookAt, makeFolder, modeText, privateFolder } from "./files.ts";
import { effectiveUid } from "../node.ts";
import { readTextIfAny } from "../system.ts";

/** Links that a path may lead through, as in the kernel. */
const MOST_LINKS = 40;

/** The smallest user id of a person; those below are accounts of the system (`SYS_UID_MAX` of login.defs is 999). */
const FIRST_PERSON = 1000;

const STICKY = 0o1000;

/**
 * Makes a folder that only we can enter, and those above it that are missing, and checks that it is one on a path that
 * only root and we can change. Throws {@linkcode RefusedError}.
 */
export function safeFolder(path: string): void {
  const [, above = "", name = ""] = /^(.*\/)([^/]+)\/*$/.exec(absolutePath(path)) ?? [];
  makeSafePath(above);
  privateFolder(`${above}${name}`);
}

/** Makes the folders of an absolute path that are missing and checks all of them. */
function makeSafePath(path: string): void {
  const rest = partsOf(path);
  let at = "";
  checkFolder("/", lookAtOrMake("/"));
  for (let links = 0; rest.length > 0;) {
    const part = rest.shift()!;
    if (part === "..") {
      at = at.slice(0, Math.max(at.lastIndexOf("/"), 0));
      continue;
    }
    const next = `${at}/${part}`;
    const info = lookAtOrMake(next);
    if (!info.isSymlink) {
      checkFolder(next, info);
      at = next;
      continue;
    }
    expectOwner(next, info);
    if (++links > MOST_LINKS) throw new RefusedError(`'${path}' leads through too many symbolic links`);
    const target = Deno.readLinkSync(next);
    if (target.startsWith("/")) at = "";
    rest.unshift(...partsOf(target));
  }
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function lookAtOrMake(path: string): Deno.FileInfo {
  const info = lookAt(path);
  if (info !== undefined) return info;
  makeFolder(path);
  return Deno.lstatSync(path);
}

function expectOwner(path: string, { uid }: Deno.FileInfo): void {
  const ours = effectiveUid();
  if (uid === 0 || uid === ours) return;
  throw new RefusedError(`'${path}' is owned by uid ${uid}, who can replace what is in it`, {
    hint: `Name a folder all of whose parents belong to ${ours === 0 ? "root" : `root or uid ${ours}`}.`,
  });
}

function checkFolder(path: string, info: Deno.FileInfo): void {
  if (!info.isDirectory) throw new Deno.errors.NotADirectory(`Not a directory: '${path}'`);
  expectOwner(path, info);
  const mode = info.mode ?? 0;
  if ((mode & STICKY) !== 0) return;
  const refuse = (who: string, letter: string): never => {
    const text = `'${path}' has permissions ${modeText(mode & 0o777)}: ${who} can replace what is in it`;
    throw new RefusedError(text, { hint: `Name another folder, or run: chmod ${letter}-w '${path}'` });
  };
  if ((mode & 0o002) !== 0) refuse("everybody", "o");
  if ((mode & 0o020) !== 0 && !isTrustedGroup(info.gid ?? -1, effectiveUid(), readAccounts())) {
    refuse(`group ${info.gid}`, "g");
  }
}

/** The files in which the system's groups and users are. */
export interface Accounts {
  /** `/etc/group` */
  readonly group: string;
  /** `/etc/passwd` */
  readonly passwd: string;
}

function readAccounts(): Accounts {
  return { group: readTextIfAny("/etc/group"), passwd: readTextIfAny("/etc/passwd") };
}

/**
 * True if all members of the group are known, and are root, us, or accounts of the system. A group that is not in the
 * file, such as one of a directory service, may have any members.
 */
export function isTrustedGroup(gid: number, ours: number, accounts: Accounts): boolean {
  const groups = fieldsOf(accounts.group).filter(([, , id]) => id === String(gid));
  const users = fieldsOf(accounts.passwd);
  const named = groups.flatMap(([, , , members = ""]) => members.split(",")).filter((name) => name !== "");
  const uids = [
    ...named.map((name) => users.find(([user]) => user === name)?.[2]),
    ...users.filter(([, , , id]) => id === String(gid)).map(([, , uid]) => uid),
  ];
  const isTrusted = (uid: string | undefined): boolean =>
    uid !== undefined && /^\d+$/.test(uid) && (Number(uid) < FIRST_PERSON || Number(uid) === ours);
  return groups.length > 0 && uids.every(isTrusted);
}

function fieldsOf(text: string): readonly (readonly string[])[] {
  return text.split("\n").map((line) => line.split(":"));
}
