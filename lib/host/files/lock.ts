/**
 * The lock that keeps two runs of the same job apart (docs/spec/cli.md §16).
 *
 * The runtime has no lock that gives up at once. So a wait is raced against a limit; if it loses, the file is closed
 * the moment the lock is granted after all. The file is removed while the lock is held, hence a lock counts only if the
 * path still leads to the locked file.
 * @module
 */
import { BusyError, RefusedError } from "../../model/errors.ts";
import { sha256Hex } from "../digest.ts";
import {
  createFile,
  isSameFile,
  lookAt,
  openFile,
  privateFolder,
  readPrivateFile,
  removeFile,
  ReplacedError,
  writeText,
} from "./files.ts";
import { isSettledWithin } from "../process/patience.ts";

/** A lock that is held. */
export interface JobLock {
  readonly path: string;
  /** Removes the file and lets the lock go; further calls do nothing. */
  release(): void;
}

/** Which lock, and how long to wait for another run to end. */
export interface JobLockOptions {
  /** `<log parent>/.locks`; made if it is not there. */
  readonly folder: string;
  /** Canonical text of what makes two runs the same job. */
  readonly identity: string;
  readonly patienceMs?: number;
}

/**
 * Locks that this process holds or waits for: what the file system tells about another process, this tells about us.
 */
const ours = new Set<string>();

/**
 * Takes the lock. Throws {@linkcode BusyError} if another run holds it, {@linkcode RefusedError} for an unsafe file.
 */
export async function lockJob(options: JobLockOptions): Promise<JobLock> {
  privateFolder(options.folder);
  const path = `${options.folder}/bzfs-lockfile-${sha256Hex(options.identity)}.lock`;
  if (ours.has(path)) throw busy(path);
  ours.add(path);
  try {
    const file = await lockFile(path, options.patienceMs ?? 2000);
    return heldLock(path, file);
  } catch (error) {
    ours.delete(path);
    throw error;
  }
}

/** Tries again as long as the file is replaced by others between our opening and our locking. */
async function lockFile(path: string, patienceMs: number): Promise<Deno.FsFile> {
  for (let tries = 0; tries < 100; tries++) {
    const file = openOrCreate(path);
    if (file === undefined) continue;
    if (!await isLockedWithin(file, patienceMs)) throw busy(path);
    const atPath = lookAt(path);
    if (atPath !== undefined && isSameFile(atPath, file.statSync())) {
      noteHolder(file);
      return file;
    }
    file.close();
  }
  throw new RefusedError(`Cannot lock '${path}': it is replaced all the time`);
}

/** Who holds the lock, for those who find it held: a full disk is no reason not to run. */
function noteHolder(file: Deno.FsFile): void {
  try {
    file.truncateSync();
    writeText(file, `${Deno.pid}\n`);
  } catch {
    // The lock is ours all the same.
  }
}

/** `undefined` if the file came, went or became another one in the very moment. */
function openOrCreate(path: string): Deno.FsFile | undefined {
  try {
    return lookAt(path) === undefined ? createFile(path) : openFile(path, { kind: "private", access: "write" });
  } catch (error) {
    const isInMotion = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.AlreadyExists ||
      error instanceof ReplacedError;
    if (isInMotion) return undefined;
    throw error;
  }
}

async function isLockedWithin(file: Deno.FsFile, patienceMs: number): Promise<boolean> {
  let granted = false;
  let abandoned = false;
  const lock = file.lock(true).then(() => {
    granted = true;
    if (abandoned) file.close();
  });
  await isSettledWithin(lock, patienceMs);
  abandoned = !granted;
  return granted;
}

function heldLock(path: string, file: Deno.FsFile): JobLock {
  let held = true;
  return {
    path,
    release(): void {
      if (!held) return;
      held = false;
      const atPath = lookAt(path);
      if (atPath !== undefined && isSameFile(atPath, file.statSync())) removeFile(path);
      file.close();
      ours.delete(path);
    },
  };
}

function busy(path: string): BusyError {
  const text = `Exiting as same previous periodic job is still running without completion yet per ${path}`;
  const holder = holderOf(path);
  return new BusyError(text, holder === "" ? {} : { hint: `The lock is held by process ${holder}.` });
}

function holderOf(path: string): string {
  try {
    return readPrivateFile(path)?.trim() ?? "";
  } catch {
    return "";
  }
}
