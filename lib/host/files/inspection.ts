/**
 * Looks at what this host keeps for the program, and changes nothing: for `bzfs doctor`.
 * @module
 */
import type { HereFacts, OwnPath } from "../../model/checkup.ts";
import { messageOf, RefusedError } from "../../model/errors.ts";
import { fileSystemRoom } from "../node.ts";
import { ifThere, listFolder, lookAt, privateFolder, readTrustedFile } from "./files.ts";

/** What is wrong with those of the folders that exist: they must be ours, and only we may enter them. */
export function inspectFolders(paths: readonly string[]): OwnPath[] {
  return paths.filter((path) => ifThere(() => lookAt(path)) !== undefined)
    .map((path) => inspected(path, () => privateFolder(path)));
}

/** What is wrong with a file that decides about what the program does. */
export function inspectFile(path: string): OwnPath {
  return inspected(path, () => void readTrustedFile(path));
}

function inspected(path: string, check: () => void): OwnPath {
  try {
    check();
    return { path, problem: undefined, isOnlyMode: false };
  } catch (error) {
    const isOnlyMode = error instanceof RefusedError && error.hint?.includes("chmod") === true;
    return { path, problem: messageOf(error), isOnlyMode };
  }
}

/** Room of the file system of a folder, or of the nearest one above that exists. */
export function roomAt(path: string): HereFacts["logRoom"] {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    const room = fileSystemRoom(path.slice(0, end));
    if (room !== undefined) return room;
  }
  return fileSystemRoom("/");
}

/** Public keys of a user, the usual ones. */
export function publicKeysIn(home: string): string[] {
  return names(`${home}/.ssh`).filter((name) => /^id_[a-z0-9_]+\.pub$/.test(name)).toSorted()
    .map((name) => `${home}/.ssh/${name}`);
}

/** Where schedulers keep what they start, below the root of the file system. */
const SCHEDULES = [
  "etc/cron.d",
  "etc/systemd/system",
  "var/spool/cron",
  "var/spool/cron/crontabs",
  "var/cron/tabs",
  "usr/local/etc/cron.d",
];

/** Larger files, and more of them in a folder, are not read. */
const MOST_BYTES = 1_000_000;
const MOST_FILES = 2000;

/**
 * Files of cron and systemd that name a file; `undefined` if none of their folders can be read.
 *
 * @param root of the file system, with a slash at its end
 */
export function schedulesNaming(path: string, root = "/"): string[] | undefined {
  const folders = SCHEDULES.map((folder) => `${root}${folder}`);
  const readable = folders.filter((folder) => names(folder).length > 0);
  if (readable.length === 0) return undefined;
  const files = readable.flatMap((folder) => names(folder).slice(0, MOST_FILES).map((name) => `${folder}/${name}`));
  return [`${root}etc/crontab`, ...files].filter((file) => textOf(file).includes(path));
}

function names(folder: string): string[] {
  try {
    return listFolder(folder).map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Empty for what is no regular file, too large, or not for us. */
function textOf(path: string): string {
  try {
    const info = Deno.statSync(path);
    return info.isFile && info.size <= MOST_BYTES ? Deno.readTextFileSync(path) : "";
  } catch {
    return "";
  }
}
