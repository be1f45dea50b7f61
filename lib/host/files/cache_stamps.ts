/**
 * Cache stamps, and when something was seen last, as the times of empty files (docs/spec/replication.md §14.1, §14.2).
 *
 * A file is changed under a lock that is held for a moment only. What cannot be read or written safely does not exist
 * as far as the cache goes: then snapshots are listed, which is always right.
 * @module
 */
import { RefusedError } from "../../model/errors.ts";
import type { CacheStamp } from "../../model/cache_stamp.ts";
import type { CacheStamps } from "../../zfs/world.ts";
import { createFile, isSameFile, listFolder, lookAt, makeFolder, openFile, openOrCreate } from "./files.ts";
import { effectiveUid } from "../node.ts";
import { safeFolder } from "./safe_path.ts";

/** Cache stamps below a private folder; the folder is made when the first stamp is written. */
export function fileCacheStamps(root: string): CacheStamps {
  return {
    read: (name) => readStamp(`${root}/${name}`),
    write(name, stamp): void {
      quietly(() => {
        makeFolders(root, name);
        writeStamp(`${root}/${name}`, stamp);
      });
    },
    forget(folder): void {
      quietly(() => {
        for (const entry of listFolder(`${root}/${folder}`)) {
          if (entry.isFile) resetStamp(`${root}/${folder}/${entry.name}`);
        }
      });
    },
  };
}

function readStamp(path: string): CacheStamp | undefined {
  const info = lookAtQuietly(path);
  if (info === undefined || !info.isFile || info.uid !== effectiveUid() || !isStamped(info)) return undefined;
  return stampOf(info);
}

function lookAtQuietly(path: string): Deno.FileInfo | undefined {
  try {
    return lookAt(path);
  } catch (error) {
    if (isOthersDoing(error)) return undefined;
    throw error;
  }
}

function stampOf({ mtime, atime }: Deno.FileInfo): CacheStamp {
  return { changed: secondsOf(mtime), created: secondsOf(atime) };
}

/** Our times are whole seconds; those of a file that was made and not yet stamped hardly ever are. */
function isStamped({ mtime, atime }: Deno.FileInfo): boolean {
  return [mtime, atime].every((time) => time !== null && time.getTime() % 1000 === 0);
}

function secondsOf(time: Date | null): number {
  return Math.round((time?.getTime() ?? 0) / 1000);
}

function makeFolders(root: string, name: string): void {
  if (lookAt(root) === undefined) safeFolder(root);
  const parts = name.split("/").slice(0, -1);
  parts.reduce((folder, part) => {
    const next = `${folder}/${part}`;
    makeFolder(next);
    return next;
  }, root);
}

function writeStamp(path: string, stamp: CacheStamp): void {
  const { file, isNew } = openOrCreate(path, "write");
  using opened = file;
  opened.lockSync(true);
  const known = opened.statSync();
  const atPath = lookAt(path);
  if (atPath === undefined || !isSameFile(known, atPath)) return;
  const old = stampOf(known);
  const isSame = stamp.changed === old.changed && stamp.created === old.created;
  if (!isNew && (stamp.changed < old.changed || isSame)) return;
  opened.utimeSync(stamp.created, stamp.changed);
}

function resetStamp(path: string): void {
  using file = openFile(path, { kind: "private", access: "write" });
  file.lockSync(true);
  file.utimeSync(0, 0);
}

/** A stamp that cannot be kept is no failure of the run. */
function quietly(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!isOthersDoing(error)) throw error;
  }
}

/** Somebody else makes or removes the same files, or has put there what we do not touch; or the disk is full. */
function isOthersDoing(error: unknown): boolean {
  return error instanceof RefusedError || error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.AlreadyExists || error instanceof Deno.errors.NotADirectory ||
    error instanceof Deno.errors.PermissionDenied ||
    (error instanceof Error && /\bos error (28|30|122)\b/.test(error.message));
}

/** Notes that something is there now, by the time of an empty file. A time that cannot be noted is forgotten. */
export function noteSeen(folder: string, name: string): void {
  const path = `${folder}/seen-${name}`;
  try {
    if (lookAt(path)?.isFile === true) Deno.utimeSync(path, new Date(), new Date());
    else createFile(path).close();
  } catch {
    // The folder is not there yet, or is not ours.
  }
}

/** When it was there, in milliseconds since 1970; `undefined` if nobody knows. */
export function lastSeen(folder: string, name: string): number | undefined {
  try {
    return lookAt(`${folder}/seen-${name}`)?.mtime?.getTime();
  } catch {
    return undefined;
  }
}
