/**
 * When something was there for the last time: the times of empty files in a private folder of ours.
 * @module
 */
import { createFile, lookAt } from "./files.ts";

/** Notes that it is there now. A time that cannot be noted is forgotten. */
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
