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

/** Where cron keeps what it starts, below the root of the file system; in folders named `cron.d` it ignores most names. */
const CRON_FOLDERS = [
  "etc/cron.d",
  "usr/local/etc/cron.d",
  "var/spool/cron",
  "var/spool/cron/crontabs",
  "var/cron/tabs",
];

/** Where systemd keeps the units of this host, and in `*.wants` links to those that it starts. */
const SYSTEMD_FOLDER = "etc/systemd/system";

/** Larger files, and more of them in a folder, are not read. */
const MOST_BYTES = 1_000_000;
const MOST_FILES = 2000;

/**
 * Files by which cron or systemd start a command that has this path as a word; `undefined` if none of their folders can be
 * read. Comments, files that cron ignores, and services that neither are enabled nor have an enabled timer start nothing.
 *
 * @param root of the file system, with a slash at its end
 */
export function schedulesNaming(path: string, root = "/"): string[] | undefined {
  const [folders, units] = [CRON_FOLDERS.map((folder) => root + folder), root + SYSTEMD_FOLDER];
  if ([...folders, units].every((folder) => names(folder).length === 0)) return undefined;
  const tables = folders.flatMap((folder) =>
    names(folder).filter((name) => !folder.endsWith("/cron.d") || /^[A-Za-z0-9_-]+$/.test(name))
      .map((name) => `${folder}/${name}`)
  );
  const services = [...startedBy(units)].map((name) => `${units}/${name}`);
  return [`${root}etc/crontab`, ...tables, ...services].filter((file) => hasWord(textOf(file), path));
}

/** Services that systemd starts by itself, or by a timer. */
function startedBy(folder: string): Set<string> {
  const enabled = names(folder).filter((name) => /\.(?:wants|requires)$/.test(name))
    .flatMap((name) => names(`${folder}/${name}`));
  return new Set(enabled.flatMap((name) => {
    if (name.endsWith(".service")) return [name];
    if (!name.endsWith(".timer")) return [];
    const unit = /^Unit=\s*(\S+)\s*$/m.exec(textOf(`${folder}/${name}`))?.[1];
    return [unit ?? name.replace(/timer$/, "service")];
  }));
}

/** True if a line that is no comment has the path as a word, or as the value of an option. */
function hasWord(text: string, path: string): boolean {
  return text.split("\n").some((line) => {
    if (/^\s*[#;]/.test(line)) return false;
    for (let at = line.indexOf(path); at >= 0; at = line.indexOf(path, at + 1)) {
      const [before, after] = [line.slice(0, at).at(-1) ?? " ", line[at + path.length] ?? " "];
      if (/[\s='"]/.test(before) && /[\s'";&|)<>]/.test(after)) return true;
    }
    return false;
  });
}

function names(folder: string): string[] {
  try {
    return listFolder(folder).slice(0, MOST_FILES).map(({ name }) => name);
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
