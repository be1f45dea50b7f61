/**
 * Files that are opened safely, locks, and the stamps of the cache.
 *
 * The door of this folder: what the rest of the program may use of it.
 * @module
 */
export { readTrustedFile } from "./files.ts";
export { followLines } from "./followed_file.ts";
export { lastSeen, noteSeen } from "./last_seen.ts";
export { lockJob } from "./lock.ts";
export { fileCacheStamps } from "./cache_stamps.ts";
export { temporaryFile } from "./temporary_file.ts";
