/**
 * Files that are opened safely, locks, and the stamps of the cache.
 * @module
 */
export { readTrustedFile } from "./files.ts";
export { followLines } from "./followed_file.ts";
export { inspectFile, inspectFolders, publicKeysIn, roomAt, schedulesNaming } from "./inspection.ts";
export { hasLocks, lockHolder, lockJob, lookAtLocks } from "./lock.ts";
export { fileCacheStamps, lastSeen, noteSeen } from "./cache_stamps.ts";
export { lookAtState, stateFiles, stateNames } from "./state_files.ts";
export { temporaryFile } from "./temporary_file.ts";
